/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_OPTION_H
#define DENYBOX_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The reader of all command lines: a command brings its rows, and what is special about it. The
 * rows are of a .def file, the same columns everywhere:
 *
 * OPTION(field, "name", KIND, "VALUE", min, max, FLAGS, "default", "help")
 *   field    of the command's struct
 *   KIND     how the value is read: enum option_kind, without OPTION_; or one of the command's own
 *   VALUE    what messages call it, a word in capitals for each word that it takes
 *   min, max of the kinds that have a range: bytes of a text, or the number itself; the max of a
 *            path that has to be shorter than the system's
 *   FLAGS    the commands that know it, where several share the rows; MANY, and what the command
 *            makes of further bits
 */
enum option_kind {
    OPTION_FLAG,     /* no value; a bool */
    OPTION_PATH,     /* a path of the host, not empty; a const char * */
    OPTION_INSIDE,   /* an absolute, normal path inside the sandbox; a const char * */
    OPTION_TEXT,     /* printable ASCII of min to max bytes; a const char * */
    OPTION_WORD,     /* the same of letters, digits, '.', '_', '-' */
    OPTION_HOST,     /* the same of letters, digits, '-' and '.' */
    OPTION_DATE,     /* YYYY-MM-DD; a const char * */
    OPTION_DIGEST,   /* "sha256:" and 64 lower-case hexadecimal digits; a const char * */
    OPTION_ADDRESS,  /* an IPv4 address in dotted form; a const char * */
    OPTION_COUNT,    /* a decimal number of min to max; a uint64_t */
    OPTION_SIZE,     /* bytes, or a number with k, m, g or t; a uint64_t */
    OPTION_DURATION, /* seconds, or a number with s, m, h or d; a uint64_t */
    OPTION_FD,       /* a descriptor that is open; an int64_t */
    OPTION_PATHS,    /* as PATH, one more of a struct option_list */
    OPTION_TEXTS,    /* as TEXT, one more of a struct option_list */
    OPTION_OWN,      /* and above: the command's own kinds */
};

enum option_flag {
    /* below 1 << 8: the commands that know the option */
    OPTION_MANY = 1 << 8,
    OPTION_DEVIATION = 1 << 9,
};

struct option_row {
    const char *name; /* without the dashes */
    int kind;
    const char *value; /* "" for a flag */
    size_t offset;     /* of the field in the command's struct */
    uint64_t min;
    uint64_t max;
    unsigned flags;
    const char *default_text;
    const char *help;
};

#define OPTION_ROW(type, field, name, kind, value, min, max, flags, default_text, help)            \
    {                                                                                              \
        name, OPTION_##kind, value, offsetof(type, field), min, max, flags, default_text, help     \
    }

/* The values of an option that may be given more than once. The array is owned, the strings belong
 * to argv. */
struct option_list {
    const char **word;
    size_t n;
};

/* What the words are that are no options. */
enum option_others {
    OTHERS_NONE,    /* there may be none: `others` says why not */
    OTHERS_COMMAND, /* the first one ends the options, and what follows is not ours */
    OTHERS_BEHIND,  /* the options come before them: `others` is what they are, in the plural */
    OTHERS_AMONG,   /* in any order */
};

struct option_reader;

struct option_set {
    const char *program; /* whose --help lists them: "denybox run" */
    const struct option_row *rows;
    size_t n_rows;    /* at most OPTION_ROWS_MAX */
    unsigned command; /* the bit of the rows that it knows; 0: all */
    enum option_others order;
    const char *others;
    /* Reads a value of the command's own kinds; value[1] is the second word, or NULL. May be NULL
     * where there is no such kind. */
    bool (*own)(struct option_reader *r, const struct option_row *row, const char *const value[2],
                struct error *e);
    /* What to do instead, for who tries a name (without the dashes) that he knows from elsewhere;
     * NULL: nothing known. May be NULL. */
    const char *(*advice)(const char *name);
};

#define OPTION_ROWS_MAX 64

struct option_reader {
    const struct option_set *set;
    void *target; /* the command's struct, with the defaults in it */
    bool seen[OPTION_ROWS_MAX];
    bool failed; /* an option could not be read; what is behind it still is, but for OPTION_OWN */
};

/*
 * Reads options into the target. argv ends in NULL; with OTHERS_AMONG its words are put in another
 * order. *others becomes the first of the *n words that are no options. False and *e for an
 * unknown option, a bad or missing value, an option given twice that is not MANY, and a word that
 * may not stand where it does. *e is about the first of them; the options behind it are read all
 * the same, as far as can be told where they are, for one may say where errors go.
 *
 * "--option=value" is the same as two words, "-h" is --help and "-o" --output, where there is such
 * a row. "--" ends the options.
 */
bool option_read(struct option_reader *r, int argc, char **argv, char ***others, int *n,
                 struct error *e);

/* False and *e when both were given. */
bool option_exclude(bool first, const char *first_name, bool second, const char *second_name,
                    struct error *e);

/* One more of a list. False and *e when out of memory. */
bool option_list_add(struct option_list *list, const char *word, struct error *e);
void option_list_free(struct option_list *list);

/* Writes the rows of a set to standard output, as --help shows them. */
void option_help(const struct option_set *set);

#endif
