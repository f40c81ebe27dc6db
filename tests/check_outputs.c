/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "evidence/outputs.h"
#include "support.h"

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static unsigned long entries;
static unsigned long odd;
static bool complete;
static struct error e;

/* What the bundle says of the directory, digests and all. */
static json_t *list_outputs(void)
{
    struct outputs found = {.state = OUTPUTS_LEFT};
    json_t *result = json_object();
    json_t *list;

    ck_assert_msg(audit_take(support_fd(), &found.audit, &e), "%s", e.text);
    audit_digest(&found.audit, support_fd(), OUTPUTS_DIGESTED);
    outputs_add(&result, &found);
    ck_assert_ptr_nonnull(result);
    audit_free(&found.audit);
    ck_assert_str_eq(json_string_value(json_object_get(result, "outputs_state")), "left");
    entries = (unsigned long)json_integer_value(json_object_get(result, "outputs_entries"));
    odd = (unsigned long)json_integer_value(json_object_get(result, "outputs_odd"));
    complete = json_is_true(json_object_get(result, "outputs_complete"));
    list = json_incref(json_object_get(result, "outputs"));
    json_decref(result);
    return list;
}

static void plain(void)
{
    support_write("x", 0644, "abc", 3);
}

static void directory(void)
{
    support_mkdir("x");
}

static void sticky_directory(void)
{
    support_mkdir("x");
    ck_assert_int_eq(fchmodat(support_fd(), "x", 01777, 0), 0);
}

static void setuid_file(void)
{
    support_write("x", 04755, "abc", 3);
}

static void setgid_file(void)
{
    support_write("x", 02755, "abc", 3);
}

static void setgid_directory(void)
{
    support_mkdir("x");
    ck_assert_int_eq(fchmodat(support_fd(), "x", 02755, 0), 0);
}

static void link_outward(void)
{
    support_link("/etc/passwd", "x");
}

static void fifo(void)
{
    support_fifo("x");
}

