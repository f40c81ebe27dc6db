/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/near.h"

#include <string.h>

#define LENGTH_MAX 24

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Restricted Damerau-Levenshtein, by the table of all beginnings. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned table[LENGTH_MAX + 1][LENGTH_MAX + 1];

    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = (unsigned)(i + j);
                continue;
            }
            table[i][j] = least(least(table[i - 1][j], table[i][j - 1]) + 1,
                                table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    }
    return table[a_length][b_length];
}

void near_try(struct near *near, const char *word, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    unsigned found;
    unsigned most = length > 4 ? 2 : 1;

    if (length < 2 || length > LENGTH_MAX || name_length > LENGTH_MAX)
        return;
    found = length >= 3 && strncmp(word, name, length) == 0
                ? 1
                : distance(word, length, name, name_length);
    /* Half of a word's letters are another word. */
    if (found > most || found > length / 2 || (near->name != NULL && found >= near->distance))
        return;
    near->name = name;
    near->distance = found;
}
