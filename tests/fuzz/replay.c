/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main of a fuzz target where there is no fuzzer: runs it on every file that is named, and on
 * every file of every directory that is named. Prints how many there were.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "fuzz.h"

#define INPUT_MAX (16U << 20)

static unsigned long inputs;

static void give_up(const char *what)
{
    fprintf(stderr, "cannot read '%s': %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void replay_file(const char *path)
{
    struct buf bytes = {0};

    if (!io_read_file(AT_FDCWD, path, INPUT_MAX, &bytes))
        give_up(path);
    /* What it aborts on is the last one named. */
    if (getenv("DENYBOX_FUZZ_NAMES") != NULL)
        fprintf(stderr, "%s\n", path);
    /* What a fuzzer would leave out of its corpus has been given for nothing. */
    if (LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&bytes), bytes.length) != 0) {
        fprintf(stderr, "%s: not what the target is for\n", path);
        exit(EXIT_FAILURE);
    }
    buf_free(&bytes);
    inputs++;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The directory is not held open meanwhile: a target may close what it has not opened. */
static void replay_directory(const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_input, alphasort);
    char path[PATH_MAX];

    if (n < 0)
        give_up(directory);
    for (int i = 0; i < n; i++) {
        if (snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name) >= PATH_MAX)
            give_up(directory);
        replay_file(path);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    struct stat st;

    for (int i = 1; i < argc; i++) {
        if (stat(argv[i], &st) < 0)
            give_up(argv[i]);
        if (S_ISDIR(st.st_mode))
            replay_directory(argv[i]);
        else
            replay_file(argv[i]);
    }
    printf("%lu inputs\n", inputs);
    return inputs != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
