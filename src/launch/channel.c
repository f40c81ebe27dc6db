/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/channel.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    int kind;
    int number;
};

bool message_send(int fd, enum message_kind kind, int number, const void *bytes, size_t length)
{
    static unsigned char out[sizeof(struct head) + MESSAGE_MAX];
    struct head head = {.kind = (int)kind, .number = number};
    ssize_t n;

    if (length > MESSAGE_MAX) {
        errno = EMSGSIZE;
        return false;
    }
    memcpy(out, &head, sizeof head);
    if (length != 0)
        memcpy(out + sizeof head, bytes, length);
    /* write and not sendmsg: the call that every profile leaves to init and the payload-to-be. */
    do
        n = write(fd, out, sizeof head + length);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)(sizeof head + length);
}

static pid_t sender_of(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        struct ucred credentials;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
            continue;
        memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
        return credentials.pid;
    }
    return 0;
}

bool message_receive(int fd, struct message *m)
{
    static unsigned char bytes[MESSAGE_MAX];
    union {
        char room[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct head head;
    struct iovec parts[2] = {
        {.iov_base = &head, .iov_len = sizeof head},
        {.iov_base = bytes, .iov_len = sizeof bytes},
    };
    struct msghdr header = {
        .msg_iov = parts,
        .msg_iovlen = 2,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t n;

    do
        n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    /* A peer that died with unread data in its own queue is a reset, not an error of ours. */
    if (n == 0 || (n < 0 && errno == ECONNRESET)) {
        errno = 0;
        return false;
    }
    if (n < (ssize_t)sizeof head || (header.msg_flags & MSG_TRUNC) != 0) {
        errno = n < 0 ? errno : EPROTO;
        return false;
    }
    *m = (struct message){
        .kind = (enum message_kind)head.kind,
        .number = head.number,
        .length = (size_t)n - sizeof head,
        .sender = sender_of(&header),
        .bytes = bytes,
    };
    return true;
}

bool message_wait_go(int fd)
{
    struct head head;
    ssize_t n;

    do
        n = read(fd, &head, sizeof head);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof head && head.kind == MESSAGE_GO;
}

bool message_send_findings(int fd, const struct findings *f)
{
    for (int i = 0; i < N_RAWS; i++) {
        const struct raw *raw = &f->raw[i];

        if (!message_send(fd, raw->bytes != NULL ? MESSAGE_RAW : MESSAGE_RAW_NONE, i, raw->bytes,
                          raw->bytes != NULL ? raw->length : 0))
            return false;
    }
    return message_send(fd, MESSAGE_FACTS, 0, f->fact, sizeof f->fact);
}

bool message_take_finding(const struct message *m, struct findings *f)
{
    struct raw *raw;

    if (m->kind == MESSAGE_FACTS && m->length == sizeof f->fact) {
        memcpy(f->fact, m->bytes, sizeof f->fact);
        return true;
    }
    if (m->number < 0 || m->number >= N_RAWS)
        return false;
    raw = &f->raw[m->number];
    if (m->kind != MESSAGE_RAW || raw->bytes != NULL)
        return m->kind == MESSAGE_RAW_NONE;
    raw->bytes = malloc(m->length + 1);
    if (raw->bytes == NULL)
        return false;
    memcpy(raw->bytes, m->bytes, m->length);
    raw->bytes[m->length] = '\0';
    raw->length = m->length;
    return true;
}
