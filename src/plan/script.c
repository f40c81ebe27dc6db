/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "plan/shebang.h"
#include "plan/world.h"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot prepare the payload: out of memory");
}

/* Puts a copy of a word in front of the others. */
static bool put_first(struct chain *c, const char *word, size_t length, struct error *e)
{
    char *copy = strndup(word, length);

    if (copy == NULL)
        return out_of_memory(e);
    if (c->n_words == SCRIPT_WORDS_MAX) {
        free(copy);
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': its #! lines have too many words",
                         text_show(c->files[0]));
    }
    memmove(c->words + 1, c->words, c->n_words * sizeof *c->words);
    c->words[0] = copy;
    c->n_words++;
    return true;
}

/* The file at the end of the chain so far is a script: its path takes the place of argv[0], as the
 * kernel does it (load_script). */
static bool put_script(struct chain *c, struct error *e)
{
    if (c->n_words != 0) {
        free(c->words[0]);
        memmove(c->words, c->words + 1, --c->n_words * sizeof *c->words);
    }
    return put_first(c, c->path, strlen(c->path), e);
}

static bool is_env(const char *interpreter)
{
    return strcmp(interpreter, "/usr/bin/env") == 0 || strcmp(interpreter, "/bin/env") == 0;
}

/* Only words that env(1) takes as they are, and no variable, option, quote or escape among them. */
static bool is_plain(const char *words)
{
    return words[0] != '\0' && words[0] != '-' && strpbrk(words, "=\"'\\$#\f\v\r") == NULL;
}

static bool refuse_env(const struct chain *c, struct error *e)
{
    error_set(e, EXIT_NOT_EXECUTABLE,
              "cannot run '%s': its #! line asks env for more than to find a program",
              text_show(c->path));
    return error_hint(e, "use '#!/usr/bin/env NAME' or '#!/usr/bin/env -S NAME ARG...'; set "
                         "variables by --setenv");
}

/* Puts blank-separated words in front, in their order. */
static bool put_words(struct chain *c, const char *words, struct error *e)
{
    size_t end = strlen(words);

    while (end != 0) {
        size_t start;

        while (end != 0 && strchr(" \t", words[end - 1]) != NULL)
            end--;
        for (start = end; start != 0 && strchr(" \t", words[start - 1]) == NULL;)
            start--;
        if (start != end && !put_first(c, words + start, end - start, e))
            return false;
        end = start;
    }
    return true;
}

/* What env(1) would execute: NAME, or with -S the words of the rest of the line, found along PATH;
 * argv[0] is the name as it stands there. */
static bool follow_env(struct chain *c, const struct plan *plan, const char *argument,
                       char path[PATH_MAX], struct error *e)
{
    bool split = strncmp(argument, "-S", 2) == 0;
    const char *words = split ? argument + 2 + strspn(argument + 2, " \t") : argument;

    if (!is_plain(words) || (!split && strpbrk(words, " \t") != NULL))
        return refuse_env(c, e);
    if (!put_words(c, words, e))
        return false;
    c->searched = strchr(c->words[0], '/') == NULL;
    if (c->searched)
        return world_search(plan, c->words[0], path, e);
    if (c->words[0][0] != '/')
        return refuse_env(c, e);
    memcpy(path, c->words[0], strlen(c->words[0]) + 1);
    return true;
}

/* What the line names as interpreter, and its words in front of the script's path. */
static bool follow_line(struct chain *c, const struct plan *plan, const struct shebang *line,
                        char path[PATH_MAX], struct error *e)
{
    c->searched = false;
    if (is_env(line->interpreter) && line->argument[0] != '\0' && !plan->declared.allow_exec)
        return follow_env(c, plan, line->argument, path, e);
    memcpy(path, line->interpreter, strlen(line->interpreter) + 1);
    return (line->argument[0] == '\0' || put_first(c, line->argument, strlen(line->argument), e)) &&
           put_first(c, line->interpreter, strlen(line->interpreter), e);
}

/* Goes on to the interpreter of the script that was reached. */
static bool follow_script(struct chain *c, const struct plan *plan, const struct shebang *line,
                          struct error *e)
{
    char path[PATH_MAX];

    if (c->n_files == SCRIPT_DEPTH_MAX)
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': more than %d scripts are each other's interpreters",
                         text_show(c->files[0]), SCRIPT_DEPTH_MAX);
    if (!put_script(c, e) || !follow_line(c, plan, line, path, e))
        return false;
    c->files[c->n_files++] = c->path;
    c->path = strdup(path);
    io_close(&c->fd);
    if (c->path == NULL)
        return out_of_memory(e);
    return world_open_program(plan, c->path, &c->fd, e) ||
           error_hint(e, "it is the interpreter of the script '%s'",
                      text_show(c->files[c->n_files - 1]));
}

bool chain_follow(struct chain *c, const struct plan *plan, const char *path, struct error *e)
{
    *c = (struct chain){.fd = -1, .path = strdup(path)};
    if (c->path == NULL)
        return out_of_memory(e);
    if (!world_open_program(plan, c->path, &c->fd, e))
        return false;
    for (;;) {
        struct shebang line;
        bool script = false;

        if (!shebang_read(c->fd, c->path, &line, &script, e))
            return false;
        if (!script)
            return true;
        if (!follow_script(c, plan, &line, e))
            return false;
    }
}
