/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_ERASED_FILE_H
#define WAYMARK_APP_ERASED_FILE_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * The marks of erased people beside the keyring: "<keys_file>.erased". people/ has them, too; but
 * when the data directory is made again from backups, people/ may be older than an erasure or not
 * there at all, and what tells that somebody was erased must have been kept apart from it. The
 * operator keeps it with the keys, and it is worth nothing without them.
 *
 *   waymark erased 1
 *   <64 hex> for each mark, in order: when somebody was erased is not to be seen
 *
 * Only by the owner of data/lock. Marks in memory are 32 bytes each, one behind the other, sorted.
 * Return: 0; ERASED_FILE_E_FAILED with @error, and then the file is as it was; -ENOMEM.
 */
enum { ERASED_FILE_E_FAILED = 1 };

/* Append all; none when there is no such file. */
int erased_file_read(const char *keys_file, struct buffer *ret_marks, struct error *error);
/* @marks in any order; those that are there already stay once. */
int erased_file_add(const char *keys_file, struct span marks, struct error *error);
/* No error when it is not there. */
int erased_file_remove(const char *keys_file, struct span mark, struct error *error);

#endif
