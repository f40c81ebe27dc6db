/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/sha256.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <string.h>
#include <unistd.h>

#include "base/patience.h"
#include "base/sys.h"
#include "base/text.h"

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct sha256), "room for nettle's context");

static struct sha256_ctx *context(struct sha256 *s)
{
    return (struct sha256_ctx *)(void *)s->state;
}

void sha256_start(struct sha256 *s)
{
    sha256_init(context(s));
}

void sha256_add(struct sha256 *s, const void *bytes, size_t length)
{
    sha256_update(context(s), length, bytes);
}

void sha256_end(struct sha256 *s, unsigned char digest[32])
{
    sha256_digest(context(s), 32, digest);
}

char *sha256_end_text(struct sha256 *s, char out[DIGEST_TEXT_SIZE])
{
    unsigned char digest[32];

    sha256_end(s, digest);
    memcpy(out, "sha256:", 7);
    text_hex(out + 7, digest, sizeof digest);
    return out;
}

char *sha256_text(char out[DIGEST_TEXT_SIZE], const void *bytes, size_t length)
{
    struct sha256 s;

    sha256_start(&s);
    sha256_add(&s, bytes, length);
    return sha256_end_text(&s, out);
}

bool sha256_file(char out[DIGEST_TEXT_SIZE], int fd)
{
    static char chunk[65536];
    struct sha256 s;
    off_t offset = 0;

    sha256_start(&s);
    for (;;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        sha256_add(&s, chunk, (size_t)n);
        offset += n;
        patience_add((uint64_t)n);
    }
    sha256_end_text(&s, out);
    return true;
}

bool sha256_is_text(const char *text)
{
    return strlen(text) == DIGEST_TEXT_SIZE - 1 && strncmp(text, "sha256:", 7) == 0 &&
           strspn(text + 7, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}
