/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "rules/procfs.h"
#include "verify/checks.h"
#include "verify/field.h"

/* Bytes decide; the text beside them is for people, and must be what they give. */

static void check_text(struct verification *v, const char *name, const struct raw *raw)
{
    char path[64];
    char digest[DIGEST_TEXT_SIZE];
    char *text = text_lines(raw->bytes, raw->length);

    snprintf(path, sizeof path, "raw.%s", name);
    if (!same_text(field_text(v->bundle, path), text))
        note(v, REASON_RAW_TEXT, "%s is not what its bytes give", path);
    free(text);
    snprintf(path, sizeof path, "raw.%s_sha256", name);
    sha256_text(digest, raw->bytes, raw->length);
    if (!same_text(field_text(v->bundle, path), digest))
        note(v, REASON_RAW_DIGEST, "%s is not %s", path, digest);
}

/* A text that could not be read is null, its bytes too, and its digest is missing. */
static void take_text(struct verification *v, enum raw_kind kind)
{
    struct raw *raw = &v->findings.raw[kind];
    const char *name = raw_name(kind);
    char text[64];
    char bytes[64];
    char digest[64];

    snprintf(text, sizeof text, "raw.%s", name);
    snprintf(bytes, sizeof bytes, "raw.%s_b64", name);
    snprintf(digest, sizeof digest, "raw.%s_sha256", name);
    if (field_null(v->bundle, text) != field_null(v->bundle, bytes) ||
        field_null(v->bundle, text) != field_null(v->bundle, digest)) {
        note(v, REASON_RAW_TEXT, "raw.%s: text, bytes and digest are not all there", name);
        return;
    }
    if (field_null(v->bundle, bytes))
        return;
    raw->bytes = (char *)text_base64_decode(field_text(v->bundle, bytes), &raw->length);
    if (raw->bytes == NULL || raw->length > RAW_TEXT_MAX)
        note(v, REASON_RAW_TEXT, "%s is %s", bytes,
             raw->bytes == NULL ? "not base64" : "longer than what is read");
    else
        check_text(v, name, raw);
    /* What is too long is looked at no more: that no name stands there twice takes longer the more
     * there are. */
    if (raw->bytes != NULL && raw->length <= RAW_TEXT_MAX && kind == RAW_STATUS &&
        !status_lines(raw->bytes, raw->length))
        note(v, REASON_RAW_TEXT, "raw.%s is not lines of names and values", name);
}

/* The names, each followed by a NUL, in the order of their bytes. */
static void take_keys(struct verification *v)
{
    const json_t *list = field(v->bundle, "raw.env_keyset");
    struct buf keys = {0};
    const char *last = "";
    const json_t *key;
    size_t i;

    if (!json_is_array(list))
        return;
    json_array_foreach(list, i, key)
    {
        const char *text = json_string_value(key);
        size_t length = 0;
        char *name = malloc(strlen(text) + 1);

        if (name == NULL || !text_unsafe(name, &length, text) || length == 0 ||
            memchr(name, '\0', length) != NULL || memchr(name, '=', length) != NULL ||
            strcmp(text, last) <= 0)
            note(v, REASON_RAW_TEXT, "raw.env_keyset: '%s' is no name, or not in order",
                 text_show(text));
        else
            buf_add(&keys, name, length);
        buf_add(&keys, "", 1);
        free(name);
        last = text;
    }
    buf_puts(&keys, "");
    /* With less of them than there are, one that looks like a secret could be what is not there. */
    if (keys.failed)
        buf_free(&keys);
    v->findings.raw[RAW_ENV_KEYS] = (struct raw){keys.data, keys.length};
}

/* The order of a walk: by the bytes of the names, what is in a directory right behind it. */
static int by_walk(const unsigned char *a, const unsigned char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (*a == '/' ? 1 : *a + (*a != '\0')) - (*b == '/' ? 1 : *b + (*b != '\0'));
}

/* Beneath the output directory: neither absolute nor with an empty part, "." or "..". */
static bool is_beneath(const char *path)
{
    for (const char *part = path;; part++) {
        size_t length = strcspn(part, "/");

        if (length == 0 || (length <= 2 && strspn(part, ".") >= length))
            return false;
        part += length;
        if (*part == '\0')
            return true;
    }
}

/* Does the path stand for these bytes, and come after the last? */
static bool right_path(const json_t *output, const unsigned char *bytes, size_t length,
                       const unsigned char *last)
{
    char *safe = malloc(4 * length + 8);
    bool ok = safe != NULL &&
              same_text(text_safe(safe, 4 * length + 8, bytes, length), field_text(output, "path"));

    free(safe);
    return ok && strlen((const char *)bytes) == length && is_beneath((const char *)bytes) &&
           (last == NULL || by_walk(last, bytes) < 0);
}

static void check_paths(struct verification *v)
{
    const json_t *list = field(v->bundle, "result.outputs");
    unsigned char *last = NULL;
    const json_t *output;
    size_t i;

    json_array_foreach(list, i, output)
    {
        size_t length = 0;
        unsigned char *bytes = text_base64_decode(field_text(output, "path_b64"), &length);

        if (bytes == NULL || !right_path(output, bytes, length, last))
            note(v, REASON_OUTPUT_PATH, "result.outputs[%zu]: '%s'", i,
                 text_show(field_text(output, "path")));
        free(last);
        last = bytes;
    }
    free(last);
}

void check_raw(struct verification *v)
{
    take_text(v, RAW_MOUNTINFO);
    take_text(v, RAW_NET_DEV);
    take_text(v, RAW_STATUS);
    take_keys(v);
    check_paths(v);
}
