/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_SHA256_H
#define DENYBOX_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>

/* SHA-256; the arithmetic is nettle's, and sha256.c is the only door to it. */

#define DIGEST_HEX_SIZE 65  /* 64 hexadecimal digits and a NUL */
#define DIGEST_TEXT_SIZE 72 /* "sha256:", the digits and a NUL */

struct sha256 {
    /* Room for nettle's context, so that its header stays behind its door. */
    _Alignas(16) unsigned char state[128];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t length);
void sha256_end(struct sha256 *s, unsigned char digest[32]);

/* "sha256:<hex>" of some bytes. Returns `out`. */
char *sha256_text(char out[DIGEST_TEXT_SIZE], const void *bytes, size_t length);

/* "sha256:<hex>" of everything that can be read from fd, from offset 0. False with errno set. */
bool sha256_file(char out[DIGEST_TEXT_SIZE], int fd);

/* Writes "sha256:<hex>" of a finished context. */
char *sha256_end_text(struct sha256 *s, char out[DIGEST_TEXT_SIZE]);

/* Is it "sha256:" and 64 hexadecimal digits in lower case, and nothing else? */
bool sha256_is_text(const char *text);

#endif
