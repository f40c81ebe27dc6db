/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_BPF_INTERP_H
#define DENYBOX_TESTS_BPF_INTERP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The tests' own interpreter of classic BPF over a system call, so that a filter is tested without
 * being installed, and for a machine other than this one. It knows the opcodes seccomp knows and
 * aborts on every other one, on an access outside of struct seccomp_data, and on a jump out of the
 * program.
 */

/* The filter's verdict. Where `steps` is not NULL it counts the instructions that were run. */
uint32_t bpf_run(const struct sock_filter *code, unsigned short length,
                 const struct seccomp_data *data, unsigned *steps);

/*
 * Would the kernel find that the call is allowed whatever its arguments are, and skip the filter?
 * As its seccomp_is_const_allow: only loads of number and machine, jumps and AND with constants.
 */
bool bpf_const_allow(const struct sock_filter *code, unsigned short length, uint32_t arch, int nr);

/* Would the kernel load it? As its bpf_check_classic and seccomp_check_filter. */
bool bpf_loadable(const struct sock_filter *code, unsigned short length);

#endif
