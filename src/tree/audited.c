/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/patience.h"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot list the outputs: out of memory");
}

bool audit_note(struct audit *a, const struct audit_entry *entry, struct error *e)
{
    size_t length = strlen(entry->path);
    struct audit_row *row;

    a->entries++;
    a->odd += entry->odd != 0;
    a->refused += oddity_refused(entry->odd);
    if (entry->odd != 0 && a->first == NULL) {
        a->first = strdup(entry->path);
        a->first_odd = entry->odd;
        if (a->first == NULL)
            return out_of_memory(e);
    }
    a->full = a->full || a->n_rows == AUDIT_LISTED || length > OUTPUTS_PATHS - a->paths;
    if (a->full)
        return true;
    if (a->rows == NULL)
        a->rows = calloc(AUDIT_LISTED, sizeof *a->rows);
    if (a->rows == NULL)
        return out_of_memory(e);
    row = &a->rows[a->n_rows];
    row->path = strdup(entry->path);
    if (row->path == NULL)
        return out_of_memory(e);
    row->st = entry->st;
    row->odd = entry->odd;
    a->paths += length;
    a->n_rows++;
    return true;
}

/* A file that its owner has shut is odd, because nobody will read it as it is. */
static bool note_left(struct audit_entry *entry, void *context, struct error *e)
{
    if (S_ISREG(entry->st.st_mode) &&
        faccessat(entry->dirfd, entry->name, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) < 0)
        entry->odd |= ODD_BIT(ODD_UNREADABLE);
    return audit_note(context, entry, e);
}

bool audit_take(int dirfd, struct audit *a, struct error *e)
{
    struct audit_visitor visitor = {.visit = note_left, .context = a, .most = TREE_ENTRIES_MAX};
    bool whole = true;
    bool ok = audit_walk(dirfd, &visitor, &whole, e);

    a->endless = !whole;
    return ok;
}

/* Each directory on the way is opened by itself: a path may be longer than a call takes, and none
 * of its parts may have become a link. */
static int open_beneath(int dirfd, const char *path)
{
    char part[256];
    int at = openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (const char *slash = strchr(path, '/'); at >= 0; slash = strchr(path, '/')) {
        size_t length = slash != NULL ? (size_t)(slash - path) : strlen(path);
        int next;

        if (length >= sizeof part) {
            io_close(&at);
            errno = ENAMETOOLONG;
            break;
        }
        memcpy(part, path, length);
        part[length] = '\0';
        /* Not blocking: what was a file a moment ago may be a FIFO now. */
        next = openat(at, part,
                      slash != NULL ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                                    : O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        io_close(&at);
        at = next;
        if (slash == NULL)
            break;
        path = slash + 1;
    }
    return at;
}

/* As many bytes as it had when it was counted: it may be growing. */
static bool digest_bytes(int fd, uint64_t size, char out[DIGEST_TEXT_SIZE])
{
    static char chunk[65536];
    struct sha256 s;
    uint64_t done = 0;

    sha256_start(&s);
    while (done < size) {
        size_t want = size - done < sizeof chunk ? (size_t)(size - done) : sizeof chunk;
        ssize_t n = pread(fd, chunk, want, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        sha256_add(&s, chunk, (size_t)n);
        done += (uint64_t)n;
        patience_add((uint64_t)n);
    }
    sha256_end_text(&s, out);
    return true;
}

static void digest_row(struct audit_row *row, int dirfd)
{
    struct stat now;
    int fd = open_beneath(dirfd, row->path);

    if (fd < 0 || fstat(fd, &now) < 0 || now.st_dev != row->st.st_dev ||
        now.st_ino != row->st.st_ino || now.st_size != row->st.st_size ||
        !digest_bytes(fd, (uint64_t)row->st.st_size, row->sha256)) {
        row->odd |= ODD_BIT(ODD_UNREADABLE);
        row->sha256[0] = '\0';
    }
    io_close(&fd);
}

/* A file to be digested, by its place among the rows. */
struct candidate {
    uint64_t size;
    size_t row;
};

/* Of the same size in the order of the list, so that two runs come to the same. */
static int by_size(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

void audit_digest(struct audit *a, int dirfd, uint64_t bytes)
{
    static struct candidate files[AUDIT_LISTED];
    size_t n = 0;

    for (size_t i = 0; i < a->n_rows; i++) {
        const struct audit_row *row = &a->rows[i];

        if (S_ISREG(row->st.st_mode) && !oddity_refused(row->odd))
            files[n++] = (struct candidate){(uint64_t)row->st.st_size, i};
    }
    qsort(files, n, sizeof files[0], by_size);
    for (size_t i = 0; i < n; i++) {
        struct audit_row *row = &a->rows[files[i].row];
        bool was_odd = row->odd != 0;

        if (files[i].size > bytes) {
            row->odd |= ODD_BIT(ODD_UNDIGESTED);
        } else {
            bytes -= files[i].size;
            digest_row(row, dirfd);
        }
        a->odd += !was_odd && row->odd != 0;
    }
}

void audit_free(struct audit *a)
{
    for (size_t i = 0; i < a->n_rows; i++)
        free(a->rows[i].path);
    free(a->rows);
    free(a->first);
    *a = (struct audit){0};
}
