/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/parser.h"
#include "scan/invocation.h"
#include "scan/program.h"

/* Lines of what is denied that a person is shown. */
#define SHOWN_MAX 20

/* What the payload sees at a path, as a directory of the host and what is beneath it. */
struct spot {
    int fd; /* borrowed; -1: none */
    const char *rest;
};

static bool beneath(const char *path, const char *mount, const char **rest)
{
    size_t length = strlen(mount);

    if (strncmp(path, mount, length) != 0 || (path[length] != '/' && path[length] != '\0'))
        return false;
    *rest = path + length + (path[length] == '/');
    return true;
}

static const char *const unseen[] = {"/out", "/tmp", "/proc", "/dev"};

/* A mount hides what the root has there, and what was mounted there or beneath it before. What the
 * payload can write to may become anything. */
static bool find_spot(const struct plan *plan, const char *path, struct spot *spot,
                      struct scan_report *r)
{
    const struct declared *d = &plan->declared;

    for (size_t i = d->n_binds; i-- > 0;) {
        if (beneath(path, d->binds[i].target, &spot->rest)) {
            spot->fd = plan->derived.binds[i].fd;
            return true;
        }
    }
    if (beneath(path, "/in", &spot->rest)) {
        spot->fd = plan->derived.in.fd;
        return spot->fd >= 0 || scan_failed(r, "there is no '%s'", text_show(path));
    }
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        if (beneath(path, unseen[i], &spot->rest))
            return scan_failed(r, "cannot scan '%s': what is in %s can change while it runs",
                               text_show(path), unseen[i]);
    }
    spot->fd = plan->derived.rootfs.fd;
    spot->rest = path + 1;
    return spot->fd >= 0 || scan_failed(r, "there is no '%s'", text_show(path));
}

/* Without "." and "..", and no slash too many: where it leads must be plain to see. */
static bool is_plain(const char *path)
{
    for (const char *part = path; *part != '\0';) {
        size_t length = strcspn(part + 1, "/");

        if (*part != '/' || length == 0 || (length <= 2 && strncmp(part + 1, "..", length) == 0))
            return false;
        part += 1 + length;
    }
    return true;
}

static bool full_path(const struct plan *plan, const char *word, char path[PATH_MAX],
                      struct scan_report *r)
{
    const char *base = plan->declared.chdir;
    int n = word[0] == '/'
                ? snprintf(path, PATH_MAX, "%s", word)
                : snprintf(path, PATH_MAX, "%s/%s", strcmp(base, "/") == 0 ? "" : base, word);

    if (n < PATH_MAX)
        text_tidy_path(path);
    if (n >= PATH_MAX || (strcmp(path, "/") != 0 && !is_plain(path)))
        return scan_failed(r, "cannot scan '%s': want a path without '..'", text_show(word));
    return true;
}

/* The module of the place in whose stead, or somewhere beneath which, something is mounted. */
static void note_mount(struct sources *s, const char *place, const char *target)
{
    const char *rest;

    if (beneath(target, strcmp(place, "/") == 0 ? "" : place, &rest) && *rest != '\0') {
        buf_add(&s->mounted, rest, strcspn(rest, "/."));
        buf_add(&s->mounted, "", 1);
    }
}

static bool note_mounts(const struct plan *plan, const char *place, struct sources *s)
{
    for (size_t i = 0; i < plan->declared.n_binds; i++)
        note_mount(s, place, plan->declared.binds[i].target);
    note_mount(s, place, "/in");
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        note_mount(s, place, unseen[i]);
    return !s->mounted.failed || scan_failed(s->report, "out of memory");
}

