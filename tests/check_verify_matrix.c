/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/matrix.h"

#include <string.h>

#include "support.h"
#include "verify/rows.h"

static struct matrix matrix;
static struct error e;

static bool read_text(const char *text)
{
    memset(&matrix, 0, sizeof matrix);
    return matrix_read(&matrix, text, strlen(text), &e);
}

/* Rows 24 to 37; those that the packets do not describe are marked. */
START_TEST(the_built_in_one)
{
    ck_assert(matrix_load(&matrix, NULL, &e));
    ck_assert_uint_eq(matrix.n, 14);
    for (int i = 0; i < 14; i++) {
        int row = 24 + i;
        bool inferred = row == 24 || row == 26 || row == 28 || (row >= 30 && row <= 32);

        ck_assert_int_eq(matrix.rows[i].row, row);
        ck_assert_int_eq(matrix_row_binds(&matrix.rows[i]), !inferred);
    }
    matrix_free(&matrix);
}
END_TEST

#define ROW(text) "{\"schema_version\": 1, \"rows\": [" text "]}"
#define ONE "\"row\": 1, \"requirement\": \"r\", "
#define GOOD ONE "\"source\": \"operator\", \"probes\": [\"PR-ENV-1\"]"

START_TEST(a_good_one)
{
    ck_assert(read_text(ROW("{" GOOD ", \"bar\": 5}")));
    ck_assert_uint_eq(matrix.n, 1);
    ck_assert(matrix.rows[0].bound[PR_ENV_1]);
    ck_assert(!matrix.rows[0].bound[PR_NET_1]);
    ck_assert_int_eq(matrix.rows[0].bar, 5);
    ck_assert_str_eq(matrix.rows[0].requirement, "r");
    ck_assert_uint_eq(strlen(matrix.sha256), DIGEST_TEXT_SIZE - 1);
    matrix_free(&matrix);
}
END_TEST

static const char *const bad[] = {
    "",
    "[]",
    "{}",
    "{\"schema_version\": 2, \"rows\": [{" GOOD "}]}",
    "{\"schema_version\": 1}",
    "{\"schema_version\": 1, \"rows\": {}}",
    "{\"schema_version\": 1, \"rows\": [{" GOOD "}], \"more\": 1}",
    ROW(""),
    ROW("1"),
    ROW("{}"),
    ROW("{" GOOD "}, {" GOOD "}"),
    ROW("{" GOOD ", \"colour\": 1}"),
    ROW("{" GOOD ", \"bar\": 0}"),
    ROW("{" GOOD ", \"bar\": 14}"),
    ROW("{" ONE "\"source\": \"me\", \"probes\": []}"),
    ROW("{" ONE "\"source\": \"packet\"}"),
    ROW("{" ONE "\"source\": \"packet\", \"probes\": [1]}"),
    ROW("{" ONE "\"source\": \"packet\", \"probes\": [\"PR-NO\"]}"),
    ROW("{" ONE "\"source\": \"packet\", \"probes\": [\"PR-ENV-1\", \"PR-ENV-1\"]}"),
    ROW("{\"row\": 1, \"source\": \"packet\", \"probes\": []}"),
    ROW("{\"row\": 0, \"requirement\": \"r\", \"source\": \"packet\", \"probes\": []}"),
    ROW("{\"row\": 10001, \"requirement\": \"r\", \"source\": \"packet\", \"probes\": []}"),
    ROW("{\"row\": 4294967297, \"requirement\": \"r\", \"source\": \"packet\", \"probes\": []}"),
};

START_TEST(a_bad_one_is_refused)
{
    ck_assert_msg(!read_text(bad[_i]), "%s", bad[_i]);
    matrix_free(&matrix);
}
END_TEST

START_TEST(rows_follow_from_their_probes)
{
    static struct verification v;
    struct matrix_row row = {.row = 1};

    ck_assert_int_eq(row_judge(&v, &row), ROW_NO_PROBE);
    row.bound[PR_ENV_1] = row.bound[DX_CAPS] = true;
    v.probe[PR_ENV_1] = v.probe[DX_CAPS] =
        (struct judged){.listed = true, .passes = true, .required = true};
    ck_assert_int_eq(row_judge(&v, &row), ROW_PASS);
    v.probe[DX_CAPS].passes = false;
    v.probe[DX_CAPS].found.verdict = VERDICT_FAIL;
    ck_assert_int_eq(row_judge(&v, &row), ROW_FAIL);
    v.probe[DX_CAPS].excused = true;
    ck_assert_int_eq(row_judge(&v, &row), ROW_PASS);
    v.probe[DX_CAPS].excused = v.probe[DX_CAPS].required = false;
    ck_assert_int_eq(row_judge(&v, &row), ROW_PASS);
}
END_TEST

START_TEST(the_row_of_dynamic_import)
{
    static struct verification v;
    struct matrix_row row = {.row = 35};

    row.bound[PR_DYNIMPORT] = true;
    v.probe[PR_DYNIMPORT] = (struct judged){
        .listed = true, .stored = VERDICT_NOT_RUN, .found.verdict = VERDICT_NOT_RUN};
    ck_assert_int_eq(row_judge(&v, &row), ROW_NOT_RUN);
    v.probe[PR_DYNIMPORT].stored = VERDICT_FAIL;
    ck_assert_int_eq(row_judge(&v, &row), ROW_FAIL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("verify_matrix");
    TCase *c = tcase_create("verify_matrix");

    tcase_add_test(c, the_built_in_one);
    tcase_add_test(c, a_good_one);
    tcase_add_loop_test(c, a_bad_one_is_refused, 0, N_ROWS(bad));
    tcase_add_test(c, rows_follow_from_their_probes);
    tcase_add_test(c, the_row_of_dynamic_import);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
