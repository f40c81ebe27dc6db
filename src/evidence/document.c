/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/document.h"

#include <stdlib.h>
#include <string.h>

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
