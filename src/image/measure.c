/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/measure.h"

void measure_begin(struct measure *m, struct byte_source from, uint64_t max, const char *what)
{
    *m = (struct measure){.from = from, .max = max, .what = what};
    sha256_start(&m->hash);
}

static ssize_t read_measured(void *context, void *buffer, size_t size, struct error *e)
{
    struct measure *m = context;
    ssize_t n = m->over ? 1 : m->from.read(m->from.context, buffer, size, e);

    if (n <= 0)
        return n;
    m->over = m->over || (uint64_t)n > m->max - m->length;
    if (m->over) {
        error_set(e, EXIT_DENYBOX, "cannot read the image: %s", m->what);
        return -1;
    }
    m->length += (uint64_t)n;
    sha256_add(&m->hash, buffer, (size_t)n);
    return n;
}

struct byte_source measure_bytes(struct measure *m)
{
    return (struct byte_source){.read = read_measured, .context = m};
}

bool measure_drain(struct measure *m, struct error *e)
{
    char bytes[16384];
    ssize_t n = 1;

    while (n > 0)
        n = read_measured(m, bytes, sizeof bytes, e);
    return n == 0;
}

char *measure_end(struct measure *m, char digest[DIGEST_TEXT_SIZE])
{
    return sha256_end_text(&m->hash, digest);
}
