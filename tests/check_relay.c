/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "support.h"

static struct relay relay;
static int stdio[3];
static struct error e;
static int saved[3];
static int person; /* the other side of the terminal */
static int terminal;

/* A terminal that changes no byte. */
static void open_terminal(void)
{
    struct termios t;

    person = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(person, 0);
    ck_assert_int_eq(grantpt(person), 0);
    ck_assert_int_eq(unlockpt(person), 0);
    terminal = open(ptsname(person), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(tcgetattr(terminal, &t), 0);
    cfmakeraw(&t);
    ck_assert_int_eq(tcsetattr(terminal, TCSANOW, &t), 0);
}

static void start(void)
{
    fflush(NULL);
    signal(SIGPIPE, SIG_IGN);
    open_terminal();
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        ck_assert_int_ge(saved[i], 0);
    }
}

static void finish(void)
{
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
}

/* Which of 0, 1 and 2 are the terminal; the others are a file. */
static void arrange(unsigned mask)
{
    int file = support_memfd("", 0);

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(dup2((mask >> i & 1) != 0 ? terminal : file, i), i);
    close(file);
    close(terminal);
    ck_assert(relay_open(&relay, stdio, &e));
}

START_TEST(only_a_terminal_is_relayed)
{
    unsigned mask = (unsigned)_i;
    struct pollfd fds[3];

    arrange(mask);
    for (int i = 0; i < 3; i++) {
        bool carried = (mask >> i & 1) != 0;

        ck_assert_int_eq(stdio[i] == i, !carried);
        ck_assert_int_eq(relay.inner[i] >= 0, carried);
        if (!carried)
            continue;
        ck_assert_int_eq(relay.inner[i], stdio[i]);
        ck_assert(!isatty(stdio[i]));
        ck_assert_int_eq(fcntl(stdio[i], F_GETFD), FD_CLOEXEC);
    }
    ck_assert_int_eq(relay_wants(&relay, fds), __builtin_popcount(mask));
    relay_close(&relay);
    ck_assert_int_eq(relay_wants(&relay, fds), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(fcntl(i, F_GETFD), 0); /* the caller's own stay open */
}
END_TEST

/* Carries until `done` says so, or nothing is left to wait for. */
static void carry(bool (*done)(void))
{
    struct pollfd fds[3];

    while (!done()) {
        int n = relay_wants(&relay, fds);

        if (n == 0)
            return;
        ck_assert_int_ge(poll(fds, (nfds_t)n, 10), 0);
        relay_step(&relay, fds, n);
    }
}

static void drain(void)
{
    struct pollfd fds[3];

    for (int n; (n = relay_rest(&relay, fds)) > 0;) {
        ck_assert_int_ge(poll(fds, (nfds_t)n, -1), 0);
        relay_step(&relay, fds, n);
    }
}

#define LONG 300000

/* Any byte goes in; what comes out is printable, for only that passes unchanged. */
static unsigned char byte_at(size_t i, bool inward)
{
    return (unsigned char)(inward ? (i * 131 + i / 256) % 256 : ' ' + (i * 7 + i / 95) % 95);
}

/* A child that takes LONG bytes from fd in small pieces and compares them. */
static pid_t taker(int fd, bool inward)
{
    pid_t child = fork();
    size_t at = 0;

    if (child != 0)
        return child;
    while (at < LONG) {
        unsigned char piece[317];
        ssize_t n = read(fd, piece, sizeof piece);

        if (n <= 0)
            _exit(2);
        for (ssize_t i = 0; i < n; i++) {
            if (piece[i] != byte_at(at++, inward))
                _exit(1);
        }
    }
    _exit(0);
}

/* A child that writes the same bytes to fd. */
static pid_t giver(int fd, bool inward)
{
    pid_t child = fork();
    size_t at = 0;

    if (child != 0)
        return child;
    while (at < LONG) {
        unsigned char piece[1000];
        size_t length = LONG - at < sizeof piece ? LONG - at : sizeof piece;
        size_t used = 0;

        for (size_t i = 0; i < length; i++)
            piece[i] = byte_at(at + i, inward);
        while (used < length) {
            ssize_t n = write(fd, piece + used, length - used);

            if (n <= 0)
                _exit(2);
            used += (size_t)n;
        }
        at += length;
    }
    _exit(0);
}

static pid_t waited;
static int status;

static bool child_ended(void)
{
    return waitpid(waited, &status, WNOHANG) == waited;
}

static void expect_success(pid_t child)
{
    waited = child;
    carry(child_ended);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* What the person types reaches the payload, every byte, in order, however slowly it reads. */
START_TEST(input_is_carried)
{
    pid_t from;
    pid_t to;

    arrange(1);
    from = giver(person, true);
    to = taker(stdio[0], true);
    expect_success(to);
    ck_assert_int_eq(waitpid(from, &status, 0), from);
    ck_assert_int_eq(status, 0);
    relay_close(&relay);
}
END_TEST

/* What the payload writes reaches the person. */
START_TEST(output_is_carried)
{
    int which = _i;
    pid_t from;
    pid_t to;

    arrange(1U << which);
    to = taker(person, false);
    from = giver(stdio[which], false);
    relay_close_inner(&relay);
    expect_success(from);
    drain(); /* what was still in the pipe when the payload ended */
    ck_assert_int_eq(waitpid(to, &status, 0), to);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    relay_close(&relay);
}
END_TEST

/* Both directions at once do not wait for each other. */
START_TEST(both_ways_at_once)
{
    pid_t children[4];

    arrange(3);
    children[0] = giver(person, true);
    children[1] = taker(stdio[0], true);
    children[2] = taker(person, false);
    children[3] = giver(stdio[1], false);
    relay_close_inner(&relay);
    expect_success(children[1]);
    expect_success(children[3]);
    drain();
    for (int i = 0; i < 4; i += 2) {
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
    }
    relay_close(&relay);
}
END_TEST

/* A payload that reads nothing stops no one: a full pipe is waited for, not written to. */
START_TEST(a_payload_that_does_not_read)
{
    struct pollfd fds[3];
    char byte;
    int rounds = 0;

    arrange(1);
    fcntl(person, F_SETFL, O_NONBLOCK);
    for (int idle = 0; idle < 50; idle++) {
        int n;

        if (write(person, "xxxxxxxxxxxxxxxx", 16) > 0)
            idle = 0;
        n = relay_wants(&relay, fds);
        ck_assert_int_eq(n, 1);
        if (poll(fds, 1, 0) > 0) {
            relay_step(&relay, fds, n);
            idle = 0;
        }
        ck_assert_int_lt(++rounds, 1000000);
    }
    ck_assert_int_eq(fds[0].events, POLLOUT);
    ck_assert_int_eq(read(stdio[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    relay_close(&relay);
}
END_TEST

static bool input_ended(void)
{
    return relay.stream[0].from < 0;
}

/* The person hangs up: the payload sees the end of its input. */
START_TEST(the_end_of_input_is_passed_on)
{
    char byte;

    arrange(1);
    ck_assert_int_eq(write(person, "ab", 2), 2);
    while (relay.stream[0].length == 0) {
        struct pollfd fds[3];
        int n = relay_wants(&relay, fds);

        ck_assert_int_gt(poll(fds, (nfds_t)n, -1), 0);
        relay_step(&relay, fds, n);
    }
    close(person);
    carry(input_ended);
    ck_assert_int_eq(read(stdio[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'a');
    ck_assert_int_eq(read(stdio[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'b');
    ck_assert_int_eq(read(stdio[0], &byte, 1), 0);
    relay_close(&relay);
}
END_TEST

/* A payload that has gone: its input is dropped, and nothing turns in circles. */
START_TEST(a_payload_that_is_gone)
{
    struct pollfd fds[3];

    arrange(1);
    relay_close_inner(&relay);
    ck_assert_int_eq(write(person, "ab", 2), 2);
    carry(input_ended);
    ck_assert_int_eq(relay_wants(&relay, fds), 0);
    ck_assert_int_ge(fcntl(0, F_GETFD), 0);
    relay_close(&relay);
}
END_TEST

static bool output_ended(void)
{
    return relay.stream[1].from < 0;
}

START_TEST(the_end_of_output_is_seen)
{
    char bytes[8];

    arrange(2);
    ck_assert_int_eq(write(stdio[1], "last", 4), 4);
    relay_close_inner(&relay);
    carry(output_ended);
    ck_assert_int_eq(read(person, bytes, sizeof bytes), 4);
    ck_assert_mem_eq(bytes, "last", 4);
    drain();
    relay_close(&relay);
}
END_TEST

/* What a terminal would act on does not reach it; see check_terminal. */
START_TEST(control_codes_reach_no_terminal)
{
    static const char want[] = "a\\x1b[31m\xc3\xa4\\xff\n\\xe2\\x82";
    char bytes[64] = "";
    size_t got = 0;
    int which = _i;

    arrange(1U << which);
    ck_assert_int_eq(write(stdio[which], BYTES("a\x1b[31m\xc3\xa4\xff\n\xe2\x82")), 12);
    relay_close_inner(&relay);
    drain();
    /* Two writes may come out of a terminal by two reads. */
    while (got < sizeof want - 1) {
        ssize_t n = read(person, bytes + got, sizeof bytes - got);

        ck_assert_int_gt(n, 0);
        got += (size_t)n;
    }
    ck_assert_str_eq(bytes, want);
    relay_close(&relay);
}
END_TEST

/* The side that is the program's of a person, on 0, 1 or 2: to open it anew would make another
 * terminal, which nobody looks at. */
START_TEST(the_other_side_of_a_terminal)
{
    char bytes[8] = "";
    int file = support_memfd("", 0);

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(dup2(i == _i ? person : file, i), i);
    ck_assert(relay_open(&relay, stdio, &e));
    ck_assert_int_ne(stdio[_i], _i);
    ck_assert_int_eq(write(_i == 0 ? terminal : stdio[_i], "last", 4), 4);
    if (_i == 0) {
        for (int rounds = 0; rounds < 2; rounds++) { /* from there, and on */
            struct pollfd fds[3];

            ck_assert_int_eq(relay_wants(&relay, fds), 1);
            ck_assert_int_eq(poll(fds, 1, 10000), 1);
            relay_step(&relay, fds, 1);
        }
    } else {
        relay_close_inner(&relay);
        drain();
    }
    ck_assert_int_eq(fcntl(terminal, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(read(_i == 0 ? stdio[0] : terminal, bytes, sizeof bytes), 4);
    ck_assert_str_eq(bytes, "last");
    relay_close(&relay);
}
END_TEST

static bool error_ended(void)
{
    return relay.stream[2].from < 0;
}

/* Nobody is at the other side any more, as for a job that has outlived its session: it is relayed
 * as the terminal that it was, to the end at once. */
START_TEST(a_terminal_that_was_hung_up)
{
    static bool (*const ended[])(void) = {input_ended, output_ended, error_ended};
    int file = support_memfd("", 0);
    char byte;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(dup2(i == _i ? terminal : file, i), i);
    close(person);
    ck_assert(!isatty(_i) && errno == EIO);
    ck_assert(relay_open(&relay, stdio, &e));
    ck_assert_int_ne(stdio[_i], _i);
    if (_i != 0)
        ck_assert_int_eq(write(stdio[_i], "lost", 4), 4);
    carry(ended[_i]);
    if (_i == 0)
        ck_assert_int_eq(read(stdio[0], &byte, 1), 0);
    else
        ck_assert(write(stdio[_i], "more", 4) < 0 && errno == EPIPE);
    relay_close(&relay);
}
END_TEST

START_TEST(a_directory_is_not_passed_on)
{
    char text[64];
    int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_eq(dup2(directory, _i), _i);
    ck_assert(!relay_open(&relay, stdio, &e));
    snprintf(text, sizeof text, "cannot pass descriptor %d on: it is a directory", _i);
    ck_assert_str_eq(e.text, text);
    ck_assert_int_eq((int)e.exit, EXIT_DENYBOX);
    relay_close(&relay);
}
END_TEST

/* What the payload could bring about is a signal to the owner. */
START_TEST(what_somebody_is_told_of_by_signals_is_not_passed_on)
{
    int ends[2];
    char text[64];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(dup2(ends[_i == 0 ? 0 : 1], _i), _i);
    ck_assert_int_eq(fcntl(_i, F_SETOWN, getpid()), 0);
    ck_assert(!relay_open(&relay, stdio, &e));
    snprintf(text, sizeof text, "cannot pass descriptor %d on: process %d is told of it", _i,
             (int)getpid());
    ck_assert_mem_eq(e.text, text, strlen(text));
    ck_assert_int_eq((int)e.exit, EXIT_DENYBOX);
    relay_close(&relay);
    ck_assert_int_eq(fcntl(_i, F_SETOWN, -getpgrp()), 0);
    ck_assert(!relay_open(&relay, stdio, &e));
    snprintf(text, sizeof text, "cannot pass descriptor %d on: process group %d is told", _i,
             (int)getpgrp());
    ck_assert_mem_eq(e.text, text, strlen(text));
    relay_close(&relay);
    ck_assert_int_eq(fcntl(_i, F_SETOWN, 0), 0);
    ck_assert(relay_open(&relay, stdio, &e));
    relay_close(&relay);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("relay");
    TCase *c = tcase_create("relay");

    tcase_add_checked_fixture(c, start, finish);
    tcase_add_loop_test(c, only_a_terminal_is_relayed, 0, 8);
    tcase_add_test(c, input_is_carried);
    tcase_add_loop_test(c, output_is_carried, 1, 3);
    tcase_add_test(c, both_ways_at_once);
    tcase_add_test(c, a_payload_that_does_not_read);
    tcase_add_test(c, the_end_of_input_is_passed_on);
    tcase_add_test(c, a_payload_that_is_gone);
    tcase_add_test(c, the_end_of_output_is_seen);
    tcase_add_loop_test(c, control_codes_reach_no_terminal, 1, 3);
    tcase_add_loop_test(c, the_other_side_of_a_terminal, 0, 3);
    tcase_add_loop_test(c, a_terminal_that_was_hung_up, 0, 3);
    tcase_add_loop_test(c, a_directory_is_not_passed_on, 0, 3);
    tcase_add_loop_test(c, what_somebody_is_told_of_by_signals_is_not_passed_on, 0, 3);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
