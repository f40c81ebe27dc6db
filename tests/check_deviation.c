/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"
#include "rules/deviation.h"
#include "support.h"

/* What may FAIL where the user named what; everything else may not. */
static const struct row {
    unsigned bit;
    const char *name;
    enum probe excused[4]; /* N_PROBES ends the list */
} rows[] = {
    {DEVIATION_RO_BIND, "ro-bind", {PR_MOUNT_1, N_PROBES}},
    {DEVIATION_PROC, "proc", {PR_MOUNT_1, DX_HOSTPATH, N_PROBES}},
    {DEVIATION_DEV, "dev", {PR_MOUNT_1, N_PROBES}},
    {DEVIATION_ALLOW_EXEC, "allow-exec", {PR_EXEC_1, DX_SEAL, DX_SECCOMP, N_PROBES}},
};

START_TEST(bits_have_names)
{
    ck_assert_uint_eq(rows[_i].bit, 1U << _i);
    ck_assert_str_eq(deviation_name((unsigned)_i), rows[_i].name);
}
END_TEST

START_TEST(there_are_no_more)
{
    ck_assert_ptr_null(deviation_name(N_ROWS(rows)));
    ck_assert_ptr_null(deviation_name(1000000));
}
END_TEST

static bool excused_by(unsigned row, enum probe probe)
{
    for (int i = 0; rows[row].excused[i] != N_PROBES; i++) {
        if (rows[row].excused[i] == probe)
            return true;
    }
    return false;
}

/* Every set of deviations against every probe. */
START_TEST(each_excuses_its_own)
{
    for (int probe = 0; probe < N_PROBES; probe++) {
        bool excused = false;

        for (unsigned i = 0; i < N_ROWS(rows); i++)
            excused = excused || ((unsigned)_i >> i & 1 && excused_by(i, (enum probe)probe));
        ck_assert_msg(deviation_excuses((unsigned)_i, (enum probe)probe) == excused, "%s",
                      probe_row((enum probe)probe)->id);
    }
}
END_TEST

START_TEST(unknown_bits_excuse_nothing)
{
    for (int probe = 0; probe < N_PROBES; probe++)
        ck_assert(!deviation_excuses(~0xfU, (enum probe)probe));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("deviation");
    TCase *c = tcase_create("deviation");

    tcase_add_loop_test(c, bits_have_names, 0, N_ROWS(rows));
    tcase_add_test(c, there_are_no_more);
    tcase_add_loop_test(c, each_excuses_its_own, 0, 1 << N_ROWS(rows));
    tcase_add_test(c, unknown_bits_excuse_nothing);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
