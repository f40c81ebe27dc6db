/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_HABIT_H
#define DENYBOX_PLAN_HABIT_H

/* What to do instead, for who tries an option (without its dashes) of bubblewrap, docker or
 * firejail that a plan has not; NULL: it is none of theirs. Static storage. */
const char *habit_advice(const char *name);

#endif
