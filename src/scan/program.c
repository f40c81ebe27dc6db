/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/program.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "elf/symbols.h"

/* A larger one is no program that anybody would wait for. */
#define PROGRAM_MAX (512LL << 20)

struct looking {
    struct scan_report *report;
    struct scan_file *file;
};

bool scan_interpreter(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    return strncmp(name, "python", 6) == 0 && name[6 + strspn(name + 6, "0123456789.")] == '\0';
}

static bool look_at_segments(const struct looking *l, const struct elf_file *f)
{
    const struct elf_segment *stack = NULL;
    bool ok = true;

    for (size_t i = 0; i < f->n_segments; i++) {
        const struct elf_segment *p = &f->segments[i];

        if (p->type == PT_GNU_STACK)
            stack = p;
        if (p->type == PT_LOAD && (p->flags & (PF_W | PF_X)) == (PF_W | PF_X))
            ok = scan_note(l->report, l->file, RULE_ELF_SEGMENT, 0, "a segment of it") && ok;
    }
    if (stack == NULL || (stack->flags & PF_X) != 0)
        ok = scan_note(l->report, l->file, RULE_ELF_STACK, 0,
                       stack == NULL ? "PT_GNU_STACK is missing" : "PT_GNU_STACK is executable") &&
             ok;
    return ok;
}

static bool look_at_text(const struct looking *l, const struct elf_file *f)
{
    uint64_t flags = 0;
    uint64_t value;

    if (elf_file_tag(f, DT_FLAGS, &flags) && (flags & DF_TEXTREL) == 0)
        flags = 0;
    if (flags == 0 && !elf_file_tag(f, DT_TEXTREL, &value))
        return true;
    return scan_note(l->report, l->file, RULE_ELF_TEXTREL, 0, "DT_TEXTREL");
}

/* The tags whose value is a name, and what they bring in. */
static enum rule rule_of_tag(int64_t tag)
{
    switch (tag) {
    case DT_NEEDED:
    case DT_FILTER:
    case DT_AUXILIARY:
    case DT_AUDIT:
    case DT_DEPAUDIT:
        return RULE_ELF_LIBRARY;
    case DT_RPATH:
    case DT_RUNPATH:
        return RULE_ELF_RPATH;
    default:
        return N_RULES;
    }
}

static bool look_at_tags(const struct looking *l, struct elf_file *f, struct error *e)
{
    for (size_t i = 0; i < f->n_tags; i++) {
        enum rule rule = rule_of_tag(f->tags[i].tag);
        const char *name = rule != N_RULES ? elf_file_string(f, f->tags[i].value) : NULL;

        if (rule == N_RULES)
            continue;
        if (name == NULL)
            return elf_file_refuse(f, e, "a name of its dynamic section is damaged");
        if (!scan_note(l->report, l->file, rule, 0, name))
            return false;
    }
    return true;
}

static bool has_library(const struct elf_file *f)
{
    for (size_t i = 0; i < f->n_tags; i++) {
        if (rule_of_tag(f->tags[i].tag) == RULE_ELF_LIBRARY)
            return true;
    }
    return false;
}

static bool look_at_loader(const struct looking *l, struct elf_file *f, struct error *e)
{
    const char *loader;

    if (!elf_file_interpreter(f, &loader, e))
        return false;
    if (loader != NULL)
        return scan_note(l->report, l->file, RULE_ELF_LOADER, 0, loader);
    return has_library(f) ||
           scan_note(l->report, l->file, RULE_ELF_STATIC, 0, "it has no loader and no library");
}

static bool look_at_symbol(const char *name, void *context)
{
    const struct looking *l = context;
    enum rule rule = rule_of_symbol(name);

    if (rule == N_RULES && scan_policy_denies(l->report->policy, name))
        rule = RULE_ELF_SYMBOL;
    return rule == N_RULES || scan_note(l->report, l->file, rule, 0, name);
}

static bool look_inside(struct looking *l, struct elf_file *f, bool interpreter, struct error *e)
{
    if (!elf_symbols_sound(f, e) || !look_at_segments(l, f) || !look_at_text(l, f))
        return false;
    if (interpreter)
        return scan_note(l->report, l->file, RULE_ELF_INTERPRETER, 0, l->file->path);
    return look_at_loader(l, f, e) && look_at_tags(l, f, e) &&
           elf_symbols_walk(f, look_at_symbol, l, e);
}

bool scan_program(struct scan_report *r, int fd, const char *path)
{
    struct looking l = {.report = r};
    char sha256[DIGEST_TEXT_SIZE];
    struct error e = {0};
    struct elf_file f;
    struct stat st;
    bool ok;

    if (fstat(fd, &st) < 0 || st.st_size > PROGRAM_MAX)
        return scan_failed(r, "cannot read '%s': it is larger than %lld MiB", text_show(path),
                           PROGRAM_MAX >> 20);
    if (!sha256_file(sha256, fd))
        return scan_failed(r, "cannot read '%s': %s", text_show(path), strerror(errno));
    if (!elf_file_open(&f, fd, path, &e))
        return scan_failed_for(r, &e);
    l.file = scan_report_file(r, path, SCAN_ELF, sha256);
    ok = l.file != NULL && look_inside(&l, &f, scan_interpreter(path), &e);
    elf_file_close(&f);
    return ok || scan_failed_for(r, &e);
}
