/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/kinds.h"

/* Null and a missing key are an empty list, as for those who write them. */
static bool take_list(const json_t *config, const char *key, char ***list, struct error *e)
{
    const json_t *from = json_object_get(config, key);
    size_t n = json_array_size(from);

    if (from != NULL && !json_is_null(from) && !json_is_array(from))
        return error_set(e, EXIT_DENYBOX, "cannot read the image: its %s is no list", key);
    *list = calloc(n + 1, sizeof **list);
    for (size_t i = 0; *list != NULL && i < n; i++) {
        const char *text = json_string_value(json_array_get(from, i));

        if (text == NULL)
            return error_set(e, EXIT_DENYBOX, "cannot read the image: its %s is no list of words",
                             key);
        (*list)[i] = strdup(text);
        if ((*list)[i] == NULL)
            return error_set(e, EXIT_DENYBOX, "cannot read the image: out of memory");
    }
    return *list != NULL ? true
                         : error_set(e, EXIT_DENYBOX, "cannot read the image: out of memory");
}

static bool take_text(const json_t *config, const char *key, char **text, struct error *e)
{
    const char *from = image_text(config, key);

    *text = strdup(from != NULL ? from : "");
    return *text != NULL ? true
                         : error_set(e, EXIT_DENYBOX, "cannot read the image: out of memory");
}

bool image_settings_read(const struct buf *config, struct image_settings *settings, struct error *e)
{
    json_t *document = json_parse(buf_text(config), config->length, e);
    const json_t *how = json_object_get(document, "config");
    bool ok;

    *settings = (struct image_settings){0};
    ok = document != NULL && take_list(how, "Entrypoint", &settings->entrypoint, e) &&
         take_list(how, "Cmd", &settings->command, e) &&
         take_list(how, "Env", &settings->environment, e) &&
         take_text(how, "WorkingDir", &settings->directory, e) &&
         take_text(how, "User", &settings->user, e);
    json_decref(document);
    return ok;
}

static void free_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

void image_settings_free(struct image_settings *settings)
{
    free_list(settings->entrypoint);
    free_list(settings->command);
    free_list(settings->environment);
    free(settings->directory);
    free(settings->user);
    *settings = (struct image_settings){0};
}
