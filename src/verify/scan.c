/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scan/invocation.h"
#include "scan/program.h"
#include "verify/checks.h"
#include "verify/field.h"

/* A policy is known by its digest: it is this version's own, or one that the verifier holds. */
static const struct scan_policy *policy_of(const struct verification *v)
{
    const char *digest = field_text(v->bundle, "scan.policy_sha256");

    for (size_t i = 0; i < v->policy->n_scan; i++) {
        if (same_text(digest, v->policy->scan[i].sha256))
            return &v->policy->scan[i];
    }
    return NULL;
}

void check_scan_policy(struct verification *v)
{
    if (!field_null(v->bundle, "scan") && policy_of(v) == NULL)
        note(v, REASON_SCAN_POLICY, "%s: name your own copy by --scan-policy, if you accept it",
             field_text(v->bundle, "scan.policy_sha256"));
}

/* Judged by the policy anew. What it is not known of counts as it is stored. */
static bool finding_allowed(struct verification *v, const json_t *file, const json_t *finding,
                            const char *path)
{
    const struct scan_policy *policy = policy_of(v);
    const char *id = field_text(finding, "rule");
    const char *detail = field_text(finding, "detail");
    bool stored = json_is_true(field(finding, "allowed"));
    enum rule rule = rule_find(id);
    bool allowed = stored;

    if (rule == N_RULES ||
        strcmp(scan_kind_name(rule_row(rule)->kind), field_text(file, "kind")) != 0)
        note(v, REASON_SCAN_FORGED, "%s: no rule '%s'", path, text_show(id));
    else if (policy != NULL)
        allowed = scan_policy_allows(policy, rule, detail, field_text(file, "sha256"));
    if (allowed != stored)
        note(v, REASON_SCAN_FORGED, "%s: %s %.60s is %sallowed", path, id, text_show(detail),
             allowed ? "" : "not ");
    return allowed;
}

static json_int_t count_denied(struct verification *v, const json_t *file)
{
    const json_t *finding;
    json_int_t denied = 0;
    char path[128];
    size_t i;

    text_safe(path, sizeof path, field_text(file, "path"), strlen(field_text(file, "path")));
    json_array_foreach(field(file, "findings"), i, finding)
    {
        denied += !finding_allowed(v, file, finding, path);
    }
    if (same_text(field_text(file, "verdict"), "PASS") != (denied == 0))
        note(v, REASON_SCAN_FORGED, "%s: %s is stored, %lld are denied", path,
             field_text(file, "verdict"), (long long)denied);
    return denied;
}

void check_scan_findings(struct verification *v)
{
    const json_t *scan = field(v->bundle, "scan");
    const struct fact *fact = &v->findings.fact[PR_DYNIMPORT];
    const json_t *file;
    json_int_t denied = 0;
    const char *verdict;
    size_t i;

    if (field_null(v->bundle, "scan")) {
        if (fact->n != 0)
            note(v, REASON_SCAN_FORGED, "PR-DYNIMPORT observes, and there is no scan");
        return;
    }
    json_array_foreach(field(scan, "files"), i, file)
    {
        denied += count_denied(v, file);
    }
    verdict = denied != 0 ? "FAIL"
              : !field_null(scan, "incomplete") || json_array_size(field(scan, "files")) == 0
                  ? "NOT_RUN"
                  : "PASS";
    if (!same_text(field_text(scan, "verdict"), verdict))
        note(v, REASON_SCAN_FORGED, "the scan says %s, %s follows", field_text(scan, "verdict"),
             verdict);
    if (strcmp(verdict, "NOT_RUN") == 0)
        denied = NOT_OBSERVED;
    if (fact->n != 1 || fact->observed[0].value != denied)
        note(v, REASON_SCAN_FORGED, "PR-DYNIMPORT does not observe %lld", (long long)denied);
}

/* The text of the code, as its digest was made: of the bytes. */
static bool is_code(const char *code, const char *digest)
{
    char *bytes = malloc(strlen(code) + 1);
    char found[DIGEST_TEXT_SIZE];
    size_t length;
    bool same = bytes != NULL && text_unsafe(bytes, &length, code) &&
                same_text(sha256_text(found, bytes, length), digest);

    free(bytes);
    return same;
}

static bool is_script(const json_t *payload, const char *word, const char *path)
{
    const char *base = field_text(payload, "cwd");
    size_t length = strlen(base);

    if (word[0] == '/')
        return same_text(word, path);
    length = strcmp(base, "/") == 0 ? 0 : length;
    return strncmp(path, base, length) == 0 && path[length] == '/' &&
           same_text(path + length + 1, word);
}

