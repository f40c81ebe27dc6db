/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_writer.h"
#include "root/interpreter.h"
#include "root/search.h"
#include "support.h"

/* The rules of ld.so(8), a row each: who needs the library, where it lies, which one is taken.
 * "@" stands for the directory of the test. */

#if defined(__x86_64__)
#define FOREIGN EM_AARCH64
#else
#define FOREIGN EM_X86_64
#endif

static struct error e;
static struct trace trace;

static const struct rule {
    const char *what;
    const char *program_rpath;
    const char *program_runpath;
    const char *rpath; /* of the library in the middle, which needs "libx.so" */
    const char *runpath;
    const char *there;   /* where libx.so lies, blank-separated */
    const char *foreign; /* where one of another machine lies, or NULL */
    const char *want;    /* NULL: nowhere */
    bool no_default;
} rules[] = {
    {"the default directories, in order", NULL, NULL, NULL, NULL, "d1 d2", NULL, "d1", false},
    {"the second default directory", NULL, NULL, NULL, NULL, "d2", NULL, "d2", false},
    {"nowhere", NULL, NULL, NULL, NULL, "elsewhere", NULL, NULL, false},
    {"RUNPATH of the one who needs it", NULL, NULL, NULL, "@/r", "r d1", NULL, "r", false},
    {"RPATH of the one who needs it", NULL, NULL, "@/r", NULL, "r d1", NULL, "r", false},
    {"RPATH of the program is inherited", "@/p", NULL, NULL, NULL, "p d1", NULL, "p", false},
    {"the nearer RPATH first", "@/p", NULL, "@/r", NULL, "p r", NULL, "r", false},
    {"RUNPATH of the program is not inherited", NULL, "@/p", NULL, NULL, "p d1", NULL, "d1", false},
    {"with RUNPATH no RPATH counts", "@/p", NULL, NULL, "@/r", "p d1", NULL, "d1", false},
    {"nor its own", NULL, NULL, "@/p", "@/r", "p d1", NULL, "d1", false},
    {"the first element first", NULL, NULL, NULL, "@/r:@/s", "r s", NULL, "r", false},
    {"the second element", NULL, NULL, NULL, "@/r:@/s", "s", NULL, "s", false},
    {"$ORIGIN is the library's", NULL, NULL, NULL, "$ORIGIN/../r", "r", NULL, "r", false},
    {"${ORIGIN} too", NULL, NULL, NULL, "${ORIGIN}/../r", "r", NULL, "r", false},
    {"$ORIGINS is another word", NULL, NULL, NULL, "$ORIGINS/../r", "r", NULL, NULL, false},
    {"$ORIGIN of an inherited RPATH", "$ORIGIN/../r", NULL, NULL, NULL, "r", NULL, "r", false},
    {"$LIB", NULL, NULL, NULL, "@/$LIB", "lib64", NULL, "lib64", false},
    {"a relative element is passed over", NULL, NULL, NULL, "r:@/s", "r s", NULL, "s", false},
    {"an empty element is passed over", NULL, NULL, NULL, ":@/s", "s", NULL, "s", false},
    {"glibc-hwcaps first", NULL, NULL, NULL, NULL, "d1 d1/glibc-hwcaps/fast", NULL,
     "d1/glibc-hwcaps/fast", false},
    {"glibc-hwcaps of RUNPATH", NULL, NULL, NULL, "@/r", "r r/glibc-hwcaps/quick", NULL,
     "r/glibc-hwcaps/quick", false},
    {"not for this processor", NULL, NULL, NULL, NULL, "d1 d1/glibc-hwcaps/other", NULL, "d1",
     false},
    {"another machine is passed over", NULL, NULL, NULL, "@/r", "d1", "r", "d1", false},
    {"NODEFLIB", NULL, NULL, NULL, "@/r", "d1", NULL, NULL, true},
    {"NODEFLIB and RUNPATH", NULL, NULL, NULL, "@/r", "d1 r", NULL, "r", true},
};

/* "@" replaced. As with support_path, what a pointer from here points to is never freed. */
static char *place(const char *text)
{
    static struct buf made[8];
    static size_t n;
    struct buf *b = &made[n];

    if (text == NULL)
        return NULL;
    ck_assert_uint_lt(n++, N_ROWS(made));
    for (; *text != '\0'; text++)
        buf_puts(b, *text == '@' ? support_dir() : (const char[]){*text, '\0'});
    return b->data;
}

static void make_directories(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s", name);
    for (char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (access(support_path(path), F_OK) < 0)
            support_mkdir(path);
        *slash = '/';
    }
}

static void put_libraries(const char *there, const struct elf_spec *spec)
{
    char words[128];

    snprintf(words, sizeof words, "%s", there);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        char path[256];

        snprintf(path, sizeof path, "%s/libx.so", word);
        make_directories(path);
        elf_write(path, spec);
    }
}

