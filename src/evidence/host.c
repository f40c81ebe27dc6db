/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/host.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/sha256.h"
#include "evidence/document.h"

/* A small file of the kernel without its line feed: false where there is none, or no memory, which
 * *value tells: null or NULL. */
static bool read_kernel_file(const char *path, struct buf *text, json_t **value)
{
    bool ok = io_read_file(AT_FDCWD, path, 4096, text);

    *value = ok || errno == ENOMEM ? NULL : json_null();
    while (ok && text->length != 0 && text->data[text->length - 1] == '\n')
        text->length--;
    return ok;
}

static json_t *kernel_file(const char *path)
{
    struct buf text = {0};
    json_t *value;

    if (read_kernel_file(path, &text, &value))
        value = document_text(buf_text(&text), text.length);
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

json_t *host_boot_json(void)
{
    struct buf text = {0};
    char digest[DIGEST_TEXT_SIZE];
    json_t *value;

    if (read_kernel_file("/proc/sys/kernel/random/boot_id", &text, &value))
        value = json_string(sha256_text(digest, buf_text(&text), text.length));
    buf_free(&text);
    return value;
}
