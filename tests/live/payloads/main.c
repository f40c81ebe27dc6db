/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "payload.h"

const char *result_name(long result)
{
    return result < 0 ? error_name(errno) : "ok";
}

void report(const char *what, long result)
{
    printf("%s %s\n", what, result_name(result));
    fflush(stdout);
}

/* Leaves a mark that it has run, and ends with a status that nothing else here has. */
static int started_main(int argc, char **argv)
{
    int fd = open("/out/started", O_WRONLY | O_CREAT, 0644);

    (void)argc;
    (void)argv;
    puts("started");
    return fd < 0 ? 8 : 7;
}

static int exit_main(int argc, char **argv)
{
    return argc > 1 ? atoi(argv[1]) : 0;
}

static int signal_main(int argc, char **argv)
{
    raise(argc > 1 ? atoi(argv[1]) : SIGKILL);
    pause();
    return 99;
}

static int echo_main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        puts(argv[i]);
    return 0;
}

/* print TEXT STATUS */
static int print_main(int argc, char **argv)
{
    if (argc < 3)
        return 97;
    puts(argv[1]);
    return atoi(argv[2]);
}

static int cat_main(int argc, char **argv)
{
    char buffer[65536];
    ssize_t n;

    (void)argc;
    (void)argv;
    while ((n = read(0, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0, now; done < n; done += now) {
            now = write(1, buffer + done, (size_t)(n - done));
            if (now < 0)
                return 1;
        }
    }
    return n < 0 ? 1 : 0;
}

static int both_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs("to standard output\n", stdout);
    fputs("to standard error\n", stderr);
    return 0;
}

static int sleep_main(int argc, char **argv)
{
    puts("sleeping");
    fflush(stdout);
    sleep(argc > 1 ? (unsigned)atoi(argv[1]) : 60);
    return 0;
}

static volatile sig_atomic_t taken;

static void take(int number)
{
    taken = number;
}

/* Waits for a signal that it handles and ends with its number. */
static int handle_main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = take};

    for (int i = 1; i < argc; i++)
        sigaction(atoi(argv[i]), &action, NULL);
    puts("waiting");
    fflush(stdout);
    while (taken == 0)
        pause();
    return taken;
}

static void refuse(int number)
{
    (void)number;
    if (write(1, "no\n", 3) != 3)
        _exit(1);
}

/* Says no to every SIGTERM, or to the signals named. */
static int stubborn_main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = refuse};

    if (argc < 2)
        sigaction(SIGTERM, &action, NULL);
    for (int i = 1; i < argc; i++)
        sigaction(atoi(argv[i]), &action, NULL);
    puts("waiting");
    fflush(stdout);
    while (pause() < 0)
        continue;
    return 99;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} applets[] = {
    {"started", started_main}, {"exit", exit_main},     {"signal", signal_main},
    {"echo", echo_main},       {"cat", cat_main},       {"both", both_main},
    {"sleep", sleep_main},     {"handle", handle_main}, {"stubborn", stubborn_main},
    {"calls", calls_main},     {"show", show_main},     {"exec", exec_main},
    {"mapexec", mapexec_main}, {"memory", memory_main}, {"forks", forks_main},
    {"threads", threads_main}, {"daemon", daemon_main}, {"abi", abi_main},
    {"init", init_main},       {"fill", fill_main},     {"descriptors", descriptors_main},
    {"family", family_main},   {"flood", flood_main},   {"text", text_main},
    {"bomb", bomb_main},       {"hog", hog_main},       {"print", print_main},
    {"deep", deep_main},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof applets / sizeof applets[0]; i++) {
        if (strcmp(applets[i].name, argv[1]) == 0)
            return applets[i].run(argc - 1, argv + 1);
    }
    fputs("payload: no such applet\n", stderr);
    return 98;
}
