/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/*
 * For scripts/coverage alone, linked into every program of that build.
 *
 * gcov writes its counters to a file when a process exits. init and the payload-to-be never can:
 * they have no path to that file, and they end by _exit, by exec or by SIGKILL. They are clones of
 * the launcher, though, with no exec between. So the pages of the counters are shared with them,
 * before anything else runs, and the launcher writes for all three. The counters are updated
 * atomically (-fprofile-update=atomic).
 *
 * In the test programs several processes exit, and each adds what is in the file to what is in
 * memory: shared, that would double with each of them. They are left as they are.
 */
extern char gcov_counters_start[];
extern char gcov_counters_end[];

__attribute__((constructor(101))) static void share_counters(void)
{
    size_t size = (size_t)(gcov_counters_end - gcov_counters_start);

    if (size == 0 || strncmp(program_invocation_short_name, "denybox", 7) != 0)
        return;
    if (mmap(gcov_counters_start, size, PROT_READ | PROT_WRITE,
             MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        abort();
}

/* The files of counters are for every user of the tests to add to, whoever made them: root makes
 * a root for the tests before the ordinary user's come. gcov writes with priority 100, after this.
 */
__attribute__((destructor(101))) static void open_to_all(void)
{
    umask(0);
}
