/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tree/remove.h"

static char directory[PATH_MAX];
static int directory_fd = -1;

void fuzz_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: an answer that no input may have: %s\n", file, line, condition);
    abort();
}

static void *must(void *memory)
{
    FUZZ_REQUIRE(memory != NULL);
    return memory;
}

char *fuzz_copy(const uint8_t *data, size_t size)
{
    char *copy = must(malloc(size + 1));

    if (size != 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

bool fuzz_printable(const char *text)
{
    while (*text >= 0x20 && *text <= 0x7e)
        text++;
    return *text == '\0';
}

void fuzz_mend_tar(char *bytes, size_t size)
{
    enum { BLOCK = 512, MAGIC = 257, CHECKSUM = 148, CHECKSUM_SIZE = 8 };

    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
        unsigned char *header = (unsigned char *)bytes + at;
        unsigned sum = 0;
        char digits[CHECKSUM_SIZE];

        if (memcmp(header + MAGIC, "ustar", 5) != 0)
            continue;
        memset(header + CHECKSUM, ' ', CHECKSUM_SIZE);
        for (size_t i = 0; i < BLOCK; i++)
            sum += header[i];
        snprintf(digits, sizeof digits, "%06o", sum);
        memcpy(header + CHECKSUM, digits, CHECKSUM_SIZE - 1);
    }
}

static void fill(int fd, const uint8_t *data, size_t size)
{
    FUZZ_REQUIRE(fd >= 0);
    FUZZ_REQUIRE(size == 0 || write(fd, data, size) == (ssize_t)size);
    FUZZ_REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
}

int fuzz_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    fill(fd, data, size);
    return fd;
}

static void remove_directory(void)
{
    tree_remove(AT_FDCWD, directory);
}

int fuzz_directory(void)
{
    const char *where = getenv("TMPDIR");

    if (directory_fd >= 0)
        return directory_fd;
    if (where == NULL)
        where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, sizeof directory, "%s/denybox-fuzz.XXXXXX", where);
    must(mkdtemp(directory));
    atexit(remove_directory);
    directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(directory_fd >= 0);
    return directory_fd;
}

const char *fuzz_directory_path(void)
{
    fuzz_directory();
    return directory;
}

const char *fuzz_named_file(const char *name, const uint8_t *data, size_t size)
{
    static char path[PATH_MAX];
    int fd = openat(fuzz_directory(), name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    fill(fd, data, size);
    close(fd);
    FUZZ_REQUIRE(snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path);
    return path;
}

char **fuzz_words(const uint8_t *data, size_t size, char **bytes, int *n)
{
    char **words = must(calloc(size + 2, sizeof *words));

    *bytes = fuzz_copy(data, size);
    *n = 0;
    for (size_t at = 0; at < size; at += strlen(*bytes + at) + 1)
        words[(*n)++] = *bytes + at;
    return words;
}
