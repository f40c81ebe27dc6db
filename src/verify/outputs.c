/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/text.h"
#include "rules/oddity.h"
#include "verify/checks.h"
#include "verify/field.h"

/* What the payload has left, against itself and the plan. */

/* What is too deep is in OUTPUT_DEPTH_MAX directories. */
#define PATH_LONGEST ((OUTPUT_DEPTH_MAX + 1) * (NAME_MAX + 1))

/* ---------------------------------------------------------------- one output */

/* Each word is known, and none is there twice. */
static bool right_words(const json_t *odd)
{
    const json_t *word;
    size_t next = 0;
    size_t i;

    json_array_foreach(odd, i, word)
    {
        while (next < N_ODDITIES &&
               !same_text(json_string_value(word), oddity_words((enum oddity)next)))
            next++;
        if (next++ >= N_ODDITIES)
            return false;
    }
    return true;
}

/* The set of them that the bundle has. */
static unsigned odd_of(const json_t *output)
{
    unsigned odd = 0;

    for (int i = 0; i < N_ODDITIES; i++) {
        if (array_has(field(output, "odd"), oddity_words((enum oddity)i)))
            odd |= ODD_BIT(i);
    }
    return odd;
}

/* The bytes of its path, for the text has escapes in it; the caller's. That they have no NUL, the
 * digests have found. */
static char *path_of(const json_t *output)
{
    size_t length = 0;

    return (char *)text_base64_decode(field_text(output, "path_b64"), &length);
}

#define UNREAD (ODD_BIT(ODD_UNREADABLE) | ODD_BIT(ODD_LARGE) | ODD_BIT(ODD_UNDIGESTED))

/* A file without a byte has the one digest, and no other file has it. */
static bool right_digest(const json_t *output)
{
    const char *digest = field_text(output, "sha256");
    char empty[DIGEST_TEXT_SIZE];

    sha256_text(empty, "", 0);
    return digest == NULL || (field_number(output, "size") == 0) == (strcmp(digest, empty) == 0);
}

/* What is odd about an output, as far as the other fields tell. */
static bool right_output(const json_t *output, const char *path)
{
    const char *type = field_text(output, "type");
    const char *slash = strrchr(path, '/');
    unsigned odd = odd_of(output);
    bool file = strcmp(type, "file") == 0;
    bool directory = strcmp(type, "directory") == 0;
    bool link = strcmp(type, "link") == 0;
    unsigned kind = link ? ODD_BIT(ODD_LINK) : file || directory ? 0 : ODD_BIT(ODD_SPECIAL);

    if (!right_words(field(output, "odd")) ||
        (odd & (ODD_BIT(ODD_LINK) | ODD_BIT(ODD_SPECIAL))) != kind ||
        ((odd & ODD_BIT(ODD_NAME)) != 0) != oddity_name(slash != NULL ? slash + 1 : path))
        return false;
    if (file)
        return field_null(output, "sha256") == ((odd & UNREAD) != 0) && right_digest(output) &&
               (odd & ODD_BIT(ODD_DEEP)) == 0;
    return field_null(output, "sha256") && field_number(output, "size") == 0 &&
           (odd & (ODD_BIT(ODD_LARGE) | ODD_BIT(ODD_UNDIGESTED))) == 0 &&
           (directory || (odd & (ODD_BIT(ODD_UNREADABLE) | ODD_BIT(ODD_DEEP))) == 0);
}

/* ---------------------------------------------------------------- their tree */

/* No name is longer on Linux, and how many directories it is in is in its path. */
static bool right_parts(const json_t *output, const char *path)
{
    bool directory = strcmp(field_text(output, "type"), "directory") == 0;
    unsigned odd = odd_of(output);
    size_t depth = 0;

    for (const char *part = path;; part++) {
        size_t length = strcspn(part, "/");

        if (length > NAME_MAX)
            return false;
        part += length;
        if (*part == '\0')
            break;
        depth++;
    }
    if (depth < OUTPUT_DEPTH_MAX)
        return (odd & ODD_BIT(ODD_DEEP)) == 0;
    return depth == OUTPUT_DEPTH_MAX &&
           (!directory || (odd & (ODD_BIT(ODD_DEEP) | ODD_BIT(ODD_UNREADABLE))) != 0);
}

