/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_PLAN_H
#define DENYBOX_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/option.h"

/*
 * From words to a plan: option_parse (plan/option.h) fills `declared` with what the user said,
 * plan_derive (plan/derive.h) checks it against the host and fills `derived`. Nothing is created,
 * started or written by either, and everything after acts on the plan alone. Between the two, a
 * root directory is made in the cache when what was named needs one: `provided` (cmd/provide.c).
 */

enum command { COMMAND_RUN = 1, COMMAND_ATTEST = 2, COMMAND_PLAN = 4, COMMAND_BATCH = 8 };

enum deviation {
    DEVIATION_RO_BIND = 1 << 0,
    DEVIATION_PROC = 1 << 1,
    DEVIATION_DEV = 1 << 2,
    DEVIATION_ALLOW_EXEC = 1 << 3,
};

struct bind {
    const char *source;
    const char *target;
};

/* What the user said, or the default. Strings belong to argv, to `args` or to static storage. */
struct declared {
    const char *in;       /* NULL: none */
    const char *out;      /* NULL: none */
    const char *in_each;  /* batch */
    const char *out_each; /* batch */
    uint64_t jobs;        /* batch; 0: one a processor */
    bool json;            /* batch */
    uint64_t out_size;    /* bytes of the tmpfs at /out; 0: --out itself is mounted there */
    bool keep_failed;
    bool strict_out;
    const char *rootfs;      /* NULL: the skeleton alone */
    struct option_list with; /* files and trees of the host for the root */
    const char *image;       /* NULL: none */
    const char *entrypoint;  /* NULL: that of the image; "": none */
    struct bind *binds;
    size_t n_binds;
    bool proc;
    bool dev;
    bool allow_exec;
    char **env; /* NAME=VALUE, owned, in order, without duplicates, ends in NULL */
    size_t n_env;
    bool *env_given; /* owned; of each, whether the user said so */
    const char *chdir;
    const char *argv0; /* NULL: the command */
    const char *hostname;
    uint64_t uid;
    uint64_t gid;
    const char *seccomp;
    const char *seccomp_bpf;
    uint64_t tmp_size; /* bytes */
    uint64_t memory;   /* bytes */
    uint64_t pids;
    uint64_t cpus;
    uint64_t nofile;
    uint64_t fsize;      /* bytes; FSIZE_UNSET */
    uint64_t timeout;    /* seconds; 0: none */
    uint64_t kill_after; /* seconds; 0: not said, plan_kill_after */
    const char *cgroup;  /* "auto", "off" or a directory: plan/cgroup.h */
    const char *scan;    /* the policy by which the payload is scanned; NULL: it is not */
    const char *evidence;
    const char *venue;
    const char *run_date;    /* NULL: today */
    const char *nonce;       /* NULL: "self" */
    const char *run_id;      /* NULL: random */
    struct option_list args; /* owned, and each: what --args brought; strings here point into it */
    bool in_args;            /* such options are being read */
    int64_t status_fd;       /* -1: none */
    bool controls;           /* attest: the negative controls as well */
    bool quiet;
    bool verbose;
    bool help;
    bool version;
    char **command; /* points into argv, ends in NULL */
    size_t n_command;
};

#define FSIZE_UNSET UINT64_MAX

/* Something of the host, found once; `path` is only for messages and for the one lookup that has to
 * be repeated inside the new mount namespace, which must find the same device and inode. */
struct host_object {
    const char *path;
    int fd; /* O_PATH; -1: none */
    dev_t dev;
    ino_t ino;
    bool directory;
};

/* As many scripts one behind the other as the kernel follows (exec_binprm: five, and the program).
 */
#define SCRIPT_DEPTH_MAX 5

/* The most words that are put in front of a command's arguments: two or three a script. */
#define SCRIPT_WORDS_MAX 64