/* What the interpreter is told to run, by the words of the plan. */
static bool right_source(const json_t *payload, const json_t *source)
{
    const json_t *list = field(payload, "argv");
    size_t n = json_array_size(list);
    const char **argv = calloc(n + 1, sizeof *argv);
    const char *word = NULL;
    enum invocation how;
    bool right;

    for (size_t i = 0; argv != NULL && i < n; i++)
        argv[i] = json_string_value(json_array_get(list, i));
    how = argv != NULL ? invocation_read(argv, n, &word) : INVOCATION_OTHER;
    right = same_text(field_text(source, "kind"), "python") &&
            (how == INVOCATION_CODE ? same_text(field_text(source, "path"), "-c") &&
                                          is_code(word, field_text(source, "sha256"))
                                    : how == INVOCATION_SCRIPT &&
                                          is_script(payload, word, field_text(source, "path")));
    free(argv);
    return right;
}

static bool has_finding(const json_t *file, enum rule rule, const char *detail)
{
    const json_t *finding;
    size_t i;

    json_array_foreach(field(file, "findings"), i, finding)
    {
        if (same_text(field_text(finding, "rule"), rule_row(rule)->id) &&
            same_text(field_text(finding, "detail"), detail))
            return true;
    }
    return false;
}

/* What the findings of one rule are of, as the keys of an object: there may be as many as
 * variables, and of both more than can be held against each other. NULL when out of memory. */
static json_t *details_of(const json_t *file, enum rule rule)
{
    json_t *details = json_object();
    const json_t *finding;
    size_t i;

    json_array_foreach(field(file, "findings"), i, finding)
    {
        if (same_text(field_text(finding, "rule"), rule_row(rule)->id))
            json_put(&details, field_text(finding, "detail"), json_true());
    }
    return details;
}

static void check_environment(struct verification *v, const json_t *file, enum scan_kind kind)
{
    enum rule rule = kind == SCAN_ELF ? RULE_ELF_VARIABLE : RULE_PY_ENVIRONMENT;
    json_t *details = details_of(file, rule);
    const json_t *pair;
    size_t i;

    json_array_foreach(field(v->bundle, "binding.plan.environment"), i, pair)
    {
        const char *text = json_string_value(pair);
        char *name = strndup(text, strcspn(text, "="));

        if (invocation_obeys(kind, text) &&
            (name == NULL || json_object_get(details, name) == NULL))
            note(v, REASON_SCAN_DIFFERS, "the scan does not know of %s",
                 text_show(name != NULL ? name : text));
        free(name);
    }
    json_decref(details);
}

static void check_program(struct verification *v, const json_t *files)
{
    const json_t *payload = field(v->bundle, "binding.plan.payload");
    const json_t *program = json_array_get(files, 0);
    const json_t *source = json_array_get(files, 1);
    const char *path = field_text(payload, "path");

    if (!same_text(field_text(program, "path"), path) ||
        !same_text(field_text(program, "kind"), "elf") ||
        !same_text(field_text(program, "sha256"), field_text(v->bundle, "binding.payload_sha256")))
        note(v, REASON_SCAN_DIFFERS, "the first file is not the payload's program");
    if (!field_null(v->bundle, "scan.incomplete"))
        return;
    check_environment(v, program, SCAN_ELF);
    if (!scan_interpreter(path)) {
        if (source != NULL || !field_null(payload, "script"))
            note(v, REASON_SCAN_DIFFERS, "the program is no interpreter of Python");
        return;
    }
    if (!has_finding(program, RULE_ELF_INTERPRETER, path))
        note(v, REASON_SCAN_DIFFERS, "the program is an interpreter, and was not judged as one");
    if (source == NULL || !right_source(payload, source))
        note(v, REASON_SCAN_DIFFERS, "the second file is not what the interpreter runs");
    else
        check_environment(v, source, SCAN_PYTHON);
}

void check_scan_subject(struct verification *v)
{
    const json_t *files = field(v->bundle, "scan.files");
    const char *planned = field_text(v->bundle, "binding.plan.scan");

    if (field_null(v->bundle, "scan") != (planned == NULL))
        note(v, REASON_SCAN_DIFFERS, "the plan wants %s", planned == NULL ? "none" : "one");
    if (planned == NULL || field_null(v->bundle, "scan"))
        return;
    if (!same_text(planned, field_text(v->bundle, "scan.policy")))
        note(v, REASON_SCAN_DIFFERS, "the policy is not the plan's");
    if (field_null(v->bundle, "binding.plan.payload"))
        note(v, REASON_SCAN_DIFFERS, "there is no payload");
    else if (json_array_size(files) != 0 || field_null(v->bundle, "scan.incomplete"))
        check_program(v, files);
}
