/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_COMMANDS_H
#define DENYBOX_CMD_COMMANDS_H

/* One function a command; each returns the exit status of the program. argv are the words after the
 * command's name. */
int command_run(int argc, char **argv);
int command_attest(int argc, char **argv);
int command_check(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_batch(int argc, char **argv);
int command_pack(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_scan(int argc, char **argv);
int command_filter(int argc, char **argv);
int command_cache(int argc, char **argv);
int command_image(int argc, char **argv);

#endif
