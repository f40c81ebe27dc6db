/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_IDS_H
#define DENYBOX_LAUNCH_IDS_H

#include "launch/sandbox.h"

/*
 * Decides who the sandbox's user is on the host: an ordinary caller stays who it is. Root becomes
 * the user of the same number as inside (65532), because the kernel does not hold the initial
 * root to RLIMIT_NPROC, and because a payload that is root on the host would own too much.
 */
bool ids_choose(struct sandbox *s, struct error *e);

/*
 * Of a launcher that is root of a user namespace, the payload is who that root is outside. Refuses
 * root of the host, whom no limit on processes holds, and whose files the payload could read. False
 * and *e.
 */
bool ids_refuse_root(const struct sandbox *s, struct error *e);

/* Writes the three map files of init, `pid` on the host: one id inside, and setgroups denied. */
bool ids_map(const struct sandbox *s, pid_t pid, struct error *e);

/*
 * A user namespace in which `from` of the host appears as `to`, for mapping a mount: descriptor, or
 * -1 and *e. Needs the privilege to map both.
 */
int ids_namespace(uid_t from_uid, gid_t from_gid, uid_t to_uid, gid_t to_gid, struct error *e);

#endif
