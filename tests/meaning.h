/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_MEANING_H
#define DENYBOX_TESTS_MEANING_H

#include <jansson.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What a seccomp profile means: evaluated rule by rule, as the specification of OCI's runtimes and
 * denybox-filter(1) have it. It shares nothing with src/filter and nothing with libseccomp; the
 * numbers are those of syscalls.def. The compiled programs are held against it.
 */

struct meaning_rule {
    int number;
    uint32_t action;
    bool compares;
    unsigned index;
    char op[24];
    uint64_t value;
    uint64_t value_two;
};

#define MEANING_MAX 2048

struct meaning {
    uint32_t machine; /* as in seccomp_data */
    uint32_t otherwise;
    int newest; /* the highest number that the profile knows */
    struct meaning_rule rules[MEANING_MAX];
    int n_rules;
    uint64_t random; /* the state of what draws; never 0 */
};

/* False where the document is none that can be evaluated: it names a call that the table has not,
 * or is not what filter_compile takes. `arch` is "x86_64" or "aarch64". */
bool meaning_take(struct meaning *m, const json_t *document, const char *arch);

/* The verdict: a SECCOMP_RET_ value with its data. */
uint32_t meaning_of(const struct meaning *m, const struct seccomp_data *call);

/* A call at random, near what the profile asks for: a number of its rules or beside one, arguments
 * near those that it compares with, now and then another machine, x32 or no call at all. */
void meaning_draw(struct meaning *m, struct seccomp_data *call);

#endif
