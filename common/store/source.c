/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state/sources: which events of other systems are in the log, folded from the source and source_id
 * of whatever has them. The first one stays: the writer keeps each pair once, and should an older
 * log hold it twice, both folds agree.
 */
#include "base/encode.h"
#include "store/store_internal.h"

bool source_concerns(struct span record)
{
	size_t at = EVENT_HEADER_BYTES;
	struct span value;
	uint8_t field;

	while (record_next(record, &at, &field, &value) == 0 && field <= EVENT_FIELD_source_id)
		if (field == EVENT_FIELD_source_id)
			return true;
	return false;
}

void source_fold(struct txn *txn, const struct event *event)
{
	struct span source = event->fields[EVENT_FIELD_source];
	struct span id = event->fields[EVENT_FIELD_source_id];
	uint8_t mark[ID_SOURCE_MARK_BYTES], sequence[8];

	if (!source.data || !id.data)
		return;
	id_of_source(source, id, mark);
	if (txn_get(txn, STATE_SOURCES, span_of(mark, sizeof(mark))).data)
		return;
	put_u64(sequence, event->sequence);
	txn_put(txn, STATE_SOURCES, span_of(mark, sizeof(mark)),
		span_of(sequence, sizeof(sequence)));
}

int source_find(struct store *store, struct span source, struct span source_id,
		uint64_t *ret_sequence)
{
	uint8_t mark[ID_SOURCE_MARK_BYTES];
	struct span found;
	struct txn txn;
	int r;

	id_of_source(source, source_id, mark);
	txn_begin_read(&txn, &store->state);
	found = txn_get(&txn, STATE_SOURCES, span_of(mark, sizeof(mark)));
	if (found.size == 8)
		*ret_sequence = get_u64(found.data);
	r = txn_finish(&txn);
	if (r)
		return r;
	return found.size == 8 ? 0 : STORE_E_NOT_FOUND;
}
