/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/signals.h"

/* An attempt that gives no answer for so long has hung; see place.slowness. */
#define PATIENCE_MS 20000

struct place place = {
    .in = "/in",
    .out = "/out",
    .tmp = "/tmp",
    .root = "",
    .self = "/escape",
    .secret = "/secret",
    .mark = "mark",
    .init = 1,
    .slowness = 1,
};

static const struct attempt attempts[] = {
#define CALL(id, row, control, expected, why, what, ...) {#id, try_##id},
#define ATTEMPT(id, row, control, expected, why, what) {#id, try_##id},
#define KNOWN ATTEMPT
#include "attempt.def"
};

#define N_ATTEMPTS (sizeof attempts / sizeof attempts[0])

const char *answer(long result)
{
    return result < 0 ? error_name(errno) : WORKS;
}

const char *answer_child(long result)
{
    if (result == 0)
        _exit(0);
    if (result > 0)
        waitpid((pid_t)result, NULL, __WALL);
    return answer(result);
}

const char *answer_map(const void *map)
{
    return answer(map == MAP_FAILED ? -1 : 0);
}

const char *at(const char *directory, const char *name)
{
    static char paths[8][4096];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

const char *holds_mark(const char *path)
{
    char text[65536] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

    if (n < 0)
        return answer(-1);
    return memmem(text, (size_t)n, place.mark, strlen(place.mark)) != NULL ? WORKS : "nothing";
}

static void say(const char *text)
{
    if (write(place.answer, text, strlen(text)) < 0)
        _exit(1);
}

static void watch(const char *(*make)(void), bool sandbox)
{
    pid_t child;
    int status;

    if (!sandbox)
        place.init = getpid();
    child = fork();
    if (child == 0) {
        say(make());
        _exit(0);
    }
    if (child < 0) {
        say("no child");
        _exit(1);
    }
    if (waitpid(child, &status, 0) == child && WIFSIGNALED(status)) {
        say("SIG");
        say(signal_name(WTERMSIG(status)));
    }
    _exit(0);
}

/* Reads to the end of file: nobody who could say something is left. */
static void listen_to(int fd)
{
    struct pollfd reader = {.fd = fd, .events = POLLIN};
    char text[128];
    size_t length = 0;

    while (length < sizeof text - 1) {
        ssize_t n = poll(&reader, 1, PATIENCE_MS * (int)place.slowness) == 1
                        ? read(fd, text + length, sizeof text - 1 - length)
                        : -1;

        if (n < 0)
            length = (size_t)snprintf(text, sizeof text, "no end");
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    printf("%.*s\n", (int)length, text);
}

static int make_attempt(const char *name, bool sandbox)
{
    const char *(*make)(void) = NULL;
    int pipes[2];
    pid_t watcher;

    for (size_t i = 0; i < N_ATTEMPTS; i++) {
        if (strcmp(attempts[i].name, name) == 0)
            make = attempts[i].make;
    }
    if (make == NULL || pipe(pipes) < 0)
        return 98;
    place.answer = pipes[1];
    watcher = fork();
    if (watcher == 0) {
        close(pipes[0]);
        watch(make, sandbox);
    }
    if (watcher < 0)
        return 97;
    close(pipes[1]);
    listen_to(pipes[0]);
    return 0;
}

/* Says where its secret is, and waits to be attacked. */
static void __attribute__((noreturn)) canary(const char *mark)
{
    static char secret[256];

    snprintf(secret, sizeof secret, "%s", mark);
    /* Where Yama has a say: whoever likes may try. Nothing happens where it has none. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    printf("%ld\n", (long)(intptr_t)secret);
    fflush(stdout);
    for (;;)
        pause();
}

static void set_place(const char *word)
{
    static const struct {
        const char *name;
        const char **text;
        long *number;
    } words[] = {
        {"in=", &place.in, NULL},           {"out=", &place.out, NULL},
        {"tmp=", &place.tmp, NULL},         {"root=", &place.root, NULL},
        {"self=", &place.self, NULL},       {"secret=", &place.secret, NULL},
        {"mark=", &place.mark, NULL},       {"port=", NULL, &place.port},
        {"key=", NULL, &place.key},         {"canary=", NULL, &place.canary},
        {"address=", NULL, &place.address}, {"slowness=", NULL, &place.slowness},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].name);

        if (strncmp(word, words[i].name, length) != 0)
            continue;
        if (words[i].text != NULL)
            *words[i].text = word + length;
        else
            *words[i].number = strtol(word + length, NULL, 0);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "started") == 0) {
        place.answer = atoi(argv[2]);
        say(WORKS);
        return 0;
    }
    for (int i = 3; i < argc; i++)
        set_place(argv[i]);
    if (argc >= 3 && strcmp(argv[1], "canary") == 0)
        canary(argv[2]);
    if (argc >= 3 && strcmp(argv[1], "try") == 0)
        return make_attempt(argv[2], true);
    if (argc >= 3 && strcmp(argv[1], "plain") == 0)
        return make_attempt(argv[2], false);
    if (argc >= 3 && strcmp(argv[1], "capable") == 0) {
        if (!enter_namespaces()) {
            fprintf(stderr, "live-escape: no namespaces for the control: %s\n", strerror(errno));
            return 97;
        }
        return make_attempt(argv[2], false);
    }
    fputs("live-escape: no such word\n", stderr);
    return 98;
}
