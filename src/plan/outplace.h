/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_OUTPLACE_H
#define DENYBOX_PLAN_OUTPLACE_H

#include "plan/plan.h"

/* --out-size, --keep-failed and --strict-out without what they are about: false and *e. */
bool outplace_options(const struct declared *d, struct error *e);

/*
 * Finds where --out-size is to publish: --out must be an empty directory of the caller's that can
 * be replaced by a rename, or a name that is free, in a directory that can be written to. The
 * descriptors are the caller's. Nothing is made. False and *e.
 */
bool outplace_find(const struct declared *d, struct out_place *place, struct error *e);

/* As overlap_refuse: would it be published in what `other` brings into the sandbox? */
bool outplace_refuse(const struct out_place *place, const struct host_object *other,
                     const char *option, struct error *e);

/* The bundle is written after the outputs: it must be neither in the directory that is replaced nor
 * the name that is taken. `directory` is where it will be, `name` what it will be called. */
bool outplace_refuse_evidence(const struct out_place *place, const struct host_object *directory,
                              const char *name, struct error *e);

#endif
