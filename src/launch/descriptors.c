/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/sys.h"
#include "host/requirement.h"
#include "launch/sandbox.h"

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* What lies below the few that are kept, between them and above, wherever a caller with many
 * descriptors of its own has made them land. */
bool descriptors_keep(int *kept, size_t n, struct error *e)
{
    int next = 0;

    qsort(kept, n, sizeof kept[0], by_number);
    for (size_t i = 0; i < n; i++) {
        if (kept[i] > next && sys_close_range((unsigned)next, (unsigned)kept[i] - 1, 0) < 0)
            return step_failed(e, "cannot close the caller's descriptors");
        next = kept[i] + 1;
    }
    if (sys_close_range((unsigned)next, UINT_MAX, 0) < 0)
        return step_failed(e, "cannot close the caller's descriptors");
    return true;
}

/* First of all: the caller's may be so many that no number is left to arrange the others by. */
static bool close_the_callers(const struct sandbox *s, struct error *e)
{
    int kept[] = {0,
                  1,
                  2,
                  s->stdio[0],
                  s->stdio[1],
                  s->stdio[2],
                  s->program,
                  s->gate_socket[1],
                  s->proc,
                  s->pair[1],
                  s->sentry[0],
                  s->sentry[1]};

    return descriptors_keep(kept, sizeof kept / sizeof kept[0], e);
}

/* Puts a descriptor at its place, close-on-exec; one that is there already keeps its flag. */
static bool place(int from, int to, struct error *e)
{
    if (from >= 0 && from != to && sys_dup3(from, to, O_CLOEXEC) < 0)
        return step_failed(e, "cannot arrange the descriptors");
    return true;
}

/* Out of the way of the places that are about to be filled. */
static bool raise_fd(int *fd, struct error *e)
{
    int high = *fd < 0 ? -1 : sys_fcntl(*fd, F_DUPFD_CLOEXEC, INSIDE_FREE + 4);

    if (*fd >= 0 && high < 0)
        return step_failed(e, "cannot arrange the descriptors");
    *fd = high;
    return true;
}

static bool place_stdio(struct sandbox *s, struct error *e)
{
    for (int i = 0; i < 3; i++) {
        if (s->stdio[i] != i && sys_dup3(s->stdio[i], i, 0) < 0)
            return step_failed(e, "cannot hand over standard input and output");
    }
    return true;
}

/* The kernel's own bound holds root as well. */
static bool beyond_the_kernels(int proc, rlim_t wanted)
{
    struct buf b = {0};
    unsigned long long most = 0;
    bool beyond = io_read_file(proc, "sys/fs/nr_open", 32, &b) &&
                  sscanf(buf_text(&b), "%llu", &most) == 1 && wanted > most;

    buf_free(&b);
    return beyond;
}

static bool limit_descriptors(const struct sandbox *s, rlim_t wanted, struct error *e)
{
    if (sys_setrlimit(RLIMIT_NOFILE, wanted, wanted) == 0)
        return true;
    error_errno(e, EXIT_DENYBOX, errno, "cannot set the limit on descriptors");
    if (!beyond_the_kernels(s->proc, wanted))
        return host_hint(OBSTACLE_NOFILE, e);
    return error_hint(e,
                      "no process may have that many, and one more for the seal: give --nofile N "
                      "with an N smaller than fs.nr_open");
}

/*
 * Leaves 0, 1 and 2, those of enum inside_fd, and the payload at the number of the limit on
 * descriptors, which is then lowered to exactly that number: nothing can have it ever again, since
 * raising the hard limit needs a capability of the initial user namespace.
 */
bool step_descriptors(struct sandbox *s, struct error *e)
{
    int payload = s->program;
    int sealed = SEALED_FD(s->plan);
    int gate = s->gate_socket[1];
    int sentry = s->sentry[1];

    if (!limit_descriptors(s, (rlim_t)sealed + 1, e))
        return false;
    if (!close_the_callers(s, e) || !raise_fd(&gate, e) || !raise_fd(&s->proc, e) ||
        !raise_fd(&s->pair[1], e) || !raise_fd(&sentry, e) || !raise_fd(&s->sentry[0], e) ||
        !place_stdio(s, e) || !place(payload, sealed, e) || !place(gate, INSIDE_GATE, e))
        return false;
    s->gate_socket[1] = INSIDE_GATE;
    if (!place(s->proc, INSIDE_PROC, e) || !place(s->pair[1], INSIDE_PAIR, e) ||
        !place(sentry, INSIDE_SENTRY, e))
        return false;
    /* Not opened is a step that a test leaves out: nothing of the caller's may be taken for it. */
    if (s->proc < 0 && sys_close_range(INSIDE_PROC, INSIDE_PROC, 0) < 0)
        return step_failed(e, "cannot close the caller's descriptors");
    s->proc = s->proc >= 0 ? INSIDE_PROC : -1;
    s->pair[1] = INSIDE_PAIR;
    s->sentry[1] = sentry >= 0 ? INSIDE_SENTRY : -1;
    if (s->sentry[0] >= 0 && !step_sentry(s, e))
        return false;
    /* Where they lay before. */
    if (sys_close_range(sentry >= 0 ? INSIDE_FREE : INSIDE_SENTRY,
                        payload >= 0 ? (unsigned)sealed - 1 : UINT_MAX, 0) < 0 ||
        (payload >= 0 && sys_close_range((unsigned)sealed + 1, UINT_MAX, 0) < 0))
        return step_failed(e, "cannot close the descriptors that were moved");
    if (sys_setrlimit(RLIMIT_NOFILE, (rlim_t)sealed, (rlim_t)sealed) < 0)
        return step_failed(e, "cannot set the limit on descriptors");
    return true;
}
