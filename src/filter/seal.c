/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

/* The halves of an argument. Both machines are little-endian. */
#define ARG_LOW(n) ((uint32_t)offsetof(struct seccomp_data, args[n]))
#define ARG_HIGH(n) (ARG_LOW(n) + 4u)

/* A |= (half of an argument ^ what it must be); X carries the sum from one to the next. */
#define COMPARE(offset, expected)                                                                  \
    BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),                   \
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, expected), BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0)

unsigned short seal_write(struct sock_filter code[SEAL_MAX], uint32_t audit_arch,
                          uint32_t execveat_nr, uint32_t descriptor, const uint32_t token[4])
{
    struct sock_filter seal[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_arch, 0, 30),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        /* Whatever is not execveat is decided before an argument is looked at: the kernel then
         * knows it for constant and skips the filter. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, execveat_nr, 0, 26),
        BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 0),
        COMPARE(ARG_LOW(0), descriptor),
        COMPARE(ARG_HIGH(0), token[0]),
        COMPARE(ARG_LOW(4), AT_EMPTY_PATH),
        COMPARE(ARG_HIGH(4), token[1]),
        COMPARE(ARG_LOW(5), token[2]),
        COMPARE(ARG_HIGH(5), token[3]),
        /* The one branch: the time it takes is the same whichever bit is wrong. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };

    _Static_assert(sizeof seal == SEAL_MAX * sizeof seal[0], "the length is part of the API");
    memcpy(code, seal, sizeof seal);
    explicit_bzero(seal, sizeof seal); /* the token is in it */
    return SEAL_MAX;
}

char *seal_template_digest(char out[DIGEST_TEXT_SIZE], uint32_t audit_arch, uint32_t execveat_nr)
{
    static const uint32_t no_token[4];
    struct sock_filter code[SEAL_MAX];

    seal_write(code, audit_arch, execveat_nr, 0, no_token);
    return sha256_text(out, code, sizeof code);
}
