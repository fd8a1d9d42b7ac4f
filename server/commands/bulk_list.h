/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_BULK_LIST_H
#define WAYMARK_COMMANDS_BULK_LIST_H

#include "commands/bulk.h"
#include "commands/import_report.h"
#include "commands/import_rows.h"
#include "commands/import_seen.h"

/*
 * The rows of a list as recipients, a batch at a time. Private to bulk*.c. A row is bad when it
 * cannot be read or has no address that mail can be sent to; it is told by line, and reading goes
 * on. A row about somebody who had one is told and left out.
 *
 * A column is known to the message by its name in the file; that of the addresses also as "email",
 * and one of --map by its new name, too.
 */
struct bulk_list {
	const char *path;
	struct import_rows *rows;
	struct import_seen *seen;
	struct import_report report;
	const struct keyring *keyring;
	struct merge_columns columns; /* names as in the file, and then as in rows */
	char **names;		      /* owned; the fields are the second half */
	struct span *values;	      /* of the row at hand, by columns */
	size_t bad, doubled;

	struct bulk_recipient recipients[BULK_BATCH_MAX];
	json_t *values_of[BULK_BATCH_MAX];
	char *addresses[BULK_BATCH_MAX];
	size_t count, bytes;

	/* of one reading */
	int (*serve)(void *context);
	void *context;
	struct error *error;
};

/* Reads the header. Return: 0; COMMAND_FAILED with @error; negative errno. @bulk is borrowed. */
int bulk_list_open(struct bulk_list *list, struct bulk *bulk, const struct keyring *keyring,
		   struct error *error);
void bulk_list_close(struct bulk_list *list); /* zeros, too */

/*
 * Read all of it, as often as needed; @serve is called for each batch. Return: 0; what @serve
 * returned; COMMAND_FAILED with @error; negative errno.
 */
int bulk_list_read(struct bulk_list *list, int (*serve)(void *context), void *context,
		   struct error *error);

/* What the row of @index in the batch says, by column; valid until the next call. */
const struct span *bulk_list_values(struct bulk_list *list, size_t index);

/* Say something about a row; refuse: it is bad besides. */
void bulk_list_tell(struct bulk_list *list, size_t line, const char *sentence);
void bulk_list_refuse(struct bulk_list *list, size_t line, const char *sentence);
/* How many sentences were not shown. Once. */
void bulk_list_end(struct bulk_list *list);

#endif
