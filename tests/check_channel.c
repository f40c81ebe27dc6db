/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static int ends[2]; /* [0] receives */
static struct message m;

static void start(void)
{
    int on = 1;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ck_assert_int_eq(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
}

static void finish(void)
{
    close(ends[0]);
    close(ends[1]);
}

static unsigned char *pattern(size_t length)
{
    unsigned char *bytes = malloc(length + 1);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)(i * 7 % 253);
    return bytes;
}

static const struct sent {
    enum message_kind kind;
    int number;
    size_t length;
} sent[] = {
    {MESSAGE_OPEN, 0, 0},
    {MESSAGE_READY, 0, 0},
    {MESSAGE_HELLO, 7, 0},
    {MESSAGE_HELLO, -1, 0},
    {MESSAGE_ERROR, 0, sizeof(struct error)},
    {MESSAGE_ENDED, 0, sizeof(struct ended)},
    {MESSAGE_STOPPED, 1 << 30, 1},
    {MESSAGE_FINDINGS, 0, MESSAGE_SMALL - 1},
    {MESSAGE_FINDINGS, 0, MESSAGE_SMALL},
};

START_TEST(a_message_arrives_whole)
{
    unsigned char *bytes = pattern(sent[_i].length);

    ck_assert(message_send(ends[1], sent[_i].kind, sent[_i].number, bytes, sent[_i].length));
    ck_assert(message_receive(ends[0], &m));
    ck_assert_int_eq((int)m.kind, (int)sent[_i].kind);
    ck_assert_int_eq(m.number, sent[_i].number);
    ck_assert_uint_eq(m.length, sent[_i].length);
    ck_assert_int_eq(m.sender, getpid());
    if (m.length != 0)
        ck_assert_mem_eq(m.bytes, bytes, m.length);
    free(bytes);
}
END_TEST

START_TEST(messages_keep_their_order)
{
    for (int i = 0; i < 5; i++)
        ck_assert(message_send(ends[1], MESSAGE_HELLO, i, "abcde", (size_t)i));
    for (int i = 0; i < 5; i++) {
        ck_assert(message_receive(ends[0], &m));
        ck_assert_int_eq(m.number, i);
        ck_assert_uint_eq(m.length, (size_t)i);
    }
}
END_TEST

