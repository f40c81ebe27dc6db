/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "rules/oddity.h"
#include "support.h"

/* Which names are odd: denybox(1), OUTPUTS. */
static const struct name {
    const char *name;
    bool odd;
} names[] = {
    {"report.md", false},
    {"a b~!", false},
    {"a\\b", false},
    {"a-b", false},
    {".hidden", false},
    {"\xc3\x9c"
     "bersicht.csv",
     false},                             /* U+00DC */
    {"\xe6\x97\xa5\xe6\x9c\xac", false}, /* two ideographs */
    {"\xf0\x9f\x98\x80", false},         /* U+1F600 */
    {"\xef\xbf\xbd", true},              /* U+FFFD: something was lost */
    {"-rf", true},
    {"--", true},
    {"a\nb", true},
    {"\t", true},
    {"\x1b[31m", true},
    {"\x7f", true},
    {"\xc2\x9b", true}, /* U+009B, the one-byte CSI */
    {"\xc2\xad", true}, /* soft hyphen */
    {"\xe2\x80\xae"
     "txt",
     true},                  /* right-to-left override */
    {"a\xe2\x80\x8b", true}, /* zero width space */
    {"\xe2\x80\xa8", true},  /* line separator */
    {"\xef\xbb\xbf"
     "a",
     true},                         /* byte order mark */
    {"\xee\x80\x80", true},         /* private use */
    {"\xf3\xa0\x81\x81", true},     /* a tag */
    {"\xff", true},                 /* no UTF-8 at all */
    {"\x80", true},                 /* a byte that only goes on */
    {"\xc3", true},                 /* cut */
    {"\xe2\x80", true},             /* cut */
    {"\xc3(", true},                /* not gone on */
    {"\xc0\xaf", true},             /* "/" in two bytes */
    {"\xe0\x80\xaf", true},         /* "/" in three */
    {"\xf0\x80\x80\xaf", true},     /* "/" in four */
    {"\xed\xa0\x80", true},         /* half of a surrogate pair */
    {"\xf4\x90\x80\x80", true},     /* above U+10FFFF */
    {"\xf8\x88\x80\x80\x80", true}, /* five bytes */
};

START_TEST(a_name_is_odd_or_not)
{
    ck_assert_int_eq(oddity_name(names[_i].name), names[_i].odd);
}
END_TEST

static const struct kind {
    mode_t mode;
    nlink_t links;
    unsigned odd;
    const char *type;
    bool refused;
} kinds[] = {
    {S_IFREG | 0644, 1, 0, "file", false},
    {S_IFREG | 0000, 1, 0, "file", false},
    {S_IFREG | 0644, 2, ODD_BIT(ODD_NAMES), "file", false},
    {S_IFREG | 04755, 1, ODD_BIT(ODD_SET_ID), "file", false},
    {S_IFREG | 02755, 1, ODD_BIT(ODD_SET_ID), "file", false},
    {S_IFDIR | 0755, 5, 0, "directory", false},
    {S_IFDIR | 01777, 5, 0, "directory", false},
    {S_IFLNK | 0777, 1, ODD_BIT(ODD_LINK), "link", true},
    {S_IFIFO | 0644, 1, ODD_BIT(ODD_SPECIAL), "fifo", true},
    {S_IFIFO | 0644, 2, ODD_BIT(ODD_SPECIAL) | ODD_BIT(ODD_NAMES), "fifo", true},
    {S_IFSOCK | 0644, 1, ODD_BIT(ODD_SPECIAL), "socket", true},
    {S_IFCHR | 0644, 1, ODD_BIT(ODD_SPECIAL), "device", true},
    {S_IFBLK | 0644, 1, ODD_BIT(ODD_SPECIAL), "device", true},
};

START_TEST(a_kind_is_odd_or_not)
{
    struct stat st = {.st_mode = kinds[_i].mode, .st_nlink = kinds[_i].links};

    ck_assert_uint_eq(oddity_of("x", &st), kinds[_i].odd);
    ck_assert_uint_eq(oddity_of("-x", &st), kinds[_i].odd | ODD_BIT(ODD_NAME));
    ck_assert_str_eq(oddity_type(kinds[_i].mode), kinds[_i].type);
    ck_assert_int_eq(oddity_refused(oddity_of("x", &st)), kinds[_i].refused);
}
END_TEST

/* What cannot be published as it is: the others are a matter of taste. */
START_TEST(these_are_refused)
{
    unsigned refused = ODD_BIT(ODD_LINK) | ODD_BIT(ODD_SPECIAL) | ODD_BIT(ODD_UNREADABLE) |
                       ODD_BIT(ODD_DEEP) | ODD_BIT(ODD_LARGE);

    ck_assert(!oddity_refused(0));
    for (int i = 0; i < N_ODDITIES; i++)
        ck_assert_int_eq(oddity_refused(ODD_BIT(i)), (refused & ODD_BIT(i)) != 0);
    ck_assert_str_eq(oddity_words(ODD_NAMES), "more than one name");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("oddity");
    TCase *c = tcase_create("oddity");

    tcase_add_loop_test(c, a_name_is_odd_or_not, 0, N_ROWS(names));
    tcase_add_loop_test(c, a_kind_is_odd_or_not, 0, N_ROWS(kinds));
    tcase_add_test(c, these_are_refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
