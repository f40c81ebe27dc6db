/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts to talk to anybody. The only address in here is 127.0.0.1. */
#include "escape.h"

#include <fcntl.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_in loopback(long port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

const char *try_connect_tcp(void)
{
    struct sockaddr_in to = loopback(place.port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return answer(fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof to));
}

const char *try_send_udp(void)
{
    struct sockaddr_in to = loopback(place.port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    return answer(fd < 0 ? -1 : sendto(fd, "escaped", 7, 0, (struct sockaddr *)&to, sizeof to));
}

const char *try_listen_tcp(void)
{
    struct sockaddr_in any = loopback(0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
        return answer(-1);
    return answer(listen(fd, 1));
}

/* The name that the host listens at, by stream and by datagram: the mark. */
static socklen_t abstract_name(struct sockaddr_un *name)
{
    size_t length = strlen(place.mark);

    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(name->sun_path + 1, place.mark, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

const char *try_connect_abstract(void)
{
    struct sockaddr_un to;
    socklen_t length = abstract_name(&to);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return answer(fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, length));
}

const char *try_connect_in_input(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof to.sun_path, "%.100s", IN("socket"));
    return answer(fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof to));
}

const char *try_send_by_pair(void)
{
    struct sockaddr_un to;
    socklen_t length = abstract_name(&to);
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
        return "no pair";
    to.sun_path[1 + strlen(place.mark)] = '.'; /* where datagrams are taken */
    return answer(sendto(pair[0], "escaped", 7, 0, (struct sockaddr *)&to, length + 1));
}

const char *try_pass_descriptor(void)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
                          .cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS}};
    char byte = 'x';
    struct iovec words = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &words,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return "no pair";
    return answer(sendmsg(pair[0], &message, 0));
}

const char *try_interface_name(void)
{
    struct ifreq request = {.ifr_ifindex = 1};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return "no pair";
    return answer(ioctl(pair[0], SIOCGIFNAME, &request));
}

const char *try_shared_memory(void)
{
    int id = shmget((key_t)place.key, 0, 0);
    char *map = id < 0 ? (char *)-1 : shmat(id, NULL, 0);

    if ((intptr_t)map == -1)
        return answer(-1);
    strcpy(map, "escaped");
    return WORKS;
}

const char *try_posix_queue(void)
{
    struct mq_attr small = {.mq_maxmsg = 1, .mq_msgsize = 16};
    mqd_t queue = mq_open("/denybox-escape", O_RDWR | O_CREAT | O_CLOEXEC, 0600, &small);

    if (queue == (mqd_t)-1)
        return answer(-1);
    mq_unlink("/denybox-escape");
    return WORKS;
}
