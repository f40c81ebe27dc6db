/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The door to jansson: what is refused and in which words, and the two forms that are written. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support.h"
#include "json/json.h"

/* A literal with its length, so that it may hold a NUL. */
#define BYTES(text) (text), sizeof(text) - 1

static const struct refused {
    const char *bytes;
    size_t length;
    const char *text;
} refused[] = {
    {BYTES(""), "cannot parse JSON: line 1, column 0: '[' or '{' expected near end of file"},
    {BYTES("1"), "cannot parse JSON: line 1, column 1: '[' or '{' expected near '1'"},
    {BYTES("{\"a\":1,\"a\":2}"),
     "cannot parse JSON: line 1, column 10: duplicate object key near '\"a\"'"},
    {BYTES("{\n\"a\": {\"b\": 1,\n\"b\": 2}}"),
     "cannot parse JSON: line 3, column 3: duplicate object key near '\"b\"'"},
    {BYTES("{}{}"), "cannot parse JSON: line 1, column 3: end of file expected near '{'"},
    {BYTES("[1]\0"), "cannot parse JSON: line 1, column 4: end of file expected near end of file"},
    {BYTES("[\"\\u0000\"]"), "cannot parse JSON: line 1, column 9: \\\\u0000 is not allowed "
                             "without JSON_ALLOW_NUL near '\"\\\\u0000\"'"},
    {BYTES("[\"a\0b\"]"), "cannot parse JSON: line 1, column 3: control character 0x0 near '\"a'"},
    {BYTES("[\"\x1b[31m\"]"),
     "cannot parse JSON: line 1, column 2: control character 0x1b near '\"'"},
    {BYTES("[\"\xff\"]"), "cannot parse JSON: line 1, column 2: unable to decode byte 0xff near "
                          "'\"'"},
    {BYTES("[\"\\ud800\"]"), "cannot parse JSON: line 1, column 9: invalid Unicode '\\\\uD800' "
                             "near '\"\\\\ud800\"'"},
    {BYTES("[1,]"), "cannot parse JSON: line 1, column 4: unexpected token near ']'"},
    {BYTES("[01]"), "cannot parse JSON: line 1, column 2: invalid token near '0'"},
    {BYTES("[NaN]"), "cannot parse JSON: line 1, column 4: invalid token near 'NaN'"},
    {BYTES("[99999999999999999999]"),
     "cannot parse JSON: line 1, column 21: too big integer near '99999999999999999999'"},
    {BYTES("[1e999]"), "cannot parse JSON: line 1, column 6: real number overflow near '1e999'"},
    {BYTES("// x\n[]"), "cannot parse JSON: line 1, column 1: '[' or '{' expected near '/'"},
    {BYTES("\xef\xbb\xbf[]"),
     "cannot parse JSON: line 1, column 1: '[' or '{' expected near '\\xef\\xbb\\xbf'"},
};

START_TEST(is_refused)
{
    struct error e = {0};

    ck_assert_ptr_null(json_parse(refused[_i].bytes, refused[_i].length, &e));
    ck_assert_str_eq(e.text, refused[_i].text);
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
}
END_TEST

/* n levels of arrays or, every other one, of objects. */
static json_t *nested(int n, bool objects, struct error *e)
{
    struct buf b = {0};
    json_t *document;

    for (int i = 0; i < n; i++)
        buf_puts(&b, objects && i % 2 == 0 ? "{\"a\":" : "[");
    buf_puts(&b, "1");
    for (int i = n - 1; i >= 0; i--)
        buf_puts(&b, objects && i % 2 == 0 ? "}" : "]");
    document = json_parse(buf_text(&b), b.length, e);
    buf_free(&b);
    return document;
}

START_TEST(depth_is_bounded)
{
    struct error e;
    json_t *document = nested(JSON_MAX_DEPTH, _i, &e);
    char *text;

    ck_assert_ptr_nonnull(document);
    text = json_canonical(document);
    ck_assert_ptr_nonnull(text);
    free(text);
    json_decref(document);
    ck_assert_ptr_null(nested(JSON_MAX_DEPTH + 1, _i, &e));
    ck_assert_str_eq(e.text, "cannot parse JSON: more than 64 levels");
    ck_assert_ptr_null(nested(100000, _i, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "maximum parsing depth reached"));
}
END_TEST

