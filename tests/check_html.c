/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/html.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define DOCTYPE "<!DOCTYPE html>\n"

static struct html h;

/* What stands between <b> and </b> of a page that has this text. */
static const char *of_text(const char *text)
{
    html_begin(&h);
    html_element(&h, "b", NULL, text);
    return html_page(&h);
}

static const struct {
    const char *text;
    const char *page;
} texts[] = {
    {"", DOCTYPE "<b></b>"},
    {NULL, DOCTYPE "<b></b>"},
    {"plain, 1 + 1; ~", DOCTYPE "<b>plain, 1 + 1; ~</b>"},
    {"<script>alert(1)</script>", DOCTYPE "<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>"},
    {"</b><!--", DOCTYPE "<b>&lt;/b&gt;&lt;!--</b>"},
    {"&lt; &amp &#60;", DOCTYPE "<b>&amp;lt; &amp;amp &amp;#60;</b>"},
    {"\" onload='x'", DOCTYPE "<b>&quot; onload=&#39;x&#39;</b>"},
    {"a\nb\tc\r", DOCTYPE "<b>a\\x0ab\\x09c\\x0d</b>"},
    {"\x1b[31m\x7f", DOCTYPE "<b>\\x1b[31m\\x7f</b>"},
    {"\\x41", DOCTYPE "<b>\\\\x41</b>"},
    {"\xe2\x80\xae" /* turns the text around */ "\xe2\x80\xac",
     DOCTYPE "<b>\\xe2\\x80\\xae\\xe2\\x80\\xac</b>"},
    {"\xff\xc0\xaf" /* no UTF-8 */, DOCTYPE "<b>\\xff\\xc0\\xaf</b>"},
};

START_TEST(text_is_text)
{
    ck_assert_str_eq(of_text(texts[_i].text), texts[_i].page);
    html_free(&h);
}
END_TEST

START_TEST(every_byte_is_printable_and_none_is_markup)
{
    for (int c = 1; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        const char *page = of_text(text) + strlen(DOCTYPE "<b>");
        size_t length = strlen(page) - strlen("</b>");

        for (size_t i = 0; i < length; i++) {
            ck_assert(page[i] >= ' ' && page[i] <= '~');
            ck_assert_ptr_null(strchr("<>\"'", page[i]));
        }
        html_free(&h);
    }
}
END_TEST

START_TEST(a_value_stays_in_its_quotes)
{
    html_begin(&h);
    html_start(&h, "p");
    html_class(&h, "a b");
    html_class(&h, NULL);
    html_attribute(&h, "title", "\"><script>\n");
    html_attribute_number(&h, "x", -3);
    html_end(&h);
    ck_assert_str_eq(html_page(&h),
                     DOCTYPE "<p class=\"a b\" title=\"&quot;&gt;&lt;script&gt;\\x0a\""
                             " x=\"-3\"></p>\n");
    html_free(&h);
}
END_TEST

START_TEST(what_is_formatted_is_text_too)
{
    html_begin(&h);
    html_start(&h, "b");
    html_printf(&h, "%s-%d", "<i>", 7);
    html_end(&h);
    ck_assert_str_eq(html_page(&h), DOCTYPE "<b>&lt;i&gt;-7</b>");
    html_free(&h);
}
END_TEST

START_TEST(what_is_printable_is_not_escaped_twice)
{
    html_begin(&h);
    html_start(&h, "b");
    html_printable(&h, "\\x1b <i>\n\xff");
    html_end(&h);
    ck_assert_str_eq(html_page(&h), DOCTYPE "<b>\\x1b &lt;i&gt;\\x0a\\xff</b>");
    html_free(&h);
}
END_TEST

START_TEST(lines_stay_lines)
{
    html_begin(&h);
    html_start(&h, "pre");
    html_lines(&h, "a\n\tb\\n<\0\r\x80", 10);
    html_end(&h);
    ck_assert_str_eq(html_page(&h), DOCTYPE "<pre>a\n\tb\\n&lt;\\x00\\x0d\\x80</pre>");
    html_free(&h);
}
END_TEST

START_TEST(a_long_text_is_cut_and_says_so)
{
    char text[HTML_TEXT_MAX + 2] = "";
    const char *page;

    memset(text, 'a', HTML_TEXT_MAX);
    ck_assert_ptr_null(strstr(of_text(text), "..."));
    html_free(&h);
    text[HTML_TEXT_MAX] = '<';
    page = of_text(text);
    ck_assert_ptr_null(strstr(page, "&lt;"));
    ck_assert_ptr_nonnull(strstr(page, "a... (2049 bytes)</b>"));
    html_free(&h);
}
END_TEST

START_TEST(an_element_without_an_end_has_none)
{
    html_begin(&h);
    html_start(&h, "meta");
    html_attribute(&h, "name", "n");
    html_end(&h);
    ck_assert_str_eq(html_page(&h), DOCTYPE "<meta name=\"n\">\n");
    html_free(&h);
}
END_TEST

/* Of what is not whole there is no page. */
START_TEST(what_is_not_well_formed_is_no_page)
{
    html_begin(&h);
    html_start(&h, "p");
    ck_assert_ptr_null(html_page(&h));
    html_end(&h);
    ck_assert_ptr_nonnull(html_page(&h));
    html_end(&h);
    ck_assert_ptr_null(html_page(&h));
    html_free(&h);

    html_begin(&h);
    html_start(&h, "p");
    html_text(&h, "text");
    html_attribute(&h, "title", "too late");
    html_end(&h);
    ck_assert_ptr_null(html_page(&h));
    html_free(&h);

    html_begin(&h);
    for (int i = 0; i <= HTML_DEPTH_MAX; i++)
        html_start(&h, "b");
    for (int i = 0; i < HTML_DEPTH_MAX; i++)
        html_end(&h);
    ck_assert_ptr_null(html_page(&h));
    html_free(&h);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("html");
    TCase *c = tcase_create("html");

    tcase_add_loop_test(c, text_is_text, 0, N_ROWS(texts));
    tcase_add_test(c, every_byte_is_printable_and_none_is_markup);
    tcase_add_test(c, a_value_stays_in_its_quotes);
    tcase_add_test(c, what_is_formatted_is_text_too);
    tcase_add_test(c, what_is_printable_is_not_escaped_twice);
    tcase_add_test(c, lines_stay_lines);
    tcase_add_test(c, a_long_text_is_cut_and_says_so);
    tcase_add_test(c, an_element_without_an_end_has_none);
    tcase_add_test(c, what_is_not_well_formed_is_no_page);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
