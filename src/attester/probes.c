/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attester/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "attester/isolate.h"
#include "base/error.h"
#include "base/io.h"
#include "rules/words.h"

int proc_open(const char *path, char reason[32])
{
    struct statfs fs;
    int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
        return fd;
    if (fd < 0 && errno != ENOENT)
        snprintf(reason, 32, "/proc cannot be opened: %s", error_name(errno));
    else
        snprintf(reason, 32, "/proc is not mounted");
    io_close(&fd);
    return -1;
}

/* What a child is to do. */
struct work {
    enum probe probe;
    const struct attest_config *config;
};

static void run_one(const void *argument, struct findings *f)
{
    const struct work *work = argument;

    attest_one(work->probe, work->config, f);
}

static void run_forking(const void *argument, struct findings *f)
{
    (void)argument;
    attest_forking(f);
}

static void run_texts(const void *argument, struct findings *f)
{
    const struct work *work = argument;

    attest_texts(work->config, f);
}

static void note_reason(struct fact *fact, const char *reason)
{
    struct observation *o = &fact->observed[fact->n++];

    snprintf(o->label, sizeof o->label, "%s", reason);
    o->value = NOT_OBSERVED;
    fact->control = NOT_OBSERVED;
}

/* Is it judged from a text of /proc that could not be read? */
static bool misses_its_text(const struct findings *f, enum probe probe)
{
    enum raw_kind kind = judge_raw_kind(probe_row(probe)->judge);

    return kind != N_RAWS && kind != RAW_ENV_KEYS && f->raw[kind].bytes == NULL;
}

/* The texts last: a child's own, which differ from this process's in nothing that is judged. */
static void read_texts(const struct work *work, const char *no_proc, bool in_process,
                       struct findings *f)
{
    struct attest_config without = *work->config;
    char lost[REASON_SIZE];
    const char *why = no_proc;

    without.proc = -1;
    if (work->config->proc >= 0) {
        snprintf(lost, sizeof lost, "%s", "this /proc has no such text");
        why = lost;
    }
    if (in_process)
        attest_texts(work->config, f);
    else if (isolate(run_texts, work, f, PROBE_TIMEOUT_MS, lost) != ISOLATION_DONE)
        attest_texts(&without, f);
    for (int i = 0; i < N_PROBES; i++) {
        if (misses_its_text(f, (enum probe)i))
            note_reason(&f->fact[i], why);
    }
}

/* One probe in this process. */
static void run_here(const struct work *work, struct findings *f)
{
    if (work->probe == DX_ABI)
        note_reason(&f->fact[DX_ABI], "it needs a child");
    else
        run_one(work, f);
}

void probes_run(const struct attest_config *config, const char *no_proc, struct findings *f,
                struct buf *warnings)
{
    struct work work = {.config = config};
    char reason[REASON_SIZE];
    bool in_process = false;

    for (int i = 0; i < N_PROBES; i++) {
        enum isolation came = ISOLATION_REFUSED;

        work.probe = (enum probe)i;
        if (!in_process)
            came = isolate(i == DX_ABI ? run_forking : run_one, &work, f, PROBE_TIMEOUT_MS, reason);
        if (came == ISOLATION_LOST)
            note_reason(&f->fact[i], reason);
        if (came == ISOLATION_REFUSED && !in_process)
            buf_printf(warnings,
                       "the probes run in this process, which can have no child (%s): a call that"
                       " kills ends it\n",
                       error_name(errno));
        in_process = came == ISOLATION_REFUSED;
        if (in_process)
            run_here(&work, f);
    }
    read_texts(&work, no_proc, in_process, f);
}

bool probes_hold(const struct findings *f)
{
    bool ok = true;

    for (int i = 0; i < N_PROBES; i++) {
        const struct probe_row *row = probe_row((enum probe)i);

        if (strncmp(row->id, "PR-", 3) == 0 && row->judge != JUDGE_SCAN)
            ok = judge_passes((enum probe)i, f) && ok;
    }
    return ok;
}
