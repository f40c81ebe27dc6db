/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_VENUE_H
#define DENYBOX_VERIFY_VENUE_H

#include <stdbool.h>

/* The word of venue.def that the text has, or NULL. */
const char *venue_desktop(const char *text);

/* Is a release, as uname tells it, that of Linux 5.14 or newer? */
bool venue_release(const char *release);

#endif
