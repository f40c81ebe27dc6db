/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/terminal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t escape(unsigned char c, char *out)
{
    static const char digits[] = "0123456789abcdef";

    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[c >> 4];
    out[3] = digits[c & 15];
    return 4;
}

size_t terminal_flush(struct terminal_filter *f, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < f->n_pending; i++)
        used += escape(f->pending[i], out + used);
    f->n_pending = 0;
    return used;
}

/* How long a sequence is that begins with this byte; 0 when none does. RFC 3629. */
static size_t sequence_length(unsigned char c)
{
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef)
        return 3;
    return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

/* May the second byte follow the first? Leaves out overlong forms, surrogates, what is beyond
 * U+10FFFF, and the control codes of C2 80 to C2 9F. */
static bool second_byte(unsigned char first, unsigned char c)
{
    unsigned char low = first == 0xc2 || first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return c >= low && c <= high;
}

static size_t begin(struct terminal_filter *f, unsigned char c, char *out)
{
    if ((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t') {
        out[0] = (char)c;
        return 1;
    }
    f->expected = sequence_length(c);
    if (f->expected == 0)
        return escape(c, out);
    f->pending[0] = c;
    f->n_pending = 1;
    return 0;
}

static size_t filter_byte(struct terminal_filter *f, unsigned char c, char *out)
{
    size_t used;

    if (f->n_pending == 0)
        return begin(f, c, out);
    if (f->n_pending == 1 ? !second_byte(f->pending[0], c) : (c & 0xc0) != 0x80) {
        used = terminal_flush(f, out);
        return used + begin(f, c, out + used);
    }
    f->pending[f->n_pending++] = c;
    if (f->n_pending < f->expected)
        return 0;
    memcpy(out, f->pending, f->n_pending);
    used = f->n_pending;
    f->n_pending = 0;
    return used;
}

size_t terminal_filter(struct terminal_filter *f, const void *bytes, size_t length, char *out)
{
    const unsigned char *in = bytes;
    size_t used = 0;

    for (size_t i = 0; i < length; i++)
        used += filter_byte(f, in[i], out + used);
    return used;
}

bool terminal_has_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(fd) && (no_color == NULL || no_color[0] == '\0');
}

bool terminal_takes(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}
