/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's thread: group commit.
 *
 * It takes what is queued (clicks first, then a bounded piece of bulk), commits people/, then the
 * log, hands back what needs no more than that, folds into state/ what concerns it, and hands back
 * the rest. While it commits, the next batch gathers: the slower the disk, the larger the batches.
 *
 * A batch that fails stays and is tried again, with pauses that grow. A commit that reported an
 * error may still have happened (the meta page reached the file and the answer did not), so before
 * the next attempt the end of the log is looked at: if the batch is there, one more commit behind
 * it makes certain that it is durable. Nothing is ever appended twice and no sequence is left out.
 *
 * state/ fails apart: events stay acknowledged, tickets that must be folded wait, the log is folded
 * from where it stood once state/ can be written again.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event_queue.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

enum {
	BATCH_EVENTS = 4096,
	BATCH_BYTES = 4 << 20,
	BULK_EVENTS = 512, /* of a batch, so that a click waits for one small commit at most */
	BULK_BYTES = 512 << 10,
	PAUSE_FIRST_MS = 10,
	PAUSE_MAX_MS = 1000,
	FOLD_PAUSE_MS = 1000,
	ACCOUNT_ROOM_BYTES = 256
};

/* With the lock held: until @until, or until somebody signals. */
static void wait_until(struct event_writer *writer, usec_t until)
{
	struct timespec deadline = {.tv_sec = (time_t)(until / USEC_PER_SEC),
				    .tv_nsec = (long)(until % USEC_PER_SEC * 1000)};

	writer->resting = true;
	(void)pthread_cond_timedwait(&writer->wake, &writer->lock, &deadline);
	writer->resting = false;
	writer->beats++;
}

static void take_from(struct event_writer *writer, enum event_class class, uint64_t events,
		      uint64_t bytes)
{
	struct event_list *waiting = &writer->queues[class].waiting;
	uint64_t taken_events = 0, taken_bytes = 0;

	/* At least one ticket, however large: it is bounded, too. */
	while (waiting->first && taken_events < events && taken_bytes < bytes) {
		struct event_ticket *ticket = event_list_take(waiting);

		taken_events += ticket->count;
		taken_bytes += event_ticket_bytes(ticket);
		event_list_append(&writer->batch, ticket);
	}
}

/* With the lock held. */
static bool is_waiting(const struct event_writer *writer)
{
	return writer->queues[EVENT_CLASS_CLICK].waiting.first ||
	       writer->queues[EVENT_CLASS_BULK].waiting.first;
}

/* The next thing to be done at a time: an account, state/ again, a look at the disk, pruning. */
static usec_t next_timer(const struct event_writer *writer)
{
	usec_t timer = UINT64_MAX / 2;

	if (writer->account_interval)
		timer = writer->next_account;
	if (writer->status.state_failing && writer->next_fold < timer)
		timer = writer->next_fold;
	if (writer->room.reserve_percent && writer->room.due < timer)
		timer = writer->room.due;
	if (prune_next(&writer->store->prune) < timer)
		timer = prune_next(&writer->store->prune);
	return timer;
}

void event_writer_check_room(struct event_writer *writer)
{
	const struct disk_room *room = &writer->room;
	enum disk_level before = room->level;

	if (!disk_room_check(&writer->room, clock_monotonic()))
		return;
	(void)pthread_mutex_lock(&writer->lock);
	writer->status.disk = room->level;
	writer->status.disk_free_bytes = room->free_bytes;
	writer->status.disk_size_bytes = room->size_bytes;
	(void)pthread_mutex_unlock(&writer->lock);
	if (room->level != before)
		(void)eventfd_write(writer->fd, 1);
}

/* Wait for work and take a batch (empty when only a timer is due). False: the end. */
static bool take_batch(struct event_writer *writer)
{
	bool go_on;

	(void)pthread_mutex_lock(&writer->lock);
	writer->store->prune.retention = writer->retention;
	while (!writer->stopping && !(writer->kicked && is_waiting(writer)) &&
	       clock_monotonic() < next_timer(writer)) {
		wait_until(writer, next_timer(writer));
		writer->store->prune.retention = writer->retention;
	}
	take_from(writer, EVENT_CLASS_CLICK, BATCH_EVENTS, BATCH_BYTES);
	take_from(writer, EVENT_CLASS_BULK, BULK_EVENTS, BULK_BYTES);
	writer->kicked = is_waiting(writer);
	writer->beats++;
	writer->status.retention_looks = writer->store->prune.looks;
	writer->status.retention_behind = writer->store->prune.behind;
	go_on = !writer->stopping || writer->batch.first;
	(void)pthread_mutex_unlock(&writer->lock);
	return go_on;
}

/* A record written from now on says whether its answer has left already. */
static void note_late(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	for (struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next)
		ticket->late_recorded = ticket->late;
	(void)pthread_mutex_unlock(&writer->lock);
}

