/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/help.h"
#include "base/near.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "launch/wipe.h"

static int command_help(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *synopsis;
    const char *help;
} commands[] = {
    {"run", command_run, "run [OPTIONS] [--] COMMAND [ARG...]",
     "prove the walls, then run the payload in them"},
    {"attest", command_attest, "attest [OPTIONS]",
     "prove the walls and write the evidence; runs no payload"},
    {"check", command_check, "check [OPTIONS]",
     "is this host able to? each requirement, what was found, and what mends it"},
    {"plan", command_plan, "plan [OPTIONS] [--] COMMAND [ARG...]",
     "print what run would do, as JSON; does nothing"},
    {"batch", command_batch, "batch --in-each DIR --out-each DIR [OPTIONS] [--] COMMAND [ARG...]",
     "one payload over many inputs: a sandbox and a bundle each"},
    {"pack", command_pack, "pack -o DIR|FILE.tar COMMAND [--with PATH]...",
     "make a root directory, or an archive of one, of a program of the host"},
    {"verify", command_verify, "verify [OPTIONS] BUNDLE...",
     "check a bundle of evidence, read-only"},
    {"scan", command_scan, "scan [OPTIONS] PAYLOAD...",
     "what could a program or a Python source load or call?"},
    {"filter", command_filter, "filter list|show|compile|digest [NAME|FILE.json]",
     "look at and compile seccomp profiles"},
    {"image", command_image, "image add|list|verify|prune [FILE[:NAME]|ID...]",
     "the cache of container images"},
    {"cache", command_cache, "cache list|verify|prune [ID...]",
     "what is kept: images, and roots of the host's programs"},
    {"help", command_help, "help [COMMAND]", "this text, or the options of a command"},
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static int show_help(void)
{
    puts("usage: denybox COMMAND [OPTIONS]\n\n"
         "Runs one program in a deny-by-default sandbox whose walls were proved first.\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  denybox %s\n      %s\n", commands[i].synopsis, commands[i].help);
    puts("\nEach command has --help. Exit status of run: the payload's own, or");
#define EXITCODE(symbol, number, meaning)                                                          \
    if ((number) != 0)                                                                             \
        help_status(number, meaning);
#include "base/exitcode.def"
#undef EXITCODE
    puts("\nManual: denybox(1), denybox-attest(1), denybox-batch(1), denybox-check(1),\n"
         "denybox-image(1), denybox-scan(1), denybox-verify(1), denybox-probes(7), "
         "denybox-evidence(5),\n"
         "denybox-seccomp(5).");
    return EXIT_OK;
}

/* A descriptor of ours at 0, 1 or 2 would be the payload's standard input or output. */
static bool fill_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    }
    return true;
}

/* The row of a command, or N_COMMANDS. */
static size_t find_command(const char *name)
{
    size_t i = 0;

    while (i < N_COMMANDS && strcmp(name, commands[i].name) != 0)
        i++;
    return i;
}

static int refuse(const char *word)
{
    struct near near = {0};
    struct error e;

    if (word == NULL)
        error_set(&e, EXIT_DENYBOX, "cannot start: no command given");
    else
        error_set(&e, EXIT_DENYBOX, "cannot start: '%s' is not a command", text_show(word));
    for (size_t i = 0; word != NULL && i < N_COMMANDS; i++)
        near_try(&near, word, strlen(word), commands[i].name);
    if (near.name != NULL)
        error_hint(&e, "did you mean %s? denybox --help lists the commands", near.name);
    else if (word != NULL && strchr(word, '/') != NULL)
        error_hint(&e, "a program is started by denybox run -- %s", text_show(word));
    else
        error_hint(&e, "denybox --help lists the commands");
    error_print(&e);
    return EXIT_DENYBOX;
}

/* "help COMMAND" is "COMMAND --help". */
static int command_help(int argc, char **argv)
{
    char option[] = "--help";
    char *words[] = {option, NULL};
    size_t i = argc > 0 ? find_command(argv[0]) : 0;

    if (argc == 0 || help_asked(argv[0]) || strcmp(argv[0], "help") == 0)
        return show_help();
    return i < N_COMMANDS ? commands[i].run(1, words) : refuse(argv[0]);
}

int main(int argc, char **argv)
{
    const char *word = argc >= 2 ? argv[1] : NULL;
    struct error e;
    size_t i;

    wipe_note(argv, environ);
    /* A reader of ours that has gone is an error like any other; the payload gets the default. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (!fill_standard_descriptors()) {
        error_errno(&e, EXIT_DENYBOX, errno, "cannot fill a standard descriptor with /dev/null");
        error_print(&e);
        return EXIT_DENYBOX;
    }
    if (word == NULL)
        return refuse(NULL);
    if (strcmp(word, "--version") == 0) {
        puts("denybox " PACKAGE_VERSION);
        return EXIT_OK;
    }
    if (help_asked(word))
        return show_help();
    i = find_command(word);
    return i < N_COMMANDS ? commands[i].run(argc - 2, argv + 2) : refuse(word);
}
