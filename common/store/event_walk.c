/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slices of the log as they lie on disk, each with the numbers of the texts that its records name.
 *
 * A text is kept under its id of the log, in a table by the lower bits of it: ids of one block
 * follow each other, so none displaces another of its block. It is that text for records of its
 * block alone (whoever prunes all texts and begins again gives an id a second time, in a block that
 * lies behind), so it is believed only as far behind the beginning of the block as records name
 * texts. What would displace a text that the slice at hand has named ends the slice before it.
 *
 * Texts are looked up in the transaction that reads their records, since pruning removes both.
 */
#include "store/event_walk.h"

#include "base/encode.h"
#include "store/event_reader.h"
#include "store/store_internal.h"

#include <errno.h>

enum {
	SLICE_BYTES = 1 << 20,
	TEXTS_BYTES = 1 << 20,
	ID_BYTES = 4,
	BASE_BYTES = 8,
	NAME_BYTES = 1 + ID_BYTES /* of a text in a record: field ‖ id */
};

struct text {
	uint64_t base;	   /* first sequence of its block */
	uint32_t id;	   /* in the log; 0: none is here */
	uint32_t number;   /* of this walk */
	uint32_t at, size; /* in walk->texts */
	uint32_t slice;	   /* that named it last */
};

/* A record in walk->records. */
struct piece {
	uint64_t sequence;
	uint32_t at, size;
};

struct event_walk {
	struct store *store;
	struct text table[EVENT_WALK_TEXTS];
	struct buffer texts, records;
	struct piece pieces[EVENT_READER_SLICE_EVENTS];
	uint32_t count; /* of pieces */
	uint32_t slice, numbers;
	uint64_t after;
	bool damaged;
};

int event_walk_new(struct store *store, struct event_walk **ret_walk)
{
	struct event_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->store = store;
	*ret_walk = walk;
	return 0;
}

void event_walk_free(struct event_walk *walk)
{
	if (!walk)
		return;
	buffer_finish(&walk->texts);
	buffer_finish(&walk->records);
	free(walk);
}

static struct text *place_of(struct event_walk *walk, uint32_t id)
{
	return &walk->table[id % EVENT_WALK_TEXTS];
}

static bool is_named(const struct text *text, uint32_t id, uint64_t sequence)
{
	return text->id == id && sequence >= text->base &&
	       sequence - text->base < TEXT_BLOCK_MAX_EVENTS;
}

/* Between two slices: what is kept does not grow without end. */
static void forget_texts(struct event_walk *walk)
{
	if (walk->texts.size <= TEXTS_BYTES && !walk->texts.error)
		return;
	memset(walk->table, 0, sizeof(walk->table));
	buffer_clear(&walk->texts);
}

enum learned { LEARNED, MISSING, DISPLACES };

static enum learned learn(struct event_walk *walk, struct txn *txn, const uint8_t *id,
			  uint64_t sequence)
{
	struct text *text = place_of(walk, get_u32(id));
	struct span row;

	if (is_named(text, get_u32(id), sequence)) {
		text->slice = walk->slice;
		return LEARNED;
	}
	if (text->id && text->slice == walk->slice)
		return DISPLACES;
	row = txn_get(txn, EVENTS_TEXTS, span_of(id, ID_BYTES));
	if (row.size <= BASE_BYTES || get_u32(id) == 0)
		return MISSING;
	*text = (struct text){
		.base = get_u64(row.data),
		.id = get_u32(id),
		.number = ++walk->numbers,
		.at = (uint32_t)walk->texts.size,
		.size = (uint32_t)(row.size - BASE_BYTES),
		.slice = walk->slice,
	};
	buffer_append(&walk->texts, row.data + BASE_BYTES, row.size - BASE_BYTES);
	return is_named(text, text->id, sequence) ? LEARNED : MISSING;
}

/* All texts that @record names. */
static enum learned learn_texts(struct event_walk *walk, struct txn *txn, struct span record,
				uint64_t sequence)
{
	enum learned learned = LEARNED;
	struct span names = {0};
	size_t at = EVENT_HEADER_BYTES;
	uint8_t field = 0;

	if (record.size == 0 || record.data[0] != RECORD_VERSION_SHARED)
		return LEARNED;
	while (record_next(record, &at, &field, &names) == 0)
		;
	if (field != EVENT_FIELD_SHARED || names.size == 0 || names.size % NAME_BYTES ||
	    names.size > TEXT_NAMES_MAX * NAME_BYTES)
		return MISSING;
	for (size_t i = 0; i < names.size && learned == LEARNED; i += NAME_BYTES)
		learned = learn(walk, txn, names.data + i + 1, sequence);
	return learned;
}

