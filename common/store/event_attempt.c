/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt at a batch: people/ first, then the log.
 *
 * Clicks that need a row of people/ wait for it apart when people/ fails (writer->held), so that
 * the others are not held up; they keep their place in the account and their share of the queue.
 *
 * A commit that reported an error may still have happened (the meta page reached the file and the
 * answer did not), so before the next attempt the end of the log is looked at: if the batch is
 * there, one more commit behind it makes certain that it is durable. Nothing is ever appended twice
 * and no sequence is left out. While that doubt lasts the batch stays as it is; its people are
 * durable by then, since they come first.
 */
#include "base/encode.h"
#include "store/event_queue.h"
#include "store/people_internal.h"
#include "store/typed_internal.h"

#include <errno.h>

enum { ACCOUNT_ROOM_BYTES = 256, PEOPLE_FIRST_MS = 10, PEOPLE_MAX_MS = 1000, RETRY_MS = 1000 };

/* A damaged page does not heal, and each attempt at it costs a little memory. */
enum { DAMAGE_PAUSE_MS = 60000 };

usec_t event_pause(usec_t before, int error)
{
	usec_t first = PEOPLE_FIRST_MS * USEC_PER_MS, most = PEOPLE_MAX_MS * USEC_PER_MS;

	if (error == -EBADMSG)
		most = DAMAGE_PAUSE_MS * USEC_PER_MS;
	if (before == 0)
		return first;
	return before * 2 < most ? before * 2 : most;
}

/* A record written from now on says whether its answer has left already. */
static void note_late(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	for (struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next)
		ticket->late_recorded = ticket->late;
	(void)pthread_mutex_unlock(&writer->lock);
}

static bool needs_people(const struct event_ticket *ticket)
{
	for (const struct people_change *c = ticket->changes; c; c = c->next)
		if (!c->written)
			return true;
	return typed_is_waiting(ticket);
}

static bool has_changes(const struct event_writer *writer)
{
	for (const struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next)
		if (needs_people(ticket))
			return true;
	return false;
}

/* Of the batch: behind the log's end, and behind what a crash still has to say. */
static uint64_t first_sequence(const struct event_writer *writer)
{
	const struct store *store = writer->store;

	return store->last_sequence + 1 + (store->recovery_due && store->unclean);
}

static void write_people(struct txn *txn, void *context)
{
	struct event_writer *writer = context;

	people_write(txn, writer->batch.first, first_sequence(writer));
	typed_write(txn, writer->batch.first, first_sequence(writer));
}

static void set_apart(struct event_writer *writer)
{
	struct event_list rest = {0};
	struct event_ticket *ticket;

	while ((ticket = event_list_take(&writer->batch)))
		event_list_append(needs_people(ticket) ? &writer->held : &rest, ticket);
	writer->batch = rest;
}

static int write_changes(struct event_writer *writer)
{
	struct env *people = &writer->store->people;
	int r = writer->store->people_ready ? env_reserve(people, writer->batch.bytes) : -EIO;

	if (!r)
		r = txn_write(people, write_people, writer);
	if (r)
		return r;
	people_written(writer->batch.first);
	typed_written(writer->batch.first);
	return 0;
}

/* Write what people/ must have first, or set apart who needs it. */
static void commit_people(struct event_writer *writer)
{
	uint64_t most = writer->queues[EVENT_CLASS_CLICK].limit_events / 2;
	int r;

	if (!has_changes(writer))
		return;
	r = write_changes(writer);
	writer->people_pause = r ? event_pause(writer->people_pause, r) : 0;
	writer->next_people = clock_monotonic() + writer->people_pause;
	if (r)
		set_apart(writer);
	atomic_store(&writer->store->people_full, writer->held.events > most);
	event_writer_note(writer, STORE_PEOPLE, r);
}

