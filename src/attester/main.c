/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attester/attestation.h"
#include "attester/option.h"
#include "attester/probes.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/terminal.h"
#include "base/text.h"
#include "evidence/inside.h"
#include "evidence/place.h"
#include "evidence/table.h"

/* denybox-attest: the probes inside a sandbox of any making. It asks the kernel and changes
 * nothing; it knows no launcher, and no launcher knows it. */

static int fail(const struct error *e, enum attester_exit status)
{
    fprintf(stderr, "denybox-attest: %s\n", e->text);
    if (e->hint[0] != '\0')
        fprintf(stderr, "denybox-attest: hint: %s\n", e->hint);
    return (int)status;
}

/* A file that is opened must not become standard output. What cannot be read or written serves, for
 * there may be no /dev/null. */
static bool fill_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH | O_DIRECTORY) != fd)
            return false;
    }
    return true;
}

static bool take_seccomp(const struct wishes *w, char digest[72], struct error *e)
{
    int fd;
    bool ok;

    digest[0] = '\0';
    if (w->seccomp_sha256 != NULL)
        snprintf(digest, 72, "%s", w->seccomp_sha256);
    if (w->seccomp == NULL)
        return true;
    fd = open(w->seccomp, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    ok = fd >= 0 && sha256_file(digest, fd);
    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot read --seccomp '%s'", text_show(w->seccomp));
    io_close(&fd);
    return ok;
}

/* Tries everything, and leaves the files in the output directory unless they are there already. */
static void attest(const struct wishes *w, struct attestation *a, struct buf *warnings)
{
    const char *taken = place_taken(w->out);
    char no_proc[32] = "";
    struct attest_config config = {
        .in = w->in,
        .out = w->out,
        .tmp = w->tmp,
        .proc = proc_open("/proc", no_proc),
        .env = environ,
        .target = w->target,
        .report = taken == NULL,
        .process = getpid(),
    };

    a->findings.foreign = runtime_foreign(w->runtime);
    a->started_at = time(NULL);
    probes_run(&config, no_proc, &a->findings, warnings);
    a->finished_at = time(NULL);
    io_close(&config.proc);
    if (taken != NULL)
        buf_printf(warnings, "no files were written into '%s': %s exists there\n",
                   text_show(w->out), taken);
    else if (inside_write(w->out, &a->findings))
        a->files = true;
    else
        buf_printf(warnings, "no files were written into '%s': %s\n", text_show(w->out),
                   strerror(errno));
}

static void tell_people(const struct attestation *a, const struct buf *warnings)
{
    struct buf table = {0};

    table_add(&table, &a->findings, terminal_has_colour(2));
    io_write_all(2, buf_text(&table), table.length);
    buf_free(&table);
    for (const char *line = buf_text(warnings); *line != '\0';) {
        int length = (int)strcspn(line, "\n");

        fprintf(stderr, "denybox-attest: warning: %.*s\n", length, line);
        line += length + 1;
    }
}

static bool write_bundle(const struct wishes *w, const struct attestation *a, struct place *where,
                         struct error *e)
{
    json_t *bundle = attestation_json(w, a);
    char *text = bundle != NULL ? json_pretty(bundle) : NULL;
    bool ok = text != NULL ? place_write(where, text, e)
                           : error_set(e, EXIT_DENYBOX, "cannot write the bundle: out of memory");

    free(text);
    json_decref(bundle);
    io_close(&where->directory);
    return ok;
}

int main(int argc, char **argv)
{
    static struct wishes wishes;
    static struct attestation attestation;
    struct buf warnings = {0};
    struct place where;
    struct error e;
    bool hold;
    bool ok;

    if (!fill_standard_descriptors())
        return ATTESTER_BROKEN;
    if (!wishes_parse(&wishes, argc > 0 ? argc - 1 : 0, argv + 1, &e))
        return fail(&e, ATTESTER_USAGE);
    if (wishes.help)
        wishes_help();
    else if (wishes.version)
        puts("denybox-attest " PACKAGE_VERSION);
    if (wishes.help || wishes.version)
        return ATTESTER_HOLDS;
    if (!take_seccomp(&wishes, attestation.seccomp_sha256, &e) ||
        !place_find(&where, "evidence", wishes.evidence, &e))
        return fail(&e, ATTESTER_USAGE);
    attest(&wishes, &attestation, &warnings);
    /* Only now: an ignored signal would be seen by the probes. */
    signal(SIGPIPE, SIG_IGN);
    ok = write_bundle(&wishes, &attestation, &where, &e);
    if (!wishes.quiet)
        tell_people(&attestation, &warnings);
    hold = probes_hold(&attestation.findings);
    buf_free(&warnings);
    findings_free(&attestation.findings);
    if (!ok)
        return fail(&e, ATTESTER_BROKEN);
    return hold ? ATTESTER_HOLDS : ATTESTER_FAILS;
}
