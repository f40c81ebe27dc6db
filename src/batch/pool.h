/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BATCH_POOL_H
#define DENYBOX_BATCH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Many tasks, so many of them at once, each in a process of its own that is a copy of this one:
 * what was opened, read and computed before is there, and nothing that a task does is left for the
 * next.
 *
 * A task's process is a process group of its own, so that Ctrl-C at the terminal reaches this
 * process alone; it is killed when this one dies, and with it its sandbox.
 */

#define POOL_JOBS_MAX 64

/* What a task may write into its pipe, and no more: it has to fit without anybody reading. */
#define POOL_REPORT_MAX 16384

/*
 * What a task has made is not always there to stay when it ends: the disk may not have it. To wait
 * for the disk costs about as much for many tasks as for one, so that it is done for all that have
 * ended since the last time, by a process of its own: a keeper. There is one at a time; it begins
 * when so many are waiting, or one for so long, or when there is nothing else to wait for. At most
 * POOL_ENDED_MAX wait; then none is started.
 */
#define POOL_KEEP_MANY 16
#define POOL_KEEP_MS 50
#define POOL_ENDED_MAX 256

struct pool_task {
    size_t index;
    int status;         /* what waitid says: the exit status, or minus the signal */
    const char *report; /* what it wrote to its pipe, NUL-terminated */
    double seconds;     /* from its start to its end */
    bool kept;          /* `lasts` has asked for it, and the keeper had no error */
    int unkept;         /* the keeper's error, an errno; 0: none, or it was not asked for */
};

struct pool_hooks {
    /* In the task's process; `report` is its end of the pipe. Returns its exit status. */
    int (*work)(void *context, size_t index, int report);
    /* In this process: is what it has made to last? Then `ended` is told when it was kept. NULL:
     * no. */
    bool (*lasts)(void *context, const struct pool_task *task);
    /* In the keeper's process: returns when all of it is on the disk. 0, or an errno. */
    int (*keep)(void *context);
    /* In this process, after each. False and *e ends the pool: no further task is started. */
    bool (*ended)(void *context, const struct pool_task *task, struct error *e);
    /* Now and then, and after each task. */
    void (*tick)(void *context, size_t running);
    /* Who asked to stop: once, and those that run are waited for; twice, and they are killed. */
    void (*stopping)(void *context, size_t running, bool killed);
};

/*
 * Runs tasks 0 to n - 1. SIGINT, SIGTERM, SIGHUP and SIGQUIT stop it, where they are not ignored;
 * *interrupted becomes the first of them, or 0. Every task that was started has ended when this
 * returns. False and *e.
 */
bool pool_run(size_t n, size_t jobs, const struct pool_hooks *hooks, void *context,
              int *interrupted, struct error *e);

#endif
