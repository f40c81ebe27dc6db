/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree/remove.h"

static char base[PATH_MAX];
static char own[PATH_MAX];
static int own_fd = -1;
static int captured_fd = -1;
static int captured_from;
static int captured_saved;

/* Remembers what is never freed, for those who look for leaks. */
static void *keep(void *bytes)
{
    static struct kept {
        struct kept *next;
        void *bytes;
    } * first;
    struct kept *k = malloc(sizeof *k);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_ptr_nonnull(k);
    *k = (struct kept){first, bytes};
    first = k;
    return bytes;
}

/* Check ends a test after four seconds, which a busy machine takes for next to nothing: no test is
 * timed. A hang still ends. Before any case is made, for that is when Check looks. */
__attribute__((constructor)) static void patience(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "60", 0);
}

int support_run(Suite *s)
{
    SRunner *runner = srunner_create(s);
    int failed;

    /* nohup and a shell's background leave these ignored, and some tests send them. */
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void make_base(void)
{
    const char *where = getenv("TMPDIR");
    char pattern[PATH_MAX];

    snprintf(pattern, sizeof pattern, "%s/denybox-check.XXXXXX", where != NULL ? where : "/tmp");
    if (mkdtemp(pattern) == NULL || realpath(pattern, base) == NULL) {
        perror("cannot make a directory for the test");
        exit(EXIT_FAILURE);
    }
}

/* Some trees are deeper than a path may be long. */
static void remove_base(void)
{
    if (!tree_remove(AT_FDCWD, base))
        perror("cannot remove the directory of the test");
}

static void make_own(void)
{
    ck_assert_int_lt(snprintf(own, sizeof own, "%.4000s/XXXXXX", base), PATH_MAX);
    ck_assert_ptr_nonnull(mkdtemp(own));
    ck_assert_int_eq(chmod(own, 0755), 0);
    own_fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(own_fd, 0);
}

static void close_own(void)
{
    close(own_fd);
    own_fd = -1;
}

void support_directories(TCase *c)
{
    tcase_add_unchecked_fixture(c, make_base, remove_base);
    tcase_add_checked_fixture(c, make_own, close_own);
}

int support_fd(void)
{
    return own_fd;
}

const char *support_dir(void)
{
    return own;
}

char *support_path(const char *name)
{
    char *path = NULL;

    ck_assert_int_ge(asprintf(&path, "%s/%s", own, name), 0);
    return keep(path);
}

void support_mkdir(const char *name)
{
    ck_assert_int_eq(mkdirat(own_fd, name, 0755), 0);
    ck_assert_int_eq(fchmodat(own_fd, name, 0755, 0), 0);
}

void support_write(const char *name, mode_t mode, const void *bytes, size_t length)
{
    int fd = openat(own_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    ck_assert_msg(fd >= 0, "cannot make %s", name);
    ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    ck_assert_int_eq(close(fd), 0);
}

void support_link(const char *target, const char *name)
{
    ck_assert_int_eq(symlinkat(target, own_fd, name), 0);
}

void support_fifo(const char *name)
{
    ck_assert_int_eq(mkfifoat(own_fd, name, 0600), 0);
    ck_assert_int_eq(fchmodat(own_fd, name, 0644, 0), 0);
}

static char *read_whole(int fd, size_t *length)
{
    struct stat st;
    char *bytes;

    ck_assert_int_eq(fstat(fd, &st), 0);
    bytes = malloc((size_t)st.st_size + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
    bytes[st.st_size] = '\0';
    if (length != NULL)
        *length = (size_t)st.st_size;
    return keep(bytes);
}

char *support_read(const char *name, size_t *length)
{
    int fd = openat(own_fd, name, O_RDONLY | O_CLOEXEC);
    char *bytes;

    ck_assert_msg(fd >= 0, "cannot read %s", name);
    bytes = read_whole(fd, length);
    close(fd);
    return bytes;
}

static int no_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

char *support_list(const char *name)
{
    struct dirent **entries;
    char path[PATH_MAX];
    char *text;
    int n;

    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", own_fd, name);
    n = scandir(path, &entries, no_dots, alphasort);
    text = calloc(1, (size_t)(n > 0 ? n : 0) * (NAME_MAX + 2) + 1);
    ck_assert_int_ge(n, 0);
    keep(text);
    for (int i = 0; i < n; i++) {
        strcat(strcat(text, entries[i]->d_name), " ");
        free(entries[i]);
    }
    free(entries);
    return text;
}

int support_memfd(const void *bytes, size_t length)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

size_t support_peak(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (size_t)usage.ru_maxrss * 1024;
}

void support_capture(int fd)
{
    fflush(NULL);
    captured_from = fd;
    captured_saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    captured_fd = support_memfd("", 0);
    ck_assert_int_ge(captured_saved, 0);
    ck_assert_int_eq(dup2(captured_fd, fd), fd);
}

char *support_captured(void)
{
    char *text;

    fflush(NULL);
    ck_assert_int_eq(dup2(captured_saved, captured_from), captured_from);
    close(captured_saved);
    text = read_whole(captured_fd, NULL);
    close(captured_fd);
    return text;
}

#if defined(__x86_64__)
#define MACHINE EM_X86_64
static const unsigned char code[] = {
    0xbf, 7,    0, 0, 0, /* mov $7, %edi */
    0xb8, 231,  0, 0, 0, /* mov $exit_group, %eax */
    0x0f, 0x05,          /* syscall */
};
#else
#define MACHINE EM_AARCH64
static const unsigned char code[] = {
    0xe0, 0x00, 0x80, 0xd2, /* mov x0, #7 */
    0xc8, 0x0b, 0x80, 0xd2, /* mov x8, #exit_group */
    0x01, 0x00, 0x00, 0xd4, /* svc #0 */
};
#endif

size_t support_elf(unsigned char image[SUPPORT_ELF_MAX], const char *loader)
{
    const size_t headers = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    const size_t name = headers + sizeof code;
    const size_t length = name + (loader != NULL ? strlen(loader) + 1 : 0);
    Elf64_Ehdr h = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = MACHINE,
        .e_version = EV_CURRENT,
        .e_entry = 0x400000 + headers,
        .e_phoff = sizeof h,
        .e_ehsize = sizeof h,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = loader != NULL ? 2 : 1,
    };
    Elf64_Phdr load = {.p_type = PT_LOAD,
                       .p_flags = PF_R | PF_X,
                       .p_vaddr = 0x400000,
                       .p_filesz = length,
                       .p_memsz = length,
                       .p_align = 0x10000};
    Elf64_Phdr interp = {.p_type = PT_INTERP, .p_offset = name, .p_filesz = length - name};

    ck_assert_uint_le(length, SUPPORT_ELF_MAX);
    memcpy(image, &h, sizeof h);
    memcpy(image + sizeof h, &load, sizeof load);
    memcpy(image + sizeof h + sizeof load, &interp, sizeof interp);
    memcpy(image + headers, code, sizeof code);
    if (loader != NULL)
        memcpy(image + name, loader, strlen(loader) + 1);
    return length;
}