/* It counts the batch that it is committed with as stored, so it is exact wherever it is there. */
static void append_account(struct txn *txn, struct batch_commit *commit)
{
	struct event_account_options options = {.period = (unsigned)commit->period};
	struct event_writer *writer = commit->writer;
	uint8_t key[8];

	event_writer_account(writer, &options.account);
	options.account.stored += writer->batch.events;
	options.account.pending -= writer->batch.events;
	buffer_clear(&writer->scratch);
	event_account_encode(&options, writer->store->incarnation, &writer->scratch);
	txn_fail(txn, writer->scratch.error);
	put_u64(key, ++commit->end);
	txn_append(txn, EVENTS_EVENTS, span_of(key, sizeof(key)), buffer_span(&writer->scratch));
	prune_keep_clock(&writer->store->prune, txn);
}

static void write_events(struct txn *txn, void *context)
{
	struct batch_commit *commit = context;
	struct event_writer *writer = commit->writer;
	uint64_t next = writer->store->last_sequence + 1;

	if (writer->store->recovery_due)
		next = event_account_append_recovery(txn, writer->store) + 1;
	text_table_begin(&writer->store->texts, txn, next);
	for (struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next) {
		if (ticket->reader)
			reader_write(txn, ticket->reader);
		ticket->first_sequence = next;
		next = event_ticket_write(ticket, txn, next, writer->store, &writer->scratch);
	}
	commit->end = next - 1;
	if (commit->period >= 0)
		append_account(txn, commit);
	if (commit->period == ACCOUNT_SHUTDOWN)
		txn_put_number(txn, EVENTS_META, "queue_limit", 0, 8);
	if (commit->prunes)
		prune_step(&writer->store->prune, txn, writer->store,
			   prune_quota(writer->batch.events));
}

static void touch_meta(struct txn *txn, void *context)
{
	const struct store *store = context;

	txn_put_number(txn, EVENTS_META, "incarnation", store->incarnation, 2);
}

static void read_last(struct txn *txn, void *context)
{
	uint64_t *last = context;
	struct span key, value;

	txn_last(txn, EVENTS_EVENTS, &key, &value);
	if (key.size == 8)
		*last = get_u64(key.data);
}

/* After a commit that reported an error: is the batch in the log? It is durable, if so. */
static int settle_doubt(struct event_writer *writer, struct batch_commit *commit, bool *ret_there)
{
	struct store *store = writer->store;
	uint64_t last = 0, end = store->last_sequence + writer->batch.events;
	int r = txn_read(&store->events, read_last, &last);

	*ret_there = false;
	if (r || last <= store->last_sequence)
		return r;
	end += (commit->period >= 0) + (store->recovery_due && store->unclean);
	if (last != end)
		return -EBADMSG;
	commit->end = end;
	*ret_there = true;
	return txn_write(&store->events, touch_meta, store);
}

int event_establish(struct event_writer *writer, struct error *error)
{
	struct store *store = writer->store;
	int results[STORE_ENVS], r;

	if (store_is_established(store) ||
	    (store->events_ready && clock_monotonic() < writer->next_establish))
		return 0;
	r = store_establish(store, results, error);
	writer->next_establish = clock_monotonic() +
				 (store_is_held(store) ? DAMAGE_PAUSE_MS : RETRY_MS) * USEC_PER_MS;
	for (unsigned i = 0; i < STORE_ENVS; i++)
		event_writer_note(writer, i, results[i]);
	return r;
}

int event_attempt(struct event_writer *writer, struct batch_commit *commit)
{
	struct store *store = writer->store;
	bool there = false;
	int r = 0;

	commit->prunes = false;
	(void)event_establish(writer, NULL);
	if (!store->events_ready)
		return store->events_error;
	if (writer->in_doubt)
		r = settle_doubt(writer, commit, &there);
	else
		commit_people(writer);
	if (r || there)
		return r;
	writer->in_doubt = false;
	if (!writer->batch.first && commit->period < 0 && !store->recovery_due)
		return EVENT_ATTEMPT_NOTHING;
	note_late(writer);
	r = env_reserve(&store->events, writer->batch.bytes + ACCOUNT_ROOM_BYTES);
	if (r)
		return r;
	commit->prunes = prune_is_due(&store->prune, store);
	r = txn_write(&store->events, write_events, commit);
	writer->in_doubt = r != 0;
	return r;
}
