/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/advice.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* What a source's name says of the program that runs it. */
static const struct {
    const char *ending;
    const char *interpreter;
} table[] = {
    {".py", "python3"}, {".pl", "perl"}, {".sh", "sh"},      {".bash", "bash"}, {".rb", "ruby"},
    {".js", "node"},    {".lua", "lua"}, {".awk", "awk -f"}, {".jq", "jq -f"},  {".sed", "sed -f"},
};

static const char *interpreter_of(const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t ending = strlen(table[i].ending);

        if (length > ending && strcmp(path + length - ending, table[i].ending) == 0)
            return table[i].interpreter;
    }
    return NULL;
}

static bool is_input(const char *path)
{
    return strncmp(path, "/in/", 4) == 0;
}

bool advise_source(const char *path, const char *otherwise, struct error *e)
{
    const char *interpreter = interpreter_of(path);
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char directory[512] = ".";

    if (interpreter == NULL)
        return error_hint(e, "%s", otherwise);
    if (is_input(path))
        return error_hint(e, "name its interpreter: denybox run --in DIR -- %s %s", interpreter,
                          text_show(path));
    if (slash != NULL)
        text_safe(directory, sizeof directory, path, slash == path ? 1 : (size_t)(slash - path));
    return error_hint(e, "name its interpreter: denybox run --in %s -- %s /in/%s", directory,
                      interpreter, text_show(name));
}

bool advise_missing(const char *path, struct error *e)
{
    if (is_input(path))
        return advise_source(path,
                             "what --in DIR brings to /in is data; a program is named by its path "
                             "on the host",
                             e);
    return error_hint(e, "look at the spelling; it is a path of the host");
}

bool advise_name(const char *name, struct error *e)
{
    struct stat st;

    if (stat(name, &st) != 0 || !S_ISREG(st.st_mode))
        return error_hint(e, "look at the spelling; a program elsewhere is named by its path, as "
                             "./NAME");
    if (access(name, X_OK) != 0)
        return advise_source(name, "a file of that name is here, but it is not executable", e);
    return error_hint(e, "there is one here: denybox run -- ./%s", text_show(name));
}
