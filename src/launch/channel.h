/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_CHANNEL_H
#define DENYBOX_LAUNCH_CHANNEL_H

#include <poll.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/error.h"
#include "rules/probe.h"

/*
 * Messages between the launcher and its two children: SOCK_SEQPACKET, so each arrives whole or not
 * at all, in one call, and end-of-file says that the other side is gone.
 */

enum message_kind {
    MESSAGE_ERROR = 1, /* from either child: struct error */
    /* What is waited for has a kind of its own: what comes at the wrong time opens nothing. */
    MESSAGE_MAPPED,   /* from the launcher, to either child: the ids are mapped */
    MESSAGE_NETWORK,  /* from init, with a descriptor: the network namespace */
    MESSAGE_ROOT,     /* from the payload-to-be, with the probes' procfs: the root stands */
    MESSAGE_STANDS,   /* from init: everything stands */
    MESSAGE_OPEN,     /* from the launcher: the gate is open */
    MESSAGE_READY,    /* from init: everything dropped, filter loaded; number: is it dumpable */
    MESSAGE_HELLO,    /* from the payload-to-be: all walls are up; number: Landlock's ABI; the
                         host name it sees */
    MESSAGE_FINDINGS, /* from the payload-to-be: struct findings, see message_send_findings */
    MESSAGE_STOPPED,  /* from init: the payload is stopped inside its exec */
    MESSAGE_ENDED,    /* from init: struct ended */
};

struct ended {
    int code;   /* CLD_EXITED, CLD_KILLED or CLD_DUMPED */
    int status; /* exit status or signal */
    struct rusage usage;
};

/* The most that findings, and everything else, may hold, in bytes. */
#define MESSAGE_MAX 65536
#define MESSAGE_SMALL 2048

_Static_assert(sizeof(struct error) <= MESSAGE_SMALL, "an error would be lost on its way");

struct message {
    enum message_kind kind;
    int number;
    size_t length;
    pid_t sender;               /* as the receiver sees it; set by the kernel */
    const unsigned char *bytes; /* valid until the next message_receive */
};

/* Sends one message of at most MESSAGE_SMALL bytes. False with errno set (EMSGSIZE: too much). */
bool message_send(int fd, enum message_kind kind, int number, const void *bytes, size_t length);

/* Receives one. False at end of file (errno 0, or ECONNRESET where the peer has died with a message
 * unread) and on error (errno set). */
bool message_receive(int fd, struct message *m);

/* Waits for one message of this kind by read(2), which every profile allows. False for any other.
 */
bool message_wait(int fd, enum message_kind kind);

/* Sends one message that brings a copy of the descriptor `passed`. False with errno set. */
bool message_send_descriptor(int fd, enum message_kind kind, int passed);

/* Waits for one message of this kind; *passed is the descriptor that it brings, close-on-exec and
 * the caller's, or -1. False for any other, with *passed -1. Not under a filter: it lingers. */
bool message_wait_descriptor(int fd, enum message_kind kind, int *passed);

/*
 * Looks for events, as poll(2), for a fraction of a millisecond without sleeping: to be woken takes
 * longer than most of what is waited for here, above all on virtual machines. Gives up as soon as
 * somebody else wants this processor. The caller then waits as it would have.
 */
void message_linger(struct pollfd *fds, nfds_t n);

/* Sends *f in one message: the facts, the lengths of the raw texts, and their bytes one after the
 * other. One message is one switch to the launcher. False with errno set (EMSGSIZE: too much). */
bool message_send_findings(int fd, const struct findings *f);

/* Takes it apart into *f, which was zero-initialised. False when it is not well-formed. */
bool message_take_findings(const struct message *m, struct findings *f);

#endif
