/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_PROSPECT_ROWS_H
#define WAYMARK_COMMANDS_PROSPECT_ROWS_H

#include "base/error.h"

#include <jansson.h>
#include <stdio.h>

/*
 * People from a file, row by row: CSV with a header row, or NDJSON, told apart by the first byte
 * that is not white space ('{' begins NDJSON). Of CSV the column "email" (any case) is the address
 * and every other column a field named by its header. Of NDJSON "email" is the address, "fields" an
 * object of fields, and any other text a field.
 */
enum { PROSPECT_ROW_MAX_BYTES = 65536 };

struct prospect_rows {
	/*
	 * One row: {"email": …, "fields": {…}}, a new reference; or NULL with @trouble. A nonzero
	 * return ends the reading and is returned.
	 */
	int (*row)(void *context, size_t line, json_t *row, const char *trouble);
	void *context;
	const char *path; /* for messages */
};

/*
 * Return: 0; what row() returned; PROSPECT_ROWS_E_FILE with @error: no header, no "email" column,
 * a file that cannot be read. Memory is bounded by one row.
 */
enum { PROSPECT_ROWS_E_FILE = 1 };
int prospect_rows_read(const struct prospect_rows *rows, FILE *file, struct error *error);

#endif
