/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "launch/filters.h"
#include "rules/procfs.h"

#define TEXT_MAX (64U << 10)

/* The directory of one process in /proc. What is read beneath it is that process's, or fails: a pid
 * that comes to be another's is not mistaken for it. -1 and errno. */
static int open_process(int proc, const char *who)
{
    return sys_openat(proc, who, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/* The inode number of a namespace: the link reads "net:[4026531840]". */
static bool read_ns(int process, enum ns ns, uint64_t *inode)
{
    char path[16];
    char link[64];
    char digits[24];
    ssize_t n;
    const char *open_bracket;
    unsigned long long value;

    snprintf(path, sizeof path, "ns/%s", ns_name(ns));
    n = readlinkat(process, path, link, sizeof link - 1);
    if (n <= 0)
        return false;
    link[n] = '\0';
    open_bracket = strchr(link, '[');
    if (open_bracket == NULL || link[n - 1] != ']' ||
        (size_t)(link + n - open_bracket) > sizeof digits)
        return false;
    memcpy(digits, open_bracket + 1, (size_t)(link + n - open_bracket - 2));
    digits[link + n - open_bracket - 2] = '\0';
    if (!text_number(digits, UINT64_MAX / 2, &value))
        return false;
    *inode = value;
    return true;
}

/* The rest of an open file. */
static bool read_open(int fd, struct raw *raw)
{
    struct buf text = {0};

    if (fd < 0 || !io_read_all(fd, TEXT_MAX, &text)) {
        buf_free(&text);
        return false;
    }
    raw->length = text.length;
    raw->bytes = text.data != NULL ? text.data : strdup("");
    return raw->bytes != NULL;
}

static int open_file(int process, const char *name)
{
    return sys_openat(process, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
}

static bool read_raw(int process, const char *name, struct raw *raw)
{
    int fd = open_file(process, name);
    bool ok = read_open(fd, raw);

    io_close(&fd);
    return ok;
}

/* "65532 1000 1", with single blanks. */
static bool read_map(int process, const char *name, char out[64])
{
    struct raw raw = {0};
    unsigned inside;
    unsigned outside;
    unsigned count;
    int end = 0;
    bool ok = read_raw(process, name, &raw) &&
              sscanf(raw.bytes, "%u %u %u\n%n", &inside, &outside, &count, &end) == 3 &&
              (size_t)end == raw.length;

    if (ok)
        snprintf(out, 64, "%u %u %u", inside, outside, count);
    free(raw.bytes);
    return ok;
}

static bool read_place(int process, const char *path, struct place *place)
{
    struct stat st;

    if (fstatat(process, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    *place = (struct place){st.st_dev, st.st_ino};
    return true;
}

static bool observe_process(int process, struct observed *o, struct error *e)
{
    for (int ns = 0; ns < N_NS; ns++) {
        if (!read_ns(process, (enum ns)ns, &o->ns[ns]))
            return error_errno(e, EXIT_BLOCKED, errno, "cannot see the namespace %s from outside",
                               ns_name((enum ns)ns));
    }
    if (!read_raw(process, "mountinfo", &o->mountinfo) ||
        !read_raw(process, "net/dev", &o->net_dev) || !read_raw(process, "status", &o->status))
        return error_errno(e, EXIT_BLOCKED, errno, "cannot see the sandbox from outside");
    if (!read_map(process, "uid_map", o->uid_map) || !read_map(process, "gid_map", o->gid_map))
        return error_set(e, EXIT_BLOCKED, "cannot see the id maps from outside");
    if (!read_place(process, "root/in", &o->in) || !read_place(process, "root/out", &o->out))
        return error_errno(e, EXIT_BLOCKED, errno, "cannot see /in and /out from outside");
    o->valid = true;
    return true;
}

bool observe(int proc, pid_t pid, struct observed *o, struct error *e)
{
    char who[24];
    int process;
    bool ok;

    snprintf(who, sizeof who, "%d", (int)pid);
    process = open_process(proc, who);
    if (process < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot see the payload from outside");
    ok = observe_process(process, o, e);
    io_close(&process);
    return ok;
}

/* Notes one missing wall. Always false. */
static bool __attribute__((format(printf, 2, 3)))
missing(struct buf *reasons, const char *what, ...)
{
    va_list args;

    va_start(args, what);
    buf_vprintf(reasons, what, args);
    va_end(args);
    buf_puts(reasons, "\n");
    return false;
}

static bool namespaces_hold(const struct own *own, const struct observed *o, struct buf *reasons)
{
    bool ok = true;

    for (int ns = 0; ns < N_NS; ns++) {
        if (own->ns[ns] == 0 || own->ns[ns] == o->ns[ns])
            ok = missing(reasons, "the namespace %s is the host's", ns_name((enum ns)ns));
    }
    return ok;
}

static bool maps_hold(const struct sandbox *s, const struct observed *o, struct buf *reasons)
{
    const struct declared *d = &s->plan->declared;
    char uid[64];
    char gid[64];

    snprintf(uid, sizeof uid, "%u %u 1", (unsigned)d->uid, (unsigned)s->host_uid);
    snprintf(gid, sizeof gid, "%u %u 1", (unsigned)d->gid, (unsigned)s->host_gid);
    if (strcmp(uid, o->uid_map) != 0 || strcmp(gid, o->gid_map) != 0)
        return missing(reasons, "the id map is not that of the plan: %s", o->uid_map);
    return true;
}

static long filters_of(const char *status)
{
    unsigned n;

    return status_number(status, "Seccomp_filters", 1000000, &n) ? (long)n : -1;
}

void observe_own(int proc, struct own *own)
{
    struct raw status = {0};
    int process = open_process(proc, "self");

    for (int ns = 0; ns < N_NS; ns++) {
        if (!read_ns(process, (enum ns)ns, &own->ns[ns]))
            own->ns[ns] = 0;
    }
    own->filters = read_raw(process, "status", &status) ? filters_of(status.bytes) : -1;
    free(status.bytes);
    io_close(&process);
}

/* Ours on top of those that the launcher itself runs under. */
static bool filters_hold(const struct sandbox *s, const struct own *own, const struct observed *o,
                         struct buf *reasons)
{
    long here = filters_of(o->status.bytes);

    if (own->filters < 0 || here != own->filters + filters_count(s))
        return missing(reasons, "the seccomp filters are not all loaded: %ld of %ld",
                       here - own->filters, (long)filters_count(s));
    return true;
}

static bool same_status(const char *a, const char *b, const char **which)
{
    for (size_t i = 0; status_compared[i] != NULL; i++) {
        char x[64];
        char y[64];

        *which = status_compared[i];
        if (!status_value(a, *which, x, sizeof x) || !status_value(b, *which, y, sizeof y) ||
            strcmp(x, y) != 0)
            return false;
    }
    return true;
}

static bool same_raw(const struct raw *a, const struct raw *b)
{
    return a->bytes != NULL && b->bytes != NULL && a->length == b->length &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool agrees_with_inside(const struct observed *o, const struct findings *inside,
                               struct buf *reasons)
{
    const struct raw *status = &inside->raw[RAW_STATUS];
    const char *which = "status";
    bool ok = true;

    if (!same_raw(&o->mountinfo, &inside->raw[RAW_MOUNTINFO]))
        ok = missing(reasons, "%s inside is not what the host sees", "mountinfo");
    if (!same_raw(&o->net_dev, &inside->raw[RAW_NET_DEV]))
        ok = missing(reasons, "%s inside is not what the host sees", "net/dev");
    if (status->bytes == NULL || !same_status(o->status.bytes, status->bytes, &which))
        ok = missing(reasons, "%s inside is not what the host sees", which);
    return ok;
}

static bool places_hold(const struct plan *plan, const struct observed *o, struct buf *reasons)
{
    const struct host_object *in = &plan->derived.in;
    const struct host_object *out = &plan->derived.out;
    bool ok = true;

    if (in->fd >= 0 && (in->dev != o->in.dev || in->ino != o->in.ino))
        ok = missing(reasons, "what lies at %s is not the directory of --in", "/in");
    if (out->fd >= 0 && (out->dev != o->out.dev || out->ino != o->out.ino))
        ok = missing(reasons, "what lies at %s is not the directory of --out", "/out");
    return ok;
}

bool observed_hold(const struct sandbox *s, const struct own *own, const struct observed *o,
                   const struct findings *inside, struct buf *reasons)
{
    bool ok = namespaces_hold(own, o, reasons);

    ok = maps_hold(s, o, reasons) && ok;
    ok = filters_hold(s, own, o, reasons) && ok;
    ok = places_hold(s->plan, o, reasons) && ok;
    return agrees_with_inside(o, inside, reasons) && ok;
}

/* The files of a process that is not dumpable belong to root, whoever it runs as: proc(5). To a
 * launcher that is root of a user namespace itself that tells nothing: init's own word must do.
 * With hidepid=1 or 2 there are no files any more for who may not trace it (EPERM, ENOENT); a
 * process that is gone would answer ESRCH. */
static bool undumpable(const struct sandbox *s, int process)
{
    struct stat st;

    if (fstatat(process, "environ", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == EPERM || errno == ENOENT;
    return s->host_uid == 0 || st.st_uid != s->host_uid;
}

/* Its command line and environment were overwritten: nothing of the caller is there to be read. */
static bool forgotten(int cmdline)
{
    char chunk[4096];
    ssize_t n;
    bool ok = true;

    while (ok && (n = sys_read(cmdline, chunk, sizeof chunk)) != 0) {
        ok = n > 0;
        for (ssize_t i = 0; i < n; i++)
            ok = ok && chunk[i] == '\0';
    }
    return ok;
}

/* All four ids of a line of status: real, effective, saved and that of the file system. */
static bool is_user(const char *status, const char *name, unsigned id)
{
    char value[64];
    char wanted[64];

    snprintf(wanted, sizeof wanted, "%u\t%u\t%u\t%u", id, id, id, id);
    return status_value(status, name, value, sizeof value) && strcmp(value, wanted) == 0;
}

static bool init_process_holds(const struct sandbox *s, const struct init_view *v,
                               const char *status, struct buf *reasons)
{
    static const char *const empty[] = {"CapPrm", "CapEff", "CapBnd", "CapAmb"};
    char value[64];
    bool ok = true;

    if (!undumpable(s, v->process))
        ok = missing(reasons, "init is %s", "dumpable");
    if (!forgotten(v->cmdline))
        ok = missing(reasons, "init still shows the caller's %s", "command line");
    if (!status_value(status, "Seccomp", value, sizeof value) || strcmp(value, "2") != 0)
        ok = missing(reasons, "init has no %s", "filter");
    if (!is_user(status, "Uid", s->host_uid) || !is_user(status, "Gid", s->host_gid))
        ok = missing(reasons, "init is not the %s user", "sandbox's");
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        if (!status_value(status, empty[i], value, sizeof value) ||
            strspn(value, "0") != strlen(value))
            ok = missing(reasons, "init holds capabilities: %s", empty[i]);
    }
    return ok;
}

bool init_view_open(int proc, pid_t init, struct init_view *v, struct error *e)
{
    char who[24];

    *v = INIT_VIEW_NONE;
    snprintf(who, sizeof who, "%d", (int)init);
    v->process = open_process(proc, who);
    if (v->process >= 0)
        v->status = open_file(v->process, "status");
    if (v->status >= 0)
        v->cmdline = open_file(v->process, "cmdline");
    if (v->cmdline < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot see init from outside");
    return true;
}

void init_view_close(struct init_view *v)
{
    io_close(&v->process);
    io_close(&v->status);
    io_close(&v->cmdline);
}

bool init_holds(const struct sandbox *s, const struct init_view *v, int dumpable,
                struct buf *reasons)
{
    struct raw status = {0};
    bool ok = dumpable == 0 || missing(reasons, "init is %s", "dumpable");

    if (!read_open(v->status, &status))
        ok = missing(reasons, "init cannot be seen from %s", "outside");
    else
        ok = init_process_holds(s, v, status.bytes, reasons) && ok;
    free(status.bytes);
    return ok;
}

bool observed_same(const struct observed *before, const struct observed *after, struct buf *reasons)
{
    const char *which = "status";

    if (memcmp(before->ns, after->ns, sizeof before->ns) != 0)
        return missing(reasons, "%s changed in the exec", "a namespace");
    if (!same_raw(&before->mountinfo, &after->mountinfo))
        return missing(reasons, "%s changed in the exec", "mountinfo");
    if (!same_status(before->status.bytes, after->status.bytes, &which))
        return missing(reasons, "%s changed in the exec", which);
    return true;
}
