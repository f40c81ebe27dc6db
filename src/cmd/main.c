/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/help.h"
#include "cmd/commands.h"
#include "cmd/print.h"
#include "launch/wipe.h"

/* A descriptor of ours at 0, 1 or 2 would be the payload's standard input or output. An answer that
 * is written to a standard output that was closed has to fail, and not to be lost. */
static bool fill_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR) != fd)
            return false;
    }
    return true;
}

/* A start, and more so a pack or a scan, was ended by SIGSEGV with 64 KiB, and not with 96. However
 * little there is, the kernel takes up to 128 KiB of it for words and environment: execve(2). */
#define STACK_MIN (256ULL << 10)

static bool stack_suffices(struct error *e)
{
    static char room[sizeof e->text + sizeof e->hint];
    struct rlimit stack;

    if (getrlimit(RLIMIT_STACK, &stack) < 0 || stack.rlim_cur >= STACK_MIN)
        return true;
    /* What has no buffer is written by way of one of 8 KiB that stdio takes of the stack. */
    setvbuf(stderr, room, _IOLBF, sizeof room);
    error_set(e, EXIT_DENYBOX, "cannot do anything with a stack of %llu bytes: %llu are needed",
              (unsigned long long)stack.rlim_cur, STACK_MIN);
    return error_hint(e, "raise the limit of the caller: ulimit -s 8192");
}

/* Of those that the caller may have as well; its soft limit is a matter of its own. The payload has
 * that of --nofile. */
#define DESCRIPTORS_WANTED 64

static void raise_descriptors(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= DESCRIPTORS_WANTED)
        return;
    files.rlim_cur = files.rlim_max < DESCRIPTORS_WANTED ? files.rlim_max : DESCRIPTORS_WANTED;
    setrlimit(RLIMIT_NOFILE, &files); /* what needs more says so */
}

/* A mask that takes the owner's rights would shut what is made here to this user: outputs that
 * cannot be published, a cache that no later run can open. */
static void keep_owners_rights(void)
{
    umask(umask(077) & 077);
}

/* What stdio still holds is part of the answer: a list that is cut short is none. */
static int printed(int status)
{
    struct error e;

    if (print_end(&e) || status != EXIT_OK)
        return status;
    error_print(&e);
    return (int)e.exit;
}

int main(int argc, char **argv)
{
    const char *word = argc >= 2 ? argv[1] : NULL;
    struct error e;

    wipe_note(argv, environ);
    /* A reader of ours that has gone is an error like any other; the payload gets the default. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* Of a caller who ignores its children the kernel reaps ours, and how they ended is lost. */
    signal(SIGCHLD, SIG_DFL);
    raise_descriptors();
    keep_owners_rights();
    if (!fill_standard_descriptors()) {
        error_errno(&e, EXIT_DENYBOX, errno, "cannot fill a standard descriptor with /dev/null");
        error_print(&e);
        return EXIT_DENYBOX;
    }
    if (word != NULL && strcmp(word, "--version") == 0) {
        puts("denybox " PACKAGE_VERSION);
        return printed(EXIT_OK);
    }
    if (word != NULL && help_asked(word))
        return printed(command_help(0, NULL));
    if (!stack_suffices(&e)) {
        error_print(&e);
        return EXIT_DENYBOX;
    }
    return printed(command_named(word, argc < 2 ? 0 : argc - 2, argv + 2));
}
