/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fault points themselves, in the test build that has them. */
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "support.h"

/* A specification, and which of four calls of openat fail. */
static const struct fault {
    const char *specification;
    int call; /* from 1; 0: none */
    int number;
} faults[] = {
    {NULL, 0, 0},
    {"", 0, 0},
    {"fail:openat:EACCES", 1, EACCES},
    {"fail:openat:ENOSYS:1", 1, ENOSYS},
    {"fail:openat:EPERM:3", 3, EPERM},
    {"fail:openat:EPERM:5", 0, 0},
    {"fail:openat2:EACCES", 0, 0},
    {"fail:open:EACCES", 0, 0},
    {"skip:openat", 0, 0},
    {"openat", 0, 0},
    {"fail", 0, 0},
};

START_TEST(a_call_fails_once)
{
    if (faults[_i].specification != NULL)
        setenv("DENYBOX_FAULT", faults[_i].specification, 1);
    else
        unsetenv("DENYBOX_FAULT");
    for (int call = 1; call <= 4; call++) {
        int fd;

        errno = 0;
        fd = sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
        ck_assert_int_eq(fd < 0, call == faults[_i].call);
        if (fd < 0)
            ck_assert_int_eq(errno, faults[_i].number);
        else
            close(fd);
    }
}
END_TEST

START_TEST(a_call_stops_the_process)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        setenv("DENYBOX_FAULT", "stop:openat:2", 1);
        _exit(sys_openat(AT_FDCWD, "/", O_PATH, 0) < 0 || sys_mkdirat(-1, "x", 0) == 0 ||
              sys_openat(AT_FDCWD, "/", O_PATH, 0) < 0 || sys_openat(AT_FDCWD, "/", O_PATH, 0) < 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

START_TEST(a_step_is_skipped)
{
    setenv("DENYBOX_FAULT", "skip:lock-root", 1);
    ck_assert(fault_skips("lock-root"));
    ck_assert(fault_skips("lock-root"));
    ck_assert(!fault_skips("lock"));
    ck_assert(!fault_skips("lock-root-x"));
    ck_assert(!fault_skips(""));
    ck_assert(!fault_fails("lock-root"));
}
END_TEST

START_TEST(several_steps_are_skipped)
{
    setenv("DENYBOX_FAULT", "skip:lock-root,skip:in,fail:openat:EACCES,skip:out", 1);
    ck_assert(fault_skips("lock-root"));
    ck_assert(fault_skips("in"));
    ck_assert(fault_skips("out"));
    ck_assert(!fault_skips("lock-root,skip"));
    ck_assert(!fault_skips("openat"));
    ck_assert(!fault_skips("tmp"));
    ck_assert(!fault_skips(""));
    /* A call that fails stands alone. */
    ck_assert(!fault_fails("openat"));
}
END_TEST

/* init wipes the environment: what was read stays read. */
START_TEST(it_is_read_once)
{
    setenv("DENYBOX_FAULT", "skip:in", 1);
    ck_assert(fault_skips("in"));
    setenv("DENYBOX_FAULT", "skip:out", 1);
    ck_assert(fault_skips("in"));
    ck_assert(!fault_skips("out"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fault");
    TCase *c = tcase_create("fault");

    tcase_add_loop_test(c, a_call_fails_once, 0, N_ROWS(faults));
    tcase_add_test(c, a_call_stops_the_process);
    tcase_add_test(c, a_step_is_skipped);
    tcase_add_test(c, several_steps_are_skipped);
    tcase_add_test(c, it_is_read_once);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