/* The walk lists a directory, and then what is in it: the parent is the last one listed, or one
 * that this is in. `last` is NULL for the first. */
static bool right_parent(const char *path, const char *last, bool last_entered)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : 0;

    if (slash == NULL)
        return true;
    if (last == NULL || strncmp(last, path, length) != 0)
        return false;
    return last[length] == '/' || (last[length] == '\0' && last_entered);
}

/* One digest is that of one content, which has one size. False too when out of memory: then there
 * is nothing any more that the others could be held against. */
static bool one_size(json_t **sizes, const json_t *output)
{
    const char *digest = field_text(output, "sha256");
    const json_t *known = digest != NULL ? json_object_get(*sizes, digest) : NULL;

    if (digest == NULL)
        return true;
    if (known != NULL)
        return json_integer_value(known) == field_number(output, "size");
    json_put(sizes, digest, json_integer(field_number(output, "size")));
    return *sizes != NULL;
}

/* ---------------------------------------------------------------- all of them */

/* What of --out-size is left over is known at each file, see collect; but for files that became
 * unreadable when their room was taken, or before. */
struct room {
    json_int_t least;
    json_int_t most;
    json_int_t fsize; /* -1: there is no such limit */
};

/* Too large is what did not fit any more, and that alone; and no file has outgrown its limit in a
 * /out that was empty before. */
static bool takes_room(struct room *room, bool collected, const json_t *output)
{
    unsigned odd = odd_of(output);
    json_int_t size = field_number(output, "size");
    bool large = (odd & ODD_BIT(ODD_LARGE)) != 0;

    if (!collected)
        return !large;
    if (room->fsize >= 0 && size > room->fsize)
        return false;
    if (large ? size <= room->least : size > room->most)
        return false;
    if (!large && (!oddity_refused(odd) || (odd & ODD_BIT(ODD_UNREADABLE)) != 0))
        room->least -= size;
    if (!oddity_refused(odd))
        room->most -= size;
    return true;
}

/* Is there something that --strict-out refuses, listed or not? What only the digests ran out for is
 * not. */
static bool refused_by_strict(const json_t *result)
{
    json_int_t harmless = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        harmless += odd_of(output) == ODD_BIT(ODD_UNDIGESTED);
    }
    return field_number(result, "outputs_odd") > harmless;
}

/* There are at most a thousand, and each is of 53 bits. */
static json_int_t all_sizes(const json_t *result)
{
    json_int_t sum = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        if (i < OUTPUTS_LISTED)
            sum += field_number(output, "size");
    }
    return sum;
}

/* Nothing is left undigested for want of time where all of it could be read. */
static bool right_undigested(const json_t *result)
{
    const json_t *output;
    size_t i;

    if (all_sizes(result) > OUTPUTS_DIGESTED)
        return true;
    json_array_foreach(field(result, "outputs"), i, output)
    {
        if ((odd_of(output) & ODD_BIT(ODD_UNDIGESTED)) != 0)
            return false;
    }
    return true;
}

