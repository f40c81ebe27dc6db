/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For cppcheck, which is not shown the headers of libraries: what is no function there. */
#define json_object_foreach(object, key, value)                                                    \
    while (((value) = json_object_next(object, &(key))) != 0)
#define json_array_foreach(array, index, value)                                                    \
    for ((index) = 0; ((value) = json_array_get(array, index)) != 0; (index)++)
