/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/payload.h"
#include "support.h"

static struct plan plan;
static struct error e;

static void program(const char *name, mode_t mode, const char *loader)
{
    unsigned char image[SUPPORT_ELF_MAX];
    size_t length = support_elf(image, loader);

    support_write(name, mode, image, length);
}

static void script(const char *name, const char *text)
{
    support_write(name, 0755, text, strlen(text));
}

static void make_programs(void)
{
    program("root/bin/static", 0755, NULL);
    program("root/bin/dynamic", 0755, "/lib/ld.so");
    program("root/bin/orphan", 0755, "/lib/none.so");
    program("root/bin/tmploader", 0755, "/tmp/ld.so");
    program("root/bin/linkloader", 0755, "/lib/link.so");
    program("root/bin/plain", 0644, NULL);
    program("root/bin/both", 0755, NULL);
    program("root/usr/bin/both", 0755, NULL);
    program("root/lib/ld.so", 0755, NULL);
    program("root/in/static", 0755, NULL);
    program("root/out/static", 0755, NULL);
    program("root/tmp/static", 0755, NULL);
    program("root/tmp/ld.so", 0755, NULL);
    program("root/inside", 0755, NULL);
    program("outside", 0755, NULL);
    support_write("root/bin/garbage", 0755, "garbage\n", 8);
    support_write("root/bin/empty", 0755, "", 0);
}

static void make_scripts(void)
{
    char long_line[400];

    script("root/bin/script", "#! /bin/static -a  b \n");
    script("root/bin/bare", "#!/bin/static\n");
    script("root/bin/dynscript", "#!/bin/dynamic\n");
    script("root/bin/nointerp", "#!/bin/none -x\n");
    script("root/bin/nested", "#!/bin/script\n");
    script("root/bin/itself", "#!/bin/itself\n");
    script("root/bin/nested3", "#!/bin/nested x\n");
    script("root/bin/nested4", "#!/bin/nested3\n");
    script("root/bin/nested5", "#!/bin/nested4 y z\n");
    script("root/bin/nested6", "#!/bin/nested5\n");
    script("root/bin/ofnone", "#!/bin/nointerp\n");
    script("root/bin/byenv", "#!/usr/bin/env static\n");
    script("root/bin/byenv2", "#! /bin/env -S  static -u\t-v  w \n");
    script("root/bin/byenv3", "#!/usr/bin/env script\n");
    script("root/bin/bypath", "#!/usr/bin/env /bin/static\n");
    script("root/bin/envnone", "#!/usr/bin/env none\n");
    script("root/bin/envblank", "#!/usr/bin/env static -u\n");
    script("root/bin/envset", "#!/usr/bin/env -S A=1 static\n");
    script("root/bin/envoption", "#!/usr/bin/env -i static\n");
    script("root/bin/envquote", "#!/usr/bin/env -S static 'a b'\n");
    script("root/bin/envrelative", "#!/usr/bin/env bin/static\n");
    script("root/bin/envempty", "#!/usr/bin/env -S\n");
    script("root/bin/relative", "#!static\n");
    script("root/bin/ofplain", "#!/bin/plain\n");
    script("root/bin/ofdir", "#!/bin/dir\n");
    script("root/bin/oftmp", "#!/tmp/static\n");
    script("root/in/script", "#!/bin/static\n");
    script("hostscript", "#!/bin/sh\n");
    memset(long_line, 'x', sizeof long_line - 1);
    memcpy(long_line, "#!/", 3);
    long_line[sizeof long_line - 1] = '\0';
    script("root/bin/longline", long_line);
}

static void make_links(void)
{
    support_link("/bin/static", "root/bin/absolute");
    support_link("../bin/static", "root/bin/upwards");
    support_link("../../../../../../../../../../bin/static", "root/bin/far");
    support_link(support_path("outside"), "root/bin/escape");
    support_link("../../outside", "root/bin/dotdot");
    support_link("none", "root/bin/dangling");
    support_link("loop", "root/bin/loop");
    support_link("/etc/passwd", "root/bin/passwd");
    support_link("../..", "root/bin/top");
    support_link("/lib/none.so", "root/lib/link.so");
    support_link("/proc/self/exe", "root/bin/magic");
}

static void start(void)
{
    static const char *const directories[] = {"root",         "root/bin", "root/usr",
                                              "root/usr/bin", "root/lib", "root/in",
                                              "root/out",     "root/tmp", "root/bin/dir"};

    for (int i = 0; i < N_ROWS(directories); i++)
        support_mkdir(directories[i]);
    make_programs();
    make_scripts();
    make_links();
    support_fifo("root/bin/fifo");
    memset(&e, 0, sizeof e);
    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
}

