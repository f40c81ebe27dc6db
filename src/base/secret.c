/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret.h"

#include <stddef.h>
#include <string.h>

/* The packet's list; "passw" covers passwd and password, "session" session ids and cookies' jars.
 */
static const char *const words[] = {
    "token",        "secret", "passw",    "api_key", "apikey", "credential", "private_key",
    "database_url", "dsn",    "conn_str", "session", "cookie", "auth",
};

const char *secret_word(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasestr(name, words[i]) != NULL)
            return words[i];
    }
    return NULL;
}
