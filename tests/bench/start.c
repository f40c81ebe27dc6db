// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * 0 is /dev/null, 1 and 2 are files in memory: a launcher that relays terminals has none to
 * relay, and what a failing one says is there to be shown.
 */

#include "start.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOWN 2000  /* bytes of a failing command's stderr */
#define PATIENCE 60 /* seconds until a command counts as hanging */

static int captured[2]; /* stdout, stderr */
static posix_spawn_file_actions_t streams;

static volatile sig_atomic_t hanging;

static void note_alarm(int signal)
{
    (void)signal;
    hanging = 1;
}

/* Rings once more every second, so that no race with a wait can swallow it. */
static void set_alarm(int seconds)
{
    const struct itimerval timer = {{seconds ? 1 : 0, 0}, {seconds, 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static int memory_file(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0)
        err(1, "memfd_create");
    return fd;
}

void start_prepare(void)
{
    const struct sigaction on_alarm = {.sa_handler = note_alarm}; /* interrupts waitpid */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0)
        err(1, "/dev/null");
    captured[0] = memory_file("stdout");
    captured[1] = memory_file("stderr");
    if (posix_spawn_file_actions_init(&streams) != 0 ||
        posix_spawn_file_actions_adddup2(&streams, null, 0) != 0 ||
        posix_spawn_file_actions_adddup2(&streams, captured[0], 1) != 0 ||
        posix_spawn_file_actions_adddup2(&streams, captured[1], 2) != 0)
        errx(1, "cannot prepare posix_spawn");
    if (sigaction(SIGALRM, &on_alarm, NULL) != 0)
        err(1, "sigaction");
}

static void forget_output(void)
{
    for (int i = 0; i < 2; i++)
        if (ftruncate(captured[i], 0) != 0 || lseek(captured[i], 0, SEEK_SET) != 0)
            err(1, "ftruncate");
}

double start_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct command start_command(const char *const *words, int count)
{
    struct command command = {0};

    if (count > MAX_ARGS)
        errx(1, "a command of %d words", count);
    for (int i = 0; i < count; i++)
        command.argv[i] = (char *)(uintptr_t)words[i]; /* exec changes none of them */
    return command;
}

static void forget_variable(const char *variable)
{
    char *name = strndup(variable, strcspn(variable, "="));

    if (!name || unsetenv(name) != 0)
        err(1, "unsetenv");
    free(name);
}

pid_t start_spawn(const struct command *command)
{
    pid_t pid;

    if (command->variable && putenv(command->variable) != 0)
        err(1, "putenv");
    int error = posix_spawn(&pid, command->argv[0], &streams, NULL, command->argv, environ);
    if (error != 0) {
        errno = error;
        err(1, "%s", command->argv[0]);
    }
    if (command->variable)
        forget_variable(command->variable);
    return pid;
}

int start_reap(void)
{
    int status;

    set_alarm(PATIENCE);
    while (waitpid(-1, &status, 0) < 0) {
        if (errno != EINTR)
            err(1, "waitpid");
        if (hanging)
            errx(1, "nothing of several commands ended for %d seconds", PATIENCE);
    }
    set_alarm(0);
    return status;
}

/*
 * Moved out of the way and not removed: for five seconds ext4 looks at each inode that was removed
 * whenever it makes one (recently_deleted() of its ialloc.c), and the next start would pay for it.
 */
static void set_aside(const char *path)
{
    static unsigned long number;
    char *aside;

    if (asprintf(&aside, "%s.%lu", path, number++) < 0)
        err(1, "asprintf");
    if (rename(path, aside) != 0 && errno != ENOENT)
        err(1, "%s", path);
    free(aside);
}

struct outcome start_wait(const struct command *command)
{
    struct outcome outcome = {0, 0};

    forget_output();
    if (command->leaves)
        set_aside(command->leaves);
    set_alarm(PATIENCE);
    double begin = start_clock();
    pid_t pid = start_spawn(command);
    while (waitpid(pid, &outcome.status, 0) != pid) {
        if (errno != EINTR)
            err(1, "waitpid");
        if (hanging)
            kill(pid, SIGKILL);
    }
    outcome.us = start_clock() - begin;
    set_alarm(0);
    return outcome;
}

bool start_succeeded(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

double start_printed(void)
{
    char text[64], *end;
    ssize_t length = pread(captured[0], text, sizeof(text) - 1, 0);

    if (length <= 0)
        return -1;
    text[length] = '\0';
    double value = strtod(text, &end);
    return end != text && *end == '\n' ? value : -1;
}

char *start_last_words(void)
{
    char text[SHOWN + 1];
    off_t size = lseek(captured[1], 0, SEEK_END);
    ssize_t length = pread(captured[1], text, SHOWN, size > SHOWN ? size - SHOWN : 0);

    while (length > 0 && text[length - 1] == '\n')
        length--;
    text[length > 0 ? length : 0] = '\0';
    const char *line = strrchr(text, '\n');
    char *words = strdup(line ? line + 1 : text);
    if (!words)
        err(1, "strdup");
    return words;
}

void start_explain(const char *name, int status)
{
    char text[SHOWN];
    off_t size = lseek(captured[1], 0, SEEK_END);
    ssize_t length = pread(captured[1], text, SHOWN, size > SHOWN ? size - SHOWN : 0);

    if (hanging)
        fprintf(stderr, "bench: %s failed: did not end for %d seconds\n", name, PATIENCE);
    else if (WIFSIGNALED(status))
        fprintf(stderr, "bench: %s failed: %s\n", name, strsignal(WTERMSIG(status)));
    else
        fprintf(stderr, "bench: %s failed: exit status %d\n", name, WEXITSTATUS(status));
    if (length > 0)
        fprintf(stderr, "%.*s%s", (int)length, text, text[length - 1] == '\n' ? "" : "\n");
}
