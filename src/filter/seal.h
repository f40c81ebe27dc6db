/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_FILTER_SEAL_H
#define DENYBOX_FILTER_SEAL_H

#include <linux/filter.h>
#include <stdint.h>

#include "base/sha256.h"

/*
 * The seal: the second filter, which lets execveat through once and never again.
 *
 * execveat(dirfd, path, argv, envp, flags) reads dirfd and flags as 32-bit numbers and has no sixth
 * argument. The upper halves of args[0] and args[4] and all of args[5] are ignored by the kernel
 * and seen by a filter: 128 bits, which hold a token that only the caller knows. The token is what
 * seals; the descriptor alone would not, because the kernel ignores it when the path is absolute.
 *
 * The program is written here and not by libseccomp, whose older versions can merge 64-bit
 * comparisons into a weaker filter, and which would branch after each of them, so that the time a
 * call takes would tell how much of a guess was right. Nothing here installs anything.
 */

/* Instructions in a seal; every seal has as many. */
#define SEAL_MAX 33

/*
 * Writes the seal for one machine: AUDIT_ARCH_ value, its number of execveat, the descriptor that
 * holds the payload, and the token. token[0] goes to the upper half of args[0], token[1] to the
 * upper half of args[4], token[2] and token[3] to the lower and upper half of args[5].
 *
 * The verdicts: another machine kills the process; every call but execveat is allowed, by its
 * number alone; execveat is allowed when descriptor, flags (AT_EMPTY_PATH) and token all agree, and
 * is EPERM else. Returns SEAL_MAX. The caller wipes `code` after loading it, for the token is
 * in it.
 */
unsigned short seal_write(struct sock_filter code[SEAL_MAX], uint32_t audit_arch,
                          uint32_t execveat_nr, uint32_t descriptor, const uint32_t token[4]);

/*
 * "sha256:..." of the seal's bytes with descriptor 0 and a token of zeros: the same for every run
 * on that machine. Returns `out`.
 */
char *seal_template_digest(char out[DIGEST_TEXT_SIZE], uint32_t audit_arch, uint32_t execveat_nr);

#endif
