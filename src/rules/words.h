/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_WORDS_H
#define DENYBOX_RULES_WORDS_H

#include "base/sha256.h"
#include "rules/probe.h"

/* The words in which a bundle says what these rules know: whoever writes one and whoever verifies
 * one take them from here. */

/* "succeeded", "not run" or the name of an errno, for the `control` of a fact. */
const char *control_word(int control);

/* The reverse. False for a word that control_word never says. */
bool control_number(const char *word, int *control);

/* The raw text that decides a judgement of this kind, or N_RAWS when none does. */
enum raw_kind judge_raw_kind(enum judge_kind kind);

/* The rows of the matrix that a probe is bound to. Returns how many; at most TESTS_MAX. */
#define TESTS_MAX 8
size_t probe_tests(const struct probe_row *row, int tests[TESTS_MAX]);

/* Are these the observations that the probe makes where its wall holds? `run`: before a payload,
 * where PR-FS-OUT-OK leaves nothing behind and says where it wrote instead. `machine`: of uname(2),
 * for not each has a foreign convention to call by. */
bool probe_observes(enum probe probe, const struct fact *fact, bool run, const char *machine);

/* What the plan of a bundle has for a root that denybox made: its path in the cache says nothing.
 */
#define SOURCE_IMAGE "denybox:image"
#define SOURCE_HOST "denybox:host"

/* Where a batch makes its results, and what is in one: batch/results.h. The plan of its bundles has
 * these names. */
#define RESULTS_WORK ".denybox-batch"
#define RESULTS_OUT "out"
#define RESULTS_BUNDLE "bundle.json"

/* The digest of the table of probes: of each, in order, the identifier, the operation and the
 * expected result, each followed by a NUL. Returns `out`. */
char *probe_rules_digest(char out[DIGEST_TEXT_SIZE]);

#endif
