/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/sys.h"

#define SECOND 1000000000LL

static const char magic[8] = "dnytrc1";

struct head {
    char magic[8];
    int64_t began;
    uint64_t n;
};

/* Followed by `length` bytes of path and a NUL. No padding: every byte is written and compared. */
struct record {
    uint64_t dev;
    uint64_t ino;
    uint64_t size;
    int64_t mtime;
    int64_t ctime;
    uint32_t mode;
    uint16_t kind;
    uint16_t length;
};

static int64_t nanoseconds(const struct timespec *t)
{
    return (int64_t)t->tv_sec * SECOND + t->tv_nsec;
}

void trace_begin(struct trace *t)
{
    struct timespec now = {0};

    *t = (struct trace){0};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    t->began = nanoseconds(&now);
}

static void fill(struct record *r, const struct stat *st)
{
    r->dev = st->st_dev;
    r->ino = st->st_ino;
    /* A directory's size says nothing that its times do not. */
    r->size = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size;
    r->mtime = nanoseconds(&st->st_mtim);
    r->ctime = nanoseconds(&st->st_ctim);
    r->mode = st->st_mode;
}

void trace_add(struct trace *t, enum trace_kind kind, const char *path, const struct stat *st)
{
    struct record r = {.kind = (uint16_t)kind};
    size_t length = strlen(path);

    if (length > UINT16_MAX)
        return;
    r.length = (uint16_t)length;
    if (kind != TRACE_NONE)
        fill(&r, st);
    buf_add(&t->records, &r, sizeof r);
    buf_add(&t->records, path, length + 1);
    t->n++;
}

bool trace_stat(struct trace *t, const char *path, struct stat *st)
{
    int saved;

    if (fstatat(AT_FDCWD, path, st, 0) == 0) {
        trace_add(t, TRACE_FILE, path, st);
        return true;
    }
    saved = errno;
    trace_add(t, TRACE_NONE, path, NULL);
    errno = saved;
    return false;
}

void trace_write(const struct trace *t, struct buf *out)
{
    struct head head = {.began = t->began, .n = t->n};

    memcpy(head.magic, magic, sizeof magic);
    buf_add(out, &head, sizeof head);
    buf_add(out, t->records.data, t->records.length);
    out->failed = out->failed || t->records.failed;
}

static bool record_holds(const struct record *r, const char *path, int64_t began)
{
    struct record now = {.kind = r->kind, .length = r->length};
    struct stat st;
    bool there = fstatat(AT_FDCWD, path, &st, r->kind == TRACE_LINK ? AT_SYMLINK_NOFOLLOW : 0) == 0;

    if (r->kind == TRACE_NONE || !there)
        return r->kind == TRACE_NONE && !there;
    fill(&now, &st);
    return memcmp(&now, r, sizeof now) == 0 && r->ctime < began && r->mtime < began;
}

bool trace_holds(const char *bytes, size_t length)
{
    struct head head;
    size_t at = sizeof head;

    if (length < sizeof head)
        return false;
    memcpy(&head, bytes, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0)
        return false;
    for (uint64_t i = 0; i < head.n; i++) {
        struct record r;

        if (length - at < sizeof r)
            return false;
        memcpy(&r, bytes + at, sizeof r);
        at += sizeof r;
        if (length - at <= r.length || bytes[at + r.length] != '\0' ||
            !record_holds(&r, bytes + at, head.began))
            return false;
        at += r.length + 1U;
    }
    return at == length;
}

void trace_free(struct trace *t)
{
    buf_free(&t->records);
}