static void finish(void)
{
    plan_free(&plan);
}

static void use_root(void)
{
    plan.derived.rootfs.path = support_path("root");
    plan.derived.rootfs.fd = open(plan.derived.rootfs.path, O_PATH | O_CLOEXEC);
    ck_assert_int_ge(plan.derived.rootfs.fd, 0);
}

static bool find(const char *const *command)
{
    plan.declared.command = (char **)(uintptr_t)command;
    while (command[plan.declared.n_command] != NULL)
        plan.declared.n_command++;
    return payload_find(&plan, &e);
}

#define FIND(...) find((const char *const[]){__VA_ARGS__, NULL})

static void refused(int exit, const char *text, const char *hint)
{
    ck_assert_str_eq(e.text, text);
    ck_assert_str_eq(e.hint, hint);
    ck_assert_int_eq((int)e.exit, exit);
}

static const struct found {
    const char *command;
    const char *chdir;
    const char *path;
    const char *file; /* of the host, beneath the test's directory: what the descriptor is */
    const char *loader;
} found[] = {
    {"/bin/static", "/", "/bin/static", "root/bin/static", NULL},
    {"static", "/", "/bin/static", "root/bin/static", NULL},
    {"both", "/", "/usr/bin/both", "root/usr/bin/both", NULL},
    {"/bin/both", "/", "/bin/both", "root/bin/both", NULL},
    {"bin/static", "/", "/bin/static", "root/bin/static", NULL},
    {"./static", "/bin", "/bin/./static", "root/bin/static", NULL},
    {"../bin/static", "/usr", "/usr/../bin/static", "root/bin/static", NULL},
    {"/../../../bin/static", "/", "/../../../bin/static", "root/bin/static", NULL},
    {"/bin/dynamic", "/", "/bin/dynamic", "root/bin/dynamic", "/lib/ld.so"},
    {"dynamic", "/", "/bin/dynamic", "root/bin/dynamic", "/lib/ld.so"},
    {"absolute", "/", "/bin/absolute", "root/bin/static", NULL},
    {"upwards", "/", "/bin/upwards", "root/bin/static", NULL},
    {"far", "/", "/bin/far", "root/bin/static", NULL},
    {"/bin/top/bin/static", "/", "/bin/top/bin/static", "root/bin/static", NULL},
    {"/inside", "/", "/inside", "root/inside", NULL},
};

START_TEST(a_program_of_the_root)
{
    const struct found *row = &found[_i];
    const struct payload *p = &plan.derived.payload;
    struct stat want;
    struct stat is;

    use_root();
    plan.declared.chdir = row->chdir;
    ck_assert_msg(FIND(row->command, "one", "two"), "%s", e.text);
    ck_assert_str_eq(p->path, row->path);
    ck_assert_int_eq(fstatat(support_fd(), row->file, &want, 0), 0);
    ck_assert_int_eq(fstat(p->fd, &is), 0);
    ck_assert_uint_eq(is.st_ino, want.st_ino);
    ck_assert_int_eq(fcntl(p->fd, F_GETFD), FD_CLOEXEC);
    ck_assert_ptr_null(p->script);
    ck_assert_uint_eq(p->n_argv, 3);
    ck_assert_str_eq(p->argv[0], row->command);
    ck_assert_str_eq(p->argv[1], "one");
    ck_assert_str_eq(p->argv[2], "two");
    ck_assert_ptr_null(p->argv[3]);
    ck_assert_int_eq(p->dynamic, row->loader != NULL);
    if (row->loader != NULL)
        ck_assert_str_eq(p->loader, row->loader);
}
END_TEST

START_TEST(a_name_of_its_own)
{
    use_root();
    plan.declared.argv0 = "other";
    ck_assert_msg(FIND("static", "one"), "%s", e.text);
    ck_assert_uint_eq(plan.derived.payload.n_argv, 2);
    ck_assert_str_eq(plan.derived.payload.argv[0], "other");
    ck_assert_str_eq(plan.derived.payload.argv[1], "one");
}
END_TEST

