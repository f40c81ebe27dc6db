/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_OVERLAP_H
#define DENYBOX_PLAN_OVERLAP_H

#include "plan/plan.h"

/*
 * Refuses two objects of which one is the other or lies beneath it: what the payload may write must
 * hold nothing that it is only to read, or that is to hold the evidence. Decided by descriptors
 * (walking up by ".."), not by comparing strings. A bind mount of a directory beneath the other is
 * not seen: the way up from it does not lead there. An object with fd -1 overlaps nothing.
 */
bool overlap_refuse(const struct host_object *a, const char *a_option, const struct host_object *b,
                    const char *b_option, struct error *e);

/* Refuses `inner` where it is `outer` or lies beneath it; the reverse is fine. As above. */
bool overlap_refuse_inside(const struct host_object *inner, const char *inner_option,
                           const struct host_object *outer, const char *outer_option,
                           struct error *e);

#endif
