/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_FUZZ_H
#define DENYBOX_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the fuzz targets share. A target is one parser: the entrance below is libFuzzer's, and is
 * also called by replay.c, once for each file of a corpus. It returns 0, and aborts on an answer
 * that no input may have. Everything from outside goes through a copy on the heap of exactly its
 * length, so that AddressSanitizer sees one byte too many.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, and says why: an answer that no input may have. */
#define FUZZ_REQUIRE(condition)                                                                    \
    ((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #condition))

void fuzz_failed(const char *file, int line, const char *condition) __attribute__((noreturn));

/* A copy with a NUL behind it, which does not count; the caller's to free. */
char *fuzz_copy(const uint8_t *data, size_t size);

/* Is it what text_safe and text_show write: printable ASCII, and nothing else? */
bool fuzz_printable(const char *text);

/* Sets the checksum of every header of a tar archive right, in place: else nearly every change
 * would end there. */
void fuzz_mend_tar(char *bytes, size_t size);

/* A file without a name that holds these bytes; the caller closes it. */
int fuzz_file(const uint8_t *data, size_t size);

/* A directory of this process alone, in memory where there is such a file system; removed at the
 * end. Its descriptor, and its path. */
int fuzz_directory(void);
const char *fuzz_directory_path(void);

/* Writes "name" there, anew. Its path, valid until the next call. */
const char *fuzz_named_file(const char *name, const uint8_t *data, size_t size);

/* The input as words, each ended by a NUL; an array that ends in NULL. Released by one free of the
 * array and one of *bytes. */
char **fuzz_words(const uint8_t *data, size_t size, char **bytes, int *n);

#endif
