/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "plan/shebang.h"
#include "support.h"

#define NO_INTERPRETER "cannot run 'it': its #! line names no absolute interpreter"
#define NUL_INSIDE "cannot run 'it': its #! line has a NUL"
#define TOO_LONG "cannot run 'it': its #! line is longer than 255 bytes"

/* execve(2): "#!", blanks, an interpreter, blanks, and one argument that is the rest of the line.
 */
static const struct row {
    const char *bytes;
    size_t length;
    const char *interpreter; /* NULL: not a script, or an error */
    const char *argument;
    const char *text; /* of the error */
} rows[] = {
    {BYTES(""), NULL, NULL, NULL},
    {BYTES("#"), NULL, NULL, NULL},
    {BYTES("#\n!"), NULL, NULL, NULL},
    {BYTES(" #!/bin/sh\n"), NULL, NULL, NULL},
    {BYTES("# !/bin/sh\n"), NULL, NULL, NULL},
    {BYTES("\xef\xbb\xbf#!/bin/sh\n"), NULL, NULL, NULL},
    {BYTES("\177ELF"), NULL, NULL, NULL},
    {BYTES("#!/bin/sh\n"), "/bin/sh", "", NULL},
    {BYTES("#!/bin/sh"), "/bin/sh", "", NULL},
    {BYTES("#!/bin/sh\necho '#!/no'\n"), "/bin/sh", "", NULL},
    {BYTES("#! /bin/sh\n"), "/bin/sh", "", NULL},
    {BYTES("#! \t \t/bin/sh \t\n"), "/bin/sh", "", NULL},
    {BYTES("#!/bin/sh -e\n"), "/bin/sh", "-e", NULL},
    {BYTES("#!/bin/sh\t-e"), "/bin/sh", "-e", NULL},
    {BYTES("#!/bin/sh  -e -x\t y \t\n"), "/bin/sh", "-e -x\t y", NULL},
    {BYTES("#!/usr/bin/env -S a 'b c'\n"), "/usr/bin/env", "-S a 'b c'", NULL},
    {BYTES("#!/bin/sh\r\n"), "/bin/sh\r", "", NULL},
    {BYTES("#!/bin/sh -e\r\n"), "/bin/sh", "-e\r", NULL},
    {BYTES("#!/a\n\0rest"), "/a", "", NULL},
    {BYTES("#!"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#! \t \n/bin/sh\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!sh\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!./sh\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!../bin/sh x\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!-x /bin/sh\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!\r\n"), NULL, NULL, NO_INTERPRETER},
    {BYTES("#!\0\n"), NULL, NULL, NUL_INSIDE},
    {BYTES("#!/bin/a\0b\n"), NULL, NULL, NUL_INSIDE},
    {BYTES("#!/bin/sh\0\n"), NULL, NULL, NUL_INSIDE},
    {BYTES("#!/bin/sh -e\0-x\n"), NULL, NULL, NUL_INSIDE},
    {BYTES("#!/bin/sh\0"), NULL, NULL, NUL_INSIDE},
};

START_TEST(a_first_line_is_read)
{
    const struct row *row = &rows[_i];
    int fd = support_memfd(row->bytes, row->length);
    struct shebang line;
    struct error e = {0};
    bool script = row->interpreter == NULL;

    ck_assert_int_eq(shebang_read(fd, "it", &line, &script, &e), row->text == NULL);
    if (row->text != NULL) {
        ck_assert_str_eq(e.text, row->text);
        ck_assert_int_eq(e.exit, EXIT_NOT_EXECUTABLE);
    } else {
        ck_assert_int_eq(script, row->interpreter != NULL);
        if (script) {
            ck_assert_str_eq(line.interpreter, row->interpreter);
            ck_assert_str_eq(line.argument, row->argument);
        }
    }
    close(fd);
}
END_TEST

/* Lines of `length` bytes, "#!" counted and the line feed not; what follows the line feed. */
static const struct line {
    int length;
    int blank; /* where a blank stands, 0: nowhere */
    const char *rest;
    bool good;
} lines[] = {
    {254, 0, "\n", true},   {255, 0, "\n", true},    {255, 0, "\nmore\nmore\n", true},
    {255, 0, "", true},     {256, 0, "\n", false},   {256, 0, "", false},
    {257, 0, "\n", false},  {300, 0, "", false},     {65536, 0, "\n", false},
    {255, 20, "\n", true},  {255, 20, "", true},     {255, 254, "\n", true},
    {256, 20, "\n", false}, {256, 255, "\n", false}, {256, 255, "", false},
    {65536, 20, "", false},
};

START_TEST(a_line_has_a_bound)
{
    static char text[70000];
    const struct line *l = &lines[_i];
    struct shebang line;
    struct error e;
    bool script;
    int fd;

    memset(text, 'x', (size_t)l->length);
    memcpy(text, "#!/", 3);
    if (l->blank != 0)
        text[l->blank] = ' ';
    strcpy(text + l->length, l->rest);
    fd = support_memfd(text, strlen(text));
    ck_assert_int_eq(shebang_read(fd, "it", &line, &script, &e), l->good);
    if (l->good) {
        int end = l->blank != 0 ? l->blank : l->length;

        ck_assert(script);
        ck_assert_int_eq((int)strlen(line.interpreter), end - 2);
        ck_assert_int_eq((int)strlen(line.argument), l->blank != 0 ? l->length - end - 1 : 0);
    } else {
        ck_assert_str_eq(e.text, TOO_LONG);
        ck_assert_int_eq(e.exit, EXIT_NOT_EXECUTABLE);
    }
    close(fd);
}
END_TEST

/* A NUL in a long file is called what it is, not a long line. */
START_TEST(a_nul_in_a_long_file_is_seen)
{
    char text[600];
    struct shebang line;
    struct error e;
    bool script;
    int fd;

    memset(text, 'x', sizeof text);
    memcpy(text, BYTES("#!/bin/a\0b\n"));
    fd = support_memfd(text, sizeof text);
    ck_assert(!shebang_read(fd, "it", &line, &script, &e));
    ck_assert_str_eq(e.text, NUL_INSIDE);
    close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_says_so)
{
    struct shebang line;
    struct error e;
    bool script;

    ck_assert(!shebang_read(-1, "a\nb", &line, &script, &e));
    ck_assert_str_eq(e.text, "cannot read 'a\\x0ab': Bad file descriptor");
    ck_assert_int_eq(e.exit, EXIT_NOT_EXECUTABLE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("shebang");
    TCase *c = tcase_create("shebang");

    tcase_add_loop_test(c, a_first_line_is_read, 0, N_ROWS(rows));
    tcase_add_loop_test(c, a_line_has_a_bound, 0, N_ROWS(lines));
    tcase_add_test(c, a_nul_in_a_long_file_is_seen);
    tcase_add_test(c, what_cannot_be_read_says_so);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
