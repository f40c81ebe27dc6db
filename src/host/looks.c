/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "host/delegation.h"
#include "host/tries.h"

/* What --nofile has without being given, and the descriptor of the payload above it
 * (plan/option.def). */
#define NOFILE_NEEDED 1025

#define FOUND(f, ...) snprintf((f)->found, sizeof(f)->found, __VA_ARGS__)

void look_kernel(struct survey *s, struct finding *f)
{
    struct utsname name;

    (void)s;
    if (uname(&name) == 0)
        FOUND(f, "%s %s %s", name.sysname, text_show(name.release), name.machine);
}

/* A static program has no loader: the kernel hands over no base address of one. */
void look_launcher(struct survey *s, struct finding *f)
{
    bool is_static = getauxval(AT_BASE) == 0;

    (void)s;
    f->state = is_static ? STATE_OK : STATE_LESS;
    FOUND(f, "%s", is_static ? "static" : "dynamic: build with the static libraries installed");
}

void look_nofile(struct survey *s, struct finding *f)
{
    struct rlimit limit = {0};

    (void)s;
    getrlimit(RLIMIT_NOFILE, &limit);
    FOUND(f, "hard limit %llu, wanted %d", (unsigned long long)limit.rlim_max, NOFILE_NEEDED);
    if (limit.rlim_max >= NOFILE_NEEDED)
        return;
    f->state = STATE_MISSING;
    f->obstacle = OBSTACLE_NOFILE;
    f->refusal.call = CALL_FILES;
}

/* Delegated: the caller may make directories in it and move processes there. */
void look_cgroup(struct survey *s, struct finding *f)
{
    int mount = delegation_mount();
    struct delegation d;
    size_t used;

    if (!delegation_find(s->host->proc, mount, &d)) {
        f->state = STATE_LESS;
        f->obstacle = mount < 0 ? OBSTACLE_NO_CGROUP2 : OBSTACLE_CGROUP;
    }
    used = (size_t)FOUND(f, "%s", d.found);
    for (int c = 0; d.fd >= 0 && c < N_CONTROLLERS && used < sizeof f->found; c++) {
        if ((d.controllers & CONTROLLER_BIT(c)) != 0)
            used += (size_t)snprintf(f->found + used, sizeof f->found - used, "%s%s",
                                     c == 0 ? ": " : " ", controller_name((enum controller)c));
    }
    io_close(&d.fd);
    io_close(&mount);
}

static const char *number(char *text, size_t size, long long value)
{
    snprintf(text, size, "%lld", value);
    return value == SYSCTL_ABSENT ? "not there" : text;
}

void look_limits(struct survey *s, struct finding *f)
{
    size_t used = 0;
    char text[32];

    for (int i = 0; i < N_NAMESPACES && used < sizeof f->found; i++)
        used += (size_t)snprintf(f->found + used, sizeof f->found - used, "%s%s %s",
                                 i == 0 ? "" : ", ", namespace_name((enum namespace_kind)i),
                                 number(text, sizeof text, s->facts.max[i]));
}

void look_filter(struct survey *s, struct finding *f)
{
    if (s->facts.seccomp == 0)
        FOUND(f, "none%s", s->facts.no_new_privs ? "; no_new_privs is set" : "");
    else if (s->facts.seccomp < 0)
        FOUND(f, "cannot be told from /proc/self/status");
    else
        FOUND(f, "mode %d, %d filters%s%s", s->facts.seccomp, s->facts.filters,
              s->facts.no_new_privs ? "; no_new_privs is set" : "",
              s->facts.unit[0] != '\0' ? "; in a systemd unit" : "");
}

void look_apparmor(struct survey *s, struct finding *f)
{
    char restricted[32];

    if (s->facts.label[0] == '\0')
        FOUND(f, "not enabled");
    else
        FOUND(f, "this process: %s; kernel.apparmor_restrict_unprivileged_userns: %s",
              s->facts.label, number(restricted, sizeof restricted, s->facts.apparmor_userns));
}

void look_chroot(struct survey *s, struct finding *f)
{
    FOUND(f, "%s", s->facts.chroot ? "yes" : "none in sight");
}

void look_container(struct survey *s, struct finding *f)
{
    FOUND(f, "%s; %d mounts beneath /proc",
          s->facts.container[0] != '\0' ? s->facts.container : "no mark of one", s->facts.masked);
}

void look_hidepid(struct survey *s, struct finding *f)
{
    FOUND(f, "%s", s->facts.hidepid ? "set" : "not set");
}

void look_tiocsti(struct survey *s, struct finding *f)
{
    char text[32];

    FOUND(f, "dev.tty.legacy_tiocsti: %s%s", number(text, sizeof text, s->facts.tiocsti),
          s->facts.tiocsti == 0
              ? ""
              : "; 0 keeps every program from typing into a terminal: sudo sysctl "
                "-w dev.tty.legacy_tiocsti=0");
}

void look_yama(struct survey *s, struct finding *f)
{
    char text[32];

    FOUND(f, "kernel.yama.ptrace_scope: %s", number(text, sizeof text, s->facts.ptrace_scope));
}

void look_core(struct survey *s, struct finding *f)
{
    struct buf b = {0};

    if (s->host->sysctl >= 0 && io_read_file(s->host->sysctl, "kernel/core_pattern", 4096, &b))
        FOUND(f, "%s", buf_text(&b)[0] == '|' ? "a pipe to a program" : "a file");
    else
        FOUND(f, "not there");
    buf_free(&b);
}

static const char *limit_text(char *text, size_t size, int resource)
{
    struct rlimit limit = {0};

    getrlimit(resource, &limit);
    if (limit.rlim_max == RLIM_INFINITY)
        return "unlimited";
    snprintf(text, size, "%llu", (unsigned long long)limit.rlim_max);
    return text;
}

void look_rlimits(struct survey *s, struct finding *f)
{
    char files[32];
    char processes[32];
    char core[32];

    (void)s;
    FOUND(f, "nofile %s, nproc %s, core %s", limit_text(files, sizeof files, RLIMIT_NOFILE),
          limit_text(processes, sizeof processes, RLIMIT_NPROC),
          limit_text(core, sizeof core, RLIMIT_CORE));
}
