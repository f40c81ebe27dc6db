/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_CHANNEL_H
#define DENYBOX_LAUNCH_CHANNEL_H

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
    MESSAGE_NETWORK,  /* from init: the network namespace is there */
    MESSAGE_ROOT,     /* from the payload-to-be: the root stands */
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

#define MESSAGE_MAX 65536

struct message {
    enum message_kind kind;
    int number;
    size_t length;
    pid_t sender;               /* as the receiver sees it; set by the kernel */
    const unsigned char *bytes; /* valid until the next message_receive */
};

/* Sends one message. False with errno set. */
bool message_send(int fd, enum message_kind kind, int number, const void *bytes, size_t length);

/* Receives one. False at end of file (errno 0) and on error (errno set). */
bool message_receive(int fd, struct message *m);

/* Waits for one message of this kind by read(2), which every profile allows. False for any other.
 */
bool message_wait(int fd, enum message_kind kind);

/* Sends *f in one message: the facts, the lengths of the raw texts, and their bytes one after the
 * other. One message is one switch to the launcher. False with errno set (EMSGSIZE: too much). */
bool message_send_findings(int fd, const struct findings *f);

/* Takes it apart into *f, which was zero-initialised. False when it is not well-formed. */
bool message_take_findings(const struct message *m, struct findings *f);

#endif
