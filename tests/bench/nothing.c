// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * nothing: the payload of the bench.  It ends with status 0 at its first instruction, so that
 * what is measured is the launcher.
 *
 * Where the entry point below exists it is linked without libc (-static -nostdlib); elsewhere as
 * an ordinary static program.  The entry point is plain assembly: no hardening or coverage flag
 * of the build can reach into it.
 */
#if defined(__x86_64__)
__asm__(".globl _start\n"
        ".type _start, @function\n"
        "_start:\n\t"
        "xor %edi, %edi\n\t"
        "mov $231, %eax\n\t" /* exit_group */
        "syscall\n\t"
        "hlt\n"
        ".size _start, .-_start\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n"
        ".type _start, %function\n"
        "_start:\n\t"
        "mov x0, #0\n\t"
        "mov x8, #94\n\t" /* exit_group */
        "svc #0\n\t"
        "brk #1\n"
        ".size _start, .-_start\n");
#else
int main(void)
{
    return 0;
}
#endif
