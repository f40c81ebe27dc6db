/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_TRIES_H
#define DENYBOX_HOST_TRIES_H

#include "host/requirement.h"
#include "host/trial.h"

/* How a requirement is looked at: tried in namespaces, or looked up. One of the two functions. */
struct way {
    int namespaces;                                    /* flags of unshare(2), 0 for none */
    trial_operation operation;                         /* tried */
    void (*look)(struct survey *s, struct finding *f); /* read, or tried in another way */
    const char *ok; /* what was found when it works; t->value follows unless it is 0 */
};

/* tries.c, looks.c: the way of each requirement. */
extern const struct way requirement_ways[N_REQUIREMENTS];

/* operations.c: what is tried. */
bool try_nothing(struct trial *t);
bool try_clone3(struct trial *t);
bool try_openat2(struct trial *t);
bool try_close_range(struct trial *t);
bool try_pidfd(struct trial *t);
bool try_setattr(struct trial *t);
bool try_tmpfs(struct trial *t);
bool try_trees(struct trial *t);
bool try_pivot(struct trial *t);
bool try_procfs(struct trial *t);
bool try_overlay(struct trial *t);
bool try_idmap(struct trial *t);
bool try_seccomp(struct trial *t);
bool try_pids(struct trial *t);
bool try_landlock(struct trial *t);

/* looks.c: what is read. */
void look_kernel(struct survey *s, struct finding *f);
void look_launcher(struct survey *s, struct finding *f);
void look_nofile(struct survey *s, struct finding *f);
void look_cgroup(struct survey *s, struct finding *f);
void look_limits(struct survey *s, struct finding *f);
void look_filter(struct survey *s, struct finding *f);
void look_apparmor(struct survey *s, struct finding *f);
void look_chroot(struct survey *s, struct finding *f);
void look_container(struct survey *s, struct finding *f);
void look_hidepid(struct survey *s, struct finding *f);
void look_tiocsti(struct survey *s, struct finding *f);
void look_yama(struct survey *s, struct finding *f);
void look_core(struct survey *s, struct finding *f);
void look_rlimits(struct survey *s, struct finding *f);

#endif
