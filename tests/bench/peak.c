// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * peak: runs a command and prints the peak resident memory of its largest process, in KiB.
 *
 *   peak COMMAND [ARGS...]
 *
 * A process that calls exec keeps the peak of the memory it had before (ru_maxrss is carried
 * over), so a launcher measured by the bench directly would show the bench's own size.  This
 * static program is the smallest parent a libc allows: no launcher can read lower than it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 2) {
        fprintf(stderr, "usage: peak COMMAND [ARGS...]\n");
        return 2;
    }
    pid_t pid = vfork();
    if (pid == 0) {
        execv(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
        fprintf(stderr, "peak: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return printf("%ld\n", usage.ru_maxrss) > 0 && fflush(stdout) == 0 ? 0 : 1;
}