/* What script.h makes of a command. */
struct chain {
    int fd;                            /* the program at the end, read-only; -1: none */
    char *path;                        /* its path; owned */
    char *files[2 * SCRIPT_DEPTH_MAX]; /* the scripts on the way, the first one first; owned */
    size_t n_files;                    /* 0: it is no script */
    bool searched;                     /* the last of them led to the program by PATH */
    char *words[SCRIPT_WORDS_MAX];     /* argv[0] and what comes before the arguments; owned */
    size_t n_words;                    /* 0: it is no script, argv[0] is the command's */
};

/* Where --out-size publishes: an empty directory, or none yet, in a directory of the caller's. */
struct out_place {
    struct host_object parent;    /* fd -1: there is no --out-size */
    struct host_object directory; /* fd -1: there is none yet */
    char name[256];               /* in the parent */
    mode_t mode;                  /* of what is published */
    uid_t uid;                    /* of the directory that is there */
    gid_t gid;
};

struct payload {
    int fd;             /* read-only, close-on-exec; -1: none (attest) */
    char *path;         /* owned; as found, in the root or on the host */
    struct chain chain; /* how it was come to, by way of scripts; its fd and path are taken */
    const char *script; /* of the chain, the one that the command named; NULL: it named a program */
    char **argv;        /* owned array, ends in NULL; the strings are borrowed */
    size_t n_argv;      /* entries before the NULL */
    bool dynamic;
    char loader[4096]; /* PT_INTERP when dynamic */
};

struct derived {
    struct host_object in;
    struct host_object out; /* what is mounted at /out: none with --out-size */
    struct out_place place;
    struct host_object rootfs;
    struct host_object cgroup; /* of --cgroup DIR: where the sandbox's own is made */
    struct host_object *binds; /* owned; n_binds of declared */
    struct payload payload;
    unsigned deviations;      /* enum deviation, or-ed */
    const char *profile;      /* "strict" or "targeted" */
    const char *stacked_json; /* file of --seccomp FILE.json, or NULL */
    int evidence_dir;         /* O_PATH descriptor of the bundle's directory; -1: none */
    const char *evidence_name;
};

/*
 * A root directory of the cache, made of what the user named before the plan is checked: of a
 * program of the host with its libraries, or of an image. It stands where --rootfs would.
 */
#define PROVIDED_ROOT "root"

struct provided {
    char *root;     /* owned; its path; NULL: nothing was provided */
    int lock;       /* the entry of the cache, which has it as PROVIDED_ROOT, and which is locked
                       while the plan lives, so that it is not pruned; -1: none */
    char image[72]; /* "sha256:...", the id of the image it came from; "": of none */
    bool host;      /* made of the host's files, each at its own path; `plan` makes none, and root
                       is NULL */
    char *command;  /* owned; with host: the absolute path of the command, or NULL */
    char **words;   /* owned, and each; what declared.command points to, of an image; or NULL */
    char *chdir;    /* owned; what declared.chdir points to, of an image; or NULL */
};

struct plan {
    enum command command;
    struct declared declared;
    struct provided provided;
    struct derived derived;
};

/* The default of --chdir: declared.chdir is this very pointer when the user named none. */
extern const char plan_default_directory[];

/* Fills the plan with the defaults. False and *e when out of memory. */
bool plan_init(struct plan *plan, enum command command, struct error *e);

/* Closes and frees what the plan owns. */
void plan_free(struct plan *plan);

/* Frees what is in it, and leaves an empty one. */
void chain_free(struct chain *c);

/* The seconds between SIGTERM and SIGKILL of --timeout. */
uint64_t plan_kill_after(const struct declared *d);

/* The value of NAME in the environment for the payload, or NULL. */
const char *plan_getenv(const struct plan *plan, const char *name);

/* Sets NAME there, or replaces its value. False and *e when out of memory. */
bool plan_setenv(struct declared *d, const char *name, const char *value, bool given,
                 struct error *e);

#endif
