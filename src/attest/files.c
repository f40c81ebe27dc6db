/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/boundary.h"
#include "base/io.h"

/* Enough to get past files that happen to have the probe's name; a wall answers the first time. */
#define TRIES 3

/*
 * Creates a fresh file and removes it again. Returns 0 or the errno. A file that exists says
 * nothing about writing, so another name is tried; only a fresh name reaches the check for a
 * read-only mount.
 */
static int try_create(const char *directory)
{
    char path[4096];
    char random[33] = "";

    for (int i = 0; i < TRIES; i++) {
        int fd;

        snprintf(path, sizeof path, "%s/__probe%s%s", directory, i != 0 ? "-" : "", random);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            close(fd);
            unlink(path);
            return 0;
        }
        if (errno != EEXIST || !io_random_hex(random))
            return errno;
    }
    return EEXIST;
}

static int control_list(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

void probe_write_in(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_FS_RO_IN];

    observe_value(fact, "/in", try_create(config->in));
    fact->control = control_list(config->in);
}

void probe_write_etc(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_FS_ESC_1];

    observe_value(fact, "/etc", try_create("/etc"));
    fact->control = try_create(config->tmp);
}

void probe_write_root_app(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_FS_ESC_2];

    (void)config;
    observe_value(fact, "/root", try_create("/root"));
    observe_value(fact, "/app", try_create("/app"));
    fact->control = f->fact[PR_FS_ESC_1].control; /* the same, tried a moment ago */
}

static int write_report(int fd)
{
    static const char ok[] = "ok\n";
    int result = io_write_all(fd, ok, sizeof ok - 1) ? 0 : errno;

    close(fd);
    return result;
}

/* attest leaves report.md; run writes to a file that never has a name, or, on a file system that
 * has none such, to one that is removed at once. */
void probe_write_out(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_FS_OUT_OK];
    char path[4096];
    int fd;

    fact->control = NOT_OBSERVED;
    if (config->report) {
        snprintf(path, sizeof path, "%s/report.md", config->out);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        observe_value(fact, "report.md", fd < 0 ? errno : write_report(fd));
        return;
    }
    fd = open(config->out, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd >= 0)
        observe_value(fact, "/out", write_report(fd));
    else
        observe_value(fact, "/out", errno == EOPNOTSUPP ? try_create(config->out) : errno);
}

void probe_docker_socket(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_SOCK_DOCKER];
    struct stat st;

    (void)config;
    observe_call(fact, "docker.sock", stat("/var/run/docker.sock", &st));
    fact->control = stat("/", &st) == 0 ? 0 : errno;
}

static int try_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* Above the root there must be nothing: ".." of it is itself. */
static int try_parent_of_root(void)
{
    struct stat root;
    struct stat parent;

    if (stat("/", &root) != 0 || stat("/..", &parent) != 0)
        return errno;
    return root.st_dev == parent.st_dev && root.st_ino == parent.st_ino ? ENOENT : 0;
}

void probe_host_paths(const struct attest_config *config, struct findings *f)
{
    static const char *const paths[] = {"/proc/self", "/sys/kernel", "/dev/tty"};
    struct fact *fact = &f->fact[DX_HOSTPATH];

    (void)config;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        observe_value(fact, paths[i], try_open(paths[i]));
    observe_value(fact, "/..", try_parent_of_root());
    fact->control = control_list("/");
}

/* Counts those of n descriptors above 2 that are open and not close-on-exec. One poll(2) tells
 * which of them are open at all; asking each would cost as many calls. */
static int count_kept(struct pollfd *fds, nfds_t n)
{
    int kept = 0;

    for (nfds_t i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = (int)i};
    if (poll(fds, n, 0) < 0)
        return NOT_OBSERVED;
    for (nfds_t i = 3; i < n; i++) {
        int flags = (fds[i].revents & POLLNVAL) != 0 ? FD_CLOEXEC : fcntl((int)i, F_GETFD);

        kept += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return kept;
}

void probe_descriptors(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_FDS];
    struct rlimit limit;
    struct pollfd *fds;

    (void)config;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > (1U << 20)) {
        observe_value(fact, "the limit is above 1048576", NOT_OBSERVED);
        return;
    }
    fds = calloc(limit.rlim_cur, sizeof *fds);
    observe_value(fact, "descriptors",
                  fds != NULL ? count_kept(fds, (nfds_t)limit.rlim_cur) : NOT_OBSERVED);
    /* Standard input is open, so it must have been seen: else poll(2) tells nothing. */
    fact->control = fds != NULL && (fds[0].revents & POLLNVAL) == 0 ? 0 : EBADF;
    free(fds);
}
