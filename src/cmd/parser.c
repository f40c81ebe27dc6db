/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/parser.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/commands.h"

/* Twenty thousand names of each source fit; a second does for a megabyte of source. */
#define ANSWER_MAX (16U << 20)
#define WORDS_MAX 4096
#define PATIENCE_S 120

/* What comes back from the child: its answer, and its last words. */
enum stream { ANSWER, WORDS, N_STREAMS };

struct talk {
    pid_t child;
    int fd[N_STREAMS];
    struct buf *buf[N_STREAMS];
    size_t max[N_STREAMS];
};

static bool failed(struct error *e, const char *what)
{
    return error_errno(e, EXIT_BLOCKED, errno, "cannot start the parser: %s", what);
}

/* A file without a name: the parser reads as it likes, and nobody waits for it. */
static int open_input(const struct buf *input)
{
    int fd = memfd_create("sources", MFD_CLOEXEC);

    if (fd >= 0 &&
        (!io_write_all(fd, buf_text(input), input->length) || lseek(fd, 0, SEEK_SET) < 0))
        io_close(&fd);
    return fd;
}

static _Noreturn void be_child(const struct parser *p, int input, int answer, int words)
{
    const char *with_root[] = {"--rootfs", p->rootfs};
    const char *rest[] = {"--quiet", "--pids-limit", "1",  "--memory", "1g", "--",
                          p->python, "-I",           "-S", "-B",       "-c", scan_walker};
    char *argv[16] = {NULL};
    int argc = 0;

    /* A launcher that is gone must not leave one that runs. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(input, 0) < 0 || dup2(answer, 1) < 0 || dup2(words, 2) < 0)
        _exit(EXIT_DENYBOX);
    for (size_t i = 0; p->rootfs != NULL && i < 2; i++)
        argv[argc++] = (char *)(uintptr_t)with_root[i];
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        argv[argc++] = (char *)(uintptr_t)rest[i];
    _exit(command_run(argc, argv));
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False: no more of it, or more than it may be. */
static bool take(struct talk *t, enum stream s, struct error *e)
{
    char bytes[65536];
    ssize_t n = read(t->fd[s], bytes, sizeof bytes);

    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0) {
        io_close(&t->fd[s]);
        return n == 0 || failed(e, "its answer cannot be read");
    }
    if (t->buf[s]->length + (size_t)n > t->max[s] && s == WORDS)
        return true;
    if (t->buf[s]->length + (size_t)n > t->max[s])
        return error_set(e, EXIT_BLOCKED, "cannot scan: the parser answers more than %u MiB",
                         ANSWER_MAX >> 20);
    buf_add(t->buf[s], bytes, (size_t)n);
    return !t->buf[s]->failed || error_set(e, EXIT_BLOCKED, "cannot scan: out of memory");
}

static bool listen_to(struct talk *t, struct error *e)
{
    int64_t end = now_ms() + PATIENCE_S * INT64_C(1000);

    while (t->fd[ANSWER] >= 0 || t->fd[WORDS] >= 0) {
        struct pollfd fds[N_STREAMS] = {{t->fd[ANSWER], POLLIN, 0}, {t->fd[WORDS], POLLIN, 0}};
        int64_t left = end - now_ms();

        if (left <= 0)
            return error_set(e, EXIT_BLOCKED, "cannot scan: the parser takes longer than %d s",
                             PATIENCE_S);
        if (sys_poll(fds, N_STREAMS, (int)left) < 0 && errno != EINTR)
            return failed(e, "it cannot be waited for");
        for (int s = 0; s < N_STREAMS; s++) {
            if (fds[s].revents != 0 && !take(t, (enum stream)s, e))
                return false;
        }
    }
    return true;
}

/* denybox's own words are its first line, an interpreter's exception is its last. */
static const char *telling_line(const char *text, size_t *length)
{
    const char *last = text;

    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
        last = line;
    if (strncmp(text, "denybox: ", 9) == 0)
        last = text + 9;
    *length = strcspn(last, "\n");
    return last;
}

static bool say_why(const struct talk *t, int status, struct error *e)
{
    char line[300];
    size_t length;
    const char *text = telling_line(buf_text(t->buf[WORDS]), &length);

    text_safe(line, sizeof line, text, length);
    if (length != 0)
        error_set(e, EXIT_BLOCKED, "cannot scan Python: the parser did not run: %s", line);
    else
        error_set(e, EXIT_BLOCKED, "cannot scan Python: the parser ended with %d",
                  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return error_hint(e,
                      "--rootfs names a root directory with python3: denybox pack -o DIR python3");
}

static bool hear(struct talk *t, struct error *e)
{
    bool ok = listen_to(t, e);
    int status = 0;

    if (!ok)
        kill(t->child, SIGKILL);
    while (waitpid(t->child, &status, 0) < 0 && errno == EINTR)
        continue;
    return ok && (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ? say_why(t, status, e) : ok;
}

bool parser_run(void *context, const struct buf *input, struct buf *output, struct error *e)
{
    struct buf words = {0};
    struct talk t = {.fd = {-1, -1}, .buf = {output, &words}, .max = {ANSWER_MAX, WORDS_MAX}};
    int answer[2] = {-1, -1};
    int said[2] = {-1, -1};
    int in = open_input(input);
    bool ok = in >= 0 && sys_pipe2(answer, O_CLOEXEC) == 0 && sys_pipe2(said, O_CLOEXEC) == 0;

    if (ok)
        t.child = sys_fork();
    if (ok && t.child == 0)
        be_child(context, in, answer[1], said[1]);
    if (!ok || t.child < 0)
        ok = failed(e, "no pipe, or no process");
    io_close(&in);
    io_close(&answer[1]);
    io_close(&said[1]);
    t.fd[ANSWER] = answer[0];
    t.fd[WORDS] = said[0];
    ok = ok && hear(&t, e);
    io_close(&t.fd[ANSWER]);
    io_close(&t.fd[WORDS]);
    buf_free(&words);
    return ok;
}