static void unix_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "x"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(fchdir(support_fd()), 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void device(void)
{
    ck_assert_int_eq(mknodat(support_fd(), "x", S_IFCHR | 0666, (1U << 8) | 3), 0);
}

static void sparse_giant(void)
{
    int fd = openat(support_fd(), "x", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    ck_assert_int_eq(ftruncate(fd, 3000000), 0);
    close(fd);
}

static void fifo_with_two_names(void)
{
    support_fifo("x");
    ck_assert_int_eq(linkat(support_fd(), "x", support_fd(), "y", 0), 0);
}

static void two_names(void)
{
    plain();
    ck_assert_int_eq(linkat(support_fd(), "x", support_fd(), "y", 0), 0);
}

static const struct output {
    void (*make)(void);
    const char *canonical; /* of the first entry, RFC 8785 */
    unsigned long entries;
    unsigned long odd;
} outputs[] = {
#define ENTRY(odd, sha256, size, type)                                                             \
    "{\"odd\":[" odd "],\"path\":\"x\",\"path_b64\":\"eA==\",\"sha256\":" sha256 ",\"size\":" size \
    ",\"type\":\"" type "\"}"
    {plain, ENTRY("", "\"" ABC "\"", "3", "file"), 1, 0},
    {directory, ENTRY("", "null", "0", "directory"), 1, 0},
    {sticky_directory, ENTRY("", "null", "0", "directory"), 1, 0},
    {setuid_file, ENTRY("\"setuid or setgid\"", "\"" ABC "\"", "3", "file"), 1, 1},
    {setgid_file, ENTRY("\"setuid or setgid\"", "\"" ABC "\"", "3", "file"), 1, 1},
    {setgid_directory, ENTRY("\"setuid or setgid\"", "null", "0", "directory"), 1, 1},
    {link_outward, ENTRY("\"link\"", "null", "0", "link"), 1, 1},
    {fifo, ENTRY("\"special file\"", "null", "0", "fifo"), 1, 1},
    {unix_socket, ENTRY("\"special file\"", "null", "0", "socket"), 1, 1},
    {two_names, ENTRY("\"more than one name\"", "\"" ABC "\"", "3", "file"), 2, 2},
    {fifo_with_two_names, ENTRY("\"special file\",\"more than one name\"", "null", "0", "fifo"), 2,
     2},
    {sparse_giant, /* 3000000 zeros, digested with sha256sum(1) */
     ENTRY("", "\"sha256:35bce4eae54ec8e6cc2868baa8d157914d6ae2858811b4cc0c078c94460fa26f\"",
           "3000000", "file"),
     1, 0},
    {device, ENTRY("\"special file\"", "null", "0", "device"), 1, 1}, /* the last: root's */
};

START_TEST(an_output_is_listed)
{
    json_t *list;
    char *text;

    outputs[_i].make();
    list = list_outputs();
    ck_assert_uint_eq(json_array_size(list), outputs[_i].entries);
    ck_assert_uint_eq(entries, outputs[_i].entries);
    ck_assert_uint_eq(odd, outputs[_i].odd);
    ck_assert(complete);
    text = json_canonical(json_array_get(list, 0));
    ck_assert_str_eq(text, outputs[_i].canonical);
    free(text);
    json_decref(list);
}
END_TEST

static const struct name {
    const char *name;
    const char *path;
    const char *base64;
    bool odd;
} names[] = {
    {"a b~!", "a b~!", "YSBifiE=", false},
    {"a\nb", "a\\x0ab", "YQpi", true},
    {"\x1b[31m", "\\x1b[31m", "G1szMW0=", true},
    {"\xe2\x80\xae", "\\xe2\\x80\\xae", "4oCu", true},
    {"\xff", "\\xff", "/w==", true},
    {"a\\b", "a\\\\b", "YVxi", false},
    {"\x7f", "\\x7f", "fw==", true},
};

START_TEST(a_name_is_safe_and_exact)
{
    json_t *list;
    const json_t *entry;

    support_write(names[_i].name, 0644, "", 0);
    list = list_outputs();
    entry = json_array_get(list, 0);
    ck_assert_str_eq(json_string_value(json_object_get(entry, "path")), names[_i].path);
    ck_assert_str_eq(json_string_value(json_object_get(entry, "path_b64")), names[_i].base64);
    ck_assert_uint_eq(odd, names[_i].odd);
    json_decref(list);
}
END_TEST

START_TEST(nothing_is_an_empty_list)
{
    json_t *list = list_outputs();

    ck_assert_uint_eq(json_array_size(list), 0);
    ck_assert_uint_eq(entries, 0);
    ck_assert_uint_eq(odd, 0);
    ck_assert(complete);
    json_decref(list);
}
END_TEST

/* 1000 are listed; one more is counted, and what is odd beyond them as well. */
START_TEST(very_many_are_counted)
{
    json_t *list;
    char name[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "f%04d", i);
        support_write(name, 0644, "", 0);
    }
    list = list_outputs();
    ck_assert_uint_eq(json_array_size(list), 1000);
    ck_assert_uint_eq(entries, 1000);
    ck_assert(complete);
    json_decref(list);
    support_link("x", "z");
    list = list_outputs();
    ck_assert_uint_eq(json_array_size(list), 1000);
    ck_assert_uint_eq(entries, 1001);
    ck_assert_uint_eq(odd, 1);
    ck_assert(!complete);
    json_decref(list);
}
END_TEST

/* Forty directories within each other, of names of 250 bytes, and as many files in the last: not
 * all of them are listed, so that the bundle stays one that can be read. What is shorter and comes
 * after the first that is left out is not listed either. */
START_TEST(paths_have_a_length_together)
{
    enum { DEEP = 40, NAME = 250, FILES = 40 };
    char name[NAME + 1] = "";
    size_t bytes = 0;
    size_t listed = 0;
    int fd = dup(support_fd());
    json_t *list;

    memset(name, 'd', NAME);
    for (size_t i = 0; i < DEEP; i++) {
        int next;

        ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
        next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
        bytes += (i + 1) * (NAME + 1) - 1;
    }
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%0*d", NAME, i);
        close(openat(fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    }
    close(fd);
    support_write("z", 0644, "", 0);
    for (listed = DEEP; bytes <= 524288; listed++)
        bytes += (DEEP + 1) * (NAME + 1) - 1;
    list = list_outputs();
    ck_assert_uint_eq(json_array_size(list), listed - 1);
    ck_assert_uint_lt(listed - 1, DEEP + FILES);
    ck_assert_uint_eq(entries, DEEP + FILES + 1);
    ck_assert(!complete);
    json_decref(list);
}
END_TEST

START_TEST(what_is_not_known_is_not_complete)
{
    struct outputs found = {.state = OUTPUTS_WITHHELD, .unknown = true};
    json_t *result = json_object();
    char *text;

    outputs_add(&result, &found);
    ck_assert_ptr_nonnull(result);
    text = json_canonical(result);
    ck_assert_str_eq(text, "{\"outputs\":[],\"outputs_complete\":false,\"outputs_entries\":0,"
                           "\"outputs_odd\":0,\"outputs_state\":\"withheld\"}");
    free(text);
    json_decref(result);
}
END_TEST

START_TEST(a_walk_that_was_ended_is_not_complete)
{
    struct outputs found = {.audit = {.endless = true}};
    json_t *result = json_object();

    outputs_add(&result, &found);
    ck_assert_ptr_nonnull(result);
    ck_assert(json_is_false(json_object_get(result, "outputs_complete")));
    json_decref(result);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("outputs");
    TCase *c = tcase_create("outputs");
    bool root = geteuid() == 0;

    support_directories(c);
    if (!root)
        puts("SKIP: a device among the outputs: only root can make one");
    tcase_add_loop_test(c, an_output_is_listed, 0, N_ROWS(outputs) - (root ? 0 : 1));
    tcase_add_loop_test(c, a_name_is_safe_and_exact, 0, N_ROWS(names));
    tcase_add_test(c, nothing_is_an_empty_list);
    tcase_add_test(c, very_many_are_counted);
    tcase_add_test(c, paths_have_a_length_together);
    tcase_add_test(c, what_is_not_known_is_not_complete);
    tcase_add_test(c, a_walk_that_was_ended_is_not_complete);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
