/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"

/* How often to look whether the terminal has become ours: nobody tells, when a shell takes a job
 * that runs into the foreground. */
#define FOREGROUND_MS 500

#define BLOCKING_CHUNK 64

/* May the payload have the caller's own descriptor `fd`, or what leads to the terminal of it? */
static bool may_pass(int fd, struct error *e)
{
    struct stat st;
    int domain = -1;
    socklen_t size = sizeof domain;

    /* With a directory the payload could open whatever lies beneath and above it. */
    if (sys_fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
        error_set(e, EXIT_DENYBOX, "cannot pass descriptor %d on: it is a directory", fd);
        return error_hint(e, "redirect it from or to a file, a pipe or /dev/null");
    }
    /* A connected socket would be a network that no namespace and no filter sees. */
    if (S_ISSOCK(st.st_mode) &&
        (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || domain != AF_UNIX)) {
        error_set(e, EXIT_DENYBOX, "cannot pass descriptor %d on: it is a network socket", fd);
        return error_hint(e, "put a pipe between, as in: command | denybox run ...");
    }
    return true;
}

/* Whether its owner is told of it by a signal is a matter of the open file: who shares that could
 * have the owner sent SIGIO, which ends most (fcntl(2), O_ASYNC). Another signal the filters keep
 * it from choosing, also of an owner that is not seen from here, or comes later. */
static bool has_no_owner(int fd, struct error *e)
{
    struct f_owner_ex owner = {0};

    if (sys_fcntl(fd, F_GETOWN_EX, (long)(uintptr_t)&owner) < 0) {
        if (errno == EBADF) /* of O_PATH: it has none */
            return true;
        return error_errno(e, EXIT_DENYBOX, errno, "cannot ask for the owner of descriptor %d", fd);
    }
    if (owner.pid == 0)
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot pass descriptor %d on: %s %d is told of it by signals, which the payload "
              "could bring about",
              fd, owner.type == F_OWNER_PGRP ? "process group" : "process", (int)owner.pid);
    return error_hint(e, "put a pipe between, as in: command | denybox run ... | cat");
}

/* One that was hung up answers EIO to everything; what is not a terminal, ENOTTY. */
static bool is_terminal(int fd)
{
    struct stat st;

    return isatty(fd) || (errno == EIO && sys_fstat(fd, &st) == 0 && S_ISCHR(st.st_mode));
}

/* Is it the side of a pseudoterminal that a person's program has? It passes for a terminal too, and
 * some give it away as one. */
static bool is_other_side(int fd)
{
    unsigned number;

    return ioctl(fd, TIOCGPTN, &number) == 0;
}

/* The terminal by a description of our own, which can be made not to block: that of 0, 1 or 2 is
 * the caller's too. Writing waits for a reader who has pressed Ctrl-S, poll(2) or not, and nobody
 * would see to the payload meanwhile. -1 where it may not be opened: another user's, as after
 * su(1); and of the other side of a terminal, whose path leads to a new one. */
