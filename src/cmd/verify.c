/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/help.h"
#include "base/io.h"
#include "cmd/commands.h"
#include "cmd/print.h"
#include "evidence/place.h"
#include "verify/field.h"
#include "verify/option.h"
#include "verify/report.h"

/* verify has exit statuses of its own: those of outcome.def, and this one. */
#define EXIT_USAGE 2

/* Files between two looks of whoever waits at a terminal. */
#define PROGRESS_STEP 64

/* `copy_of`: the file that is of the same run; NULL: none before it. */
static bool report(const struct policy *policy, const struct verification *v, const char *copy_of,
                   struct error *e)
{
    bool alone = policy->n_files == 1;
    enum outcome outcome = verification_outcome(v);

    if (policy->json)
        return print_document(report_json(v, copy_of), alone, e);
    if (alone && !policy->quiet)
        report_whole(stdout, v);
    else if (alone)
        report_verdict(stdout, v);
    else if (!policy->quiet || outcome != OUTCOME_ACCEPTABLE)
        report_line(stdout, v, copy_of);
    return print_end(e);
}

static void progress(const struct policy *policy, int done)
{
    if (policy->n_files < 2 * PROGRESS_STEP || policy->quiet || !isatty(2) ||
        (isatty(1) && !policy->json))
        return; /* the lines of the files are progress enough */
    if (done == policy->n_files)
        fputs("\r\033[K", stderr);
    else if (done % PROGRESS_STEP == 0)
        fprintf(stderr, "\rdenybox: %d of %d verified", done, policy->n_files);
}

/* The page, where one is asked for: of the one bundle, or of what was kept of many. */
struct page {
    struct place place; /* the directory is -1: none */
    struct html html;
    struct kept_verdict *kept; /* owned; NULL for one bundle */
};

static void page_close(struct page *page)
{
    io_close(&page->place.directory);
    html_free(&page->html);
    free(page->kept);
}

static bool page_open(struct page *page, const struct policy *policy, struct error *e)
{
    if (!place_find(&page->place, "html", policy->html, e))
        return false;
    if (policy->html == NULL || policy->n_files == 1)
        return true;
    page->kept = calloc((size_t)policy->n_files, sizeof *page->kept);
    return page->kept != NULL ||
           error_set(e, EXIT_DENYBOX, "cannot keep the verdicts: out of memory");
}

static void page_take(struct page *page, int i, const struct verification *v, const char *copy_of)
{
    if (page->kept != NULL)
        report_keep(&page->kept[i], v, copy_of);
    else if (page->place.directory >= 0)
        report_html(&page->html, v);
}

static bool page_write(const struct page *page, const struct html *h)
{
    const char *text = html_page(h);
    struct error e;

    if (text == NULL)
        error_set(&e, EXIT_DENYBOX, "cannot write the report: out of memory");
    else if (place_write(&page->place, text, &e))
        return true;
    error_print(&e);
    return false;
}

/* True where none is asked for. */
static bool page_end(const struct page *page, const struct policy *policy,
                     const struct tally *tally)
{
    struct html many;
    bool ok;

    if (page->place.directory < 0)
        return true;
    if (page->kept == NULL)
        return page_write(page, &page->html);
    report_html_many(&many, policy, page->kept, (size_t)policy->n_files, tally);
    ok = page_write(page, &many);
    html_free(&many);
    return ok;
}

/* One run under two names would count as two: the file that was of it first, NULL for none. `seen`
 * becomes NULL when memory has run out. */
static const char *count(struct tally *tally, json_t **seen, const struct policy *policy, int i,
                         const struct verification *v)
{
    enum outcome outcome = verification_outcome(v);
    char run[DIGEST_TEXT_SIZE];
    const json_t *first;

    tally->n[outcome]++;
    if (outcome != OUTCOME_ACCEPTABLE || policy->n_files == 1)
        return NULL;
    first = verification_run(v, run) ? json_object_get(*seen, run) : NULL;
    if (first == NULL) {
        json_put(seen, run, run[0] != '\0' ? json_integer(i) : NULL);
        return NULL;
    }
    tally->copies++;
    return policy->files[json_integer_value(first)];
}

static bool print_tally(const struct policy *policy, const struct tally *tally, struct error *e)
{
    if (policy->n_files > 1 && policy->json)
        return print_document(report_tally_json(tally), false, e);
    if (policy->n_files > 1)
        report_tally(stdout, tally);
    return print_end(e);
}

/* A verdict that nobody could read is none: the first reason is said. */
static bool verify_all(const struct policy *policy, struct page *page, struct tally *tally,
                       struct error *e)
{
    static struct verification v;
    json_t *seen = json_object();
    struct error later;
    bool said = true;

    for (int i = 0; i < policy->n_files; i++) {
        const char *copy_of;

        verify_file(policy, policy->files[i], &v);
        copy_of = count(tally, &seen, policy, i, &v);
        said = report(policy, &v, copy_of, said ? e : &later) && said;
        page_take(page, i, &v, copy_of);
        verification_free(&v);
        progress(policy, i + 1);
    }
    if (said && seen == NULL)
        said = error_set(e, EXIT_DENYBOX, "cannot count the copies: out of memory");
    json_decref(seen);
    return (said && print_tally(policy, tally, e)) || error_before(e, "cannot write the verdict");
}

static int show_help(void)
{
    command_usage("verify");
    verify_options_help();
    puts("\nExit status:");
    for (int i = 0; i < N_OUTCOMES; i++)
        printf("  %3d  %s: %s\n", outcome_row((enum outcome)i)->status,
               outcome_row((enum outcome)i)->word, outcome_row((enum outcome)i)->meaning);
    help_status(EXIT_USAGE, "bad usage, or no verdict could be written");
    return EXIT_OK;
}

static int carry_out(struct policy *policy, int argc, char **argv)
{
    struct page page = {.place.directory = -1};
    struct tally tally = {0};
    struct error e;
    int status = EXIT_USAGE;

    if (!verify_options(policy, argc, argv, &e)) {
        error_print(&e);
        return EXIT_USAGE;
    }
    if (policy->help)
        return show_help();
    if (policy->version) {
        puts("denybox " PACKAGE_VERSION);
        return EXIT_OK;
    }
    if (!policy_load(policy, &e) || !page_open(&page, policy, &e) ||
        !verify_all(policy, &page, &tally, &e))
        error_print(&e);
    else if (page_end(&page, policy, &tally))
        status = tally_status(&tally);
    page_close(&page);
    return status;
}

bool words_verify(int argc, char **argv, struct error *e)
{
    static struct policy policy;
    bool ok;

    policy = (struct policy){0};
    ok = verify_options(&policy, argc, argv, e);
    policy_free(&policy);
    return ok;
}

int command_verify(int argc, char **argv)
{
    static struct policy policy;
    int status = carry_out(&policy, argc, argv);

    policy_free(&policy);
    return status;
}
