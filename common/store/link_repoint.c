/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/repoints, folded from the events "link".
 *
 * A link event that leaves the destination as it is adds nothing, so that folding one twice gives
 * the same rows: the second time the link leads there already. Readers copy a slice at a time and
 * hold no snapshot while their caller works.
 */
#include "store/link_repoint.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store_internal.h"

#include <errno.h>

enum { KEY_BYTES = 16, SLICE_CHANGES = 16 };

enum repoint_field {
#define REPOINT(id, name, ...) REPOINT_##name = (id),
	REPOINT_FIELDS(REPOINT)
#undef REPOINT
		REPOINT_FIELD_COUNT
};

static const uint32_t field_max_bytes[REPOINT_FIELD_COUNT] = {
#define REPOINT(id, name, max, ...) [id] = (max),
	REPOINT_FIELDS(REPOINT)
#undef REPOINT
};

static void append(struct buffer *row, enum repoint_field field, struct span value)
{
	if (value.data)
		record_append(row, (uint8_t)field, value);
}

void link_repoint_fold(struct txn *txn, const struct event *event, struct span from)
{
	cleanup_buffer struct buffer row = BUFFER_INIT;
	const struct span *fields = event->fields;
	uint8_t key[KEY_BYTES], time[8];

	if (span_equal(from, fields[EVENT_FIELD_destination]))
		return;
	memcpy(key, fields[EVENT_FIELD_link].data, sizeof(struct link_id));
	put_u64(key + sizeof(struct link_id), event->sequence);
	put_u64(time, event->time);
	buffer_append_byte(&row, RECORD_VERSION);
	append(&row, REPOINT_time, span_of(time, sizeof(time)));
	append(&row, REPOINT_from, from);
	append(&row, REPOINT_to, fields[EVENT_FIELD_destination]);
	append(&row, REPOINT_actor, fields[EVENT_FIELD_actor]);
	append(&row, REPOINT_reason, fields[EVENT_FIELD_reason]);
	txn_fail(txn, row.error);
	txn_put(txn, STATE_REPOINTS, span_of(key, sizeof(key)), buffer_span(&row));
}

static int parse(struct span row, struct span fields[REPOINT_FIELD_COUNT])
{
	int r = record_read_row(row, field_max_bytes, REPOINT_FIELD_COUNT, fields);

	return r == 0 && fields[REPOINT_time].size == 8 ? 0 : -EBADMSG;
}

/* The change in @row, whose spans are copies in @arena. */
static int make(struct span key, struct span row, struct arena *arena,
		struct link_repoint *ret_change)
{
	struct span fields[REPOINT_FIELD_COUNT], copy = arena_copy(arena, row);
	int r;

	if (!copy.data)
		return -ENOMEM;
	r = parse(copy, fields);
	if (r)
		return r;
	*ret_change = (struct link_repoint){
		.event = get_u64(key.data + sizeof(struct link_id)),
		.time = get_u64(fields[REPOINT_time].data),
		.from = fields[REPOINT_from],
		.to = fields[REPOINT_to],
		.actor = fields[REPOINT_actor],
		.reason = fields[REPOINT_reason],
	};
	return 0;
}

struct slice {
	const struct link_id *id;
	uint64_t from; /* the first event that is wanted */
	struct arena *arena;
	struct link_repoint changes[SLICE_CHANGES];
	int count;
};

static void read_slice(struct txn *txn, void *context)
{
	struct span id, key, row;
	struct slice *slice = context;
	uint8_t first[KEY_BYTES];
	struct txn_walk walk;

	id = span_of(slice->id->bytes, sizeof(slice->id->bytes));
	memcpy(first, id.data, id.size);
	put_u64(first + id.size, slice->from);
	slice->count = 0;
	txn_walk_begin(txn, STATE_REPOINTS, span_of(first, sizeof(first)), &walk);
	while (slice->count < SLICE_CHANGES && txn_walk_next(&walk, &key, &row)) {
		if (!span_starts(key, id))
			break;
		if (key.size != KEY_BYTES)
			txn_fail(txn, -EBADMSG);
		else
			txn_fail(txn,
				 make(key, row, slice->arena, &slice->changes[slice->count++]));
		if (txn->error)
			break;
	}
	txn_walk_end(&walk);
}

int link_repoint_each(struct store *store, const struct link_id *id,
		      int (*each)(void *context, const struct link_repoint *change), void *context)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct slice slice = {.id = id, .arena = &arena};
	int r;

	do {
		arena_reset(&arena);
		r = txn_read(&store->state, read_slice, &slice);
		for (int i = 0; i < slice.count && !r; i++)
			r = each(context, &slice.changes[i]);
		if (slice.count > 0)
			slice.from = slice.changes[slice.count - 1].event + 1;
	} while (!r && slice.count == SLICE_CHANGES);
	return r;
}

int link_repoint_first(struct store *store, const struct link_id *id, struct arena *arena,
		       struct span *ret_destination)
{
	struct slice slice = {.id = id, .arena = arena};
	int r = txn_read(&store->state, read_slice, &slice);

	if (r)
		return r;
	if (slice.count == 0)
		return STORE_E_NOT_FOUND;
	*ret_destination = slice.changes[0].from;
	return 0;
}
