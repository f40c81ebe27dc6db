/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attester/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/signals.h"

#define NO_TEXT SIZE_MAX

/* Far more than the largest raw texts together. */
#define ANSWER_MAX (1U << 20)

static bool send_findings(int fd, const struct findings *f)
{
    bool ok = io_write_all(fd, f->fact, sizeof f->fact);

    for (int i = 0; ok && i < N_RAWS; i++) {
        const struct raw *raw = &f->raw[i];
        size_t length = raw->bytes != NULL ? raw->length : NO_TEXT;

        ok = io_write_all(fd, &length, sizeof length) &&
             (raw->bytes == NULL || io_write_all(fd, raw->bytes, length));
    }
    return ok;
}

/* Takes `length` bytes off the answer; false when there are not so many. */
static bool take(const struct buf *answer, size_t *at, void *bytes, size_t length)
{
    if (length > answer->length - *at)
        return false;
    memcpy(bytes, answer->data + *at, length);
    *at += length;
    return true;
}

static bool take_raw(const struct buf *answer, size_t *at, struct raw *raw)
{
    size_t length;

    if (!take(answer, at, &length, sizeof length))
        return false;
    if (length == NO_TEXT)
        return true;
    if (length > answer->length - *at)
        return false;
    raw->bytes = malloc(length + 1);
    if (raw->bytes == NULL)
        return false;
    raw->bytes[length] = '\0';
    raw->length = length;
    return take(answer, at, raw->bytes, length);
}

/* The whole answer, or nothing of it. */
static bool take_findings(const struct buf *answer, struct findings *f)
{
    struct findings found = {.foreign = f->foreign};
    size_t at = 0;
    bool ok = !answer->failed && take(answer, &at, found.fact, sizeof found.fact);

    for (int i = 0; ok && i < N_RAWS; i++)
        ok = take_raw(answer, &at, &found.raw[i]);
    ok = ok && at == answer->length;
    if (ok) {
        findings_free(f);
        *f = found;
    } else {
        findings_free(&found);
    }
    return ok;
}

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads to the end of file; false when that does not come in time, or a filter forbids to wait. */
static bool read_answer(int fd, int timeout_ms, struct buf *answer)
{
    long end = now_ms() + timeout_ms;
    char chunk[4096];

    while (answer->length <= ANSWER_MAX) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        long left = end - now_ms();
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        ssize_t n;

        if (ready == 0)
            return false;
        n = ready > 0 ? read(fd, chunk, sizeof chunk) : -1;
        if (n == 0)
            return true;
        if (n > 0)
            buf_add(answer, chunk, (size_t)n);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* One that was killed is waited for a second: the kernel may never come back from a call. */
static bool reap(pid_t child, bool killed, int *status)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    pid_t reaped = waitpid(child, status, killed ? WNOHANG : 0);

    for (int i = 0; i < 100 && reaped == 0; i++) {
        nanosleep(&pause, NULL);
        reaped = waitpid(child, status, WNOHANG);
    }
    return reaped == child;
}

/* What became of a child that gave no answer. One that cannot be killed is not waited for. */
static void explain(pid_t child, bool in_time, int timeout_ms, char reason[REASON_SIZE])
{
    int status = 0;
    bool gone = in_time || kill(child, SIGKILL) == 0;
    const char *name;

    snprintf(reason, REASON_SIZE, "no answer in %d ms", timeout_ms);
    if (!gone || !reap(child, !in_time, &status) || !in_time)
        return;
    name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;
    if (name != NULL)
        snprintf(reason, REASON_SIZE, "killed by SIG%s", name);
    else
        snprintf(reason, REASON_SIZE, "ended without an answer");
}

static enum isolation in_child(isolated *work, const void *argument, struct findings *f,
                               int timeout_ms, char reason[REASON_SIZE], void (*children)(int))
{
    struct buf answer = {0};
    int pair[2];
    pid_t child;
    bool in_time;
    bool ok;

    if (pipe2(pair, O_CLOEXEC) < 0)
        return ISOLATION_REFUSED;
    child = fork();
    if (child == 0) {
        close(pair[0]);
        signal(SIGCHLD, children); /* a probe looks at what is ignored */
        work(argument, f);
        _exit(send_findings(pair[1], f) ? 0 : 1);
    }
    io_close(&pair[1]);
    if (child < 0) {
        io_close(&pair[0]);
        return ISOLATION_REFUSED;
    }
    in_time = read_answer(pair[0], timeout_ms, &answer);
    io_close(&pair[0]);
    ok = in_time && take_findings(&answer, f);
    buf_free(&answer);
    if (ok)
        waitpid(child, NULL, 0);
    else
        explain(child, in_time, timeout_ms, reason);
    return ok ? ISOLATION_DONE : ISOLATION_LOST;
}

enum isolation isolate(isolated *work, const void *argument, struct findings *f, int timeout_ms,
                       char reason[REASON_SIZE])
{
    /* Where the caller ignores its children, what has killed one could not be told: wait(2). */
    void (*children)(int) = signal(SIGCHLD, SIG_DFL);
    enum isolation result = in_child(work, argument, f, timeout_ms, reason, children);

    signal(SIGCHLD, children);
    return result;
}
