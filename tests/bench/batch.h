// SPDX-License-Identifier: LGPL-2.1-or-later
/* denybox batch over many inputs, beside as many single runs that leave the same. */
#ifndef BENCH_BATCH_H
#define BENCH_BATCH_H

#include "result.h"

/* Nothing is measured without denybox. */
void batch_measure(const struct contestant *list, const struct places *places,
                   struct results *results);

#endif
