/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attest/boundary.h"

/* The errno of socket() or else of connect(); 0 when both succeed. */
static int try_connect(const char *target, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result;

    if (fd < 0)
        return errno;
    inet_pton(AF_INET, target, &address.sin_addr);
    result = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(fd);
    return result;
}

/*
 * Connecting a datagram socket makes the kernel look for a route and sends nothing, so it is tried
 * first. Only where that was refused is the stream form tried, which then has no route either.
 */
void probe_net_connect(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_NET_1];
    int datagram = try_connect(config->target, SOCK_DGRAM);

    observe_value(fact, "datagram", datagram);
    if (datagram != 0)
        observe_value(fact, "stream", try_connect(config->target, SOCK_STREAM));
    fact->control = control_getpid();
}

void probe_socket(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_SOCK_1];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)config;
    observe_call(fact, "socket", fd);
    if (fd >= 0)
        close(fd);
    fact->control = control_getpid();
}
