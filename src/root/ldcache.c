/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/ldcache.h"

#include <string.h>

#define MAGIC "glibc-ld.so.cache1.1"
#define MAGIC_LENGTH (sizeof MAGIC - 1)

/* What ldconfig notes for a 64-bit library of this machine: FLAG_ELF_LIBC6 and the machine's own.
 */
#if defined(__x86_64__)
#define NATIVE_FLAGS 0x0303
#elif defined(__aarch64__)
#define NATIVE_FLAGS 0x0a03
#else
#error "denybox runs on x86_64 and aarch64"
#endif

/* Byte order of the tables, in the low bits of `flags`; 0: not noted (an older ldconfig). */
#define ENDIAN_MASK 3
#define ENDIAN_LITTLE 2

#define EXTENSION_MAGIC 0xeaa42174U
#define TAG_GLIBC_HWCAPS 1

/* hwcap of an entry: bit 62 says that the lower half is an index of the glibc-hwcaps names. */
#define HWCAP_NAMED (1ULL << 62)

struct cache_head {
    char magic[MAGIC_LENGTH];
    uint32_t n_libs;
    uint32_t strings_length;
    uint8_t flags;
    uint8_t padding[3];
    uint32_t extension_offset;
    uint32_t unused[3];
};

struct cache_entry {
    int32_t flags;
    uint32_t key;
    uint32_t value;
    uint32_t os_version;
    uint64_t hwcap;
};

struct extension_head {
    uint32_t magic;
    uint32_t n;
};

struct extension_section {
    uint32_t tag;
    uint32_t flags;
    uint32_t offset;
    uint32_t size;
};

_Static_assert(sizeof(struct cache_head) == 48, "as in the file");
_Static_assert(sizeof(struct cache_entry) == 24, "as in the file");

static bool refuse(struct error *e, const char *what)
{
    error_set(e, EXIT_DENYBOX, "cannot read " LDCACHE_PATH ": %s", what);
    return error_hint(e, "ldconfig, started by root, writes it anew");
}

static bool in_bounds(const struct ldcache *c, uint64_t at, uint64_t size)
{
    return at <= c->bytes.length && size <= c->bytes.length - at;
}

static void copy_out(const struct ldcache *c, uint64_t at, void *out, size_t size)
{
    memcpy(out, c->bytes.data + at, size);
}

/* The string at an offset of the file, or NULL when it does not end in it. */
static const char *string_at(const struct ldcache *c, uint32_t at)
{
    if (at >= c->bytes.length || memchr(c->bytes.data + at, '\0', c->bytes.length - at) == NULL)
        return NULL;
    return c->bytes.data + at;
}

static struct cache_entry entry_at(const struct ldcache *c, size_t i)
{
    struct cache_entry entry;

    copy_out(c, sizeof(struct cache_head) + i * sizeof entry, &entry, sizeof entry);
    return entry;
}

static const char *hwcap_name(const struct ldcache *c, size_t i)
{
    uint32_t at;

    copy_out(c, c->hwcaps_at + i * sizeof at, &at, sizeof at);
    return string_at(c, at);
}

static bool take_section(struct ldcache *c, const struct extension_section *s, struct error *e)
{
    if (!in_bounds(c, s->offset, s->size))
        return refuse(e, "an extension lies outside the file");
    if (s->tag != TAG_GLIBC_HWCAPS)
        return true;
    if (s->size % sizeof(uint32_t) != 0 || c->n_hwcaps != 0)
        return refuse(e, "its list of glibc-hwcaps is damaged");
    c->hwcaps_at = s->offset;
    c->n_hwcaps = s->size / sizeof(uint32_t);
    for (size_t i = 0; i < c->n_hwcaps; i++) {
        if (hwcap_name(c, i) == NULL)
            return refuse(e, "its list of glibc-hwcaps is damaged");
    }
    return true;
}

static bool take_extensions(struct ldcache *c, uint32_t at, struct error *e)
{
    struct extension_head head;

    if (at == 0)
        return true;
    if (!in_bounds(c, at, sizeof head))
        return refuse(e, "its extensions lie outside the file");
    copy_out(c, at, &head, sizeof head);
    if (head.magic != EXTENSION_MAGIC ||
        !in_bounds(c, at + (uint64_t)sizeof head,
                   (uint64_t)head.n * sizeof(struct extension_section)))
        return refuse(e, "its extensions are damaged");
    for (uint32_t i = 0; i < head.n; i++) {
        struct extension_section section;

        copy_out(c, at + sizeof head + (size_t)i * sizeof section, &section, sizeof section);
        if (!take_section(c, &section, e))
            return false;
    }
    return true;
}

static bool check_entries(const struct ldcache *c, struct error *e)
{
    for (size_t i = 0; i < c->n; i++) {
        struct cache_entry entry = entry_at(c, i);

        if (string_at(c, entry.key) == NULL || string_at(c, entry.value) == NULL)
            return refuse(e, "the name of an entry lies outside the file");
        if ((entry.hwcap & HWCAP_NAMED) != 0 && (uint32_t)entry.hwcap >= c->n_hwcaps)
            return refuse(e, "an entry names no subdirectory of glibc-hwcaps");
    }
    return true;
}

bool ldcache_parse(struct ldcache *c, struct buf *bytes, struct error *e)
{
    struct cache_head head;

    *c = (struct ldcache){.bytes = *bytes};
    *bytes = (struct buf){0};
    if (c->bytes.length < sizeof head)
        return refuse(e, "it is truncated");
    copy_out(c, 0, &head, sizeof head);
    if (memcmp(head.magic, MAGIC, MAGIC_LENGTH) != 0)
        return refuse(e, "it is not of the format that glibc writes since 2.32");
    if ((head.flags & ENDIAN_MASK) != 0 && (head.flags & ENDIAN_MASK) != ENDIAN_LITTLE)
        return refuse(e, "it is of a machine with another byte order");
    if (!in_bounds(c, sizeof head,
                   (uint64_t)head.n_libs * sizeof(struct cache_entry) + head.strings_length))
        return refuse(e, "it is truncated");
    c->n = head.n_libs;
    if (take_extensions(c, head.extension_offset, e) && check_entries(c, e))
        return true;
    c->n = 0;
    return false;
}

/* How good an entry is: 0 not for this processor, 1 for any, more for a subdirectory of it. */
static size_t rank(const struct ldcache *c, const struct cache_entry *entry, const struct hwcaps *h)
{
    if (entry->hwcap == 0)
        return 1;
    /* The other bits are of the scheme before glibc-hwcaps, which glibc has given up. */
    if ((entry->hwcap & HWCAP_NAMED) == 0)
        return 0;
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(hwcap_name(c, (uint32_t)entry->hwcap), h->name[i]) == 0)
            return 1 + h->n - i;
    }
    return 0;
}

const char *ldcache_find(const struct ldcache *c, const char *name, const struct hwcaps *h)
{
    const char *found = NULL;
    size_t best = 0;

    for (size_t i = 0; i < c->n; i++) {
        struct cache_entry entry = entry_at(c, i);
        size_t r;

        if (entry.flags != NATIVE_FLAGS || strcmp(string_at(c, entry.key), name) != 0)
            continue;
        r = rank(c, &entry, h);
        if (r > best) {
            best = r;
            found = string_at(c, entry.value);
        }
    }
    return found;
}

void ldcache_free(struct ldcache *c)
{
    buf_free(&c->bytes);
    c->n = 0;
}