static int reopen(int fd)
{
    char path[32];

    if (is_other_side(fd))
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return sys_openat(AT_FDCWD, path,
                      (fd == 0 ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
}

static bool relay_terminal(struct relay *r, int fd, int stdio[3], struct error *e)
{
    struct relay_stream *s = &r->stream[fd];
    int ends[2];
    int terminal;

    s->buffer = malloc(TERMINAL_ROOM((size_t)RELAY_CHUNK));
    if (s->buffer == NULL || sys_pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot relay the terminal");
    s->inward = fd == 0;
    s->own = reopen(fd);
    terminal = s->own >= 0 ? s->own : fd;
    s->from = fd == 0 ? terminal : ends[0];
    s->to = fd == 0 ? ends[1] : terminal;
    r->inner[fd] = stdio[fd] = fd == 0 ? ends[0] : ends[1];
    /* A payload that does not read must not stop the launcher from watching. */
    if (fd == 0 && sys_fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot relay the terminal");
    return true;
}

bool relay_open(struct relay *r, int stdio[3], struct error *e)
{
    for (int i = 0; i < 3; i++) {
        r->stream[i].from = r->stream[i].to = r->stream[i].own = r->inner[i] = -1;
        stdio[i] = i;
    }
    for (int i = 0; i < 3; i++) {
        if (!may_pass(i, e) ||
            !(is_terminal(i) ? relay_terminal(r, i, stdio, e) : has_no_owner(i, e)))
            return false;
    }
    return true;
}

void relay_close_inner(struct relay *r)
{
    for (int i = 0; i < 3; i++)
        io_close(&r->inner[i]);
}

static bool empty(const struct relay_stream *s)
{
    return s->length == 0;
}

/* Is the terminal somebody else's at the moment? Who reads from it then is stopped by SIGTTIN: a
 * sandbox in the background would be, whenever something is typed, though its payload may not want
 * to read at all. Of a terminal that is not the controlling one there is no such thing, and the
 * other side answers for those who have it as theirs. */
static bool in_background(int terminal)
{
    pid_t group = is_other_side(terminal) ? -1 : tcgetpgrp(terminal);

    return group >= 0 && group != getpgrp();
}

static struct pollfd want(struct relay_stream *s)
{
    /* One buffer a stream: nothing is read before the last bytes are gone. */
    if (!empty(s))
        return (struct pollfd){.fd = s->to, .events = POLLOUT};
    s->patient = s->inward && in_background(s->from);
    return (struct pollfd){.fd = s->from, .events = s->patient ? 0 : POLLIN};
}

/* Of the streams from `first` on. */
static int wants(struct relay *r, int first, struct pollfd *fds)
{
    int n = 0;

    for (int i = first; i < 3; i++) {
        if (r->stream[i].from >= 0)
            fds[n++] = want(&r->stream[i]);
    }
    return n;
}

int relay_wants(struct relay *r, struct pollfd *fds)
{
    return wants(r, 0, fds);
}

int relay_rest(struct relay *r, struct pollfd *fds)
{
    return wants(r, 1, fds);
}

int relay_wait(const struct relay *r)
{
    return r->stream[0].from >= 0 && r->stream[0].patient ? FOREGROUND_MS : -1;
}

/* The end of one direction. The caller's 0, 1 and 2 stay open; the pipe's end does not. */
static void finish(struct relay_stream *s)
{
    io_close(s->inward ? &s->to : &s->from);
    io_close(&s->own);
    s->from = s->to = -1;
    s->length = 0;
}

static void fill(struct relay_stream *s)
{
    char chunk[RELAY_CHUNK];
    ssize_t n = read(s->from, s->inward ? s->buffer : chunk, sizeof chunk);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    s->start = 0;
    if (n > 0)
        s->length =
            s->inward ? (size_t)n : terminal_filter(&s->filter, chunk, (size_t)n, s->buffer);
    else if (!s->inward)
        s->length = terminal_flush(&s->filter, s->buffer);
    if (n <= 0 && s->length == 0)
        finish(s);
}

static void flush(struct relay_stream *s)
{
    /* Where writing may block, little by little: when poll(2) says so, there is room for this. */
    size_t most =
        s->inward || s->own >= 0 || s->length < BLOCKING_CHUNK ? s->length : BLOCKING_CHUNK;
    ssize_t n = write(s->to, s->buffer + s->start, most);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        finish(s);
        return;
    }
    s->start += (size_t)n;
    s->length -= (size_t)n;
}

static struct relay_stream *stream_of(struct relay *r, const struct pollfd *fd)
{
    for (int i = 0; i < 3; i++) {
        struct relay_stream *s = &r->stream[i];

        if (s->from >= 0 && fd->fd == (empty(s) ? s->from : s->to))
            return s;
    }
    return NULL;
}

void relay_step(struct relay *r, const struct pollfd *fds, int n)
{
    for (int i = 0; i < n; i++) {
        struct relay_stream *s = fds[i].revents != 0 ? stream_of(r, &fds[i]) : NULL;

        if (s == NULL)
            continue;
        if (empty(s))
            fill(s);
        else
            flush(s);
    }
}

void relay_close(struct relay *r)
{
    for (int i = 0; i < 3; i++) {
        io_close(&r->inner[i]);
        if (r->stream[i].from >= 0)
            finish(&r->stream[i]);
        free(r->stream[i].buffer);
        r->stream[i].buffer = NULL;
    }
}
