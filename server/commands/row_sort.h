/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_ROW_SORT_H
#define WAYMARK_COMMANDS_ROW_SORT_H

#include "base/error.h"

#include <stddef.h>

/*
 * Any number of rows of one size in order, in the memory of ROW_SORT_ROWS of them: what does not
 * fit lies, sorted piece by piece, in a file without a name in $TMPDIR, else /var/tmp.
 */
struct row_sort;

enum { ROW_SORT_ROWS = 65536, ROW_SORT_E_SCRATCH = 1 };

/* @compare as for qsort(). Return: 0; ROW_SORT_E_SCRATCH with @error: no such file; -ENOMEM. */
int row_sort_new(size_t row_bytes, int (*compare)(const void *a, const void *b),
		 struct row_sort **ret_sort, struct error *error);
void row_sort_free(struct row_sort *sort); /* NULL allowed */

/* All rows first (copied), then one after the other. Return: 0; negative errno. */
int row_sort_add(struct row_sort *sort, const void *row);
/* *ret_row: the next one, valid until the next call; NULL behind the last. */
int row_sort_next(struct row_sort *sort, const void **ret_row);

#endif
