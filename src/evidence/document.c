/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/document.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sha256.h"
#include "base/text.h"

json_t *document_text(const void *bytes, size_t length)
{
    /* Four bytes for each in the worst case, and room for the mark that is never needed. */
    size_t size = length * 4 + 8;
    char *safe = malloc(size);
    json_t *value = NULL;

    if (safe != NULL)
        value = json_string(text_safe(safe, size, bytes, length));
    free(safe);
    return value;
}

json_t *document_string(const char *text)
{
    return text != NULL ? document_text(text, strlen(text)) : json_null();
}

json_t *document_base64(const void *bytes, size_t length)
{
    char *text = bytes != NULL ? text_base64(bytes, length) : NULL;
    json_t *value = bytes == NULL ? json_null() : text != NULL ? json_string(text) : NULL;

    free(text);
    return value;
}

json_t *document_digest(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

json_t *document_time(int64_t seconds)
{
    char text[TEXT_TIME_SIZE];

    return json_string(text_time(text, seconds));
}

static json_t *integrity_json(const json_t *document)
{
    char *canonical = json_canonical(document);
    char text[72];

    if (canonical == NULL)
        return NULL;
    sha256_text(text, canonical, strlen(canonical));
    free(canonical);
    return json_pack("{s:s, s:s}", "form", "RFC 8785, without this field", "sha256", text);
}

void document_add_integrity(json_t **document)
{
    json_put(document, "integrity", integrity_json(*document));
}
