/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TREE_REMOVE_H
#define DENYBOX_TREE_REMOVE_H

#include <stdbool.h>

/*
 * Removes `name` of the directory and everything beneath it, by descriptors: links are removed, not
 * followed, and no other file system is entered. A directory of the caller's that is closed to the
 * caller is opened up first. What is not there is as good as removed. False with errno set when
 * something is left.
 */
bool tree_remove(int dirfd, const char *name);

#endif
