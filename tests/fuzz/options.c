/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a command line, each ended by a NUL; the first byte is the command. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "attester/option.h"
#include "fuzz.h"
#include "plan/option.h"
#include "scan/option.h"
#include "verify/option.h"

/* A word may name a descriptor that is read to its end: only those that have one are left open.
 * Each time, for what is around us may open more. */
static void close_what_can_be_named(void)
{
    int null;

    close_range(3, ~0U, 0);
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    FUZZ_REQUIRE(null >= 0 && dup2(null, 0) == 0);
    close(null);
}

static void must_be_said(bool ok, const struct error *e)
{
    FUZZ_REQUIRE(ok || (e->text[0] != '\0' && fuzz_printable(e->text)));
    FUZZ_REQUIRE(ok || fuzz_printable(e->hint));
}

static void read_plan(enum command command, int n, char **words)
{
    static struct plan plan;
    struct error e = {0};

    FUZZ_REQUIRE(plan_init(&plan, command, &e));
    must_be_said(option_parse(&plan, n, words, &e), &e);
    plan_free(&plan);
}

static void read_verify(int n, char **words)
{
    static struct policy policy;
    struct error e = {0};

    policy = (struct policy){0};
    must_be_said(verify_options(&policy, n, words, &e), &e);
    policy_free(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_options scan = {0};
    struct wishes wishes;
    struct error e = {0};
    char *bytes;
    char **words;
    int n;

    if (size < 1 || size > 65536)
        return 0;
    close_what_can_be_named();
    words = fuzz_words(data + 1, size - 1, &bytes, &n);
    switch (data[0] % 6) {
    case 0:
        read_plan(COMMAND_RUN, n, words);
        break;
    case 1:
        read_plan(COMMAND_ATTEST, n, words);
        break;
    case 2:
        read_plan(COMMAND_PLAN, n, words);
        break;
    case 3:
        read_verify(n, words);
        break;
    case 4:
        must_be_said(scan_options(&scan, n, words, &e), &e);
        break;
    default:
        must_be_said(wishes_parse(&wishes, n, words, &e), &e);
        break;
    }
    free(words);
    free(bytes);
    return 0;
}
