/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/oddity.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum fate { KEPT, REFUSED };

static const struct {
    const char *words;
    enum fate fate;
} oddities[] = {
#define ODDITY(symbol, words, fate) {words, fate},
#include "rules/oddity.def"
#undef ODDITY
};

const char *oddity_words(enum oddity oddity)
{
    return oddities[oddity].words;
}

bool oddity_refused(unsigned odd)
{
    for (int i = 0; i < N_ODDITIES; i++) {
        if ((odd & ODD_BIT(i)) != 0 && oddities[i].fate == REFUSED)
            return true;
    }
    return false;
}

const char *oddity_type(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "link";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return "device";
    }
}

/* Characters that are not seen, or that move what stands around them: Unicode's controls, marks of
 * direction, separators of lines, joiners, fillers, what is private or no character. A few
 * languages and many emoji need one of them, and are called odd for it: two names that look the
 * same. */
static const struct {
    uint32_t first;
    uint32_t last;
} unseen[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x061c, 0x061c},    {0x115f, 0x1160},
    {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},    {0x3164, 0x3164},
    {0xd800, 0xf8ff}, {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},    {0xffa0, 0xffa0},
    {0xfff0, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

static bool is_unseen(uint32_t c)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        if (c >= unseen[i].first && c <= unseen[i].last)
            return true;
    }
    return false;
}

/* The character at s and its length in bytes, 0 for what is no UTF-8 in its shortest form. */
static size_t take_character(const unsigned char *s, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (n < 2) {
        *c = s[0];
        return n;
    }
    /* The first byte has 5, 4 or 3 bits of it; one above 0xf7 comes out too large. */
    *c = s[0] & (0xffU >> (n + (n < 4)));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s[i] & 0x3fU);
    }
    return *c >= least[n] && *c <= 0x10ffff ? n : 0;
}

bool oddity_name(const char *name)
{
    const unsigned char *s = (const unsigned char *)name;

    if (*s == '-')
        return true;
    while (*s != '\0') {
        uint32_t c;
        size_t n = take_character(s, &c);

        if (n == 0 || is_unseen(c))
            return true;
        s += n;
    }
    return false;
}

unsigned oddity_of(const char *name, const struct stat *st)
{
    mode_t mode = st->st_mode;
    unsigned odd = 0;

    if (S_ISLNK(mode))
        odd |= ODD_BIT(ODD_LINK);
    else if (!S_ISREG(mode) && !S_ISDIR(mode))
        odd |= ODD_BIT(ODD_SPECIAL);
    if ((mode & (S_ISUID | S_ISGID)) != 0)
        odd |= ODD_BIT(ODD_SET_ID);
    if (!S_ISDIR(mode) && st->st_nlink > 1)
        odd |= ODD_BIT(ODD_NAMES);
    if (oddity_name(name))
        odd |= ODD_BIT(ODD_NAME);
    return odd;
}
