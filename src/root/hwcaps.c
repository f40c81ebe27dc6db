/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/hwcaps.h"

void hwcaps_take(struct hwcaps *h)
{
    *h = (struct hwcaps){0};
#if defined(__x86_64__)
    /* The levels of the x86-64 psABI, each by what tells it from the one below. */
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.2") ||
        !__builtin_cpu_supports("popcnt"))
        return;
    h->name[0] = "x86-64-v2";
    h->n = 1;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma"))
        return;
    h->name[1] = "x86-64-v2";
    h->name[0] = "x86-64-v3";
    h->n = 2;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl"))
        return;
    h->name[2] = "x86-64-v2";
    h->name[1] = "x86-64-v3";
    h->name[0] = "x86-64-v4";
    h->n = 3;
#endif
}