static bool has_changes(const struct event_writer *writer)
{
	for (const struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next)
		for (const struct people_change *c = ticket->changes; c; c = c->next)
			if (!c->written)
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
}

static int commit_people(struct event_writer *writer)
{
	struct env *people = &writer->store->people;
	int r;

	if (!has_changes(writer))
		return 0;
	r = env_reserve(people, writer->batch.bytes);
	if (!r)
		r = txn_write(people, write_people, writer);
	if (!r)
		people_written(writer->batch.first);
	return r;
}

struct batch_commit {
	struct event_writer *writer;
	int period;   /* of the account at its end; -1: none */
	uint64_t end; /* sequence of its last event */
	bool prunes;  /* it takes a step of pruning with it */
};

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
	for (struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next) {
		if (ticket->reader)
			reader_write(txn, ticket->reader);
		ticket->first_sequence = next;
		next = event_ticket_write(ticket, txn, next, writer->store->incarnation,
					  &writer->scratch);
	}
	commit->end = next - 1;
	if (commit->period >= 0)
		append_account(txn, commit);
	if (commit->prunes)
		prune_step(&writer->store->prune, txn, writer->store,
			   prune_quota(writer->batch.events));
}

static void touch_meta(struct txn *txn, void *context)
{
	const struct store *store = context;

	txn_put_number(txn, EVENTS_META, "incarnation", store->incarnation, 2);
}

/* After a commit that reported an error: is the batch in the log? It is durable, if so. */
static int settle_doubt(struct event_writer *writer, struct batch_commit *commit, bool *ret_there)
{
	struct store *store = writer->store;
	uint64_t last = 0, end = store->last_sequence + writer->batch.events;
	struct span key, value;
	struct txn txn;
	int r;

	*ret_there = false;
	txn_begin_read(&txn, &store->events);
	txn_last(&txn, EVENTS_EVENTS, &key, &value);
	if (key.size == 8)
		last = get_u64(key.data);
	r = txn_finish(&txn);
	if (r || last <= store->last_sequence)
		return r;
	end += (commit->period >= 0) + (store->recovery_due && store->unclean);
	if (last != end)
		return -EBADMSG;
	commit->end = end;
	*ret_there = true;
	return txn_write(&store->events, touch_meta, store);
}

static int attempt(struct event_writer *writer, struct batch_commit *commit)
{
	struct env *events = &writer->store->events;
	bool there = false;
	int r = commit_people(writer);

	if (!r && writer->in_doubt)
		r = settle_doubt(writer, commit, &there);
	if (r || there)
		return r;
	writer->in_doubt = false;
	note_late(writer);
	r = env_reserve(events, writer->batch.bytes + ACCOUNT_ROOM_BYTES);
	if (r)
		return r;
	commit->prunes = prune_is_due(&writer->store->prune, writer->store);
	r = txn_write(events, write_events, commit);
	writer->in_doubt = r != 0;
	return r;
}

/* With the lock held: what a step that is committed has done. */
static void note_pruning(struct event_writer *writer)
{
	struct prune *prune = &writer->store->prune;

	prune_committed(prune);
	writer->status.pruned_through = prune->prefix.through;
	writer->status.pruned += prune->result.pruned;
	writer->status.tombstones += prune->result.tombstones;
	writer->status.readers_passed_over += prune->result.passed_over;
}

static void write_pruning(struct txn *txn, void *context)
{
	struct event_writer *writer = context;

	prune_step(&writer->store->prune, txn, writer->store, prune_quota(0));
}

/* Nothing waits: a step in a commit of its own, if it is time for one. */
static void prune_alone(struct event_writer *writer)
{
	struct prune *prune = &writer->store->prune;
	int r;

	if (clock_monotonic() < prune_next(prune) || !prune_is_due(prune, writer->store))
		return;
	r = txn_write(&writer->store->events, write_pruning, writer);
	(void)pthread_mutex_lock(&writer->lock);
	if (r)
		writer->figures.failures++;
	else
		note_pruning(writer);
	(void)pthread_mutex_unlock(&writer->lock);
	if (r)
		prune_failed(prune);
}

static void note_failure(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->figures.failures++;
	writer->status.events_failing = true;
	(void)pthread_mutex_unlock(&writer->lock);
	prune_failed(&writer->store->prune);
}

static void note_success(struct event_writer *writer, const struct batch_commit *commit,
			 usec_t began)
{
	usec_t took = clock_monotonic() - began;

	(void)pthread_mutex_lock(&writer->lock);
	writer->store->last_sequence = commit->end;
	writer->store->recovery_due = false;
	writer->account.stored += writer->batch.events;
	writer->account.pending -= writer->batch.events;
	writer->figures.commits++;
	writer->figures.commit_usec += took;
	histogram_add(&writer->figures.commit_times, took);
	writer->status.last_sequence = commit->end;
	writer->status.events_failing = false;
	if (commit->prunes)
		note_pruning(writer);
	(void)pthread_mutex_unlock(&writer->lock);
}

