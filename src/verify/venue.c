/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/venue.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "verify/checks.h"
#include "verify/field.h"

/* The oldest kernel whose limits and mounts denybox can hold. */
#define OLDEST_MAJOR 5
#define OLDEST_MINOR 14

static const char *const words[] = {
#define DESKTOP(word, ...) word,
#include "verify/venue.def"
#undef DESKTOP
};

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) != 0;
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strcasestr(at, word)) != NULL; at++) {
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[length]))
            return true;
    }
    return false;
}

const char *venue_desktop(const char *text)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has_word(text, words[i]))
            return words[i];
    }
    return NULL;
}

bool venue_release(const char *release)
{
    char *end;
    unsigned long major;
    unsigned long minor;

    if (!isdigit((unsigned char)release[0]))
        return false;
    major = strtoul(release, &end, 10);
    if (end[0] != '.' || !isdigit((unsigned char)end[1]))
        return false;
    minor = strtoul(end + 1, NULL, 10);
    return major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR);
}

static void check_identity(struct verification *v)
{
    static const char *const fields[] = {"hostname", "release", "version"};
    const json_t *identity = field(v->bundle, "venue_identity");
    const char *release = field_text(identity, "release");

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *text = field_text(identity, fields[i]);
        const char *word = venue_desktop(text);

        if (word != NULL)
            note(v, REASON_VENUE_DESKTOP, "%s '%s' has the word '%s'", fields[i], text_show(text),
                 word);
    }
    if (!same_text(field_text(identity, "sysname"), "Linux") || !venue_release(release))
        note(v, REASON_VENUE_SYSTEM, "%s %s", text_show(field_text(identity, "sysname")),
             text_show(release));
}

bool check_venue(struct verification *v)
{
    const char *venue = field_text(v->bundle, "venue");
    bool allowed = false;

    for (size_t i = 0; i < v->policy->venues.n; i++)
        allowed = allowed || strcmp(v->policy->venues.word[i], venue) == 0;
    if (!allowed)
        note(v, REASON_VENUE_REFUSED,
             "the venue is '%s': make the bundle with --venue, or accept this one by --venue here",
             text_show(venue));
    check_identity(v);
    return true;
}
