/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of named readers in events/meta. They lie in the environment of the log, so that one
 * transaction sees both: what a reader has read, and what is pruned. Nothing about them is kept in
 * memory: pruning reads the rows when it has something to do, which is rare against what a row
 * costs to read.
 */
#include "store/reader.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/prune.h"
#include "store/store_internal.h"

#include <errno.h>

enum { ROW_BYTES = 16 };

static const struct span prefix = SPAN("reader ");

bool reader_name_is_valid(struct span name)
{
	if (name.size == 0 || name.size > READER_NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];

		if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '.' &&
		    byte != '_' && byte != '-')
			return false;
	}
	return true;
}

struct event_ticket *reader_ticket(struct span name, uint64_t position, bool forget)
{
	struct event_ticket *ticket = event_ticket_new(EVENT_CLASS_BULK);
	struct reader_change *change = calloc(1, sizeof(*change));

	if (!ticket || !change || !reader_name_is_valid(name)) {
		event_ticket_free(ticket);
		free(change);
		return NULL;
	}
	memcpy(change->reader.name, name.data, name.size);
	change->reader.position = position;
	change->reader.seen = clock_wall();
	change->forget = forget;
	ticket->reader = change;
	return ticket;
}

/* Room for any name behind the prefix. */
static struct span key_of(struct span name, uint8_t *space)
{
	size_t size = name.size < READER_NAME_MAX_BYTES ? name.size : READER_NAME_MAX_BYTES;

	memcpy(space, prefix.data, prefix.size);
	memcpy(space + prefix.size, name.data, size);
	return span_of(space, prefix.size + size);
}

void reader_write(struct txn *txn, const struct reader_change *change)
{
	uint8_t space[16 + READER_NAME_MAX_BYTES], row[ROW_BYTES];
	struct span key = key_of(span_text(change->reader.name), space);

	put_u64(row, change->reader.position);
	put_u64(row + 8, change->reader.seen);
	if (change->forget)
		txn_delete(txn, EVENTS_META, key);
	else
		txn_put(txn, EVENTS_META, key, span_of(row, sizeof(row)));
}

static void decode(struct span key, struct span row, struct reader *ret_reader)
{
	struct span name = span_slice(key, prefix.size, READER_NAME_MAX_BYTES);

	memset(ret_reader, 0, sizeof(*ret_reader));
	memcpy(ret_reader->name, name.data, name.size);
	ret_reader->position = get_u64(row.data);
	ret_reader->seen = get_u64(row.data + 8);
}

size_t reader_read_all(struct txn *txn, struct reader ret_readers[READERS_MAX])
{
	struct txn_walk walk;
	struct span key, row;
	size_t count = 0;

	txn_walk_begin(txn, EVENTS_META, prefix, &walk);
	while (count < READERS_MAX && txn_walk_next(&walk, &key, &row) && span_starts(key, prefix))
		if (row.size == ROW_BYTES)
			decode(key, row, &ret_readers[count++]);
	txn_walk_end(&walk);
	return count;
}

struct listing {
	struct reader *readers;
	size_t count;
};

static void list(struct txn *txn, void *context)
{
	struct listing *listing = context;

	listing->count = reader_read_all(txn, listing->readers);
}

int reader_list(struct store *store, struct reader ret_readers[READERS_MAX], size_t *ret_count)
{
	struct listing listing = {.readers = ret_readers};
	int r = txn_read(&store->events, list, &listing);

	if (!r)
		*ret_count = listing.count;
	return r;
}

struct search {
	struct span key;
	struct reader *ret_reader;
	bool found;
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span row = txn_get(txn, EVENTS_META, search->key);

	search->found = row.data && row.size == ROW_BYTES;
	if (search->found)
		decode(search->key, row, search->ret_reader);
}

int reader_find(struct store *store, struct span name, struct reader *ret_reader)
{
	uint8_t space[16 + READER_NAME_MAX_BYTES];
	struct search search = {.ret_reader = ret_reader};
	int r;

	if (!reader_name_is_valid(name))
		return STORE_E_NOT_FOUND;
	search.key = key_of(name, space);
	r = txn_read(&store->events, find, &search);
	return r ? r : search.found ? 0 : STORE_E_NOT_FOUND;
}
