/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_FILTER_BUILTIN_H
#define DENYBOX_FILTER_BUILTIN_H

#include <linux/filter.h>
#include <stddef.h>

/* The profiles of bpf/, compiled when denybox was built. All of it is constant and never freed. */

struct filter_code {
    const char *arch; /* "x86_64" or "aarch64" */
    const struct sock_filter *code;
    unsigned short length;  /* in instructions */
    const char *bpf_sha256; /* "sha256:...", of the code's bytes */
};

struct filter_builtin {
    const char *name; /* the file's, without ".json" */
    const char *json; /* the file, byte for byte */
    size_t json_size;
    const char *json_sha256; /* "sha256:...", as sha256sum prints it for the file */
    struct filter_code arch[2];
};

/* The profile of that name, or NULL. */
const struct filter_builtin *filter_builtin(const char *name);

/* The first profile for NULL, then the one after `previous`; NULL after the last. */
const struct filter_builtin *filter_builtin_next(const struct filter_builtin *previous);

/* The profile's code for the machine denybox was built for. Never NULL. */
const struct filter_code *filter_native(const struct filter_builtin *builtin);

#endif
