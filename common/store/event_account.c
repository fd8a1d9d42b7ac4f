/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account events: where every event went, in the log itself.
 *
 * One is appended each minute and one as the very last record of an orderly end. A run begins by
 * writing into events/meta what its queues can hold, and takes that back in its last commit. What
 * the next start still finds there, or a log with another end, is of a run that did not end: then
 * one is appended that says "unclean" and that number, the most that can be missing, even of a run
 * that never came to store anything. Its totals are zeros, since nobody knows them. On a disk that
 * cannot be written at that moment it is due, and comes before the first event that can be.
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

static bool is_shutdown(struct span record)
{
	struct event event;

	return event_decode(record, &event) == 0 && event.type == EVENT_account &&
	       event_choice(&event, EVENT_FIELD_period) == ACCOUNT_SHUTDOWN;
}

/* Where the log ends, and whether the run before did. */
static void read_end(struct txn *txn, struct store *store)
{
	struct span key, last;

	txn_last(txn, EVENTS_EVENTS, &key, &last);
	if (key.data && key.size != 8)
		txn_fail(txn, -EBADMSG);
	if (txn->error)
		return;
	store->last_sequence = key.data ? get_u64(key.data)
					: txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	store->unclean = (key.data && !is_shutdown(last)) ||
			 txn_get_number(txn, EVENTS_META, "queue_limit", 0) > 0;
}

uint64_t event_account_append_recovery(struct txn *txn, struct store *store)
{
	cleanup_buffer struct buffer record = BUFFER_INIT;
	struct event_account_options unclean = {.period = ACCOUNT_UNCLEAN};
	uint64_t last = store->last_sequence;
	uint8_t next[8];

	unclean.missing = txn_get_number(txn, EVENTS_META, "queue_limit", 0);
	if (store->unclean) {
		event_account_encode(&unclean, store->incarnation, &record);
		txn_fail(txn, record.error);
		put_u64(next, ++last);
		txn_append(txn, EVENTS_EVENTS, span_of(next, sizeof(next)), buffer_span(&record));
	}
	txn_put_number(txn, EVENTS_META, "queue_limit", store->queue_limit, 8);
	return last;
}

struct recovery {
	struct store *store;
	uint64_t last;
};

/* The end of the log, the unclean account if one is due, and this run's limits, in one commit. */
static void recover(struct txn *txn, void *context)
{
	struct recovery *recovery = context;

	read_end(txn, recovery->store);
	if (!txn->error)
		recovery->last = event_account_append_recovery(txn, recovery->store);
}

static void only_read_end(struct txn *txn, void *context)
{
	read_end(txn, context);
}

/* The disk refuses, so the writer will try again; what is there can be read all the same. */
static bool postpone(struct store *store, int error)
{
	if (!store->degraded || error == -EBADMSG || error == -ENOMEM)
		return false;
	store->recovery_due = txn_read(&store->events, only_read_end, store) == 0;
	return store->recovery_due;
}

int event_account_recover(struct store *store, struct error *error)
{
	struct recovery recovery = {.store = store};
	int r = txn_write(&store->events, recover, &recovery);

	if (!r)
		store->last_sequence = recovery.last;
	else if (postpone(store, r))
		return 0;
	if (r == -EBADMSG)
		return error_set(error, STORE_E_DAMAGED,
				 "%s: the end of the log cannot be read; restore it from a backup",
				 store->events.path);
	if (r)
		return error_set(error, r, "%s: cannot be written: %s%s", store->events.path,
				 strerror(-r), r == -ENOSPC ? "; make room and start again" : "");
	return 0;
}