static const struct followed {
    const char *command;
    const char *path;
    const char *script;
    const char *argv[12];
} followed[] = {
    {"script", "/bin/static", "/bin/script", {"/bin/static", "-a  b", "/bin/script", "one"}},
    {"/bin/bare", "/bin/static", "/bin/bare", {"/bin/static", "/bin/bare", "one"}},
    {"dynscript", "/bin/dynamic", "/bin/dynscript", {"/bin/dynamic", "/bin/dynscript", "one"}},
    /* execve(2): the path of the script takes the place of its argv[0], again and again. */
    {"nested",
     "/bin/static",
     "/bin/nested",
     {"/bin/static", "-a  b", "/bin/script", "/bin/nested", "one"}},
    {"nested5",
     "/bin/static",
     "/bin/nested5",
     {"/bin/static", "-a  b", "/bin/script", "/bin/nested", "x", "/bin/nested3", "/bin/nested4",
      "y z", "/bin/nested5", "one"}},
    /* env(1): the name as it stands, then the arguments. */
    {"byenv", "/bin/static", "/bin/byenv", {"static", "/bin/byenv", "one"}},
    {"byenv2", "/bin/static", "/bin/byenv2", {"static", "-u", "-v", "w", "/bin/byenv2", "one"}},
    {"byenv3",
     "/bin/static",
     "/bin/byenv3",
     {"/bin/static", "-a  b", "/bin/script", "/bin/byenv3", "one"}},
    {"bypath", "/bin/static", "/bin/bypath", {"/bin/static", "/bin/bypath", "one"}},
};

START_TEST(a_script_with_its_interpreter)
{
    const struct followed *row = &followed[_i];
    const struct payload *p = &plan.derived.payload;
    size_t n = 0;

    use_root();
    ck_assert_msg(FIND(row->command, "one"), "%s", e.text);
    ck_assert_str_eq(p->path, row->path);
    ck_assert_str_eq(p->script, row->script);
    for (; row->argv[n] != NULL; n++)
        ck_assert_str_eq(p->argv[n], row->argv[n]);
    ck_assert_ptr_null(p->argv[n]);
    ck_assert_uint_eq(p->n_argv, n);
}
END_TEST

#define ALONG "along PATH=/usr/local/bin:/usr/bin:/bin"
#define TOO_DEEP(name)                                                                             \
    "cannot run '/bin/" name "': more than 5 scripts are each other's interpreters"
#define BY_ENV(name)                                                                               \
    "cannot run '/bin/" name "': its #! line asks env for more than to find a program"
#define ENV_HINT                                                                                   \
    "use '#!/usr/bin/env NAME' or '#!/usr/bin/env -S NAME ARG...'; set variables by --setenv"
#define NOEXEC(path, place) "cannot run '" path "': nothing in " place " is executable"
#define NAME_ONE(path) "name a program of the root, and give it '" path "' as an argument"
#define OF_SCRIPT(path) "it is the interpreter of the script '" path "'"
#define PATH_INSIDE "give its path inside the root"
#define PUT_LOADER "put the loader and the libraries into the root directory"

#define NEITHER                                                                                    \
    "a script's first line is #! and the path of its interpreter; or name the interpreter as the " \
    "command"

