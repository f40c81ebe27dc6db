/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <asm/termbits.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attest/boundary.h"
#include "base/io.h"

void probe_terminal(const struct attest_config *config, struct findings *f)
{
    static const char *const names[] = {"0", "1", "2"};
    struct fact *fact = &f->fact[DX_TTY];

    (void)config;
    for (long fd = 0; fd < 3; fd++) {
        struct termios t;

        observe_call(fact, names[fd], syscall(SYS_ioctl, fd, 0x5401UL /* TCGETS */, &t));
    }
    fact->control = control_getpid();
}

void probe_securebits(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_CAPS];
    int bits = prctl(PR_GET_SECUREBITS, 0UL, 0UL, 0UL, 0UL);

    (void)config;
    observe_value(fact, "securebits", bits < 0 ? NOT_OBSERVED : bits);
}

void probe_session(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_SESSION];

    observe_value(fact, "session",
                  getsid(0) == (config->process != 0 ? config->process : getpid()) ? 0 : EPERM);
    fact->control = control_getpid();
}

static void read_text(int proc, const char *path, struct raw *raw)
{
    struct buf text = {0};

    if (proc < 0 || !io_read_file(proc, path, RAW_TEXT_MAX, &text)) {
        buf_free(&text);
        return;
    }
    raw->length = text.length;
    raw->bytes = text.data != NULL ? text.data : strdup("");
}

/* By name alone: '=' sorts after the digits, and would put A1 before A. */
static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a;
    const char *y = *(char *const *)b;
    size_t x_length = strcspn(x, "=");
    size_t y_length = strcspn(y, "=");
    int order = memcmp(x, y, x_length < y_length ? x_length : y_length);

    return order != 0 ? order : (x_length > y_length) - (x_length < y_length);
}

/* The names of the variables, sorted, each followed by a NUL. */
static void list_env(char *const *env, struct raw *raw)
{
    struct buf keys = {0};
    size_t n = 0;
    const char **sorted;

    while (env[n] != NULL)
        n++;
    sorted = calloc(n + 1, sizeof *sorted);
    if (sorted == NULL)
        return;
    memcpy(sorted, env, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_names);
    for (size_t i = 0; i < n; i++) {
        buf_add(&keys, sorted[i], strcspn(sorted[i], "="));
        buf_add(&keys, "", 1);
    }
    free(sorted);
    if (keys.failed)
        return;
    raw->length = keys.length;
    raw->bytes = keys.data != NULL ? keys.data : strdup("");
}

/* The control of what is judged from a text: the text was there. What must be in it, the judge
 * says. */
static void note_controls(struct findings *f)
{
    static const struct {
        enum probe probe;
        enum raw_kind raw;
    } rows[] = {
        {PR_NET_2, RAW_NET_DEV},  {PR_MOUNT_1, RAW_MOUNTINFO}, {DX_CAPS, RAW_STATUS},
        {DX_SECCOMP, RAW_STATUS}, {DX_SIGNALS, RAW_STATUS},    {DX_IDS, RAW_STATUS},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        f->fact[rows[i].probe].control = f->raw[rows[i].raw].bytes != NULL ? 0 : ENODATA;
}

static bool has_path(char *const *env)
{
    while (*env != NULL && strncmp(*env, "PATH=", 5) != 0)
        env++;
    return *env != NULL;
}

void probe_texts(const struct attest_config *config, struct findings *f)
{
    /* "self" is resolved by this procfs: it is this process in this process's namespace. */
    read_text(config->proc, "self/mountinfo", &f->raw[RAW_MOUNTINFO]);
    read_text(config->proc, "self/net/dev", &f->raw[RAW_NET_DEV]);
    read_text(config->proc, "self/status", &f->raw[RAW_STATUS]);
    list_env(config->env, &f->raw[RAW_ENV_KEYS]);
    note_controls(f);
    f->fact[PR_ENV_1].control = has_path(config->env) ? 0 : ENODATA;
}
