/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/controls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "verify/field.h"
#include "verify/file.h"
#include "verify/form.h"

#define REFUSE(e, ...) error_set(e, EXIT_DENYBOX, __VA_ARGS__)

/* One row as the file has it. All borrowed. */
struct words {
    const char *removal;
    const char *removes;
    int ran;
    const json_t *reason;
    const json_t *expected;
    const json_t *flipped;
    const json_t *must_notice;
    const json_t *found;
    const json_t *faults;
    const json_t *probes;
};

static bool is_form(enum form form, const json_t *value)
{
    return json_is_string(value) && form_holds(form, "", value);
}

/* Is it a list of printable texts? */
static bool is_lines(const json_t *list)
{
    size_t i = 0;

    while (i < json_array_size(list) && is_form(FORM_PLAIN, json_array_get(list, i)))
        i++;
    return json_is_array(list) && i == json_array_size(list);
}

/* Are these the probes of the set, in their order? */
static bool is_set(const json_t *list, const bool set[N_PROBES])
{
    size_t n = 0;

    for (int p = 0; p < N_PROBES; p++) {
        if (set[p] &&
            !same_text(json_string_value(json_array_get(list, n++)), probe_row((enum probe)p)->id))
            return false;
    }
    return json_is_array(list) && n == json_array_size(list);
}

static bool unpack_row(const json_t *object, struct words *w)
{
    return json_unpack_ex((json_t *)(uintptr_t)object, NULL, JSON_STRICT,
                          "{s:s, s:s, s:b, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "removal",
                          &w->removal, "removes", &w->removes, "ran", &w->ran, "reason", &w->reason,
                          "expected", &w->expected, "flipped", &w->flipped, "launcher", "expected",
                          &w->must_notice, "found", &w->found, "faults", &w->faults, "probes",
                          &w->probes) == 0 &&
           is_lines(w->found) && is_lines(w->faults) &&
           (w->ran ? json_is_null(w->reason) : is_form(FORM_PLAIN, w->reason));
}

/* The part of the row that is this version's own. */
static bool is_of_the_table(enum removal removal, const struct words *w)
{
    const struct removal_row *row = removal_row(removal);
    bool set[N_PROBES];

    for (int p = 0; p < N_PROBES; p++)
        set[p] = removal_flips(removal, (enum probe)p);
    return same_text(w->removal, row->name) && same_text(w->removes, row->what) &&
           is_set(w->expected, set) &&
           (row->launcher == EITHER ? json_is_null(w->must_notice)
                                    : json_is_boolean(w->must_notice) &&
                                          json_is_true(w->must_notice) == (row->launcher == SEEN));
}

static bool find_verdict(const char *name, enum verdict *verdict)
{
    int i = 0;

    while (i < N_VERDICTS && !same_text(verdict_name((enum verdict)i), name))
        i++;
    *verdict = (enum verdict)i;
    return i < N_VERDICTS;
}

static bool read_probes(struct control *c, const json_t *probes)
{
    for (int p = 0; p < N_PROBES; p++) {
        json_t *object = json_array_get(probes, (size_t)p);
        const char *id;
        const char *verdict;
        const json_t *actual;

        if (json_unpack_ex(object, NULL, JSON_STRICT, "{s:s, s:s, s:o}", "probe_id", &id, "verdict",
                           &verdict, "actual_stderr_or_value", &actual) != 0 ||
            !same_text(id, probe_row((enum probe)p)->id) ||
            !find_verdict(verdict, &c->judgement[p].verdict) || !is_form(FORM_PLAIN, actual))
            return false;
        snprintf(c->judgement[p].actual, sizeof c->judgement[p].actual, "%s",
                 json_string_value(actual));
    }
    return json_array_size(probes) == N_PROBES;
}

/* A flip that is missing where a host may keep it from being seen is none unless the file has it
 * among the faults. */
static void take_faults(struct control *c, const json_t *faults)
{
    const json_t *line;
    char start[160];
    size_t i;

    for (int p = 0; p < N_PROBES; p++) {
        if (c->flip[p] != FLIP_NOT_RUN || !removal_flips(c->removal, (enum probe)p))
            continue;
        snprintf(start, sizeof start,
                 "without %s: %s must flip and did not: ", removal_row(c->removal)->name,
                 probe_row((enum probe)p)->id);
        json_array_foreach(faults, i, line)
        {
            if (strncmp(json_string_value(line), start, strlen(start)) != 0)
                continue;
            c->flip[p] = FLIP_MISSING;
            c->faults++;
            break;
        }
    }
}

/* Does the file say the same of the flips as its verdicts do? What the host explains is for the
 * bundle to say. */
static bool weigh(struct control *c, const struct words *w)
{
    static const struct control_host any = {true, true, true, true};
    bool set[N_PROBES];

    control_weigh(c, json_array_size(w->found) != 0, &any);
    take_faults(c, w->faults);
    for (int p = 0; p < N_PROBES; p++)
        set[p] = c->flip[p] == FLIP_EXPECTED || c->flip[p] == FLIP_UNEXPECTED;
    return is_set(w->flipped, set) && json_array_size(w->faults) == (size_t)c->faults;
}

