/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/report.h"

#include <string.h>

#include "base/text.h"
#include "verify/rows.h"

/* Reasons named in the one line of a file among many. */
#define CODES_SHOWN 3

static void print_check(FILE *out, const struct verification *v, enum check check)
{
    const char *word = !v->made[check]                                      ? "not made"
                       : verification_check(v, check) == OUTCOME_ACCEPTABLE ? "ok"
                                                                            : NULL;

    fprintf(out, "  %-11s %s\n", check_row(check)->name,
            word != NULL ? word : outcome_row(verification_check(v, check))->word);
    for (size_t i = 0; i < v->n_notes; i++) {
        const struct reason_row *row = reason_row(v->notes[i].reason);

        if (row->check == check)
            fprintf(out, "    %s: %s\n", row->code, v->notes[i].text);
    }
}

static void print_row(FILE *out, const struct verification *v, const struct matrix_row *row)
{
    const char *mark = matrix_row_binds(row) ? "" : row->source;

    fprintf(out, "  #%-4d %-8s %s%s%s%s\n", row->row, row_result_name(row_judge(v, row)),
            text_show(row->requirement), mark[0] != '\0' ? " (" : "", mark,
            mark[0] != '\0' ? ")" : "");
    for (int i = 0; i < N_PROBES; i++) {
        if (row->bound[i])
            fprintf(out, "                 %-14s %s%s\n", probe_row((enum probe)i)->id,
                    row_probe_word(v, (enum probe)i), v->probe[i].required ? "" : ", not required");
    }
}

void report_whole(FILE *out, const struct verification *v)
{
    const struct matrix *m = &v->policy->matrix;

    if (v->sha256[0] != '\0')
        fprintf(out, "%s, %zu bytes, %s\n", text_show(v->path), v->size, v->sha256);
    for (int i = 0; i < N_CHECKS; i++)
        print_check(out, v, (enum check)i);
    if (v->unsaid != 0)
        fprintf(out, "  and %zu more\n", v->unsaid);
    for (size_t i = 0; i < m->n && v->made[CHECK_MATRIX]; i++)
        print_row(out, v, &m->rows[i]);
    if (verification_outcome(v) != OUTCOME_ACCEPTABLE)
        fprintf(out, "  %-11s %s\n", "next", REPORT_NEXT);
    report_verdict(out, v);
}

void report_verdict(FILE *out, const struct verification *v)
{
    fprintf(out, "%s %s\n", outcome_row(verification_outcome(v))->word, text_show(v->path));
}

size_t report_reasons(const struct verification *v, enum reason reasons[N_REASONS])
{
    bool said[N_REASONS] = {false};
    size_t n = 0;

    for (size_t i = 0; i < v->n_notes; i++) {
        enum reason reason = v->notes[i].reason;

        if (!said[reason])
            reasons[n++] = reason;
        said[reason] = true;
    }
    return n;
}

static void print_codes(FILE *out, const struct verification *v)
{
    enum reason reasons[N_REASONS];
    size_t n = report_reasons(v, reasons);

    for (size_t i = 0; i < n && i < CODES_SHOWN; i++)
        fprintf(out, "%s%s", i == 0 ? ": " : ", ", reason_row(reasons[i])->code);
    fputs(n > CODES_SHOWN || v->unsaid != 0 ? ", ..." : "", out);
}

void report_line(FILE *out, const struct verification *v, const char *copy_of)
{
    fprintf(out, "%-10s %s", outcome_row(verification_outcome(v))->word, text_show(v->path));
    print_codes(out, v);
    if (v->n_notes != 0)
        fprintf(out, " (%s)", v->notes[0].text);
    if (copy_of != NULL)
        fprintf(out, ": a copy of %s", text_show(copy_of));
    fputs("\n", out);
}

void report_tally(FILE *out, const struct tally *tally)
{
    size_t all = 0;

    for (int i = 0; i < N_OUTCOMES; i++)
        all += tally->n[i];
    fprintf(out, "%zu files: %zu acceptable, %zu rejected, %zu blocked", all,
            tally->n[OUTCOME_ACCEPTABLE], tally->n[OUTCOME_REJECTED], tally->n[OUTCOME_BLOCKED]);
    if (tally->copies != 0)
        fprintf(out, "; of the acceptable, copies of others: %zu", tally->copies);
    fputs("\n", out);
}

enum outcome tally_worst(const struct tally *tally)
{
    return tally->n[OUTCOME_REJECTED] != 0  ? OUTCOME_REJECTED
           : tally->n[OUTCOME_BLOCKED] != 0 ? OUTCOME_BLOCKED
                                            : OUTCOME_ACCEPTABLE;
}

int tally_status(const struct tally *tally)
{
    return outcome_row(tally_worst(tally))->status;
}
