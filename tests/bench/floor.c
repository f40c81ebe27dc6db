// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * floor: the least a launcher can do and still build the same walls.
 *
 *   floor IN OUT PAYLOAD [ARGS...]
 *
 * One process enters seven new namespaces, maps its ids, makes / (tmpfs, read-only), /in
 * (read-only), /out and /tmp (tmpfs), pivots, drops its capabilities, sets limits and one filter
 * and becomes the payload.  No options, no init, no probes, no checks of what it is given, and
 * what descriptors it inherits it leaves open: it is the yardstick of the bench and not a sandbox
 * to use.
 *
 * The child borrows the parent's memory (CLONE_VM | CLONE_VFORK), which saves copying page
 * tables.  The parent has nothing to do until the child has become the payload.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_FLOOR 125 /* the floor's own failure, as env(1) and timeout(1) have it */
#define SANDBOX_ID 65532
#define FLAGS_DATA (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* Their headers, linux/fcntl.h and sys/mount.h, collide with fcntl.h and linux/mount.h. */
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#define OPEN_TREE_FLAGS (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "floor knows x86_64 and aarch64"
#endif

struct job {
    const char *in;
    const char *out;
    int payload;
    char **argv;
    uid_t uid;
    gid_t gid;
};

static char child_stack[65536] __attribute__((aligned(16)));

static _Noreturn void fail(const char *what)
{
    dprintf(STDERR_FILENO, "floor: %s: %s\n", what, strerror(errno));
    _exit(EXIT_FLOOR);
}

static int need(long result, const char *what)
{
    if (result < 0)
        fail(what);
    return (int)result;
}

/* ---- identity ---- */

static void write_file(const char *path, const char *text, size_t length)
{
    int fd = need(open(path, O_WRONLY | O_CLOEXEC), path);
    need(write(fd, text, length), path);
    close(fd);
}

static void map_id(const char *path, unsigned outside)
{
    char line[48];
    int length = snprintf(line, sizeof(line), "%d %u 1\n", SANDBOX_ID, outside);
    write_file(path, line, (size_t)length);
}

static void map_ids(const struct job *job)
{
    map_id("/proc/self/uid_map", job->uid);
    write_file("/proc/self/setgroups", "deny", 4);
    map_id("/proc/self/gid_map", job->gid);
}

/* ---- root ---- */

static int make_tmpfs(const char *mode, const char *size, unsigned attributes)
{
    int context = need(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), "fsopen");
    need(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "mode", mode, 0), "fsconfig mode");
    need(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "size", size, 0), "fsconfig size");
    need(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig create");
    int mount = need(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes), "fsmount");
    close(context);
    return mount;
}

static void set_attributes(int mount, unsigned flags, uint64_t attributes)
{
    struct mount_attr attr = {.attr_set = attributes};
    need(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)),
         "mount_setattr");
}

/*
 * The path is looked up here, in the new mount namespace: a descriptor from before belongs to a
 * mount of the old one, and open_tree refuses to clone that (EINVAL).
 */
static int clone_tree(const char *path, uint64_t attributes)
{
    int tree = need(syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_FLAGS), path);
    set_attributes(tree, AT_RECURSIVE, attributes);
    return tree;
}

static void attach(int mount, int directory, const char *name)
{
    need(syscall(SYS_move_mount, mount, "", directory, name, MOVE_MOUNT_F_EMPTY_PATH), name);
}

