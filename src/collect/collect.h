/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_COLLECT_COLLECT_H
#define DENYBOX_COLLECT_COLLECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "tree/audit.h"

/*
 * What a payload has left in a tmpfs of --out-size, copied out after its last process is gone:
 * regular files and directories, and nothing of them but names, bytes and whether they are
 * executable. oddity.def says what is refused. All sizes together are at most that of the tmpfs,
 * holes counted as if they were bytes: in the byte order of the paths, a file that would exceed
 * that is refused.
 */

/* Where it goes: `name` in the directory `parent`. */
struct collect_place {
    int parent;
    const char *name;
    bool exists; /* as an empty directory, which is replaced */
    mode_t mode; /* of the directory that is published */
    uid_t uid;   /* and its owner, when it exists */
    gid_t gid;
};

/* What would be published and what not, without publishing it. Opens up what the payload has shut
 * in there. False and *e. */
bool collect_look(int tmpfs, uint64_t size, struct audit *a, struct error *e);

/*
 * Copies it into a directory beside the place (tree/stage.h), and renames that: who looks sees all
 * of it or nothing. Removes first what one that was killed has left there. SIGINT, SIGTERM, SIGHUP
 * and SIGQUIT end it as an error does. Returns a descriptor of the published directory, the
 * caller's; -1 and *e, and then nothing is left of it.
 */
int collect_publish(int tmpfs, uint64_t size, const struct collect_place *place, struct error *e);

#endif