/* Pause before the next attempt. False: the end has come and its time is over. */
static bool pause_for(struct event_writer *writer, usec_t pause)
{
	usec_t until = clock_monotonic() + pause, now;
	bool over = false;

	(void)pthread_mutex_lock(&writer->lock);
	while (!over && (now = clock_monotonic()) < until) {
		over = writer->stopping && now >= writer->stop_deadline;
		if (!over)
			wait_until(writer, writer->stopping && writer->stop_deadline < until
						   ? writer->stop_deadline
						   : until);
	}
	over = writer->stopping && clock_monotonic() >= writer->stop_deadline;
	(void)pthread_mutex_unlock(&writer->lock);
	return !over;
}

/* Commit the batch, as often as it takes. False: given up, which only the end does. */
static bool commit_batch(struct event_writer *writer, int period)
{
	struct batch_commit commit = {.writer = writer, .period = period};
	usec_t pause = PAUSE_FIRST_MS * USEC_PER_MS;

	for (;;) {
		usec_t began;

		event_writer_check_room(writer);
		began = clock_monotonic();
		if (attempt(writer, &commit) == 0) {
			writer->in_doubt = false;
			note_success(writer, &commit, began);
			return true;
		}
		note_failure(writer);
		if (!pause_for(writer, pause))
			return false;
		pause = pause * 2 < PAUSE_MAX_MS * USEC_PER_MS ? pause * 2
							       : PAUSE_MAX_MS * USEC_PER_MS;
	}
}

/* Bring state/ up to the end of the log, unless it has just failed. */
static void fold(struct event_writer *writer, bool keep_position)
{
	struct store *store = writer->store;
	bool failing = writer->status.state_failing;
	int r = 0;

	if (failing && clock_monotonic() < writer->next_fold)
		return;
	if (writer->folding.first || failing)
		r = fold_run(store);
	else
		store->folded = store->last_sequence;
	if (!r && (keep_position || failing || store->prune.wants_state)) {
		r = fold_keep_position(store);
		prune_state_kept(&store->prune);
	}
	writer->next_fold = clock_monotonic() + FOLD_PAUSE_MS * USEC_PER_MS;
	(void)pthread_mutex_lock(&writer->lock);
	writer->status.state_failing = r != 0;
	writer->status.state_position = store->folded;
	(void)pthread_mutex_unlock(&writer->lock);
	if (!r)
		event_writer_finish(writer, &writer->folding, EVENT_STORED);
}

/* What is durable now goes back, but for what state/ must apply first. */
static void hand_back(struct event_writer *writer)
{
	struct event_list ready = {0};
	struct event_ticket *ticket;

	while ((ticket = event_list_take(&writer->batch)))
		event_list_append(ticket->folds ? &writer->folding : &ready, ticket);
	event_writer_finish(writer, &ready, EVENT_STORED);
}

static void lose_batch(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->account.lost += writer->batch.events;
	writer->account.pending -= writer->batch.events;
	(void)pthread_mutex_unlock(&writer->lock);
	event_writer_finish(writer, &writer->batch, EVENT_LOST);
}

/* Once per account. */
static void keep_house(struct event_writer *writer)
{
	writer->next_account = clock_monotonic() + writer->account_interval;
	env_forget_dead_readers(&writer->store->events);
	env_forget_dead_readers(&writer->store->state);
}

/* The last record is the account of the whole run, and says by its place that the run ended. */
static void end(struct event_writer *writer, bool given_up)
{
	if (!given_up)
		(void)commit_batch(writer, ACCOUNT_SHUTDOWN);
	writer->next_fold = 0;
	fold(writer, true);
	event_writer_finish(writer, &writer->folding, EVENT_STORED);
}

void *event_commit_thread(void *context)
{
	struct event_writer *writer = context;
	bool given_up = false;

	while (take_batch(writer)) {
		bool account =
			writer->account_interval && clock_monotonic() >= writer->next_account;

		if (!writer->batch.first && !account) {
			event_writer_check_room(writer);
			fold(writer, false);
			prune_alone(writer);
			continue;
		}
		given_up = given_up || !commit_batch(writer, account ? ACCOUNT_MINUTE : -1);
		if (given_up) {
			lose_batch(writer);
			continue;
		}
		hand_back(writer);
		fold(writer, account);
		if (account)
			keep_house(writer);
	}
	end(writer, given_up);
	(void)pthread_mutex_lock(&writer->lock);
	writer->ended = true;
	(void)pthread_mutex_unlock(&writer->lock);
	return NULL;
}
