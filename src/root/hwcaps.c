/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/hwcaps.h"

/* What the C library has found out when this process began. To ask the processor itself is slow in
 * a virtual machine, where each cpuid instruction ends in the host, and __builtin_cpu_supports
 * would do so at every start of every program that it is linked into. Without a glibc that tells
 * (before 2.33, or another C library, whose loader knows no such directories) there is no level. */
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAS(feature) CPU_FEATURE_ACTIVE(feature)
#endif

void hwcaps_take(struct hwcaps *h)
{
    *h = (struct hwcaps){0};
#ifdef HAS
    /* The levels of the x86-64 psABI, each by what tells it from the one below. */
    if (!HAS(SSSE3) || !HAS(SSE4_2) || !HAS(POPCNT))
        return;
    h->name[0] = "x86-64-v2";
    h->n = 1;
    if (!HAS(AVX2) || !HAS(BMI1) || !HAS(BMI2) || !HAS(FMA))
        return;
    h->name[1] = "x86-64-v2";
    h->name[0] = "x86-64-v3";
    h->n = 2;
    if (!HAS(AVX512F) || !HAS(AVX512BW) || !HAS(AVX512CD) || !HAS(AVX512DQ) || !HAS(AVX512VL))
        return;
    h->name[2] = "x86-64-v2";
    h->name[1] = "x86-64-v3";
    h->name[0] = "x86-64-v4";
    h->n = 3;
#endif
}
