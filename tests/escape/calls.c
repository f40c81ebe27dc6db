/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attempts that are one expression: the rows CALL of attempt.def. */
#include "escape.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <asm/ldt.h>
#include <sys/io.h>
#endif

/* What headers may lack has the kernel's number, the same on both machines. */
#ifndef AF_XDP
#define AF_XDP 44
#endif

struct xattr_words { /* struct xattr_args */
    uint64_t value;
    uint32_t size;
    uint32_t flags;
};

struct handle {
    uint32_t bytes;
    int32_t type;
    unsigned char data[128];
};

#if defined(__x86_64__)
#define MODIFY_LDT                                                                                 \
    answer(syscall(SYS_modify_ldt, 0x11,                                                           \
                   &(struct user_desc){.entry_number = 0, .seg_not_present = 1},                   \
                   sizeof(struct user_desc)))
#define IOPERM answer(ioperm(0x80, 1, 0))
#endif

/* To the modes that it has: what counts is that it is let to. */
static const char *set_modes(void)
{
    struct termios modes = {0};

    ioctl(0, TCGETS, &modes);
    return answer(ioctl(0, TCSETS, &modes));
}
#define SET_MODES set_modes()

/* A file of /proc about the process to attack. */
static const char *of_init(const char *name)
{
    char directory[64];

    snprintf(directory, sizeof directory, "/proc/%ld", place.init);
    return at(directory, name);
}

#define CALL(id, row, control, expected, why, what, ...)                                           \
    const char *try_##id(void)                                                                     \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }
#define ATTEMPT(id, row, control, expected, why, what)
#define KNOWN ATTEMPT
#include "attempt.def"
