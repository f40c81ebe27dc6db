/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/sha256.h"
#include "evidence/document.h"

/* A small file of the kernel without its line feed, or null. */
static json_t *kernel_file(const char *path)
{
    struct buf text = {0};
    json_t *value = json_null();

    if (io_read_file(AT_FDCWD, path, 4096, &text)) {
        size_t length = text.length;

        while (length != 0 && text.data[length - 1] == '\n')
            length--;
        value = document_text(buf_text(&text), length);
    }
    buf_free(&text);
    return value;
}

json_t *venue_identity_json(void)
{
    struct utsname name;

    if (uname(&name) < 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "hostname", document_string(name.nodename),
                     "sysname", document_string(name.sysname), "release",
                     document_string(name.release), "version", document_string(name.version),
                     "machine", document_string(name.machine));
}

json_t *host_json(void)
{
    struct utsname name;

    if (uname(&name) < 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:{s:o, s:o, s:o}}", "kernel", document_string(name.release),
                     "machine", document_string(name.machine), "security_modules",
                     kernel_file("/sys/kernel/security/lsm"), "user_namespaces",
                     "kernel.unprivileged_userns_clone",
                     kernel_file("/proc/sys/kernel/unprivileged_userns_clone"),
                     "user.max_user_namespaces", kernel_file("/proc/sys/user/max_user_namespaces"),
                     "kernel.apparmor_restrict_unprivileged_userns",
                     kernel_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"));
}

void host_boot_digest(char *out)
{
    struct buf text = {0};

    out[0] = '\0';
    if (io_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text))
        sha256_text(out, buf_text(&text), strcspn(buf_text(&text), "\n"));
    buf_free(&text);
}
