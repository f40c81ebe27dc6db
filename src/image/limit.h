/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_LIMIT_H
#define DENYBOX_IMAGE_LIMIT_H

/* The rows of limit.def as constants: of type int where they fit, each by itself. */
#define LIMIT(symbol, value, meaning) enum { symbol = (value) };
#include "image/limit.def"
#undef LIMIT

#endif
