/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "filter/filter.h"

void filter_free(struct filter_program *program)
{
    free(program->code);
    *program = (struct filter_program){0};
}

bool filter_from_bytes(const void *bytes, size_t length, struct filter_program *out,
                       struct error *e)
{
    size_t n = length / sizeof(struct sock_filter);

    *out = (struct filter_program){0};
    if (length % sizeof(struct sock_filter) != 0)
        return error_set(e, EXIT_DENYBOX,
                         "cannot use the BPF program: %zu bytes is no multiple of %zu", length,
                         sizeof(struct sock_filter));
    if (n == 0 || n > FILTER_MAX_INSTRUCTIONS)
        return error_set(
            e, EXIT_DENYBOX,
            "cannot use the BPF program: %zu instructions, where the kernel takes 1 to %d", n,
            FILTER_MAX_INSTRUCTIONS);
    out->code = malloc(length);
    if (out->code == NULL)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot use the BPF program");
    memcpy(out->code, bytes, length);
    out->length = (unsigned short)n;
    if (BPF_CLASS(out->code[n - 1].code) != BPF_RET) {
        filter_free(out);
        return error_set(e, EXIT_DENYBOX,
                         "cannot use the BPF program: its last instruction is not a return");
    }
    return true;
}

bool filter_unreadable(struct error *e, int number, const char *path)
{
    error_set(e, EXIT_DENYBOX, "cannot read the filter '%s': %s", text_show(path),
              io_why_unread(number));
    if (number == EFBIG)
        error_hint(e, "it may have %u bytes", FILTER_FILE_MAX);
    return false;
}
