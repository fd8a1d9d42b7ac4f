/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's thread: group commit.
 *
 * It takes what is queued (clicks first, then a bounded piece of bulk), commits people/, then the
 * log (event_attempt.c), hands back what needs no more than that, has what concerns state/ folded
 * (event_fold.c), and hands back the rest. While it commits, the next batch gathers: the slower the
 * disk, the larger the batches. A batch that fails stays and is tried again, with pauses that grow.
 *
 * It also opens the store: what cannot be opened or read at the start is asked for again each
 * second, so that a server recovers when its disk does. The three environments fail apart. While
 * state/ fails, events stay acknowledged, tickets that must be folded wait, and the log is folded
 * from where it stood once state/ can be written again.
 *
 * A ticket that erases people is done when their bytes are gone, too: people/ is written anew
 * behind the commit of its events.
 *
 * A write that met a damaged page was left in the middle and holds LMDB's lock of writers until
 * this thread ends. So the thread hands everything over to a successor, which waits for its end,
 * throws the environment away and goes on with the same batch.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event_queue.h"
#include "store/people_internal.h"
#include "store/typed_internal.h"

#include <errno.h>
#include <time.h>

enum {
	BATCH_EVENTS = 4096,
	BATCH_BYTES = 4 << 20,
	BULK_EVENTS = 512, /* of a batch, so that a click waits for one small commit at most */
	BULK_BYTES = 512 << 10
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

static void take_from(struct event_writer *writer, struct event_list *list, uint64_t events,
		      uint64_t bytes)
{
	uint64_t taken_events = 0, taken_bytes = 0;

	/* At least one ticket, however large: it is bounded, too. */
	while (list->first && taken_events < events && taken_bytes < bytes) {
		struct event_ticket *ticket = event_list_take(list);

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

static usec_t sooner(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

/* The next thing to be done at a time: an account, or another attempt at what failed. */
static usec_t next_timer(const struct event_writer *writer)
{
	usec_t timer = UINT64_MAX / 2;

	if (writer->account_interval)
		timer = writer->next_account;
	if (writer->room.reserve_percent)
		timer = sooner(timer, writer->room.due);
	timer = sooner(timer, event_fold_timer(writer));
	timer = sooner(timer, prune_next(&writer->store->prune));
	if (writer->held.first)
		timer = sooner(timer, writer->next_people);
	if (!store_is_established(writer->store))
		timer = sooner(timer, writer->next_establish);
	if (writer->store->recovery_due)
		timer = 0;
	return writer->stopping ? sooner(timer, writer->stop_deadline) : timer;
}

/* With the lock held: is there nothing left but to end? */
static bool is_over(const struct event_writer *writer, usec_t now)
{
	return writer->stopping && !is_waiting(writer) &&
	       (!writer->held.first || now >= writer->stop_deadline);
}

/* Wait for work and take a batch (empty when only a timer is due). False: the end. */
static bool take_batch(struct event_writer *writer)
{
	struct event_queue *queues = writer->queues;
	bool goes_on;
	usec_t now;

	(void)pthread_mutex_lock(&writer->lock);
	writer->store->prune.retention = writer->retention;
	while (!is_over(writer, now = clock_monotonic()) && now < next_timer(writer) &&
	       !((writer->kicked || writer->stopping) && is_waiting(writer))) {
		wait_until(writer, next_timer(writer));
		writer->store->prune.retention = writer->retention;
	}
	if (now >= writer->next_people)
		take_from(writer, &writer->held, BATCH_EVENTS, BATCH_BYTES);
	take_from(writer, &queues[EVENT_CLASS_CLICK].waiting, BATCH_EVENTS, BATCH_BYTES);
	take_from(writer, &queues[EVENT_CLASS_BULK].waiting, BULK_EVENTS, BULK_BYTES);
	writer->kicked = is_waiting(writer);
	writer->beats++;
	writer->status.retention_looks = writer->store->prune.looks;
	writer->status.retention_behind = writer->store->prune.behind;
	goes_on = writer->batch.first || !is_over(writer, now);
	(void)pthread_mutex_unlock(&writer->lock);
	return goes_on;
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

static void note_failure(struct event_writer *writer, int error)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->figures.failures++;
	(void)pthread_mutex_unlock(&writer->lock);
	prune_failed(&writer->store->prune);
	event_writer_note(writer, STORE_EVENTS, error);
}

static void note_success(struct event_writer *writer, const struct batch_commit *commit,
			 usec_t began)
{
	usec_t took = clock_monotonic() - began;

	(void)pthread_mutex_lock(&writer->lock);
	text_table_committed(&writer->store->texts);
	writer->store->last_sequence = commit->end;
	writer->store->recovery_due = false;
	writer->account.stored += writer->batch.events;
	writer->account.pending -= writer->batch.events;
	writer->figures.commits++;
	writer->figures.commit_usec += took;
	histogram_add(&writer->figures.commit_times, took);
	writer->status.last_sequence = commit->end;
	if (commit->prunes)
		note_pruning(writer);
	(void)pthread_mutex_unlock(&writer->lock);
	event_writer_note(writer, STORE_EVENTS, 0);
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

enum commit_result { COMMITTED, GIVEN_UP, LEFT };

/*
 * Commit the batch, as often as it takes. Only the end gives up. A thread that holds LMDB's lock
 * leaves, if it can: without memory for a successor it tries again.
 */
static enum commit_result commit_batch(struct event_writer *writer)
{
	for (;;) {
		usec_t began;
		int r;

		event_writer_check_room(writer);
		began = clock_monotonic();
		r = event_attempt(writer, &writer->commit);
		if (r == 0)
			note_success(writer, &writer->commit, began);
		if (r == 0 || r == EVENT_ATTEMPT_NOTHING) {
			writer->pause = 0;
			writer->in_doubt = false;
			return COMMITTED;
		}
		note_failure(writer, r);
		writer->pause = event_pause(writer->pause, r);
		if (!pause_for(writer, writer->pause))
			return GIVEN_UP;
		if (event_writer_is_held(writer) && event_writer_hand_over(writer))
			return LEFT;
	}
}

static bool erases(const struct event_ticket *ticket)
{
	for (const struct people_change *c = ticket->changes; c; c = c->next)
		if (c->kind == PEOPLE_ERASE && c->erased.size > 0)
			return true;
	return false;
}

/* Behind the erase events of a batch. Return: 0, also when nobody is erased; negative errno. */
static int compact_people(struct event_writer *writer)
{
	cleanup_buffer struct buffer erased = BUFFER_INIT;
	int r;

	for (const struct event_ticket *ticket = writer->batch.first; ticket; ticket = ticket->next)
		for (const struct people_change *c = ticket->changes; c; c = c->next)
			if (c->kind == PEOPLE_ERASE)
				buffer_append_span(&erased, c->erased);
	if (erased.size == 0)
		return erased.error;
	r = erased.error ? erased.error : people_compact(writer->store, buffer_span(&erased));
	event_writer_note(writer, STORE_PEOPLE, r);
	return r;
}

/* What is durable now goes back, but for what state/ must apply first. */
static void hand_back(struct event_writer *writer)
{
	struct event_list ready = {0}, failed = {0};
	struct event_ticket *ticket;
	int compacted = compact_people(writer);

	while ((ticket = event_list_take(&writer->batch))) {
		if (ticket->concerns)
			fold_queue_add(writer->store, ticket, clock_monotonic());
		if (compacted != 0 && erases(ticket))
			event_list_append(&failed, ticket);
		else
			event_list_append(ticket->folds ? &writer->folding : &ready, ticket);
	}
	event_writer_finish(writer, &ready, EVENT_STORED);
	event_writer_finish(writer, &failed, EVENT_LOST);
}

static void lose(struct event_writer *writer, struct event_list *list)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->account.lost += list->events;
	writer->account.pending -= list->events;
	(void)pthread_mutex_unlock(&writer->lock);
	event_writer_finish(writer, list, EVENT_LOST);
}

/* Once per account. */
static void keep_house(struct event_writer *writer)
{
	writer->next_account = clock_monotonic() + writer->account_interval;
	env_forget_dead_readers(&writer->store->events);
	env_forget_dead_readers(&writer->store->state);
	(void)typed_expire(writer->store);
}

/* The last record is the account of the whole run, and says by its place that the run ended. */
static void end(struct event_writer *writer)
{
	lose(writer, &writer->held);
	writer->commit.period = ACCOUNT_SHUTDOWN;
	if (!writer->given_up && commit_batch(writer) == LEFT)
		return;
	event_fold_end(writer);
	(void)pthread_mutex_lock(&writer->lock);
	writer->ended = true;
	(void)pthread_cond_broadcast(&writer->finished);
	(void)pthread_mutex_unlock(&writer->lock);
}

/* One batch, and what is due besides. False: a successor goes on. */
static bool work(struct event_writer *writer)
{
	bool account, idle = !writer->batch.first;
	enum commit_result result = GIVEN_UP;

	if (!writer->given_up)
		result = commit_batch(writer);
	if (result == LEFT)
		return false;
	if (result == GIVEN_UP) {
		writer->given_up = true;
		lose(writer, &writer->batch);
		return true;
	}
	account = writer->commit.period >= 0;
	writer->working = false;
	hand_back(writer);
	event_fold(writer, account);
	if (account)
		keep_house(writer);
	else if (idle)
		prune_alone(writer);
	return !event_writer_is_held(writer) || !event_writer_hand_over(writer);
}

void *event_commit_thread(void *context)
{
	struct event_writer *writer = context;
	bool again = writer->working; /* as a successor, in the middle of a batch */

	if (!event_writer_begin(writer))
		return NULL;
	while (again || take_batch(writer)) {
		if (!again)
			writer->commit.period =
				writer->account_interval &&
						clock_monotonic() >= writer->next_account
					? ACCOUNT_MINUTE
					: -1;
		writer->working = true;
		if (!work(writer))
			return NULL;
		again = writer->working = false;
	}
	end(writer);
	return NULL;
}