static const struct canonical {
    const char *in;
    const char *out; /* NULL: has no canonical form here */
} canonical[] = {
    {"{}", "{}"},
    {" [ ] ", "[]"},
    {"{\"b\": 1, \"a\": [true, false, null], \"B\": {\"z\": 0, \"y\": -1}}",
     "{\"B\":{\"y\":-1,\"z\":0},\"a\":[true,false,null],\"b\":1}"},
    {"{\"aa\": 1, \"a\": 2, \"a_\": 3, \"\": 4, \"1\": 5}",
     "{\"\":4,\"1\":5,\"a\":2,\"a_\":3,\"aa\":1}"},
    {"[\"\\u0001\\u001f\\u001B\\u007f\"]", "[\"\\u0001\\u001f\\u001b\x7f\"]"},
    {"[\"\\b\\t\\n\\f\\r\\\"\\\\\\/\"]", "[\"\\b\\t\\n\\f\\r\\\"\\\\/\"]"},
    {"[\"\\u0008\\u0041\\u20ac\\ud83d\\ude00\"]", "[\"\\bA\xe2\x82\xac\xf0\x9f\x98\x80\"]"},
    {"{\"\\n\": \"</script>\"}", "{\"\\n\":\"</script>\"}"},
    {"[9007199254740992, -9007199254740992, -0]", "[9007199254740992,-9007199254740992,0]"},
    {"[9007199254740993]", NULL},
    {"[-9007199254740993]", NULL},
    {"[1.0]", NULL},
    {"[1e2]", NULL},
    {"{\"\\u00e4\": 1}", NULL},
    {"[{\"a\": {\"\\u20ac\": 1}}]", NULL},
};

START_TEST(is_canonical)
{
    struct error e;
    json_t *document = json_parse(canonical[_i].in, strlen(canonical[_i].in), &e);
    char *text;

    ck_assert_msg(document != NULL, "%s", e.text);
    text = json_canonical(document);
    if (canonical[_i].out == NULL)
        ck_assert_ptr_null(text);
    else
        ck_assert_str_eq(text, canonical[_i].out);
    free(text);
    json_decref(document);
}
END_TEST

START_TEST(nothing_has_no_form)
{
    ck_assert_ptr_null(json_canonical(NULL));
    ck_assert_ptr_null(json_pretty(NULL));
}
END_TEST

START_TEST(a_deep_document_has_no_canonical_form)
{
    json_t *document = json_integer(1);

    for (int i = 0; i <= JSON_MAX_DEPTH; i++) {
        json_t *outer = json_array();

        ck_assert_int_eq(json_array_append_new(outer, document), 0);
        document = outer;
    }
    ck_assert_ptr_null(json_canonical(document));
    json_decref(document);
}
END_TEST

/* In the order they were set, two spaces, nothing but ASCII. */
START_TEST(is_pretty)
{
    static const char in[] = "{\"b\":[1,{}],\"a\":\"\\u202e\\u001b\x7f\"}";
    struct error e;
    json_t *document = json_parse(in, sizeof in - 1, &e);
    char *text = json_pretty(document);

    ck_assert_str_eq(text,
                     "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": \"\\u202E\\u001B\\u007f\"\n}");
    free(text);
    json_decref(document);
}
END_TEST

/* What could not be made is not left out: nothing is left. */
START_TEST(what_lacks_a_part_is_none)
{
    json_t *object = json_object();
    json_t *list = json_array();
    json_t *value = json_string("kept");

    json_put(&object, "a", json_integer(1));
    json_append(&list, json_incref(value));
    ck_assert_uint_eq(json_object_size(object), 1);
    ck_assert_uint_eq(json_array_size(list), 1);
    json_append(&list, NULL);
    ck_assert_ptr_null(list);
    ck_assert_uint_eq(value->refcount, 1);
    json_append(&list, json_incref(value));
    ck_assert_ptr_null(list);
    ck_assert_uint_eq(value->refcount, 1);
    json_put(&object, "list", list);
    ck_assert_ptr_null(object);
    json_put(&object, "b", json_incref(value));
    ck_assert_ptr_null(object);
    ck_assert_uint_eq(value->refcount, 1);
    json_decref(value);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("json");
    TCase *c = tcase_create("json");

    tcase_add_loop_test(c, is_refused, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_loop_test(c, depth_is_bounded, 0, 2);
    tcase_add_loop_test(c, is_canonical, 0, (int)(sizeof canonical / sizeof canonical[0]));
    tcase_add_test(c, nothing_has_no_form);
    tcase_add_test(c, a_deep_document_has_no_canonical_form);
    tcase_add_test(c, is_pretty);
    tcase_add_test(c, what_lacks_a_part_is_none);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
