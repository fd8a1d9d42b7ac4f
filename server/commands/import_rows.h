/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_ROWS_H
#define WAYMARK_COMMANDS_IMPORT_ROWS_H

#include "commands/import_lines.h"
#include "commands/import_map.h"

#include <jansson.h>

/*
 * The rows of a file as JSON objects from field to value: CSV with a header row (RFC 4180;
 * separated by comma, semicolon or TAB), whose values are texts, or NDJSON; told apart by the first
 * byte that is not white space ('{' begins NDJSON). Empty cells of CSV are left out.
 *
 * A row that cannot be read is given as a sentence, and reading goes on behind it. Memory is
 * bounded by one row, time by twice the file: behind a quote that is never closed the lines are
 * read again as rows of their own, until as much as the file was read twice.
 */
enum { IMPORT_ROW_MAX_BYTES = 65536, IMPORT_COLUMNS_MAX = 1000, IMPORT_DEPTH_MAX = 100 };

struct import_rows_options {
	const char *path, *charset; /* as import_lines_open() takes them */
	char separator;		    /* 0: as the header has it */
	const char *required;	    /* a field that CSV must have a column for, or NULL */
	struct import_map *map;
};

/*
 * One row that begins at @line: a new reference, or NULL with @trouble. A nonzero return ends the
 * pass and is returned by it.
 */
typedef int (*import_row_fn)(void *context, size_t line, json_t *row, const char *trouble);

struct import_rows;

/* Return: 0; IMPORT_ROWS_E_FILE with @error: it cannot be opened; -ENOMEM. */
enum { IMPORT_ROWS_E_FILE = 1 };
int import_rows_open(const struct import_rows_options *options, struct import_rows **ret_rows,
		     struct error *error);
void import_rows_close(struct import_rows *rows); /* NULL allowed */
void cleanup_import_rows(struct import_rows **rows);

/*
 * One pass over the whole file, as often as needed.
 *
 * Return: 0; what @each returned; IMPORT_ROWS_E_FILE with @error for what makes every row bad: no
 * header, a column that is nothing, a file that cannot be read; negative errno.
 */
int import_rows_each(struct import_rows *rows, import_row_fn each, void *context,
		     struct error *error);

/*
 * What the columns of CSV are named in the file, and as which field each row has them ("": it is
 * left out); borrowed until the next pass, which this is not. *ret_count is 0 of NDJSON.
 *
 * Return: as import_rows_each().
 */
int import_rows_columns(struct import_rows *rows, const char *const **ret_columns,
			const char *const **ret_fields, size_t *ret_count, struct error *error);

/* How far the pass has come, in bytes of the file. */
uint64_t import_rows_offset(const struct import_rows *rows);
uint64_t import_rows_total(const struct import_rows *rows);

#endif
