/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ATTEST_BOUNDARY_H
#define DENYBOX_ATTEST_BOUNDARY_H

#include "attest/attest.h"

/* One function a probe, in the file of its boundary; attest.c has the table. */
typedef void probe_function(const struct attest_config *config, struct findings *f);

probe_function probe_net_connect, probe_socket;                       /* network.c */
probe_function probe_write_in, probe_write_etc, probe_write_root_app, /* files.c */
    probe_write_out, probe_docker_socket, probe_host_paths, probe_descriptors;
probe_function probe_execve, probe_seal, probe_ptrace;                     /* programs.c */
probe_function probe_clone_ns, probe_clone3, probe_io_uring, probe_kernel, /* kernel.c */
    probe_keyring, probe_personality, probe_inject;
probe_function probe_terminal, probe_securebits, probe_session, probe_texts; /* identity.c */
void probe_foreign_abi(struct findings *f);                                  /* abi.c */

/* Notes that a system call returned `result`: 0 and up is success, else errno is kept. */
void observe_call(struct fact *fact, const char *label, long result);

/* Notes a value that is not the result of a call. */
void observe_value(struct fact *fact, const char *label, int value);

/* The control of the denials that a filter makes: a harmless call still works. */
int control_getpid(void);

#endif
