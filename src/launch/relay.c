/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"

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

static bool relay_terminal(struct relay *r, int fd, int stdio[3], struct error *e)
{
    struct relay_stream *s = &r->stream[fd];
    int ends[2];

    s->buffer = malloc(TERMINAL_ROOM((size_t)RELAY_CHUNK));
    if (s->buffer == NULL || sys_pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot relay the terminal");
    s->inward = fd == 0;
    s->from = fd == 0 ? fd : ends[0];
    s->to = fd == 0 ? ends[1] : fd;
    r->inner[fd] = stdio[fd] = fd == 0 ? ends[0] : ends[1];
    /* A payload that does not read must not stop the launcher from watching. */
    if (fd == 0 && sys_fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot relay the terminal");
    return true;
}

bool relay_open(struct relay *r, int stdio[3], struct error *e)
{
    for (int i = 0; i < 3; i++) {
        r->stream[i].from = r->stream[i].to = r->inner[i] = -1;
        stdio[i] = i;
    }
    for (int i = 0; i < 3; i++) {
        if (!may_pass(i, e) || (isatty(i) && !relay_terminal(r, i, stdio, e)))
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

int relay_wants(const struct relay *r, struct pollfd *fds)
{
    int n = 0;

    for (int i = 0; i < 3; i++) {
        const struct relay_stream *s = &r->stream[i];

        if (s->from < 0)
            continue;
        /* One buffer a stream: nothing is read before the last bytes are gone. */
        fds[n++] = empty(s) ? (struct pollfd){.fd = s->from, .events = POLLIN}
                            : (struct pollfd){.fd = s->to, .events = POLLOUT};
    }
    return n;
}

/* The end of one direction. The caller's own 0, 1 and 2 stay open; the pipe's end does not. */
static void finish(struct relay_stream *s)
{
    io_close(s->inward ? &s->to : &s->from);
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
    ssize_t n = write(s->to, s->buffer + s->start, s->length);

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

void relay_drain(struct relay *r)
{
    for (int i = 1; i < 3; i++) {
        struct relay_stream *s = &r->stream[i];

        while (s->from >= 0) {
            struct pollfd fd = {.fd = s->to, .events = POLLOUT};

            if (empty(s))
                fill(s);
            else if (poll(&fd, 1, -1) > 0)
                flush(s);
        }
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
