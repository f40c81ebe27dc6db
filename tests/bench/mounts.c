// SPDX-License-Identifier: LGPL-2.1-or-later
#include "mounts.h"
#include "measure.h"
#include "progress.h"

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORDINARY_ID 1000
#define ROWS (MOUNT_LEVELS * MOUNT_LAUNCHERS)

/* A process in namespaces of its own, which starts what it is told to. */
struct host {
    pid_t pid;
    int orders;  /* to it: which of the launchers */
    int answers; /* from it: how long that took */
};

/* ---- in the host ---- */

static void write_map(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || dprintf(fd, "%s", text) < 0 || close(fd) != 0)
        err(1, "%s", path);
}

/* Who starts launchers here is an ordinary user as well. It has an id that is not the overflow id,
 * which stands for root here: what belongs to root must not look like its own. */
static void enter_namespaces(void)
{
    char uids[48], gids[48];

    snprintf(uids, sizeof(uids), "%d %u 1\n", ORDINARY_ID, geteuid());
    snprintf(gids, sizeof(gids), "%d %u 1\n", ORDINARY_ID, getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        err(1, "a user namespace for many mounts");
    write_map("/proc/self/setgroups", "deny");
    write_map("/proc/self/uid_map", uids);
    write_map("/proc/self/gid_map", gids);
}

static void make_mounts(const char *work, int count)
{
    char *place = contestants_path(work, "home/mounts");

    if ((mkdir(place, 0755) != 0 && access(place, W_OK) != 0) ||
        mount("bench", place, "tmpfs", 0, "mode=0755") != 0)
        err(1, "%s", place);
    for (int i = 1; i < count; i++) {
        char point[4096];

        snprintf(point, sizeof(point), "%s/%d", place, i);
        if (mkdir(point, 0755) != 0 || mount("bench", point, "tmpfs", 0, "mode=0755") != 0)
            err(1, "mount %d of %d", i, count);
    }
    free(place);
}

static _Noreturn void serve(const struct contestant *list, const char *work, int mounts,
                            struct host host)
{
    int which;

    enter_namespaces();
    make_mounts(work, mounts);
    while (read(host.orders, &which, sizeof(which)) == (ssize_t)sizeof(which)) {
        double us = measure_start(list[which].name, &list[which].start);
        if (write(host.answers, &us, sizeof(us)) != (ssize_t)sizeof(us))
            exit(1);
    }
    exit(0);
}

/* ---- outside ---- */

static struct host open_host(const struct contestant *list, const char *work, int mounts)
{
    int orders[2], answers[2];

    if (pipe2(orders, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
        err(1, "pipe2");
    struct host host = {.pid = fork(), .orders = orders[1], .answers = answers[0]};
    if (host.pid < 0)
        err(1, "fork");
    if (host.pid == 0) {
        close(orders[1]);
        serve(list, work, mounts, (struct host){.orders = orders[0], .answers = answers[1]});
    }
    close(orders[0]);
    close(answers[1]);
    return host;
}

static double start_in(const struct host *host, int which)
{
    double us;

    if (write(host->orders, &which, sizeof(which)) != (ssize_t)sizeof(which) ||
        read(host->answers, &us, sizeof(us)) != (ssize_t)sizeof(us))
        errx(1, "cannot measure beside many mounts, see above");
    return us;
}

static void close_host(const struct host *host)
{
    int status;

    close(host->orders);
    close(host->answers);
    if (waitpid(host->pid, &status, 0) != host->pid || !start_succeeded(status))
        errx(1, "the host of many mounts did not end well");
}

static void start_rounds(const struct contestant *list, const struct host *hosts, double *us,
                         int starts)
{
    int order[ROWS];

    for (int row = 0; row < ROWS; row++)
        order[row] = row;
    for (int round = 0; round < starts; round++) {
        progress("starts beside mounts", round, starts);
        measure_shuffle(order, ROWS);
        for (int i = 0; i < ROWS; i++) {
            int row = order[i], which = mount_launchers[row % MOUNT_LAUNCHERS];
            if (!list[which].absent)
                us[row * starts + round] = start_in(&hosts[row / MOUNT_LAUNCHERS], which);
        }
    }
    progress("", starts, starts);
}

void mounts_measure(const struct contestant *list, const char *work, struct results *results)
{
    struct host hosts[MOUNT_LEVELS];
    int starts = results->starts;
    double *us = calloc((size_t)ROWS * (size_t)starts, sizeof(double));

    if (!us)
        err(1, "calloc");
    for (int level = 0; level < MOUNT_LEVELS; level++)
        hosts[level] = open_host(list, work, mount_levels[level]);
    start_rounds(list, hosts, us, starts);
    /* The last one first: it has copies of the pipes of those before. */
    for (int level = MOUNT_LEVELS - 1; level >= 0; level--)
        close_host(&hosts[level]);
    for (int row = 0; row < ROWS; row++)
        if (!list[mount_launchers[row % MOUNT_LAUNCHERS]].absent)
            results->mounts[row / MOUNT_LAUNCHERS][row % MOUNT_LAUNCHERS] =
                stats_spread(us + row * starts, starts);
    free(us);
}
