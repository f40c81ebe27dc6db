/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"

bool host_open(struct host *h, struct error *e)
{
    const int directory = O_PATH | O_DIRECTORY | O_CLOEXEC;

    h->proc = sys_openat(AT_FDCWD, "/proc", directory, 0);
    h->sysctl = -1;
    if (h->proc < 0 || faccessat(h->proc, "self/status", R_OK, AT_EACCESS) != 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot read /proc of the host");
        io_close(&h->proc);
        return error_hint(e, "no procfs is mounted there; mend: sudo mount -t proc proc /proc");
    }
    h->sysctl = sys_openat(h->proc, "sys", directory, 0);
    return true;
}

void host_close(struct host *h)
{
    io_close(&h->sysctl);
    io_close(&h->proc);
}
