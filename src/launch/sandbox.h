/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_SANDBOX_H
#define DENYBOX_LAUNCH_SANDBOX_H

#include "filter/builtin.h"
#include "filter/filter.h"
#include "launch/cgroup.h"
#include "launch/launch.h"

struct weakening;

/* What the three processes share: filled by the launcher before the clone, then copied with it. */
struct sandbox {
    const struct plan *plan;
    const struct launch_hooks *hooks;
    const struct weakening *weakening; /* of a control; NULL in every other launch: weaken.h */

    int init_socket[2]; /* [0] the launcher's end, [1] init's */
    int gate_socket[2]; /* [0] the launcher's end, [1] the payload-to-be's */
    int sentry[2];      /* see sentry.c; -1 without evidence */
    int pair[2];        /* made by init: [0] init's end, [1] the payload-to-be's */
    int stdio[3];       /* what the payload gets as 0, 1, 2 */

    uid_t host_uid; /* what the sandbox's user is on the host */
    gid_t host_gid;
    bool privileged; /* the caller is root: ids are changed, and trees are mapped to them */

    struct cgroup cgroup; /* of the sandbox; without one its limits are held by the process */
    int host_proc;        /* the host's /proc */
    int idmapped_in;      /* detached trees, made by a privileged launcher; else -1 */
    int idmapped_out;
    int detached_rootfs; /* of a root in the cache, which root's sandbox could not come to */
    int detached_program;

    const struct filter_builtin *profile;
    const struct filter_builtin *init_profile;
    struct filter_program stacked[2];
    int n_stacked;

    /* From here on: set inside, by the steps. */
    pid_t payload; /* as init sees it */
    int children;  /* init's signalfd */
    int dumpable;  /* what init says of itself before its filter */
    int tree_in;
    int tree_out;
    int tree_rootfs;
    int *tree_binds; /* n_binds of the plan */
    int program;     /* what is executed as the payload; -1: nothing is */
    int root;        /* the root of the sandbox while it is being built */
    int proc;        /* a procfs of the sandbox that is mounted nowhere */
    bool own_proc;   /* it is one of this pid namespace, and not the host's */
    int network;     /* the network namespace, on its way from init to the payload-to-be */
    int landlock_abi;
    uint32_t token[4];
};

/* A step of entering: its name is what an error and the test build call it. */
struct step {
    const char *name;
    bool (*run)(struct sandbox *s, struct error *e);
};

/* Runs the steps in order; false at the first that fails, with its name in front of the error. */
bool run_steps(const struct step *steps, size_t n, struct sandbox *s, struct error *e);

/* From here on a step is a defect: the process that tries one is aborted. */
void steps_end(void);

/* The error of a step: "reason" is errno's text. Always false. */
bool step_failed(struct error *e, const char *what) __attribute__((cold));

/* init.c: what the clone does. Does not return. */
void init_main(struct sandbox *s) __attribute__((noreturn));

/* inside.c: what init's fork does. Does not return. */
void inside_main(struct sandbox *s) __attribute__((noreturn));

/* The steps, one file each; all set *e and return false on failure. */
bool step_private_mounts(struct sandbox *s, struct error *e); /* trees.c */
bool step_open_trees(struct sandbox *s, struct error *e);
bool step_own_program(struct sandbox *s, struct error *e);
bool step_take_ids(struct sandbox *s, struct error *e);  /* ids.c */
bool step_make_root(struct sandbox *s, struct error *e); /* root.c */
bool step_mount_in(struct sandbox *s, struct error *e);
bool step_mount_out(struct sandbox *s, struct error *e);
bool step_mount_tmp(struct sandbox *s, struct error *e);
bool step_lock_root(struct sandbox *s, struct error *e);
bool step_enter_root(struct sandbox *s, struct error *e);
bool step_leave_old_root(struct sandbox *s, struct error *e);
bool step_init_directory(struct sandbox *s, struct error *e);
bool step_new_network(struct sandbox *s, struct error *e); /* network.c */
bool step_tell_network(struct sandbox *s, struct error *e);
bool step_join_network(struct sandbox *s, struct error *e);
bool step_mount_deviations(struct sandbox *s, struct error *e); /* deviations.c */
bool step_open_proc(struct sandbox *s, struct error *e);
bool step_bounding_set(struct sandbox *s, struct error *e); /* capabilities.c */
bool step_capabilities(struct sandbox *s, struct error *e);
bool step_securebits(struct sandbox *s, struct error *e);
bool step_no_new_privs(struct sandbox *s, struct error *e);
bool step_session(struct sandbox *s, struct error *e); /* identity.c */
bool step_signals(struct sandbox *s, struct error *e);
bool step_defaults(struct sandbox *s, struct error *e);
bool step_host_name(struct sandbox *s, struct error *e);
bool step_keyring(struct sandbox *s, struct error *e);
bool step_descriptors(struct sandbox *s, struct error *e); /* descriptors.c */
/* Closes all but these; -1 is none. Sorts them. */
bool descriptors_keep(int *kept, size_t n, struct error *e);
bool step_limits(struct sandbox *s, struct error *e); /* limits.c */
bool step_affinity(struct sandbox *s, struct error *e);
bool step_real_time(struct sandbox *s, struct error *e);
bool step_landlock(struct sandbox *s, struct error *e); /* landlock.c */
bool step_filter(struct sandbox *s, struct error *e);   /* filters.c */
bool step_seal(struct sandbox *s, struct error *e);
bool step_stacked(struct sandbox *s, struct error *e);
bool step_sentry(struct sandbox *s, struct error *e); /* sentry.c */

/* Descriptors of the payload-to-be, all close-on-exec, above 0, 1 and 2. */
enum inside_fd {
    INSIDE_GATE = 3,
    INSIDE_PROC = 4,
    INSIDE_PAIR = 5,
    INSIDE_SENTRY = 6,
    INSIDE_FREE = 7
};

/* The number that the payload's descriptor has, and that no descriptor can have afterwards. */
#define SEALED_FD(plan) ((int)(plan)->declared.nofile)

#endif
