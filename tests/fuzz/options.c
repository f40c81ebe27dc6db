/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a command line, each ended by a NUL; the first byte is the command: a row of
 * command.def, and behind them denybox-attest. Every command reads its words here as it does in the
 * program, and a row without that does not link. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "attester/option.h"
#include "base/sys.h"
#include "cmd/commands.h"
#include "fuzz.h"

static bool words_attester(int argc, char **argv, struct error *e)
{
    struct wishes wishes;

    return wishes_parse(&wishes, argc, argv, e);
}

static bool (*const commands[])(int argc, char **argv, struct error *e) = {
#define COMMAND(name, ...) words_##name,
#include "cmd/command.def"
#undef COMMAND
    words_attester,
};

/* A word may name a descriptor that is read to its end: only those that have one are left open.
 * Each time, for what is around us may open more. */
static void close_what_can_be_named(void)
{
    int null;

    sys_close_range(3, ~0U, 0);
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    FUZZ_REQUIRE(null >= 0 && dup2(null, 0) == 0);
    close(null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    char *bytes;
    char **words;
    int n;

    if (size < 1 || size > 65536)
        return 0;
    close_what_can_be_named();
    words = fuzz_words(data + 1, size - 1, &bytes, &n);
    if (!commands[data[0] % (sizeof commands / sizeof commands[0])](n, words, &e)) {
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
        FUZZ_REQUIRE(fuzz_printable(e.hint));
    }
    free(words);
    free(bytes);
    return 0;
}