static const struct lost {
    const char *command;
    int exit;
    const char *text;
    const char *hint;
} lost[] = {
    {"", 127, "cannot run '': the command is empty", ""},
    {"none", 127, "cannot run 'none': not found in the root " ALONG, PATH_INSIDE},
    {"inside", 127, "cannot run 'inside': not found in the root " ALONG, PATH_INSIDE},
    {"a\033b", 127, "cannot run 'a\\x1bb': not found in the root " ALONG, PATH_INSIDE},
    {"/bin/none", 127, "cannot run '/bin/none': no such file in the root", PATH_INSIDE},
    {"/none/none", 127, "cannot run '/none/none': no such file in the root", PATH_INSIDE},
    {"/bin/static/x", 127, "cannot run '/bin/static/x': no such file in the root", PATH_INSIDE},
    {"/bin/static/", 127, "cannot run '/bin/static/': no such file in the root", PATH_INSIDE},
    {"/bin/dangling", 127, "cannot run '/bin/dangling': no such file in the root", PATH_INSIDE},
    {"/bin/escape", 127, "cannot run '/bin/escape': no such file in the root", PATH_INSIDE},
    {"/bin/dotdot", 127, "cannot run '/bin/dotdot': no such file in the root", PATH_INSIDE},
    {"/bin/passwd", 127, "cannot run '/bin/passwd': no such file in the root", PATH_INSIDE},
    {"/bin/magic", 127, "cannot run '/bin/magic': no such file in the root", PATH_INSIDE},
    {"/bin/loop", 126, "cannot run '/bin/loop': Too many levels of symbolic links", ""},
    {"/in/static", 126, NOEXEC("/in/static", "/in"), NAME_ONE("/in/static")},
    {"/in/none", 126, NOEXEC("/in/none", "/in"), NAME_ONE("/in/none")},
    {"/in/script", 126, NOEXEC("/in/script", "/in"), NAME_ONE("/in/script")},
    {"/out/static", 126, NOEXEC("/out/static", "/out"), NAME_ONE("/out/static")},
    {"/tmp/static", 126, NOEXEC("/tmp/static", "/tmp"), NAME_ONE("/tmp/static")},
    {"/bin/dir", 126, "cannot run '/bin/dir': not a regular file", ""},
    {"/", 126, "cannot run '/': not a regular file", ""},
    {"/bin/fifo", 126, "cannot run '/bin/fifo': not a regular file", ""},
    {"fifo", 127, "cannot run 'fifo': not found in the root " ALONG, PATH_INSIDE},
    {"/bin/plain", 126, "cannot run '/bin/plain': it is not executable",
     "chmod +x it, or name its interpreter as the command"},
    {"garbage", 126, "cannot run '/bin/garbage': it is neither an ELF program nor a #! script",
     NEITHER},
    {"empty", 126, "cannot run '/bin/empty': it is neither an ELF program nor a #! script",
     NEITHER},
    {"orphan", 126,
     "cannot run '/bin/orphan': its loader /lib/none.so is not in the root: No such file or "
     "directory",
     PUT_LOADER},
    {"linkloader", 126,
     "cannot run '/bin/linkloader': its loader /lib/link.so is not in the root: No such file or "
     "directory",
     PUT_LOADER},
    {"tmploader", 126, NOEXEC("/tmp/ld.so", "/tmp"), NAME_ONE("/tmp/ld.so")},
    {"nointerp", 127, "cannot run '/bin/none': no such file in the root",
     OF_SCRIPT("/bin/nointerp")},
    {"ofplain", 126, "cannot run '/bin/plain': it is not executable", OF_SCRIPT("/bin/ofplain")},
    {"ofdir", 126, "cannot run '/bin/dir': not a regular file", OF_SCRIPT("/bin/ofdir")},
    {"oftmp", 126, NOEXEC("/tmp/static", "/tmp"), OF_SCRIPT("/bin/oftmp")},
    {"nested6", 126, TOO_DEEP("nested6"), ""},
    {"itself", 126, TOO_DEEP("itself"), ""},
    {"ofnone", 127, "cannot run '/bin/none': no such file in the root", OF_SCRIPT("/bin/nointerp")},
    {"envnone", 127, "cannot run 'none': not found in the root " ALONG,
     "give its path inside the root"},
    {"envblank", 126, BY_ENV("envblank"), ENV_HINT},
    {"envset", 126, BY_ENV("envset"), ENV_HINT},
    {"envoption", 126, BY_ENV("envoption"), ENV_HINT},
    {"envquote", 126, BY_ENV("envquote"), ENV_HINT},
    {"envrelative", 126, BY_ENV("envrelative"), ENV_HINT},
    {"envempty", 126, BY_ENV("envempty"), ENV_HINT},
    {"relative", 126, "cannot run '/bin/relative': its #! line names no absolute interpreter", ""},
    {"longline", 126, "cannot run '/bin/longline': its #! line is longer than 255 bytes", ""},
};

START_TEST(what_the_root_cannot_run)
{
    use_root();
    ck_assert(!FIND(lost[_i].command));
    refused(lost[_i].exit, lost[_i].text, lost[_i].hint);
}
END_TEST

static void set_path(const char *path)
{
    free(plan.declared.env[0]);
    ck_assert_int_ge(asprintf(&plan.declared.env[0], "PATH=%s", path), 0);
}

/* PATH is the payload's own: what --setenv made of it, absolute entries only. */
static const struct search {
    const char *path;
    const char *found; /* NULL: not found */
} searches[] = {
    {"/bin", "/bin/static"},
    {"/none:/bin", "/bin/static"},
    {":bin:.:/bin", "/bin/static"},
    {"/bin:/in", "/bin/static"},
    {"/bin/", "/bin//static"},
    {"", NULL},
    {":::", NULL},
    {"bin", NULL},
    {".", NULL},
    {"/usr/bin", NULL},
};

START_TEST(the_payloads_path_is_searched)
{
    const struct search *row = &searches[_i];
    char text[128];

    set_path(row->path);
    use_root();
    ck_assert_int_eq(FIND("static"), row->found != NULL);
    if (row->found != NULL) {
        ck_assert_str_eq(plan.derived.payload.path, row->found);
        return;
    }
    snprintf(text, sizeof text, "cannot run 'static': not found in the root along PATH=%s",
             row->path);
    refused(127, text, PATH_INSIDE);
}
END_TEST

