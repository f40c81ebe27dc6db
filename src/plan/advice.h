/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_ADVICE_H
#define DENYBOX_PLAN_ADVICE_H

#include "base/error.h"

/*
 * The hint to an error that was set, where a command is a file that cannot be started: a source
 * goes to its interpreter, as an argument and beneath /in. Always returns false.
 */

/* `path` is a file that is no program; `otherwise` is what to do when its name does not tell its
 * interpreter. */
bool advise_source(const char *path, const char *otherwise, struct error *e);

/* There is no file at `path`, which is looked for on the host. */
bool advise_missing(const char *path, struct error *e);

/* There is no program of that name along PATH; is there a file of it in the working directory? */
bool advise_name(const char *name, struct error *e);

#endif