/* A record that cannot be read is a piece without bytes. False: it is for the next slice. */
static bool take_record(struct event_walk *walk, struct txn *txn, uint64_t sequence,
			struct span record)
{
	enum learned learned = learn_texts(walk, txn, record, sequence);
	struct piece *piece = &walk->pieces[walk->count];

	if (learned == DISPLACES && walk->count > 0)
		return false;
	if (learned != LEARNED)
		record = span_of(record.data, 0);
	*piece = (struct piece){sequence, (uint32_t)walk->records.size, (uint32_t)record.size};
	buffer_append_span(&walk->records, record);
	walk->count++;
	return true;
}

static void read_slice(struct txn *txn, void *context)
{
	struct event_walk *walk = context;
	uint8_t from[sizeof(uint64_t)];
	uint64_t last = walk->after;
	struct span key, record;
	struct txn_walk rows;

	put_u64(from, walk->after + 1);
	txn_walk_begin(txn, EVENTS_EVENTS, span_of(from, sizeof(from)), &rows);
	while (walk->count < EVENT_READER_SLICE_EVENTS && walk->records.size < SLICE_BYTES &&
	       txn_walk_next(&rows, &key, &record)) {
		/* In a damaged tree keys may go round in a circle, and the walk would never end. */
		if (key.size != sizeof(from) || record.size > EVENT_RECORD_MAX_BYTES ||
		    get_u64(key.data) <= last) {
			walk->damaged = walk->count == 0;
			break;
		}
		last = get_u64(key.data);
		if (!take_record(walk, txn, last, record))
			break;
	}
	txn_walk_end(&rows);
	txn_fail(txn, walk->records.error);
	txn_fail(txn, walk->texts.error);
}

/* Texts into their fields. False: one is not what it should be. */
static bool set_texts(struct event_walk *walk, struct event *event,
		      struct event_walk_numbers *ret_numbers)
{
	struct span names = event->shared;

	for (size_t i = 0; i < names.size; i += NAME_BYTES) {
		uint8_t field = names.data[i];
		const struct text *text = place_of(walk, get_u32(names.data + i + 1));

		if (field == 0 || field >= EVENT_WALK_FIELDS || event->fields[field].data ||
		    text->size > event_field_row(field)->max_bytes)
			return false;
		event->fields[field] = span_of(walk->texts.data + text->at, text->size);
		ret_numbers->of[field] = text->number;
	}
	return true;
}

static int each_of_slice(struct event_walk *walk,
			 int (*each)(void *context, const struct event *event,
				     const struct event_walk_numbers *numbers),
			 void *context, uint64_t *last)
{
	struct event event;

	for (uint32_t i = 0; i < walk->count; i++) {
		const struct piece *piece = &walk->pieces[i];
		struct event_walk_numbers numbers = {{0}};
		int r = event_decode(span_of(walk->records.data + piece->at, piece->size), &event);

		if (!r && !set_texts(walk, &event, &numbers))
			r = EVENT_E_FORM;
		if (r)
			return r;
		event.sequence = piece->sequence;
		*last = piece->sequence;
		r = each(context, &event, &numbers);
		if (r)
			return r;
	}
	return 0;
}

static int next_slice(struct event_walk *walk, uint64_t after)
{
	int r = 0;

	forget_texts(walk);
	buffer_clear(&walk->records);
	walk->count = 0;
	walk->slice++;
	walk->after = after;
	walk->damaged = false;
	if (after != UINT64_MAX)
		r = txn_read(&walk->store->events, read_slice, walk);
	return r ? r : walk->damaged ? EVENT_E_FORM : 0;
}

int event_walk_each(struct event_walk *walk, uint64_t after,
		    int (*each)(void *context, const struct event *event,
				const struct event_walk_numbers *numbers),
		    void *context, uint64_t *ret_last)
{
	uint64_t last = after;
	int r;

	do {
		r = next_slice(walk, last);
		if (!r)
			r = each_of_slice(walk, each, context, &last);
	} while (!r && walk->count > 0);
	*ret_last = last;
	return r;
}
