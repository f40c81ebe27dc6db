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

bool message_wait(int fd, enum message_kind kind)
{
    struct head head;
    ssize_t n;

    do
        n = read(fd, &head, sizeof head);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof head && head.kind == (int)kind;
}

/* What stands before the bytes of the texts. A length of ABSENT: the text could not be read. */
struct findings_head {
    struct fact fact[N_PROBES];
    size_t length[N_RAWS];
};

#define ABSENT SIZE_MAX

bool message_send_findings(int fd, const struct findings *f)
{
    static unsigned char bytes[MESSAGE_MAX];
    struct findings_head head;
    size_t used = sizeof head;

    memcpy(head.fact, f->fact, sizeof head.fact);
    for (int i = 0; i < N_RAWS; i++) {
        const struct raw *raw = &f->raw[i];

        head.length[i] = raw->bytes != NULL ? raw->length : ABSENT;
        if (raw->bytes == NULL)
            continue;
        if (raw->length > sizeof bytes - used) {
            errno = EMSGSIZE;
            return false;
        }
        memcpy(bytes + used, raw->bytes, raw->length);
        used += raw->length;
    }
    memcpy(bytes, &head, sizeof head);
    return message_send(fd, MESSAGE_FINDINGS, 0, bytes, used);
}

static bool take_text(struct raw *raw, const unsigned char **next, size_t *left, size_t length)
{
    if (length == ABSENT)
        return true;
    if (length > *left)
        return false;
    raw->bytes = malloc(length + 1);
    if (raw->bytes == NULL)
        return false;
    memcpy(raw->bytes, *next, length);
    raw->bytes[length] = '\0';
    raw->length = length;
    *next += length;
    *left -= length;
    return true;
}

/* What is counted and printed later must stay within its bounds, whoever filled it in. */
static bool facts_hold(const struct fact *facts)
{
    for (int i = 0; i < N_PROBES; i++) {
        if (facts[i].n < 0 || facts[i].n > OBSERVATIONS_MAX)
            return false;
        for (int j = 0; j < facts[i].n; j++) {
            const struct observation *o = &facts[i].observed[j];

            if (memchr(o->label, '\0', sizeof o->label) == NULL)
                return false;
        }
    }
    return true;
}

bool message_take_findings(const struct message *m, struct findings *f)
{
    struct findings_head head;
    const unsigned char *next = m->bytes + sizeof head;
    size_t left = m->length - sizeof head;

    if (m->kind != MESSAGE_FINDINGS || m->length < sizeof head)
        return false;
    memcpy(&head, m->bytes, sizeof head);
    memcpy(f->fact, head.fact, sizeof head.fact);
    if (!facts_hold(f->fact))
        return false;
    for (int i = 0; i < N_RAWS; i++) {
        if (!take_text(&f->raw[i], &next, &left, head.length[i]))
            return false;
    }
    return left == 0;
}
