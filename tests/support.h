/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_SUPPORT_H
#define DENYBOX_TESTS_SUPPORT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What the Check suites share. All of these abort the test when they cannot do their work. */

#define N_ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* A literal with its length, so that it may hold a NUL. */
#define BYTES(text) (text), sizeof(text) - 1

/* Runs the suite as the environment asks (CK_VERBOSITY, CK_FORK ...), prints Check's summary and
 * returns the exit status of the program. */
int support_run(Suite *s);

/* Gives every test of the case an empty directory of its own, and removes all of them at its end,
 * whatever became of the tests. */
void support_directories(TCase *c);

/* That directory: an open descriptor, and its absolute path without links. */
int support_fd(void);
const char *support_dir(void);

/* "DIRECTORY/name". Whatever a pointer from here points to is never freed: a test is a short-lived
 * process. */
char *support_path(const char *name);

/* Makes things beneath the directory, with exactly this mode whatever the umask is. */
void support_mkdir(const char *name);
void support_write(const char *name, mode_t mode, const void *bytes, size_t length);
void support_link(const char *target, const char *name);
void support_fifo(const char *name);

/* Everything in a file beneath the directory; NUL-terminated, *length may be NULL. */
char *support_read(const char *name, size_t *length);

/* The names in a directory, sorted, a blank after each. */
char *support_list(const char *name);

/* A file without a name that holds these bytes, open for reading. */
int support_memfd(const void *bytes, size_t length);

/* The most memory that this process has ever had, in bytes: held against the same of before, it
 * says whether much was taken meanwhile. */
size_t support_peak(void);

/* Lets `fd` go to a file without a name, until support_captured takes its text. */
void support_capture(int fd);
char *support_captured(void);

/* A smallest program of this machine: it exits with 7. With `loader` it has a PT_INTERP of those
 * bytes (a NUL follows). Returns its length. */
#define SUPPORT_ELF_MAX 8192
size_t support_elf(unsigned char image[SUPPORT_ELF_MAX], const char *loader);

#endif
