/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_HEADER_H
#define WAYMARK_COMMANDS_IMPORT_HEADER_H

#include "commands/import_rows.h"

/*
 * The header row of CSV: which field each column is. Private to import_rows.c.
 */
struct import_header {
	char **columns;	     /* as the file names them */
	const char **fields; /* owned by the map or by @columns; "" when the column is ignored */
	size_t count;
	bool known; /* the header row has been read */
};

/* One more cell of the header row. Return: 0; -EMSGSIZE; -ENOMEM. */
int import_header_append(struct import_header *header, struct span cell);
/* The row is complete. Return: 0; IMPORT_ROWS_E_FILE with @error, which has no place in it yet. */
int import_header_judge(struct import_header *header, const struct import_rows_options *options,
			struct error *error);
void import_header_finish(struct import_header *header);

/* The separator that the first row has most of outside of quotes; a comma when it has none. */
char import_header_separator(struct span line);

#endif
