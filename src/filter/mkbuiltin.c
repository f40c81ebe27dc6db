/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tool of the build: compiles the profiles named as arguments and writes them as C constants to
 * standard output, for builtin.c to include.
 *
 *   mkbuiltin strict.json targeted.json init.json exec:strict.json > builtin.inc
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/sha256.h"
#include "filter/compile.h"
#include "json/json.h"

#define MAX_PROFILE (1U << 20)

/* In the order of struct filter_builtin and filter_native. */
static const char *const arches[] = {"x86_64", "aarch64"};

#define N_ARCHES (sizeof arches / sizeof arches[0])

struct profile_text {
    char name[32]; /* fit for a C identifier */
    struct buf json;
    struct buf compiled; /* what is compiled: the same, but for a variant */
    unsigned short length[N_ARCHES];
    char bpf_sha256[N_ARCHES][DIGEST_TEXT_SIZE];
};

static bool names_exec(const json_t *rule)
{
    size_t i;
    json_t *name;

    json_array_foreach(json_object_get(rule, "names"), i, name)
    {
        if (strcmp(json_string_value(name), "execve") == 0 ||
            strcmp(json_string_value(name), "execveat") == 0)
            return true;
    }
    return false;
}

/* The variant for --allow-exec: the rules for execve and execveat give way to one that allows
 * both. The document stays the one that is installed and whose digest is stated. */
static bool allow_exec(struct profile_text *p, struct error *e)
{
    json_t *document = json_parse(buf_text(&p->json), p->json.length, e);
    json_t *rules = json_incref(json_object_get(document, "syscalls"));
    char *text = NULL;

    for (size_t i = json_array_size(rules); i-- > 0;) {
        if (names_exec(json_array_get(rules, i)))
            json_array_remove(rules, i);
    }
    json_append(&rules, json_pack("{s:[s, s], s:s, s:s}", "names", "execve", "execveat", "action",
                                  "SCMP_ACT_ALLOW", "comment", "--allow-exec"));
    if (rules != NULL)
        text = json_canonical(document);
    json_decref(rules);
    json_decref(document);
    if (text == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot make the variant of %s", p->name);
    buf_puts(&p->compiled, text);
    strcat(p->name, "_exec");
    free(text);
    return true;
}

/* PROFILE.json, or exec:PROFILE.json for its variant. */
static bool read_profile(const char *argument, struct profile_text *p, struct error *e)
{
    bool variant = strncmp(argument, "exec:", 5) == 0;
    const char *path = variant ? argument + 5 : argument;
    const char *base = strrchr(path, '/');
    size_t length;

    base = base == NULL ? path : base + 1;
    length = strspn(base, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || length + 5 >= sizeof p->name || strcmp(base + length, ".json") != 0)
        return error_set(e, EXIT_DENYBOX, "cannot use %s: the name is not lower case and .json",
                         path);
    memcpy(p->name, base, length);
    if (!io_read_file(AT_FDCWD, path, MAX_PROFILE, &p->json))
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read %s", path);
    if (variant)
        return allow_exec(p, e);
    buf_add(&p->compiled, p->json.data, p->json.length);
    return true;
}

/* One line of the file a line, octal where C needs it: three digits end an escape for certain. */
static void print_json(const struct profile_text *p)
{
    const char *text = buf_text(&p->json);

    printf("static const char %s_json[] =\n    \"", p->name);
    for (size_t i = 0; i < p->json.length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '\n')
            fputs(i + 1 < p->json.length ? "\\n\"\n    \"" : "\\n", stdout);
        else if (c == '"' || c == '\\' || c == '?' || c < 0x20 || c > 0x7e)
            printf("\\%03o", c);
        else
            putchar(c);
    }
    printf("\";\n\n");
}

static bool print_code(struct profile_text *p, size_t arch, struct error *e)
{
    struct filter_program program;

    if (!filter_compile(buf_text(&p->compiled), p->compiled.length, arches[arch], &program, e))
        return false;
    printf("static const struct sock_filter %s_%s[] = {\n", p->name, arches[arch]);
    for (unsigned i = 0; i < program.length; i++) {
        const struct sock_filter *f = &program.code[i];

        printf("    {0x%02x, %u, %u, 0x%08x},\n", f->code, f->jt, f->jf, f->k);
    }
    printf("};\n\n");
    p->length[arch] = program.length;
    sha256_text(p->bpf_sha256[arch], program.code, program.length * sizeof *program.code);
    filter_free(&program);
    return true;
}

static void print_row(const struct profile_text *p)
{
    char digest[DIGEST_TEXT_SIZE];

    sha256_text(digest, buf_text(&p->json), p->json.length);
    printf("    {\n        \"%s\",\n        %s_json,\n        %zu,\n        \"%s\",\n        {\n",
           p->name, p->name, p->json.length, digest);
    for (size_t i = 0; i < N_ARCHES; i++)
        printf("            {\"%s\", %s_%s, %u,\n             \"%s\"},\n", arches[i], p->name,
               arches[i], p->length[i], p->bpf_sha256[i]);
    printf("        },\n    },\n");
}

static bool print_all(struct profile_text *profiles, char *const paths[], int n, struct error *e)
{
    printf("/* Written by mkbuiltin. Do not edit. */\n\n");
    for (int i = 0; i < n; i++) {
        if (!read_profile(paths[i], &profiles[i], e))
            return false;
        print_json(&profiles[i]);
        for (size_t arch = 0; arch < N_ARCHES; arch++) {
            if (!print_code(&profiles[i], arch, e)) {
                fprintf(stderr, "mkbuiltin: %s, for %s:\n", paths[i], arches[arch]);
                return false;
            }
        }
    }
    printf("static const struct filter_builtin builtins[] = {\n");
    for (int i = 0; i < n; i++)
        print_row(&profiles[i]);
    printf("};\n");
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_errno(e, EXIT_DENYBOX, errno, "cannot write the constants");
    return true;
}

int main(int argc, char *argv[])
{
    struct profile_text *profiles = calloc((size_t)argc, sizeof *profiles);
    struct error e;
    bool ok;

    if (argc < 2 || profiles == NULL) {
        fputs("usage: mkbuiltin PROFILE.json... > builtin.inc\n", stderr);
        free(profiles);
        return EXIT_FAILURE;
    }
    ok = print_all(profiles, argv + 1, argc - 1, &e);
    if (!ok)
        error_print(&e);
    for (int i = 0; i < argc - 1; i++) {
        buf_free(&profiles[i].json);
        buf_free(&profiles[i].compiled);
    }
    free(profiles);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
