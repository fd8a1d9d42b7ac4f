/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log, event by event, for whoever asks: slices make the transactions short, and a slice that
 * comes back empty is the end.
 */
#include "store/event_reader.h"
#include "store/store_internal.h"

static int each_of_slice(struct event_slice *slice,
			 int (*each)(void *context, const struct event *event, struct span record),
			 void *context, uint64_t *last)
{
	struct event event;
	struct span record;
	uint64_t sequence;
	int r;

	while (event_slice_next(slice, &sequence, &record)) {
		r = event_decode(record, &event);
		if (r)
			return r;
		event.sequence = sequence;
		*last = sequence;
		r = each(context, &event, record);
		if (r)
			return r;
	}
	return 0;
}

int event_reader_each(struct store *store, uint64_t after,
		      int (*each)(void *context, const struct event *event, struct span record),
		      void *context, uint64_t *ret_last)
{
	struct event_slice slice = {0};
	uint64_t last = after;
	int r;

	do {
		r = event_slice_read(&store->events, last, &slice);
		if (!r)
			r = each_of_slice(&slice, each, context, &last);
	} while (!r && slice.count > 0);
	event_slice_finish(&slice);
	*ret_last = last;
	return r;
}

static void read_pruned_through(struct txn *txn, void *context)
{
	uint64_t *sequence = context;

	*sequence = txn_get_number(txn, EVENTS_META, "pruned_through", 0);
}

int event_reader_pruned_through(struct store *store, uint64_t *ret_sequence)
{
	uint64_t sequence;
	int r = txn_read(&store->events, read_pruned_through, &sequence);

	if (!r)
		*ret_sequence = sequence;
	return r;
}

static void read_retained(struct txn *txn, void *context)
{
	struct event_reader_retained *retained = context;

	retained->pruned_through = txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	retained->tombstoned_through = txn_get_number(txn, EVENTS_META, "tombstoned_through", 0);
}

int event_reader_retained(struct store *store, struct event_reader_retained *ret_retained)
{
	struct event_reader_retained retained;
	int r = txn_read(&store->events, read_retained, &retained);

	if (!r)
		*ret_retained = retained;
	return r;
}

static void read_identity(struct txn *txn, void *context)
{
	struct buffer *to = context;

	buffer_append_span(to, txn_get(txn, EVENTS_META, SPAN("node")));
	buffer_printf(to, ".%u", (unsigned)txn_get_number(txn, EVENTS_META, "incarnation", 1));
}

int event_reader_identity(struct store *store, struct buffer *to)
{
	int r = txn_read(&store->events, read_identity, to);

	return r ? r : to->error;
}