static void build_root(const struct job *job)
{
    int in = clone_tree(job->in, FLAGS_DATA | MOUNT_ATTR_RDONLY);
    int out = clone_tree(job->out, FLAGS_DATA);
    int tmp = make_tmpfs("1777", "16m", FLAGS_DATA);
    int root = make_tmpfs("0755", "1m", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

    need(mkdirat(root, "in", 0755), "mkdir in");
    need(mkdirat(root, "out", 0755), "mkdir out");
    need(mkdirat(root, "tmp", 0755), "mkdir tmp");

    /*
     * Over "/" first: mounts can be put on a tree only where it is attached.  The copy of the
     * host's tree needs no MS_PRIVATE: a mount namespace of a new user namespace gets it as
     * slaves, from which nothing propagates back, and pivot_root refuses only shared mounts.
     */
    attach(root, AT_FDCWD, "/");
    attach(in, root, "in");
    attach(out, root, "out");
    attach(tmp, root, "tmp");
    set_attributes(root, 0, MOUNT_ATTR_RDONLY);

    need(fchdir(root), "fchdir");
    need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    need(syscall(SYS_umount2, ".", MNT_DETACH), "umount2");
    need(chdir("/"), "chdir");
}

/* ---- privilege ---- */

static void limit(int resource, rlim_t value)
{
    struct rlimit both = {value, value};
    need(setrlimit(resource, &both), "setrlimit");
}

static void set_limits(void)
{
    limit(RLIMIT_NPROC, 64);
    limit(RLIMIT_NOFILE, 64);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_DATA, 256UL << 20);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};

    /* EINVAL is the first capability this kernel does not know. */
    for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
        ;
    if (errno != EINVAL)
        fail("PR_CAPBSET_DROP");
    need(syscall(SYS_capset, &header, none), "capset");
}

/* One row a denied call, each with its own verdict: no jump has to be counted by hand. */
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define DENY(name)                                                                                 \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)SYS_##name, 0, 1),                               \
        RETURN(SECCOMP_RET_ERRNO | EPERM)

/* Looks at number and architecture alone, so that allowed calls stay in the kernel's bitmap. */
static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef __x86_64__
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
    RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
    DENY(socket),
    DENY(connect),
    DENY(bind),
    DENY(ptrace),
    DENY(io_uring_setup),
    DENY(bpf),
    DENY(unshare),
    DENY(setns),
    DENY(mount),
    RETURN(SECCOMP_RET_ALLOW),
};

static void install_filter(void)
{
    const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]),
                                       (struct sock_filter *)(uintptr_t)filter};
    need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
    need(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

/* ---- processes ---- */

static _Noreturn void inside(const struct job *job)
{
    char *const nothing[] = {NULL};

    map_ids(job);
    build_root(job);
    set_limits();
    drop_capabilities();
    install_filter();
    syscall(SYS_execveat, job->payload, "", job->argv, nothing, AT_EMPTY_PATH);
    fail("execveat");
}

/*
 * clone3 by hand: with shared memory the child needs a stack of its own from its first
 * instruction, and a library's syscall() would return on it.
 */
static long clone_into(const struct clone_args *args, const struct job *job)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %[job], %%rdi\n\t"
                     "call *%[entry]\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(args),
                       "S"(sizeof(*args)), [job] "r"(job), [entry] "r"(inside)
                     : "rcx", "r11", "memory", "cc");
    return result;
#else
    register long number __asm__("x8") = SYS_clone3;
    register long first __asm__("x0") = (long)args;
    register long second __asm__("x1") = sizeof(*args);
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, %[job]\n\t"
                     "blr %[entry]\n\t"
                     "brk #1\n"
                     "1:"
                     : "+r"(first)
                     : "r"(number), "r"(second), [job] "r"(job), [entry] "r"(inside)
                     : "x30", "memory", "cc");
    return first;
#endif
}

static pid_t launch(const struct job *job)
{
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
                 CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
        .exit_signal = SIGCHLD,
        .stack = (uintptr_t)child_stack,
        .stack_size = sizeof(child_stack),
    };
    long pid = clone_into(&args, job);
    if (pid < 0) {
        errno = (int)-pid;
        fail("clone3");
    }
    return (pid_t)pid;
}

int main(int argc, char **argv)
{
    int status;

    if (argc < 4) {
        dprintf(STDERR_FILENO, "usage: floor IN OUT PAYLOAD [ARGS...]\n");
        return EXIT_FLOOR;
    }
    struct job job = {
        .in = argv[1],
        .out = argv[2],
        .payload = need(open(argv[3], O_PATH | O_CLOEXEC), argv[3]),
        .argv = argv + 3,
        .uid = geteuid(),
        .gid = getegid(),
    };
    pid_t pid = launch(&job);
    need(waitpid(pid, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
