/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool scan_failed(struct scan_report *r, const char *format, ...)
{
    va_list args;

    if (r->failed[0] != '\0')
        return false;
    va_start(args, format);
    vsnprintf(r->failed, sizeof r->failed, format, args);
    va_end(args);
    return false;
}

bool scan_failed_for(struct scan_report *r, const struct error *e)
{
    if (r->failed[0] != '\0')
        return false;
    scan_failed(r, "%s", e->text);
    return scan_hint(r, "%s", e->hint);
}

bool scan_hint(struct scan_report *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->hint, sizeof r->hint, format, args);
    va_end(args);
    return false;
}

struct scan_file *scan_report_file(struct scan_report *r, const char *path, enum scan_kind kind,
                                   const char *sha256)
{
    struct scan_file *grown;
    struct scan_file *file;

    if (r->n == SCAN_FILES_MAX) {
        scan_failed(r, "there are more than %d files", SCAN_FILES_MAX);
        return NULL;
    }
    grown = reallocarray(r->files, r->n + 1, sizeof *grown);
    if (grown == NULL) {
        scan_failed(r, "out of memory");
        return NULL;
    }
    r->files = grown;
    file = &r->files[r->n];
    *file = (struct scan_file){.path = strdup(path), .kind = kind};
    if (file->path == NULL) {
        scan_failed(r, "out of memory");
        return NULL;
    }
    snprintf(file->sha256, sizeof file->sha256, "%s", sha256);
    r->n++;
    return file;
}

static bool noted(const struct scan_file *file, enum rule rule, const char *detail)
{
    for (size_t i = 0; i < file->n; i++) {
        if (file->findings[i].rule == rule && strcmp(file->findings[i].detail, detail) == 0)
            return true;
    }
    return false;
}

bool scan_note(struct scan_report *r, struct scan_file *file, enum rule rule, unsigned line,
               const char *detail)
{
    char safe[SCAN_TEXT_MAX + 1];
    struct scan_finding *grown;
    struct scan_finding *f;

    text_safe(safe, sizeof safe, detail, strlen(detail));
    if (noted(file, rule, safe))
        return true;
    if (r->findings == SCAN_FINDINGS_MAX)
        return scan_failed(r, "there is more than %d things to say", SCAN_FINDINGS_MAX);
    grown = reallocarray(file->findings, file->n + 1, sizeof *grown);
    if (grown == NULL)
        return scan_failed(r, "out of memory");
    file->findings = grown;
    f = &file->findings[file->n];
    *f = (struct scan_finding){.rule = rule, .line = line, .detail = strdup(safe)};
    if (f->detail == NULL)
        return scan_failed(r, "out of memory");
    f->allowed = scan_policy_allows(r->policy, rule, safe, file->sha256);
    file->n++;
    r->findings++;
    file->denied += !f->allowed;
    r->denied += !f->allowed;
    return true;
}

enum scan_verdict scan_verdict(const struct scan_report *r)
{
    if (r->denied != 0)
        return SCAN_FAIL;
    return r->failed[0] != '\0' || r->n == 0 ? SCAN_NOT_RUN : SCAN_PASS;
}

const char *scan_verdict_name(enum scan_verdict verdict)
{
    static const char *const names[] = {"PASS", "FAIL", "NOT_RUN"};

    return names[verdict];
}

static json_t *safe_string(const char *text)
{
    size_t size = 4 * strlen(text) + 4;
    char *safe = malloc(size);
    json_t *value = safe != NULL ? json_string(text_safe(safe, size, text, strlen(text))) : NULL;

    free(safe);
    return value;
}

static json_t *finding_json(const struct scan_finding *f)
{
    return json_pack("{s:s, s:s, s:o, s:b}", "rule", rule_row(f->rule)->id, "detail", f->detail,
                     "line", f->line != 0 ? json_integer(f->line) : json_null(), "allowed",
                     f->allowed);
}

static json_t *file_json(const struct scan_file *file)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < file->n; i++)
        json_append(&findings, finding_json(&file->findings[i]));
    return json_pack("{s:o, s:s, s:s, s:s, s:o}", "path", safe_string(file->path), "kind",
                     scan_kind_name(file->kind), "sha256", file->sha256, "verdict",
                     scan_verdict_name(file->denied == 0 ? SCAN_PASS : SCAN_FAIL), "findings",
                     findings);
}

json_t *scan_report_json(const struct scan_report *r, const char *policy)
{
    json_t *files = json_array();

    for (size_t i = 0; i < r->n; i++)
        json_append(&files, file_json(&r->files[i]));
    return json_pack("{s:o, s:s, s:s, s:o, s:o}", "policy", safe_string(policy), "policy_sha256",
                     r->policy->sha256, "verdict", scan_verdict_name(scan_verdict(r)), "incomplete",
                     r->failed[0] != '\0' ? json_string(r->failed) : json_null(), "files", files);
}

void scan_report_free(struct scan_report *r)
{
    for (size_t i = 0; i < r->n; i++) {
        for (size_t j = 0; j < r->files[i].n; j++)
            free(r->files[i].findings[j].detail);
        free(r->files[i].findings);
        free(r->files[i].path);
    }
    free(r->files);
    *r = (struct scan_report){0};
}
