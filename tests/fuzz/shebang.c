/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first line of a script; and the words of a command that starts one with Python. */
#include "plan/shebang.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "scan/invocation.h"

static void read_line(const uint8_t *data, size_t size)
{
    int fd = fuzz_file(data, size);
    struct shebang line = {0};
    struct error e = {0};
    bool script = false;

    if (!shebang_read(fd, "a script", &line, &script, &e)) {
        FUZZ_REQUIRE(fuzz_printable(e.text) && e.text[0] != '\0');
    } else if (script) {
        FUZZ_REQUIRE(size > 2 && memcmp(data, "#!", 2) == 0 && line.interpreter[0] == '/');
        FUZZ_REQUIRE(strpbrk(line.interpreter, " \t\n") == NULL);
        FUZZ_REQUIRE(strlen(line.argument) == strcspn(line.argument, "\n"));
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *word = NULL;
    char *bytes;
    char **words;
    int n;

    read_line(data, size);
    words = fuzz_words(data, size, &bytes, &n);
    if (n != 0) {
        invocation_read((const char *const *)words, (size_t)n, &word);
        FUZZ_REQUIRE(word != NULL);
        invocation_alone((const char *const *)words, (size_t)n);
        invocation_obeys(SCAN_ELF, words[0]);
        invocation_obeys(SCAN_PYTHON, words[0]);
    }
    free(words);
    free(bytes);
    return 0;
}