/* The directory of the script: where imports are looked for. */
static bool open_place(const struct plan *plan, const char *path, struct sources *s)
{
    struct spot spot = {.fd = -1};

    if (!find_spot(plan, path, &spot, s->report) || !note_mounts(plan, path, s))
        return false;
    s->place = sys_openat2(spot.fd, spot.rest[0] != '\0' ? spot.rest : ".",
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                           RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    return s->place >= 0 ||
           scan_failed(s->report, "cannot open '%s': %s", text_show(path),
                       errno == ELOOP ? "there is a link on the way" : strerror(errno));
}

static bool add_script(const struct plan *plan, const char *word, struct sources *s, char *place)
{
    char path[PATH_MAX];
    char *slash;

    if (!full_path(plan, word, path, s->report))
        return false;
    slash = strrchr(path, '/');
    snprintf(place, PATH_MAX, "%.*s/", (int)(slash - path), path);
    s->shown = place;
    *slash = '\0';
    if (!open_place(plan, path[0] != '\0' ? path : "/", s) || !local_seen(s, slash + 1) ||
        !sources_add(s, slash + 1))
        return false;
    /* An ELF file with an archive behind it is a program to the one, and a source to the other. */
    return sources_first(s) != NULL ||
           scan_failed(s->report, "cannot scan '%s': it is no Python source", text_show(word));
}

/* Of the program what its loader obeys, of the source what its interpreter does. */
static bool note_environment(const struct plan *plan, struct scan_report *r, struct scan_file *file)
{
    enum rule rule = file->kind == SCAN_ELF ? RULE_ELF_VARIABLE : RULE_PY_ENVIRONMENT;

    for (size_t i = 0; i < plan->declared.n_env; i++) {
        const char *pair = plan->declared.env[i];
        char name[128];

        snprintf(name, sizeof name, "%.*s", (int)strcspn(pair, "="), pair);
        if (invocation_obeys(file->kind, pair) && !scan_note(r, file, rule, 0, name))
            return false;
    }
    return true;
}

/* The interpreter that is to run the source parses it too: whoever trusts it to do the one may
 * trust it to do the other, and they are of one mind about what the source says. */
static bool inspect_source(const struct plan *plan, struct scan_report *r)
{
    const struct payload *p = &plan->derived.payload;
    struct parser parser = {.rootfs = plan->provided.root, .python = p->path};
    struct scan_parser way = {parser_run, &parser};
    struct sources s = {.report = r, .place = -1, .shown = ""};
    char place[PATH_MAX];
    const char *word;
    enum invocation how = invocation_read((const char *const *)p->argv, p->n_argv, &word);
    bool ok;

    if (plan->declared.rootfs != NULL)
        parser.rootfs = plan->declared.rootfs;
    if (how == INVOCATION_OTHER)
        ok = scan_failed(r, "cannot scan what %s runs: %s", text_show(p->path), word);
    else if (how == INVOCATION_CODE)
        ok = sources_add_text(&s, "-c", word);
    else
        ok = add_script(plan, word, &s, place);
    s.alone = invocation_alone((const char *const *)p->argv, p->n_argv);
    /* Older interpreters do not know it, and -E makes them forget it. */
    s.unsure = plan_getenv(plan, "PYTHONSAFEPATH") != NULL;
    ok = ok && note_environment(plan, r, sources_first(&s)) && sources_parse(&s, &way);
    sources_free(&s);
    io_close(&s.place);
    return ok;
}

bool inspect_payload(const struct plan *plan, struct inspection *i, struct scan_record *record,
                     struct error *e)
{
    const struct payload *p = &plan->derived.payload;
    const char *file = strcmp(plan->declared.scan, "default") == 0 ? NULL : plan->declared.scan;

    i->report = (struct scan_report){.policy = &i->policy};
    if (!scan_policy_load(&i->policy, file, e))
        return false;
    if (scan_program(&i->report, p->fd, p->path) &&
        note_environment(plan, &i->report, &i->report.files[0])) {
        if (scan_interpreter(p->path))
            inspect_source(plan, &i->report);
        else if (p->script != NULL)
            scan_failed(&i->report, "cannot scan '%s': its interpreter %s is none of Python",
                        text_show(p->script), text_show(p->path));
    }
    record->asked = true;
    record->denied = i->report.denied != 0         ? (int)i->report.denied
                     : i->report.failed[0] != '\0' ? NOT_OBSERVED
                                                   : 0;
    return true;
}

void inspection_print(const struct inspection *i)
{
    size_t shown = 0;

    for (size_t f = 0; f < i->report.n; f++) {
        const struct scan_file *file = &i->report.files[f];

        for (size_t n = 0; n < file->n; n++) {
            const struct scan_finding *x = &file->findings[n];

            if (!x->allowed && shown++ < SHOWN_MAX)
                fprintf(stderr, "denybox: scan: %s: %s: %s: %s\n", text_show(file->path),
                        rule_row(x->rule)->id, x->detail, rule_row(x->rule)->meaning);
        }
    }
    if (shown > SHOWN_MAX)
        fprintf(stderr, "denybox: scan: and %zu more\n", shown - SHOWN_MAX);
    if (i->report.failed[0] != '\0')
        fprintf(stderr, "denybox: scan: %s\n", i->report.failed);
    if (i->report.hint[0] != '\0')
        fprintf(stderr, "denybox: hint: %s\n", i->report.hint);
}

json_t *inspection_json(const struct plan *plan, const struct inspection *i)
{
    return scan_report_json(&i->report, plan->declared.scan);
}

void inspection_free(struct inspection *i)
{
    /* Most starts scan nothing, and should not touch the pages of what scans. */
    if (i->report.policy == NULL)
        return;
    scan_report_free(&i->report);
    scan_policy_free(&i->policy);
}
