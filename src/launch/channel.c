/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/channel.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"

struct head {
    int kind;
    int number;
};

/* write and not sendmsg: the call that every profile leaves to init and the payload-to-be. */
static bool send_bytes(int fd, const void *bytes, size_t length)
{
    ssize_t n;

    do
        n = write(fd, bytes, length);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)length;
}

bool message_send(int fd, enum message_kind kind, int number, const void *bytes, size_t length)
{
    unsigned char out[sizeof(struct head) + MESSAGE_SMALL];
    struct head head = {.kind = (int)kind, .number = number};

    if (length > MESSAGE_SMALL) {
        errno = EMSGSIZE;
        return false;
    }
    memcpy(out, &head, sizeof head);
    if (length != 0)
        memcpy(out + sizeof head, bytes, length);
    return send_bytes(fd, out, sizeof head + length);
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
    bool reset = false;
    ssize_t n;

    /* The kernel tells once of a peer that died with a message unread, before it hands out what
     * that peer had sent: unix_release_sock. */
    do {
        n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
        reset = reset || (n < 0 && errno == ECONNRESET);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n == 0) {
        errno = reset ? ECONNRESET : 0;
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

#define LINGER_NS 60000
#define SHARED_NS 20000 /* a yield that takes longer has let somebody else run */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void message_linger(struct pollfd *fds, nfds_t n)
{
    int64_t start = now_ns();
    int64_t before = start;

    while (poll(fds, n, 0) == 0 && before - start < LINGER_NS) {
        int64_t after;

        sched_yield();
        after = now_ns();
        if (after - before > SHARED_NS)
            return;
        before = after;
    }
}

/* A message that carries one descriptor and no bytes but its head. */
struct carrier {
    struct head head;
    struct iovec part;
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr header;
};

static void carrier_init(struct carrier *c)
{
    c->part = (struct iovec){.iov_base = &c->head, .iov_len = sizeof c->head};
    c->header = (struct msghdr){
        .msg_iov = &c->part,
        .msg_iovlen = 1,
        .msg_control = &c->control,
        .msg_controllen = sizeof c->control,
    };
}

bool message_send_descriptor(int fd, enum message_kind kind, int passed)
{
    struct carrier c = {.head = {.kind = (int)kind}};
    struct cmsghdr *header;
    ssize_t n;

    carrier_init(&c);
    header = CMSG_FIRSTHDR(&c.header);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
    do
        n = sendmsg(fd, &c.header, 0);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof c.head;
}

bool message_wait_descriptor(int fd, enum message_kind kind, int *passed)
{
    struct pollfd here = {.fd = fd, .events = POLLIN};
    struct carrier c = {0};
    const struct cmsghdr *header;
    ssize_t n;

    *passed = -1;
    carrier_init(&c);
    message_linger(&here, 1);
    do
        n = recvmsg(fd, &c.header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    header = n >= 0 ? CMSG_FIRSTHDR(&c.header) : NULL;
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof *passed))
        memcpy(passed, CMSG_DATA(header), sizeof *passed);
    if (n == (ssize_t)sizeof c.head && c.head.kind == (int)kind)
        return true;
    io_close(passed);
    return false;
}

/* What stands before the bytes of the texts. A length of ABSENT: the text could not be read. */
struct findings_head {
    struct fact fact[N_PROBES];
    size_t length[N_RAWS];
};

#define ABSENT SIZE_MAX

/* Built where it is sent from: each page that is touched once more costs as much as a call. */
bool message_send_findings(int fd, const struct findings *f)
{
    static struct {
        struct head head;
        struct findings_head findings;
        unsigned char texts[MESSAGE_MAX - sizeof(struct findings_head)];
    } out;
    size_t used = 0;

    out.head.kind = (int)MESSAGE_FINDINGS;
    memcpy(out.findings.fact, f->fact, sizeof out.findings.fact);
    for (int i = 0; i < N_RAWS; i++) {
        const struct raw *raw = &f->raw[i];

        out.findings.length[i] = raw->bytes != NULL ? raw->length : ABSENT;
        if (raw->bytes == NULL)
            continue;
        if (raw->length > sizeof out.texts - used) {
            errno = EMSGSIZE;
            return false;
        }
        memcpy(out.texts + used, raw->bytes, raw->length);
        used += raw->length;
    }
    return send_bytes(fd, &out, offsetof(__typeof__(out), texts) + used);
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

            if (memchr(o->label, '\0', sizeof o->label) == NULL || !text_is_printable(o->label))
                return false;
        }
    }
    return true;
}

bool message_take_findings(const struct message *m, struct findings *f)
{
    const unsigned char *next = m->bytes + sizeof(struct findings_head);
    size_t left = m->length - sizeof(struct findings_head);
    size_t length[N_RAWS];

    if (m->kind != MESSAGE_FINDINGS || m->length < sizeof(struct findings_head))
        return false;
    memcpy(f->fact, m->bytes + offsetof(struct findings_head, fact), sizeof f->fact);
    memcpy(length, m->bytes + offsetof(struct findings_head, length), sizeof length);
    if (!facts_hold(f->fact))
        return false;
    for (int i = 0; i < N_RAWS; i++) {
        if (!take_text(&f->raw[i], &next, &left, length[i]))
            return false;
    }
    return left == 0;
}
