/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_BATCH_H
#define WAYMARK_COMMANDS_IMPORT_BATCH_H

#include "commands/session.h"

/*
 * Rows on their way to an operation, in batches. Beside a server a batch is as large as the server
 * answers quickly: clicks go first, and an import that is in nobody's way may take its time. A
 * server that took only the beginning of a batch gets the rest again; one that cannot take it now
 * is asked again for a while; one that is gone is waited for.
 */
enum { IMPORT_BATCH_MAX = 500 };

struct import_batch {
	struct session *session;
	const char *path;  /* of the operation */
	const char *key;   /* of the body's list */
	json_t *constants; /* what else the body holds, or NULL; borrowed */
	bool strict;	   /* a row that is refused ends all: import_batch_flush() says so */
	/* What became of the row at @line: {"error": …} or {"status": …}. */
	void (*result)(void *context, size_t line, const json_t *result);
	void *context;

	/* private */
	json_t *rows;
	size_t lines[IMPORT_BATCH_MAX];
	size_t limit;	 /* rows of the next batch */
	uint64_t offset; /* in the file, where the first of the rows here began */
	bool beside_server;
};

/* The members above "private" are set. Return: 0; -ENOMEM. */
int import_batch_begin(struct import_batch *batch);
/*
 * Take one row (the reference, too, in any case) that ends at @offset of its file, and send when
 * there are enough. Return: 0; IMPORT_BATCH_E_STOPPED; OPERATION_E_* with @error; negative errno.
 */
enum { IMPORT_BATCH_E_STOPPED = 16 }; /* no OPERATION_E_* */
int import_batch_add(struct import_batch *batch, size_t line, json_t *row, uint64_t offset,
		     struct error *error);
/* Send what is left; returns as import_batch_add() does. */
int import_batch_flush(struct import_batch *batch, struct error *error);
void import_batch_finish(struct import_batch *batch);

#endif