START_TEST(too_much_is_not_sent)
{
    unsigned char *bytes = pattern(MESSAGE_SMALL + 1);

    errno = 0;
    ck_assert(!message_send(ends[1], MESSAGE_FINDINGS, 0, bytes, MESSAGE_SMALL + 1));
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_int_eq(recv(ends[0], bytes, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
    free(bytes);
}
END_TEST

/* What message_send would not make: shorter than its head, or longer than a message may be. */
static const size_t lengths[] = {1, 4, 7, 8 + MESSAGE_MAX + 1, 8 + 2 * MESSAGE_MAX};

START_TEST(what_is_no_message_is_refused)
{
    unsigned char *bytes = pattern(lengths[_i]);

    ck_assert_int_eq(send(ends[1], bytes, lengths[_i], 0), (ssize_t)lengths[_i]);
    ck_assert(!message_receive(ends[0], &m));
    ck_assert_int_eq(errno, EPROTO);
    free(bytes);
}
END_TEST

START_TEST(the_end_is_seen)
{
    ck_assert(message_send(ends[1], MESSAGE_HELLO, 1, NULL, 0));
    close(ends[1]);
    ck_assert(message_receive(ends[0], &m));
    errno = ENOTTY;
    ck_assert(!message_receive(ends[0], &m));
    ck_assert_int_eq(errno, 0);
    ends[1] = -1;
}
END_TEST

/* The other side died with a message of ours unread: that is an end as well. */
START_TEST(a_reset_is_an_end)
{
    ck_assert(message_send(ends[0], MESSAGE_OPEN, 0, NULL, 0));
    close(ends[1]);
    ends[1] = -1;
    errno = ENOTTY;
    ck_assert(!message_receive(ends[0], &m));
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert(!message_receive(ends[0], &m));
    ck_assert_int_eq(errno, 0);
}
END_TEST

/* What it had said before is not lost with it. */
START_TEST(the_last_word_is_heard)
{
    ck_assert(message_send(ends[0], MESSAGE_OPEN, 0, NULL, 0));
    ck_assert(message_send(ends[1], MESSAGE_ERROR, 3, "abc", 3));
    close(ends[1]);
    ends[1] = -1;
    ck_assert(message_receive(ends[0], &m));
    ck_assert_int_eq((int)m.kind, MESSAGE_ERROR);
    ck_assert_int_eq(m.number, 3);
    ck_assert(!message_receive(ends[0], &m));
}
END_TEST

START_TEST(a_bad_descriptor_is_an_error)
{
    ck_assert(!message_receive(-1, &m));
    ck_assert_int_eq(errno, EBADF);
    ck_assert(!message_send(-1, MESSAGE_OPEN, 0, NULL, 0));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* The kernel says who sent it, not the sender. */
START_TEST(the_sender_is_known)
{
    pid_t child = fork();

    if (child == 0)
        _exit(message_send(ends[1], MESSAGE_HELLO, 4, NULL, 0) ? 0 : 1);
    ck_assert(message_receive(ends[0], &m));
    ck_assert_int_eq(m.sender, child);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(go_is_waited_for)
{
    ck_assert(message_send(ends[0], MESSAGE_OPEN, 0, NULL, 0));
    ck_assert(message_wait(ends[1], MESSAGE_OPEN));
    for (int kind = 0; kind <= MESSAGE_ENDED; kind++) {
        if (kind == MESSAGE_OPEN)
            continue;
        ck_assert(message_send(ends[0], (enum message_kind)kind, 0, NULL, 0));
        ck_assert(!message_wait(ends[1], MESSAGE_OPEN));
    }
    ck_assert_int_eq(send(ends[0], "\2\0\0\0", 4, 0), 4);
    ck_assert(!message_wait(ends[1], MESSAGE_OPEN));
    close(ends[0]);
    ck_assert(!message_wait(ends[1], MESSAGE_OPEN));
    ends[0] = -1;
}
END_TEST

/* A descriptor arrives as another number for the same file, close-on-exec. The receiver is the end
 * that is not told of senders, as between init and the payload-to-be. */
START_TEST(a_descriptor_arrives)
{
    struct stat sent_file;
    struct stat taken_file;
    int passed = -1;

    ck_assert(message_send_descriptor(ends[0], MESSAGE_ROOT, ends[0]));
    ck_assert(message_wait_descriptor(ends[1], MESSAGE_ROOT, &passed));
    ck_assert_int_ge(passed, 0);
    ck_assert_int_ne(passed, ends[0]);
    ck_assert_int_eq(fstat(ends[0], &sent_file), 0);
    ck_assert_int_eq(fstat(passed, &taken_file), 0);
    ck_assert_uint_eq(sent_file.st_ino, taken_file.st_ino);
    ck_assert_int_eq(fcntl(passed, F_GETFD), FD_CLOEXEC);
    close(passed);
}
END_TEST

START_TEST(no_descriptor_is_minus_one)
{
    int passed = 0;

    ck_assert(message_send(ends[0], MESSAGE_ROOT, 0, NULL, 0));
    ck_assert(message_wait_descriptor(ends[1], MESSAGE_ROOT, &passed));
    ck_assert_int_eq(passed, -1);
}
END_TEST

/* Another kind, half a message, the end: refused, and nothing stays open. */
START_TEST(another_message_brings_no_descriptor)
{
    int passed = 0;
    int next = dup(ends[1]);

    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert(message_send_descriptor(ends[0], MESSAGE_NETWORK, ends[0]));
    ck_assert(!message_wait_descriptor(ends[1], MESSAGE_ROOT, &passed));
    ck_assert_int_eq(passed, -1);
    ck_assert_int_eq(send(ends[0], "\2\0\0\0", 4, 0), 4);
    ck_assert(!message_wait_descriptor(ends[1], MESSAGE_ROOT, &passed));
    ck_assert_int_eq(dup(ends[1]), next);
    close(next);
    close(ends[0]);
    ends[0] = -1;
    ck_assert(!message_wait_descriptor(ends[1], MESSAGE_ROOT, &passed));
    ck_assert_int_eq(passed, -1);
}
END_TEST

START_TEST(what_cannot_be_sent_is_said)
{
    errno = 0;
    ck_assert(!message_send_descriptor(ends[1], MESSAGE_ROOT, -1));
    ck_assert_int_eq(errno, EBADF);
    ck_assert(!message_send_descriptor(-1, MESSAGE_ROOT, 0));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* What is there already is seen at once, what is not there is not waited for for ever. */
START_TEST(lingering_ends)
{
    struct pollfd here = {.fd = ends[0], .events = POLLIN};

    message_linger(&here, 1);
    ck_assert_int_eq(here.revents, 0);
    ck_assert(message_send(ends[1], MESSAGE_HELLO, 0, NULL, 0));
    message_linger(&here, 1);
    ck_assert_int_eq(here.revents, POLLIN);
}
END_TEST

static struct findings out;
static struct findings in;

static void fill(void)
{
    for (int i = 0; i < N_PROBES; i++) {
        out.fact[i].n = i % (OBSERVATIONS_MAX + 1);
        out.fact[i].control = i - 3;
        for (int k = 0; k < out.fact[i].n; k++) {
            memset(out.fact[i].observed[k].label, 'a' + k, 31);
            out.fact[i].observed[k].value = i * 10 + k - 1;
        }
    }
}

static void set_raw(enum raw_kind kind, size_t length)
{
    out.raw[kind].bytes = (char *)pattern(length);
    out.raw[kind].bytes[length] = '\0';
    out.raw[kind].length = length;
}

START_TEST(findings_come_back)
{
    fill();
    set_raw(RAW_MOUNTINFO, 5000);
    set_raw(RAW_STATUS, 0);   /* read, and empty */
    set_raw(RAW_ENV_KEYS, 1); /* RAW_NET_DEV could not be read */
    ck_assert(message_send_findings(ends[1], &out));
    ck_assert(message_receive(ends[0], &m));
    ck_assert_int_eq((int)m.kind, MESSAGE_FINDINGS);
    ck_assert(message_take_findings(&m, &in));
    ck_assert_mem_eq(in.fact, out.fact, sizeof in.fact);
    for (int i = 0; i < N_RAWS; i++) {
        ck_assert_int_eq(in.raw[i].bytes != NULL, out.raw[i].bytes != NULL);
        ck_assert_uint_eq(in.raw[i].length, out.raw[i].length);
        if (in.raw[i].bytes == NULL)
            continue;
        ck_assert_mem_eq(in.raw[i].bytes, out.raw[i].bytes, in.raw[i].length + 1);
    }
    findings_free(&in);
    findings_free(&out);
}
END_TEST

/* A text that does not fit into a message is an error of the sender, never a shorter text. */
START_TEST(findings_have_a_bound)
{
    set_raw(RAW_MOUNTINFO, MESSAGE_MAX);
    errno = 0;
    ck_assert(!message_send_findings(ends[1], &out));
    ck_assert_int_eq(errno, EMSGSIZE);
    findings_free(&out);
    set_raw(RAW_MOUNTINFO, MESSAGE_MAX / 2);
    set_raw(RAW_STATUS, MESSAGE_MAX / 2);
    errno = 0;
    ck_assert(!message_send_findings(ends[1], &out));
    ck_assert_int_eq(errno, EMSGSIZE);
    findings_free(&out);
}
END_TEST

/* One good message of findings, to be spoilt. */
static unsigned char good[MESSAGE_MAX];
static struct message taken;

static void make_good(void)
{
    start();
    memset(&out, 0, sizeof out);
    memset(&in, 0, sizeof in);
    fill();
    set_raw(RAW_MOUNTINFO, 100);
    set_raw(RAW_STATUS, 50);
    ck_assert(message_send_findings(ends[1], &out));
    ck_assert(message_receive(ends[0], &m));
    memcpy(good, m.bytes, m.length);
    taken = m;
    taken.bytes = good;
    findings_free(&out);
}

static void end_good(void)
{
    findings_free(&in);
    finish();
}

START_TEST(findings_of_another_length_are_refused)
{
    const size_t whole = taken.length;

    ck_assert(message_take_findings(&taken, &in));
    for (size_t length = 0; length < sizeof good; length += 1 + length / 16) {
        if (length == whole)
            continue;
        findings_free(&in);
        taken.length = length;
        ck_assert_msg(!message_take_findings(&taken, &in), "%zu", length);
    }
    findings_free(&in);
    taken.length = whole - 1;
    ck_assert(!message_take_findings(&taken, &in));
    findings_free(&in);
    taken.length = whole + 1;
    ck_assert(!message_take_findings(&taken, &in));
}
END_TEST

START_TEST(another_kind_is_refused)
{
    for (int kind = 0; kind < 20; kind++) {
        findings_free(&in);
        taken.kind = (enum message_kind)kind;
        ck_assert_int_eq(message_take_findings(&taken, &in), kind == MESSAGE_FINDINGS);
    }
}
END_TEST

/* The lengths of the texts stand behind the facts. */
static const size_t claims[] = {SIZE_MAX - 1, SIZE_MAX / 2, MESSAGE_MAX, 151, 101, 99, 0};

START_TEST(a_false_length_is_refused)
{
    size_t at = sizeof in.fact + RAW_MOUNTINFO * sizeof(size_t);

    memcpy(good + at, &claims[_i], sizeof claims[_i]);
    ck_assert(!message_take_findings(&taken, &in));
}
END_TEST

static const int counts[] = {-1, OBSERVATIONS_MAX + 1, 1000000, -2147483647 - 1};

START_TEST(a_false_count_is_refused)
{
    struct fact fact;

    for (int probe = 0; probe < N_PROBES; probe++) {
        unsigned char kept[sizeof fact];

        findings_free(&in);
        memcpy(kept, good + (size_t)probe * sizeof fact, sizeof fact);
        memcpy(&fact, kept, sizeof fact);
        fact.n = counts[_i];
        memcpy(good + (size_t)probe * sizeof fact, &fact, sizeof fact);
        ck_assert(!message_take_findings(&taken, &in));
        memcpy(good + (size_t)probe * sizeof fact, kept, sizeof fact);
    }
    findings_free(&in);
    ck_assert(message_take_findings(&taken, &in));
}
END_TEST

START_TEST(a_label_without_an_end_is_refused)
{
    struct fact fact;

    memcpy(&fact, good + 6 * sizeof fact, sizeof fact);
    ck_assert_int_eq(fact.n, 6);
    memset(fact.observed[5].label, 'x', sizeof fact.observed[5].label);
    memcpy(good + 6 * sizeof fact, &fact, sizeof fact);
    ck_assert(!message_take_findings(&taken, &in));
}
END_TEST

/* It is printed with the table of the probes. */
START_TEST(a_label_for_a_terminal_is_refused)
{
    struct fact fact;

    memcpy(&fact, good + 6 * sizeof fact, sizeof fact);
    ck_assert_int_eq(fact.n, 6);
    memcpy(fact.observed[5].label, "\033[2J", 5);
    memcpy(good + 6 * sizeof fact, &fact, sizeof fact);
    ck_assert(!message_take_findings(&taken, &in));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("channel");
    TCase *messages = tcase_create("messages");
    TCase *findings = tcase_create("findings");

    tcase_add_checked_fixture(messages, start, finish);
    tcase_add_loop_test(messages, a_message_arrives_whole, 0, N_ROWS(sent));
    tcase_add_test(messages, messages_keep_their_order);
    tcase_add_test(messages, too_much_is_not_sent);
    tcase_add_loop_test(messages, what_is_no_message_is_refused, 0, N_ROWS(lengths));
    tcase_add_test(messages, the_end_is_seen);
    tcase_add_test(messages, a_reset_is_an_end);
    tcase_add_test(messages, the_last_word_is_heard);
    tcase_add_test(messages, a_bad_descriptor_is_an_error);
    tcase_add_test(messages, the_sender_is_known);
    tcase_add_test(messages, go_is_waited_for);
    tcase_add_test(messages, a_descriptor_arrives);
    tcase_add_test(messages, no_descriptor_is_minus_one);
    tcase_add_test(messages, another_message_brings_no_descriptor);
    tcase_add_test(messages, what_cannot_be_sent_is_said);
    tcase_add_test(messages, lingering_ends);
    tcase_add_test(messages, findings_come_back);
    tcase_add_test(messages, findings_have_a_bound);
    suite_add_tcase(s, messages);
    tcase_add_checked_fixture(findings, make_good, end_good);
    tcase_add_test(findings, findings_of_another_length_are_refused);
    tcase_add_test(findings, another_kind_is_refused);
    tcase_add_loop_test(findings, a_false_length_is_refused, 0, N_ROWS(claims));
    tcase_add_loop_test(findings, a_false_count_is_refused, 0, N_ROWS(counts));
    tcase_add_test(findings, a_label_without_an_end_is_refused);
    tcase_add_test(findings, a_label_for_a_terminal_is_refused);
    suite_add_tcase(s, findings);
    return s;
}

int main(void)
{
    return support_run(suite());
}
