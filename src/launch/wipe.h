/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_WIPE_H
#define DENYBOX_LAUNCH_WIPE_H

/* Notes where the kernel shows this process's command line and environment: call once, in main. */
void wipe_note(char **argv, char **environment);

/* Overwrites both, so that /proc/PID/cmdline and environ show nothing of the caller. For init, in
 * its own copy of the memory; nothing reads argv or getenv afterwards. */
void wipe_caller(void);

#endif
