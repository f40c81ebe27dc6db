/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts on parts of the kernel that a payload has no business with. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A mount that is a copy of /tmp, put over /in. */
const char *try_move_mount(void)
{
    long tree = syscall(SYS_open_tree, AT_FDCWD, place.tmp, 1L);

    return answer(syscall(SYS_move_mount, tree, "", AT_FDCWD, place.in, 4L));
}

#if defined(__x86_64__)
/* getpid of i386. What the program could corrupt it says to the compiler. */
const char *try_int80(void)
{
    long number = 20;

    __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
    errno = (int)-number;
    return answer(number > 0 ? 0 : -1);
}

const char *try_x32(void)
{
    return answer(syscall(0x40000000L | SYS_getpid));
}
#endif

static int ring(void)
{
    struct io_uring_params parameters = {0};

    return (int)syscall(SYS_io_uring_setup, 4L, &parameters);
}

const char *try_io_uring_setup(void)
{
    return answer(ring());
}

const char *try_io_uring_enter(void)
{
    return answer(syscall(SYS_io_uring_enter, ring(), 0L, 0L, 0L, NULL, 0L));
}

const char *try_io_uring_register(void)
{
    static struct {
        struct io_uring_probe probe;
        struct io_uring_probe_op more[8];
    } room;

    return answer(syscall(SYS_io_uring_register, ring(), (long)IORING_REGISTER_PROBE, &room, 8L));
}

const char *try_perf(void)
{
    struct perf_event_attr event = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof event,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };

    return answer(syscall(SYS_perf_event_open, &event, 0L, -1L, -1L, 0L));
}

const char *try_bpf(void)
{
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

    return answer(syscall(SYS_bpf, (long)BPF_MAP_CREATE, &map, sizeof map));
}

const char *try_vmsplice(void)
{
    static char page[4096];
    struct iovec words = {.iov_base = page, .iov_len = sizeof page};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return "no pipe";
    return answer(syscall(SYS_vmsplice, ends[1], &words, 1L, 0L));
}

const char *try_process_madvise(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec words = {.iov_base = page, .iov_len = 4096};
    long self = syscall(SYS_pidfd_open, getpid(), 0L);

    return answer(syscall(SYS_process_madvise, self, &words, 1L, (long)MADV_COLD, 0L));
}

const char *try_request_key(void)
{
    syscall(SYS_add_key, "user", "denybox-escape", "x", 1L, -1L /* of this thread */);
    return answer(syscall(SYS_request_key, "user", "denybox-escape", NULL, 0L));
}
