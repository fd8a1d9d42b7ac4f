/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account events: where every event went, in the log itself.
 *
 * One is appended each minute and one as the very last record of an orderly end. So the log tells
 * by its last record how the run before ended; when it did not end, the next start appends one that
 * says "unclean" and the most that can be missing: what that run's queues could hold, which it left
 * in events/meta. Its totals are zeros, since nobody knows them.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/store_internal.h"

#include <errno.h>

void event_account_encode(const struct event_account_options *options, uint16_t incarnation,
			  struct buffer *to)
{
	const struct event_account *account = &options->account;
	struct event event;

	event_init(&event, EVENT_account, clock_wall());
	event.incarnation = incarnation;
	event_set_choice(&event, EVENT_FIELD_period, (uint8_t)options->period);
	event_set_number(&event, EVENT_FIELD_received, account->received);
	event_set_number(&event, EVENT_FIELD_committed, account->stored);
	event_set_number(&event, EVENT_FIELD_dropped, account->dropped);
	event_set_number(&event, EVENT_FIELD_rejected, account->rejected);
	event_set_number(&event, EVENT_FIELD_lost, account->lost);
	event_set_number(&event, EVENT_FIELD_pending, account->pending);
	event_set_number(&event, EVENT_FIELD_late, account->late);
	if (options->period == ACCOUNT_UNCLEAN)
		event_set_number(&event, EVENT_FIELD_missing, options->missing);
	event_encode(&event, to);
}

struct recovery {
	struct store *store;
	uint64_t queue_limit;
	uint64_t last;
	bool unclean;
};

static bool is_shutdown(struct span record)
{
	struct event event;

	return event_decode(record, &event) == 0 && event.type == EVENT_account &&
	       event_choice(&event, EVENT_FIELD_period) == ACCOUNT_SHUTDOWN;
}

/* The end of the log, the unclean account if one is due, and this run's limits, in one commit. */
static void recover(struct txn *txn, void *context)
{
	struct recovery *recovery = context;
	cleanup_buffer struct buffer record = BUFFER_INIT;
	struct event_account_options unclean = {.period = ACCOUNT_UNCLEAN};
	struct span key, last;
	uint8_t next[8];

	txn_last(txn, EVENTS_EVENTS, &key, &last);
	if (key.data && key.size != sizeof(next))
		txn_fail(txn, -EBADMSG);
	if (txn->error)
		return;
	recovery->last = key.data ? get_u64(key.data)
				  : txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	recovery->unclean = key.data && !is_shutdown(last);
	unclean.missing = txn_get_number(txn, EVENTS_META, "queue_limit", 0);
	if (recovery->unclean) {
		event_account_encode(&unclean, recovery->store->incarnation, &record);
		txn_fail(txn, record.error);
		put_u64(next, ++recovery->last);
		txn_append(txn, EVENTS_EVENTS, span_of(next, sizeof(next)), buffer_span(&record));
	}
	txn_put_number(txn, EVENTS_META, "queue_limit", recovery->queue_limit, 8);
}

int event_account_recover(struct store *store, uint64_t queue_limit, struct error *error)
{
	struct recovery recovery = {.store = store, .queue_limit = queue_limit};
	int r = txn_write(&store->events, recover, &recovery);

	if (r == -EBADMSG)
		return error_set(error, STORE_E_DAMAGED,
				 "%s: the end of the log cannot be read; restore it from a backup",
				 store->events.path);
	if (r)
		return error_set(error, r, "%s: cannot be written: %s%s", store->events.path,
				 strerror(-r), r == -ENOSPC ? "; make room and start again" : "");
	store->last_sequence = recovery.last;
	return 0;
}
