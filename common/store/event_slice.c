/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slice of the log, copied out.
 *
 * An LMDB snapshot that stays open keeps old pages from being reused and the file grows without
 * end, and it also keeps the owner from growing its map. What reads the log may be slow (a pipe, a
 * network), so nobody works inside of a snapshot: a bounded slice is copied, the snapshot is
 * closed, then the work begins. Copying costs a few dozen nanoseconds per event. Texts that records
 * share are put back into their places, so that nobody above knows of them.
 */
#include "base/encode.h"
#include "store/event_reader.h"
#include "store/store_internal.h"

enum { SLICE_BYTES = 1 << 20, KEY_BYTES = 8, PREFIX_BYTES = 12 };

struct reading {
	struct event_slice *slice;
	uint64_t after;
	int result;
};

/* Whole, or cut to one byte when one of its texts is not there: such a record cannot be read. */
static void append_record(struct txn *txn, struct text_reader *texts, struct span key,
			  struct span record, struct buffer *to)
{
	size_t start = to->size;
	uint8_t prefix[PREFIX_BYTES] = {0};

	memcpy(prefix, key.data, KEY_BYTES);
	buffer_append(to, prefix, sizeof(prefix));
	if (record.size == 0 || record.data[0] != RECORD_VERSION_SHARED) {
		buffer_append_span(to, record);
	} else if (!text_reader_expand(texts, txn, record, to) && !to->error) {
		to->size = start + PREFIX_BYTES;
		buffer_append_byte(to, record.data[0]);
	}
	if (!to->error)
		put_u32(to->data + start + KEY_BYTES, (uint32_t)(to->size - start - PREFIX_BYTES));
}

static void read_slice(struct txn *txn, void *context)
{
	struct reading *reading = context;
	struct event_slice *slice = reading->slice;
	uint8_t from[KEY_BYTES];
	uint64_t last = reading->after;
	struct text_reader texts = {0};
	struct span key, record;
	struct txn_walk walk;

	put_u64(from, reading->after + 1);
	txn_walk_begin(txn, EVENTS_EVENTS, span_of(from, sizeof(from)), &walk);
	while (slice->count < EVENT_READER_SLICE_EVENTS && slice->records.size < SLICE_BYTES &&
	       txn_walk_next(&walk, &key, &record)) {
		/* In a damaged tree keys may go round in a circle, and the walk would never end. */
		if (key.size != KEY_BYTES || record.size > EVENT_RECORD_MAX_BYTES ||
		    get_u64(key.data) <= last) {
			reading->result = slice->count ? 0 : EVENT_E_FORM;
			break;
		}
		last = get_u64(key.data);
		append_record(txn, &texts, key, record, &slice->records);
		slice->count++;
	}
	txn_walk_end(&walk);
	txn_fail(txn, slice->records.error);
}

int event_slice_read(struct env *events, uint64_t after, struct event_slice *slice)
{
	struct reading reading = {.slice = slice, .after = after};
	int r;

	buffer_clear(&slice->records);
	slice->at = slice->count = 0;
	if (after == UINT64_MAX)
		return 0;
	r = txn_read(events, read_slice, &reading);
	return r ? r : reading.result;
}

bool event_slice_next(struct event_slice *slice, uint64_t *ret_sequence, struct span *ret_record)
{
	const uint8_t *data;

	if (slice->at >= slice->records.size)
		return false;
	data = slice->records.data + slice->at;
	*ret_sequence = get_u64(data);
	*ret_record = span_of(data + PREFIX_BYTES, get_u32(data + KEY_BYTES));
	slice->at += PREFIX_BYTES + ret_record->size;
	return true;
}

void event_slice_finish(struct event_slice *slice)
{
	buffer_finish(&slice->records);
}
