/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ATTEST_ATTEST_H
#define DENYBOX_ATTEST_ATTEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "rules/probe.h"

/*
 * The probes. This layer asks the kernel, never the launcher: it is told the names of the
 * directories and where a procfs is, and it knows neither the plan nor the filters. A probe leaves
 * nothing behind and sends no packet, also where its wall is missing.
 */
/* What is observed is labelled by these names, wherever the directories lie. */
struct attest_config {
    const char *in;  /* the read-only input directory, "/in" */
    const char *out; /* the writable directory, "/out" */
    const char *tmp; /* "/tmp" */
    int proc;        /* descriptor of a procfs; -1: what needs one is not run */
    char *const *env;
    const char *target; /* dotted address for PR-NET-1; never contacted */
    bool report;        /* leave /out/report.md behind, as attest does; run leaves nothing */
    pid_t process;      /* whose session is asked for; 0: the caller's own */
};

/* The probes that need a throw-away child; a launcher calls it before it draws a token that no
 * other process may hold. Fills in their rows of *f, which starts zero-initialised. */
void attest_forking(struct findings *f);

/* One of the other probes, alone. False when it has no operation: it is judged from the texts. */
bool attest_one(enum probe probe, const struct attest_config *config, struct findings *f);

/* The raw texts alone (owned by *f: findings_free); an environment needs no procfs. */
void attest_texts(const struct attest_config *config, struct findings *f);

/* All the others, and the raw texts (owned by *f: findings_free). */
void attest_rest(const struct attest_config *config, struct findings *f);

#endif