static struct object *object(const char *name, const struct elf_spec *spec)
{
    struct object *o;
    struct stat st;

    make_directories(name);
    elf_write(name, spec);
    ck_assert_int_eq(object_read(support_path(name), &o, &st, &e), OBJECT_OK);
    return o;
}

START_TEST(as_the_loader)
{
    const struct rule *rule = &rules[_i];
    char *directories[] = {place("@/d1/"), place("@/d2/"), NULL};
    struct search s = {.trace = &trace,
                       .hwcaps = {.name = {"fast", "quick"}, .n = 2},
                       .directories = directories,
                       .n_directories = 2,
                       .lib = "lib64",
                       .platform = ""};
    struct object *program =
        object("bin/p", &(struct elf_spec){.rpath = place(rule->program_rpath),
                                           .runpath = place(rule->program_runpath)});
    struct object *middle =
        object("lib/libm.so", &(struct elf_spec){.rpath = place(rule->rpath),
                                                 .runpath = place(rule->runpath),
                                                 .flags_1 = rule->no_default ? DF_1_NODEFLIB : 0});
    struct object *found = NULL;

    trace_begin(&trace);
    middle->loader = program;
    put_libraries(rule->there, &(struct elf_spec){.soname = "libx.so"});
    if (rule->foreign != NULL)
        put_libraries(rule->foreign, &(struct elf_spec){.machine = FOREIGN});
    if (rule->want == NULL) {
        ck_assert_msg(search_library(&s, "libx.so", middle, program, &found, &e) == OBJECT_ABSENT,
                      "%s", rule->what);
    } else {
        char want[512];
        char path[4096];

        ck_assert_msg(search_library(&s, "libx.so", middle, program, &found, &e) == OBJECT_OK, "%s",
                      rule->what);
        snprintf(want, sizeof want, "%s/%s/libx.so", support_dir(), rule->want);
        ck_assert_ptr_nonnull(realpath(found->path, path));
        ck_assert_str_eq(path, want);
    }
    ck_assert(!s.used_cache);
    object_free(program);
    object_free(middle);
    object_free(found);
    trace_free(&trace);
}
END_TEST

