/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_CONTROLS_H
#define DENYBOX_VERIFY_CONTROLS_H

#include "base/error.h"
#include "rules/control.h"
#include "json/json.h"

/*
 * What the controls came to: the controls.json that `attest --controls` has left, in the form of
 * denybox-evidence(5). Which probe flipped follows from the verdicts in it and from this version's
 * table; what the file says of that must be the same. That a wall was taken away, it only says.
 */
struct controls {
    char sha256[DIGEST_TEXT_SIZE]; /* of the bytes; "" where no file was named */
    char wrong[256];               /* why it is none, printable; "" when it is one */
    json_t *document;              /* owned; NULL when it is none */
    struct control *row;           /* N_REMOVALS; owned */
    int removals;                  /* that ran, the row that takes nothing away not counted */
    int faults;
};

/* Reads the file, if it is not NULL. False and *e when it cannot be read, or for want of memory;
 * what is read and is none is noted in `wrong`. */
bool controls_load(struct controls *controls, const char *file, struct error *e);

/* Reads it from bytes, for which there is a digest afterwards in any case. False and *e. */
bool controls_read(struct controls *controls, const char *bytes, size_t length, struct error *e);

void controls_free(struct controls *controls);

#endif
