/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/signals.h"

#include <stddef.h>

bool signal_is_ignored(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void signals_to_end(sigset_t *set)
{
    static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    sigemptyset(set);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!signal_is_ignored(all[i]))
            sigaddset(set, all[i]);
    }
}