START_TEST(the_first_of_two_is_taken)
{
    set_path("/bin:/usr/bin");
    use_root();
    ck_assert(FIND("both"));
    ck_assert_str_eq(plan.derived.payload.path, "/bin/both");
}
END_TEST

START_TEST(a_path_has_a_bound)
{
    char *long_path = malloc(5000);

    memset(long_path, 'x', 4999);
    long_path[4999] = '\0';
    long_path[0] = '/';
    use_root();
    ck_assert(!FIND(long_path));
    ck_assert_int_eq((int)e.exit, 127);
    ck_assert_ptr_nonnull(strstr(e.text, "...': the path is too long"));
    long_path[0] = 'x';
    plan.declared.n_command = 0;
    ck_assert(!FIND(long_path));
    ck_assert_int_eq((int)e.exit, 127);
    free(long_path);
}
END_TEST

/* Without a root there is nothing for a loader or an interpreter to be found in. */
START_TEST(a_static_program_of_the_host)
{
    char *path = support_path("outside");

    ck_assert_msg(FIND(path), "%s", e.text);
    ck_assert_str_eq(plan.derived.payload.path, path);
    ck_assert(!plan.derived.payload.dynamic);
}
END_TEST

#define STATIC_OR_ROOT                                                                             \
    "give --rootfs DIR that holds the program with its libraries (denybox pack makes one), "       \
    "or link it statically"
#define ROOT_WITH_BOTH "give --rootfs DIR that has both (denybox pack makes one)"

/* %s is the test's directory. */
static const struct stray {
    const char *command;
    int exit;
    const char *text;
    const char *hint;
} strays[] = {
    {"%s/root/bin/dynamic", 126,
     "cannot run '%s/root/bin/dynamic': it is a dynamic program, and its loader /lib/ld.so is not "
     "in the sandbox",
     STATIC_OR_ROOT},
    {"%s/hostscript", 126,
     "cannot run '%s/hostscript': it is a script, and its interpreter /bin/sh is not in the "
     "sandbox",
     ROOT_WITH_BOTH},
    {"%s/none", 127, "cannot run '%s/none': no such file",
     "look at the spelling; it is a path of the host"},
    {"%s/root/bin/fifo", 126, "cannot run '%s/root/bin/fifo': not a regular file", ""},
    {"%s/root", 126, "cannot run '%s/root': not a regular file", ""},
    {"%s/root/bin/plain", 126, "cannot run '%s/root/bin/plain': it is not executable",
     "chmod +x it, or name its interpreter as the command"},
};

static char *filled(const char *format)
{
    const char *mark = strstr(format, "%s");
    char *text = NULL;

    ck_assert_int_ge(
        asprintf(&text, "%.*s%s%s", (int)(mark - format), format, support_dir(), mark + 2), 0);
    return text;
}

START_TEST(what_the_host_has_for_nobody)
{
    char *command = filled(strays[_i].command);
    char *text = filled(strays[_i].text);

    ck_assert(!FIND(command));
    refused(strays[_i].exit, text, strays[_i].hint);
    free(command);
    free(text);
}
END_TEST

static const struct stray elsewhere[] = {
    {"/dev/null", 126, "cannot run '/dev/null': not a regular file", ""},
    {"no-such-program", 127,
     "cannot run 'no-such-program': not found in the host's directories " ALONG,
     "look at the spelling; a program elsewhere is named by its path, as ./NAME"},
    {"/proc/self/exe", 126, "cannot run '/proc/self/exe': Too many levels of symbolic links", ""},
};

START_TEST(what_is_no_file_of_the_host)
{
    ck_assert(!FIND(elsewhere[_i].command));
    refused(elsewhere[_i].exit, elsewhere[_i].text, elsewhere[_i].hint);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("payload");
    TCase *c = tcase_create("payload");

    support_directories(c);
    tcase_add_checked_fixture(c, start, finish);
    tcase_add_loop_test(c, a_program_of_the_root, 0, N_ROWS(found));
    tcase_add_test(c, a_name_of_its_own);
    tcase_add_loop_test(c, a_script_with_its_interpreter, 0, N_ROWS(followed));
    tcase_add_loop_test(c, what_the_root_cannot_run, 0, N_ROWS(lost));
    tcase_add_loop_test(c, the_payloads_path_is_searched, 0, N_ROWS(searches));
    tcase_add_test(c, the_first_of_two_is_taken);
    tcase_add_test(c, a_path_has_a_bound);
    tcase_add_test(c, a_static_program_of_the_host);
    tcase_add_loop_test(c, what_the_host_has_for_nobody, 0, N_ROWS(strays));
    tcase_add_loop_test(c, what_is_no_file_of_the_host, 0, N_ROWS(elsewhere));
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
