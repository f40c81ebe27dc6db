/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attest/attest.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "attest/boundary.h"

static const struct {
    enum probe probe;
    probe_function *run;
} table[] = {
    {PR_NET_1, probe_net_connect},       {PR_SOCK_1, probe_socket},
    {PR_FS_RO_IN, probe_write_in},       {PR_FS_ESC_1, probe_write_etc},
    {PR_FS_ESC_2, probe_write_root_app}, {PR_FS_OUT_OK, probe_write_out},
    {PR_EXEC_1, probe_execve},           {PR_SOCK_DOCKER, probe_docker_socket},
    {PR_PTRACE_1, probe_ptrace},         {DX_SEAL, probe_seal},
    {DX_CLONE_NS, probe_clone_ns},       {DX_CLONE3, probe_clone3},
    {DX_IOURING, probe_io_uring},        {DX_KERNEL, probe_kernel},
    {DX_KEYRING, probe_keyring},         {DX_PERSONALITY, probe_personality},
    {DX_INJECT, probe_inject},           {DX_TTY, probe_terminal},
    {DX_HOSTPATH, probe_host_paths},     {DX_FDS, probe_descriptors},
    {DX_CAPS, probe_securebits},         {DX_SESSION, probe_session},
};

/* PR-NET-2, PR-ENV-1, PR-MOUNT-1 and the DX rows of status are judged from these texts alone. */

void observe_value(struct fact *fact, const char *label, int value)
{
    struct observation *o;

    if (fact->n == OBSERVATIONS_MAX)
        return;
    o = &fact->observed[fact->n++];
    snprintf(o->label, sizeof o->label, "%s", label);
    o->value = value;
}

void observe_call(struct fact *fact, const char *label, long result)
{
    observe_value(fact, label, result < 0 ? errno : 0);
}

int control_getpid(void)
{
    return getpid() > 0 ? 0 : ESRCH;
}

void attest_forking(struct findings *f)
{
    probe_foreign_abi(f);
}

bool attest_one(enum probe probe, const struct attest_config *config, struct findings *f)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].probe == probe) {
            table[i].run(config, f);
            return true;
        }
    }
    return false;
}

void attest_texts(const struct attest_config *config, struct findings *f)
{
    probe_texts(config, f);
}

void attest_rest(const struct attest_config *config, struct findings *f)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        table[i].run(config, f);
    probe_texts(config, f);
}