/* The list lies in the loader's data, one after the other. */
START_TEST(the_loader_says_where_it_looks)
{
    static const char list[] =
        "x\0/etc/ld.so.cache\0/lib/here/\0/usr/lib/here/\0/lib/\0no\0/lib64/";
    struct elf_spec spec = {.soname = "ld.so"};
    unsigned char image[ELF_IMAGE_MAX];
    struct elf_layout layout = elf_image(image, &spec);
    Elf64_Phdr load;
    char **found;
    size_t n;

    memcpy(&load, image + layout.segments, sizeof load);
    memcpy(image + layout.length, list, sizeof list);
    load.p_filesz = load.p_memsz = layout.length + sizeof list;
    memcpy(image + layout.segments, &load, sizeof load);
    support_write("ld.so", 0755, image, layout.length + sizeof list);
    found = search_directories(support_path("ld.so"), &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(found[0], "/lib/here/");
    ck_assert_str_eq(found[1], "/usr/lib/here/");
    ck_assert_str_eq(found[2], "/lib/");
    while (n > 0)
        free(found[--n]);
    free(found);
    elf_write("none", &spec);
    ck_assert_ptr_null(search_directories(support_path("none"), &n));
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* A file of many segments, which are holes. */
static void write_segments(const char *name)
{
    enum { SEGMENTS = 40, SIZE = 10 << 20 };
    struct elf_spec spec = {.soname = name};
    unsigned char image[ELF_IMAGE_MAX];
    struct elf_layout layout = elf_image(image, &spec);
    Elf64_Ehdr h;
    Elf64_Phdr more[SEGMENTS];

    memcpy(&h, image, sizeof h);
    memcpy(more, image + layout.segments, 2 * sizeof more[0]);
    for (unsigned i = 2; i < SEGMENTS; i++)
        more[i] = (Elf64_Phdr){.p_type = PT_LOAD,
                               .p_offset = ELF_IMAGE_MAX + i,
                               .p_vaddr = (uint64_t)i << 30,
                               .p_filesz = SIZE,
                               .p_memsz = SIZE};
    h.e_phnum = SEGMENTS;
    h.e_phoff = layout.length;
    ck_assert_uint_le(layout.length + sizeof more, sizeof image);
    memcpy(image, &h, sizeof h);
    memcpy(image + layout.length, more, sizeof more);
    support_write(name, 0755, image, sizeof image);
    ck_assert_int_eq(truncate(support_path(name), 2 * SIZE), 0);
}

/* A program may bring its own. */
START_TEST(a_loader_is_not_read_without_end)
{
    size_t before = support_peak();
    size_t n;

    write_segments("ld.so");
    ck_assert_ptr_null(search_directories(support_path("ld.so"), &n));
    ck_assert_uint_lt(support_peak() - before, 64U << 20);
}
END_TEST

START_TEST(a_perl_is_not_read_without_end)
{
    struct contents contents;
    struct process process = {.contents = &contents};
    size_t before = support_peak();

    write_segments("perl");
    contents_begin(&contents);
    ck_assert_msg(interpreter_perl(&process, "perl", support_path("perl"), &e), "%s", e.text);
    ck_assert_uint_lt(support_peak() - before, 64U << 20);
    contents_free(&contents);
}
END_TEST

/* The names are of one text, and all that is kept of them is not. */
START_TEST(too_many_names_are_refused)
{
    enum { TAGS = 100, TEXT = 3000 };
    struct elf_spec spec = {.soname = "libx.so"};
    unsigned char image[2 * ELF_IMAGE_MAX] = {0};
    struct elf_layout layout = elf_image(image, &spec);
    size_t strings = layout.length + (TAGS + 3) * sizeof(Elf64_Dyn);
    Elf64_Dyn tags[TAGS + 3] = {{.d_tag = DT_STRTAB, .d_un = {.d_val = strings}},
                                {.d_tag = DT_STRSZ, .d_un = {.d_val = TEXT}}};
    Elf64_Phdr p[2];
    struct object *o;
    struct stat st;

    memcpy(p, image + layout.segments, sizeof p);
    p[0].p_filesz = p[0].p_memsz = strings + TEXT;
    p[1].p_offset = p[1].p_vaddr = layout.length;
    p[1].p_filesz = sizeof tags;
    for (unsigned i = 0; i < TAGS; i++)
        tags[2 + i] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un = {.d_val = i}};
    memcpy(image + layout.segments, p, sizeof p);
    memcpy(image + layout.length, tags, sizeof tags);
    memset(image + strings, 'x', TEXT - 1);
    support_write("libx.so", 0755, image, strings + TEXT);
    ck_assert_int_eq(object_read(support_path("libx.so"), &o, &st, &e), OBJECT_BAD);
    ck_assert_ptr_nonnull(strstr(e.text, ": it needs more libraries than can be followed"));
}
END_TEST

/* What was looked at before counts: a search of many libraries in many directories ends. */
START_TEST(a_search_comes_to_an_end)
{
    char *directories[] = {place("@/d1/"), NULL};
    struct search s = {.trace = &trace,
                       .directories = directories,
                       .n_directories = 1,
                       .lib = "lib64",
                       .platform = "",
                       .looked = SEARCH_MAX};
    struct object *program = object("bin/p", &(struct elf_spec){.soname = "p"});
    struct object *found = NULL;

    trace_begin(&trace);
    put_libraries("d1", &(struct elf_spec){.soname = "libx.so"});
    ck_assert_int_eq(search_library(&s, "libx.so", program, program, &found, &e), OBJECT_BAD);
    ck_assert_str_eq(e.text, "cannot find the library 'libx.so': there are too many places");
    s.looked = 0;
    ck_assert_int_eq(search_library(&s, "libx.so", program, program, &found, &e), OBJECT_OK);
    ck_assert_uint_gt(s.looked, strlen(support_path("d1/libx.so")));
    object_free(program);
    object_free(found);
    trace_free(&trace);
}
END_TEST

/* What is passed over counts as well: the same megabytes are read for each library. */
START_TEST(what_is_passed_over_counts)
{
    struct search s = {.trace = &trace, .lib = "lib64", .platform = "", .looked = SEARCH_MAX - 10};
    struct object *program = object("bin/p", &(struct elf_spec){.runpath = "a:b:::c"});
    struct object *found = NULL;

    trace_begin(&trace);
    ck_assert_int_eq(search_library(&s, "libx.so", program, program, &found, &e), OBJECT_ABSENT);
    ck_assert_int_eq(search_library(&s, "libx.so", program, program, &found, &e), OBJECT_BAD);
    ck_assert_str_eq(e.text, "cannot find the library 'libx.so': there are too many places");
    object_free(program);
    trace_free(&trace);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("library");
    TCase *c = tcase_create("library");

    support_directories(c);
    tcase_add_loop_test(c, as_the_loader, 0, N_ROWS(rules));
    tcase_add_test(c, the_loader_says_where_it_looks);
    tcase_add_test(c, a_loader_is_not_read_without_end);
    tcase_add_test(c, a_perl_is_not_read_without_end);
    tcase_add_test(c, too_many_names_are_refused);
    tcase_add_test(c, a_search_comes_to_an_end);
    tcase_add_test(c, what_is_passed_over_counts);
    suite_add_tcase(s, c);
    return support_run(s);
}
