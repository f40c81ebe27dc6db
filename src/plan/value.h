/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_VALUE_H
#define DENYBOX_PLAN_VALUE_H

#include "base/value.h"
#include "plan/option.h"

/* The values that are more than a field of *d. False and *e, which names the option. */

bool value_env(const struct option_row *row, const char *name, const char *value,
               struct declared *d, struct error *e);

bool value_bind(const struct option_row *row, const char *source, const char *target,
                struct declared *d, struct error *e);

#endif
