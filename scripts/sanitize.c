/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * For scripts/sanitize alone, linked into every program of that build: what the sanitizers need to
 * live in a process that walls itself in. Nothing of src knows of it, and no wall is another.
 *
 * The payload-to-be is held to RLIMIT_DATA, and the shadow of AddressSanitizer is terabytes of it:
 * from that step on nothing more can be mapped. So what it will ask for is there before, and what
 * maps without need is switched off.
 *
 * What is found in init or in the payload-to-be has nowhere to go: their standard error may be
 * closed, and a test of what fails expects that they fail. So every report is written to a file as
 * well, which is mapped before anything else: it holds no descriptor and asks for no call.
 */

/* Status of a program that was found out: no exit code of ours. */
#define OPTIONS "exitcode=86:"

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
int __lsan_is_turned_off(void);
void __ubsan_on_report(void);
/* The payloads of the live tests are linked with everything else, and have no sanitizer. */
void __asan_set_error_report_callback(void (*callback)(const char *report)) __attribute__((weak));
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
void __ubsan_get_current_report_data(const char **kind, const char **message, const char **file,
                                     unsigned int *line, unsigned int *column, char **address)
    __attribute__((weak));
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* By the linker's --wrap: what src calls, and what that was before. Not everything has libarchive.
 */
struct archive;
int __wrap_archive_write_open_fd(struct archive *archive, int fd);
int __real_archive_write_open_fd(struct archive *archive, int fd) __attribute__((weak));

const char *__asan_default_options(void)
{
    return OPTIONS
        /* Each of these maps anew, later. */
        "intercept_tls_get_addr=0:clear_shadow_mmap_threshold=1152921504606846976:"
        "allocator_release_to_os_interval_ms=-1:"
        /* What was freed must come back: it cannot be mapped anew. */
        "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:"
        /* The tests ask for what cannot be had, and want to see it refused. */
        "allocator_may_return_null=1:"
        "detect_leaks=1:strict_string_checks=1:detect_invalid_pointer_pairs=2";
}

const char *__ubsan_default_options(void)
{
    return OPTIONS "print_stacktrace=1";
}

/* What an archive has open when it is given up, libarchive (3.6) never releases. A suppression
 * would name a function of it, which a stack shows only when it is walked by the tables of every
 * frame: that made each program start by a second later. */
int __wrap_archive_write_open_fd(struct archive *archive, int fd)
{
    int status;

    __lsan_disable();
    status = __real_archive_write_open_fd(archive, fd);
    __lsan_enable();
    return status;
}

/* Is this process traced? The line of /proc/self/status is "TracerPid:", a tab, and 0 if not. */
static bool is_traced(void)
{
    static const char word[] = "TracerPid:\t";
    char text[1024] = "";
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    const char *found = length < 0 ? NULL : strstr(text, word);

    if (fd >= 0)
        close(fd);
    return found == NULL || found[sizeof word - 1] != '0';
}

/* It looks for leaks by tracing this process, which it finds in /proc: not where a test traces, or
 * has taken /proc or the memory away. */
int __lsan_is_turned_off(void)
{
    struct rlimit data;
    int task = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (task >= 0)
        close(task);
    return task < 0 || is_traced() || getrlimit(RLIMIT_DATA, &data) < 0 ||
           data.rlim_cur != RLIM_INFINITY;
}

/* How much is written, and what. */
struct reports {
    _Atomic uint64_t length;
    char text[SANITIZE_REPORTS_SIZE - sizeof(uint64_t)];
};

static struct reports *reports;

static void report(const char *text)
{
    size_t size = strlen(text);
    uint64_t at;

    if (reports == NULL)
        return;
    at = atomic_fetch_add(&reports->length, size);
    if (at + size <= sizeof reports->text)
        memcpy(reports->text + at, text, size);
}

/* UBSan is a library of its own beside AddressSanitizer, with callbacks of its own: this is called
 * by its name. */
void __ubsan_on_report(void)
{
    char text[1024];
    const char *kind;
    const char *message;
    const char *file;
    unsigned int line;
    unsigned int column;
    char *address;

    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
    snprintf(text, sizeof text, "%s:%u: undefined: %s: %s\n", file, line, kind, message);
    report(text);
}

/* AddressSanitizer does not tell of everything that it dies of, and behind the limit there is no
 * room to make a text: that a process has ended so is always told. */
static void died(void)
{
    report("a sanitizer has ended a process\n");
}

static void map_reports(void)
{
    int fd = open(SANITIZE_REPORTS, O_RDWR | O_CLOEXEC);
    void *memory;

    if (fd < 0)
        return;
    memory = mmap(NULL, sizeof *reports, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED)
        abort();
    reports = memory;
    __asan_set_error_report_callback(report);
    __sanitizer_set_death_callback(died);
}

/* How much of a size: what is small is asked for often, and of what is large little is touched. */
static size_t wanted(size_t size)
{
    if (size <= 512)
        return 1 << 19;
    return size <= 8192 ? 1 << 17 : 1 << 20;
}

/* The allocator maps each class of sizes by itself, up to 128 KiB; what is larger it always maps.
 */
static void fill_allocator(void)
{
    enum { LARGEST = 1 << 17, MOST = 1 << 15 };
    static void *taken[MOST];

    for (size_t size = 16; size <= LARGEST; size += size < 256 ? 16 : size / 8) {
        size_t n = 0;

        while (n < MOST && n * size < wanted(size))
            taken[n++] = malloc(size - 16);
        while (n > 0)
            free(taken[--n]);
    }
}

__attribute__((constructor(101))) static void prepare(void)
{
    if (__asan_set_error_report_callback == NULL || __sanitizer_set_death_callback == NULL)
        return;
    map_reports();
    fill_allocator();
}
