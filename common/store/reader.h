/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_READER_H
#define WAYMARK_STORE_READER_H

#include "store/store.h"

/*
 * Readers of the log that are known by name: pruning waits for them, up to a limit
 * (retention.reader_lag_days). One row each in events/meta: "reader <name>" is the sequence up to
 * which it has read ‖ when it last said so.
 *
 * Whoever owns the store changes a row by a ticket (event_writer.h), which is done when the change
 * is durable; anybody may look.
 */
enum { READER_NAME_MAX_BYTES = 64, READERS_MAX = 64 };

struct reader {
	char name[READER_NAME_MAX_BYTES + 1];
	uint64_t position;
	usec_t seen; /* wall */
};

struct reader_change {
	struct reader reader;
	bool forget;
};

bool reader_name_is_valid(struct span name); /* 1 to 64 of a-z 0-9 . _ - */

/* A ticket that registers @name or moves it to @position; or forgets it. NULL: out of memory. */
struct event_ticket *reader_ticket(struct span name, uint64_t position, bool forget);

/* All of them in the order of their names, at most READERS_MAX. Return: 0; negative errno. */
int reader_list(struct store *store, struct reader ret_readers[READERS_MAX], size_t *ret_count);
/* Return: 0; STORE_E_NOT_FOUND; negative errno. */
int reader_find(struct store *store, struct span name, struct reader *ret_reader);

#endif
