// SPDX-License-Identifier: LGPL-2.1-or-later
/* A line on stderr that says how far the bench is, where that is a terminal. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

/* done of all of what is being measured; the line goes when they are equal. */
void progress(const char *what, int done, int all);

#endif
