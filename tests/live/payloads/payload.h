/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LIVE_PAYLOAD_H
#define DENYBOX_LIVE_PAYLOAD_H

/*
 * The payload of the live tests: one static program, an applet a file. What an applet tries it
 * prints, one "name result" a line, where the result is a number or the name of an errno; what the
 * result must be is written in the tests.
 */

/* "ok" for what is not negative, else errno's name. */
const char *result_name(long result);

/* Prints one line. */
void report(const char *what, long result);

/* calls.c: system calls written as words, see there. */
int calls_main(int argc, char **argv);
/* show.c: what this process is, as the kernel says it. */
int show_main(int argc, char **argv);
/* exec.c: every way to start a program. */
int exec_main(int argc, char **argv);
/* memory.c */
int mapexec_main(int argc, char **argv);
int memory_main(int argc, char **argv);
int hog_main(int argc, char **argv);
int deep_main(int argc, char **argv);
/* processes.c */
int forks_main(int argc, char **argv);
int threads_main(int argc, char **argv);
int daemon_main(int argc, char **argv);
int abi_main(int argc, char **argv);
int init_main(int argc, char **argv);
int family_main(int argc, char **argv);
int bomb_main(int argc, char **argv);
/* output.c */
int flood_main(int argc, char **argv);
int text_main(int argc, char **argv);
/* files.c */
int fill_main(int argc, char **argv);
int descriptors_main(int argc, char **argv);

#endif
