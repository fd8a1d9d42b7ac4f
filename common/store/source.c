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

struct search {
	uint8_t mark[ID_SOURCE_MARK_BYTES];
	uint64_t sequence;
	bool found;
};

static void find(struct txn *txn, void *context)
{
	struct search *search = context;
	struct span found =
		txn_get(txn, STATE_SOURCES, span_of(search->mark, sizeof(search->mark)));

	search->found = found.size == 8;
	if (search->found)
		search->sequence = get_u64(found.data);
}

int source_find(struct store *store, struct span source, struct span source_id,
		uint64_t *ret_sequence)
{
	struct search search = {.found = false};
	int r;

	id_of_source(source, source_id, search.mark);
	r = txn_read(&store->state, find, &search);
	if (r)
		return r;
	if (!search.found)
		return STORE_E_NOT_FOUND;
	*ret_sequence = search.sequence;
	return 0;
}
