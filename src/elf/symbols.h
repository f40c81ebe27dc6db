/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ELF_SYMBOLS_H
#define DENYBOX_ELF_SYMBOLS_H

#include "elf/file.h"

/*
 * The dynamic symbols as the loader sees them: DT_SYMTAB, whose length is nowhere written, and so
 * is taken from DT_HASH, DT_GNU_HASH and the relocations. Section headers are never asked.
 */

/*
 * Does the loader see the same file as we do? Segments that share a page, two of what there may be
 * one of, program headers that lie elsewhere in memory: "damaged", refused. So is anything but a
 * 64-bit little-endian file, which denybox could never start. False and *e (exit 126).
 */
bool elf_symbols_sound(const struct elf_file *f, struct error *e);

/* A name, valid until the file is closed. False ends the walk, with no error set. */
typedef bool elf_symbol_visit(const char *name, void *context);

/*
 * Calls `visit` for each name that the loader would look up in the libraries: every undefined
 * symbol of the table, and every one that a relocation refers to, for what the file defines can be
 * made so that it is not found. In the order of the table, a name a time for each symbol. Local
 * symbols are nobody's. False: the file is damaged (*e, exit 126), or visit returned false (*e
 * untouched).
 */
bool elf_symbols_walk(struct elf_file *f, elf_symbol_visit *visit, void *context, struct error *e);

#endif
