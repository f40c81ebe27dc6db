/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer of an image, applied to a root: nothing may come of it outside the root. */
#include "image/layer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "tree/remove.h"

#define OUTSIDE "outside"

/* Beside the root there is the file that lies there before, and it is as it was. */
static void nothing_came_outside(void)
{
    int fd = openat(fuzz_directory(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fdopendir(fd);
    struct stat st;
    unsigned n = 0;

    FUZZ_REQUIRE(directory != NULL);
    while (readdir(directory) != NULL)
        n++;
    closedir(directory);
    FUZZ_REQUIRE(n == 4); /* ".", "..", the root and the file */
    FUZZ_REQUIRE(fstatat(fuzz_directory(), OUTSIDE, &st, AT_SYMLINK_NOFOLLOW) == 0);
    FUZZ_REQUIRE(S_ISREG(st.st_mode) && st.st_size == 4 && st.st_nlink == 1);
}

/* What the root has before: a directory, a link out of it and one to the file beside it. */
static int make_root(void)
{
    int root;

    FUZZ_REQUIRE(mkdirat(fuzz_directory(), "root", 0755) == 0);
    root = openat(fuzz_directory(), "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(root >= 0 && mkdirat(root, "d", 0755) == 0);
    FUZZ_REQUIRE(symlinkat("..", root, "up") == 0);
    FUZZ_REQUIRE(symlinkat("../" OUTSIDE, root, "d/out") == 0);
    FUZZ_REQUIRE(symlinkat(fuzz_directory_path(), root, "far") == 0);
    return root;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct layer_budget budget = {
        .bytes = 1U << 20, .apparent = 1U << 20, .entries = 256, .looks = 4096};
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);
    int tar;
    int root;

    fuzz_mend_tar(bytes, size);
    tar = fuzz_file((const uint8_t *)bytes, size);
    fuzz_named_file(OUTSIDE, (const uint8_t *)"here", 4);
    root = make_root();
    if (!layer_apply(root, archive_of_fd(&tar), &budget, &e))
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
    nothing_came_outside();
    close(root);
    close(tar);
    free(bytes);
    FUZZ_REQUIRE(tree_remove(fuzz_directory(), "root"));
    return 0;
}