/* It may have ended by itself, which is one fault. */
static bool is_empty(struct control *c, const struct words *w)
{
    static const bool none[N_PROBES];

    if (json_array_size(w->faults) != 0)
        control_died(c, json_string_value(w->reason));
    else
        control_not_run(c, json_string_value(w->reason));
    return is_set(w->flipped, none) && is_set(w->probes, none) && json_array_size(w->found) == 0 &&
           json_array_size(w->faults) == (size_t)c->faults;
}

static bool read_row(struct controls *c, enum removal removal, const json_t *object,
                     struct error *e)
{
    struct control *row = &c->row[removal];
    const char *name = removal_row(removal)->name;
    struct words w;

    row->removal = removal;
    if (!unpack_row(object, &w))
        return REFUSE(e, "its row %s is not in its form", name);
    if (!is_of_the_table(removal, &w))
        return REFUSE(e, "its row %s is not that of the table", name);
    if (w.ran && !read_probes(row, w.probes))
        return REFUSE(e, "the probes of its row %s are not those that there are", name);
    if (w.ran ? !weigh(row, &w) : !is_empty(row, &w))
        return REFUSE(e, "its row %s does not follow from its verdicts", name);
    c->removals += row->ran && removal != REMOVE_NOTHING;
    c->faults += row->faults;
    return true;
}

static bool is_golden(const json_t *lines, const char *digest)
{
    char golden[DIGEST_TEXT_SIZE];
    struct buf text = {0};
    const json_t *line;
    bool same;
    size_t i;

    json_array_foreach(lines, i, line)
    {
        buf_printf(&text, "%s\n", json_is_string(line) ? json_string_value(line) : "");
    }
    sha256_text(golden, buf_text(&text), text.length);
    same = !text.failed && same_text(golden, digest);
    buf_free(&text);
    return same && same_text(control_golden_digest(golden), digest);
}

static bool is_never(const json_t *object)
{
    size_t n = 0;

    for (int p = 0; p < N_PROBES; p++) {
        const char *why = probe_never((enum probe)p);

        if (why == NULL)
            continue;
        n++;
        if (!same_text(field_text(object, probe_row((enum probe)p)->id), why))
            return false;
    }
    return json_is_object(object) && json_object_size(object) == n;
}

static bool read_document(struct controls *c, struct error *e)
{
    const char *profile;
    const char *seccomp;
    const json_t *run_at;
    const json_t *golden;
    const json_t *never;
    const json_t *rows;
    const char *digest;
    json_int_t version;
    json_int_t removals;
    json_int_t faults;

    if (json_unpack_ex(c->document, NULL, JSON_STRICT,
                       "{s:I, s:s, s:s, s:o, s:o, s:s, s:I, s:I, s:o, s:o}", "schema_version",
                       &version, "profile", &profile, "seccomp", &seccomp, "run_at", &run_at,
                       "golden", &golden, "golden_sha256", &digest, "removals", &removals, "faults",
                       &faults, "never_flips", &never, "matrix", &rows) != 0 ||
        version != 1 || !same_text(profile, "weakened") || !is_form(FORM_TIME, run_at))
        return REFUSE(e, "it is not in its form");
    if (!is_golden(golden, digest) || !is_never(never) || json_array_size(rows) != N_REMOVALS)
        return REFUSE(e, "its table is not that of this version");
    for (int i = 0; i < N_REMOVALS; i++) {
        if (!read_row(c, (enum removal)i, json_array_get(rows, (size_t)i), e))
            return false;
    }
    return (removals == c->removals && faults == c->faults) ||
           REFUSE(e, "its rows have %d removals and %d faults, and it says otherwise", c->removals,
                  c->faults);
}

bool controls_read(struct controls *c, const char *bytes, size_t length, struct error *e)
{
    bool ok;

    *c = (struct controls){.row = calloc(N_REMOVALS, sizeof *c->row)};
    sha256_text(c->sha256, bytes, length);
    if (c->row == NULL)
        return REFUSE(e, "out of memory");
    if (!file_shallow(bytes, length))
        return REFUSE(e, "it is too deep, has too many values, or too long a string");
    c->document = json_parse(bytes, length, e);
    ok = c->document != NULL && read_document(c, e);
    if (!ok) {
        json_decref(c->document);
        c->document = NULL;
    }
    return ok;
}

bool controls_load(struct controls *c, const char *file, struct error *e)
{
    struct buf bytes = {0};
    bool ok;

    if (file == NULL)
        return true;
    ok = io_read_named(file, FILE_MAX_SIZE, &bytes) ||
         error_errno(e, EXIT_DENYBOX, errno, "cannot read --controls '%s'", text_show(file));
    if (ok && !controls_read(c, buf_text(&bytes), bytes.length, e))
        snprintf(c->wrong, sizeof c->wrong, "%.250s", e->text);
    buf_free(&bytes);
    return ok;
}

void controls_free(struct controls *c)
{
    json_decref(c->document);
    free(c->row);
    *c = (struct controls){0};
}