static void check_each(struct verification *v, const json_t *result)
{
    bool collected = !field_null(v->bundle, "binding.plan.limits.out_bytes");
    json_int_t bytes = field_number(v->bundle, "binding.plan.limits.out_bytes");
    struct room room = {bytes, bytes, field_number(v->bundle, "binding.plan.limits.fsize_bytes")};
    json_t *sizes = json_object();
    bool entered = false;
    char *last = NULL;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        char *path = path_of(output);

        if (path == NULL || !right_output(output, path) || !right_parts(output, path) ||
            !right_parent(path, last, entered) || !one_size(&sizes, output) ||
            !takes_room(&room, collected, output))
            note(v, REASON_RESULT, "outputs[%zu] contradicts itself or the others: '%s'", i,
                 text_show(field_text(output, "path")));
        entered =
            strcmp(field_text(output, "type"), "directory") == 0 && !oddity_refused(odd_of(output));
        free(last);
        last = path;
    }
    free(last);
    json_decref(sizes);
    if (!right_undigested(result))
        note(v, REASON_RESULT, "an output was not digested, and there was room for it");
}

static json_int_t count_odd(const json_t *result)
{
    json_int_t odd = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        odd += json_array_size(field(output, "odd")) != 0;
    }
    return odd;
}

/* Of those that may be listed; more are wrong anyhow. */
static json_int_t all_paths(const json_t *result)
{
    json_int_t sum = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        char *path = i < OUTPUTS_LISTED ? path_of(output) : NULL;

        sum += path != NULL ? (json_int_t)strlen(path) : 0;
        free(path);
    }
    return sum;
}

/* All are listed, or the first thousand, or as many as there was room for: the path of the next one
 * is not known. */
static void check_count(struct verification *v, const json_t *result)
{
    json_int_t listed = (json_int_t)json_array_size(field(result, "outputs"));
    json_int_t paths = all_paths(result);
    json_int_t odd = count_odd(result);
    json_int_t entries = field_number(result, "outputs_entries");
    json_int_t all_odd = field_number(result, "outputs_odd");
    bool complete = json_is_true(field(result, "outputs_complete"));
    bool full = listed == OUTPUTS_LISTED || paths > OUTPUTS_PATHS - PATH_LONGEST;

    if (!complete && entries == 0)
        note(v, REASON_OUTPUTS_UNKNOWN, "outputs_complete is false, and none is listed");
    else if (listed > OUTPUTS_LISTED || paths > OUTPUTS_PATHS ||
             (complete ? entries != listed || all_odd != odd
                       : entries <= listed || all_odd < odd || all_odd - odd > entries - listed ||
                             !full))
        note(v, REASON_RESULT, "the outputs are not as many as it says");
}

/* ---------------------------------------------------------------- the plan */

/* What became of the outputs, against what the plan asked for. */
static void check_state(struct verification *v, const json_t *result)
{
    const json_t *plan = field(v->bundle, "binding.plan");
    const char *state = field_text(result, "outputs_state");
    bool none = field_null(plan, "output.directory");
    bool collected = !field_null(plan, "limits.out_bytes");
    bool published = strcmp(state, "published") == 0;
    bool failed = !same_text(field_text(result, "ending"), "exited") ||
                  field_number(result, "number") != 0 || !field_null(result, "time_limit");

    if (none         ? strcmp(state, "discarded") != 0
        : !collected ? strcmp(state, "left") != 0
                     : !published && strcmp(state, "withheld") != 0)
        note(v, REASON_RESULT, "outputs_state is '%s', which is not the plan's", state);
    if (published && failed && !json_is_true(field(plan, "output.keep_failed")))
        note(v, REASON_RESULT, "the payload failed, and its outputs were published");
    if (json_is_true(field(plan, "output.strict")) && refused_by_strict(result))
        note(v, REASON_OUTPUTS_REFUSED, "there is something odd among the outputs");
}

void check_outputs(struct verification *v, const json_t *result)
{
    bool attest = field_null(v->bundle, "binding.plan.payload");
    bool kept = !field_null(v->bundle, "binding.plan.output.directory");

    check_each(v, result);
    check_count(v, result);
    check_state(v, result);
    if (attest && kept)
        check_artifacts(v, result);
    if (!kept && (json_array_size(field(result, "outputs")) != 0 ||
                  field_number(result, "outputs_entries") != 0))
        note(v, REASON_RESULT, "there are outputs, and the plan throws /out away");
}
