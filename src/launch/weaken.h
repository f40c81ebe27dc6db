/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_WEAKEN_H
#define DENYBOX_LAUNCH_WEAKEN_H

#include "launch/sandbox.h"
#include "rules/control.h"

/*
 * What the other files ask of a control (control.c). Without one, s->weakening is NULL and the
 * answers are: no, nothing, go on. Its type is complete in control.c alone, so that nobody else can
 * make one.
 */

/* Is this wall taken away? */
bool weakened(const struct sandbox *s, enum removal wall);

/* Is this step left out? */
bool weakened_skips(const struct sandbox *s, const char *step);

/* Carries out what a control does after this step. False and *e. */
bool weakened_after(struct sandbox *s, const char *step, struct error *e);

/* The end of the payload-to-be of a control: waits for the launcher to end it, and does nothing
 * else. Returns at once in every other launch. */
void weakened_end(const struct sandbox *s);

/* Aborts where a control is carried out: in front of everything that would let a payload start. */
void weakened_never(const struct sandbox *s);

#endif
