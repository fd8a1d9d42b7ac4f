/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop's side of the event writer: two bounded queues in, one list of finished tickets out, and
 * the account of where every event went.
 *
 * All of it is under one mutex, held for a few instructions on either side and never across a
 * system call, so the loop thread does not wait for a disk. The loop wakes the writer once per turn
 * and is woken by an eventfd once per batch.
 *
 * Invariant, at any moment that the mutex is free: received = stored + dropped + rejected + lost +
 * pending. A queue counts what it has taken until it is handed back, so its limit bounds the memory
 * of everything on the way, and is the most that a crash can take.
 */
#include "base/cleanup.h"
#include "store/event_queue.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

static int init_locks(struct event_writer *writer)
{
	pthread_condattr_t attributes;
	int r;

	r = pthread_mutex_init(&writer->lock, NULL);
	if (r)
		return -r;
	r = pthread_condattr_init(&attributes);
	if (r)
		return -r;
	r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!r)
		r = pthread_cond_init(&writer->wake, &attributes);
	if (!r)
		r = pthread_cond_init(&writer->finished, &attributes);
	if (!r)
		r = pthread_cond_init(&writer->folder.wake, NULL);
	(void)pthread_condattr_destroy(&attributes);
	return -r;
}

static void limit(struct event_queue *queue, uint32_t events)
{
	queue->limit_events = events;
	queue->limit_bytes = (uint64_t)events * QUEUE_EVENT_BYTES;
}

int event_writer_open(struct store *store, const struct store_options *options,
		      struct event_writer **ret_writer)
{
	struct event_writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (!writer)
		return -ENOMEM;
	writer->store = store;
	writer->account_interval = options->account_interval_s * USEC_PER_SEC;
	writer->next_account = clock_monotonic() + writer->account_interval;
	writer->retention = options->retention;
	writer->commit.writer = writer;
	for (unsigned i = 0; i < STORE_ENVS; i++)
		writer->status.errors[i] = -ETIMEDOUT; /* until the first round is over */
	writer->status.events_failing = writer->status.state_failing = true;
	writer->status.people_failing = true;
	writer->room.path = store->data_dir;
	writer->room.reserve_percent = options->disk_reserve_percent;
	limit(&writer->queues[EVENT_CLASS_CLICK], options->queue_clicks);
	limit(&writer->queues[EVENT_CLASS_BULK], options->queue_bulk);
	writer->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = writer->fd < 0 ? -errno : init_locks(writer);
	if (!r)
		event_writer_check_room(writer);
	if (!r)
		r = event_writer_start(writer);
	if (r) {
		if (writer->fd >= 0)
			(void)close(writer->fd);
		free(writer);
		return r;
	}
	*ret_writer = writer;
	return 0;
}

static void free_all(struct event_list *list)
{
	struct event_ticket *ticket;

	while ((ticket = event_list_take(list)))
		event_ticket_free(ticket);
}

void event_writer_close(struct event_writer *writer)
{
	if (!writer)
		return;
	(void)pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	writer->stop_deadline = clock_monotonic() + EVENT_CLOSE_MAX_S * USEC_PER_SEC;
	(void)pthread_cond_signal(&writer->wake);
	/* The thread may change until the last one says that it is. */
	while (!writer->ended)
		(void)pthread_cond_wait(&writer->finished, &writer->lock);
	(void)pthread_mutex_unlock(&writer->lock);
	(void)pthread_join(writer->thread, NULL);
	free_all(&writer->done);
	event_spares_finish(&writer->spares);
	buffer_finish(&writer->scratch);
	(void)close(writer->fd);
	(void)pthread_cond_destroy(&writer->folder.wake);
	(void)pthread_cond_destroy(&writer->finished);
	(void)pthread_cond_destroy(&writer->wake);
	(void)pthread_mutex_destroy(&writer->lock);
	free(writer);
}

struct event_ticket *event_writer_ticket(struct event_writer *writer, enum event_class class)
{
	return event_spares_take(&writer->spares, class);
}

/* With the lock held. A queue that is empty takes any one ticket. */
static bool fits(const struct event_queue *queue, const struct event_ticket *ticket)
{
	if (queue->events == 0)
		return true;
	return queue->events + ticket->count <= queue->limit_events &&
	       queue->bytes + event_ticket_bytes(ticket) <= queue->limit_bytes;
}

int event_writer_append(struct event_writer *writer, struct event_ticket *ticket)
{
	struct event_queue *queue = &writer->queues[ticket->class];
	int r = 0;

	(void)pthread_mutex_lock(&writer->lock);
	writer->account.received += ticket->count;
	if (writer->stopping)
		r = EVENT_WRITER_E_STOPPED;
	else if (!fits(queue, ticket))
		r = EVENT_WRITER_E_FULL;
	if (r) {
		writer->account.lost += ticket->count;
	} else {
		writer->account.pending += ticket->count;
		queue->events += ticket->count;
		queue->bytes += event_ticket_bytes(ticket);
		event_list_append(&queue->waiting, ticket);
		writer->serial += ticket->serial;
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return r;
}

void event_writer_kick(struct event_writer *writer)
{
	bool kicked;

	(void)pthread_mutex_lock(&writer->lock);
	for (unsigned i = 0; i < EVENT_CLASSES; i++)
		writer->kicked |= writer->queues[i].waiting.first != NULL;
	kicked = writer->kicked;
	(void)pthread_mutex_unlock(&writer->lock);
	/* Behind the lock, which the writer would otherwise wake up for and have to wait for. */
	if (kicked)
		(void)pthread_cond_signal(&writer->wake);
}

void event_ticket_answered_late(struct event_writer *writer, struct event_ticket *ticket)
{
	(void)pthread_mutex_lock(&writer->lock);
	/* An operation whose time is up is answered as not applied: nobody was told that it is. */
	if (!ticket->late && !ticket->serial) {
		ticket->late = true;
		writer->account.late += ticket->count;
	}
	(void)pthread_mutex_unlock(&writer->lock);
}

int event_writer_fd(const struct event_writer *writer)
{
	return writer->fd;
}

struct event_ticket *event_writer_take_done(struct event_writer *writer)
{
	struct event_ticket *first;
	eventfd_t count;

	/* Cleared first: what finishes after this read makes the descriptor readable again. */
	(void)eventfd_read(writer->fd, &count);
	(void)pthread_mutex_lock(&writer->lock);
	first = writer->done.first;
	writer->done = (struct event_list){0};
	(void)pthread_mutex_unlock(&writer->lock);
	return first;
}

uint64_t event_writer_serial(struct event_writer *writer)
{
	uint64_t serial;

	(void)pthread_mutex_lock(&writer->lock);
	serial = writer->serial;
	(void)pthread_mutex_unlock(&writer->lock);
	return serial;
}

/* With the lock held: until @ticket is done, or EVENT_WAIT_MAX_S passed without any commit. */
static bool wait_for(struct event_writer *writer, struct event_ticket *ticket)
{
	uint64_t commits = writer->figures.commits;
	struct timespec until;
	int r = ETIMEDOUT;

	while (!event_list_remove(&writer->done, ticket)) {
		if (r == ETIMEDOUT) {
			(void)clock_gettime(CLOCK_MONOTONIC, &until);
			until.tv_sec += EVENT_WAIT_MAX_S;
			commits = writer->figures.commits;
		}
		r = pthread_cond_timedwait(&writer->finished, &writer->lock, &until);
		if (r == ETIMEDOUT && commits == writer->figures.commits)
			return event_list_remove(&writer->done, ticket);
	}
	return true;
}

int event_writer_append_and_wait(struct event_writer *writer, struct event_ticket *ticket)
{
	int r = event_writer_append(writer, ticket);
	bool done;

	if (r)
		return r;
	event_writer_kick(writer);
	(void)pthread_mutex_lock(&writer->lock);
	done = wait_for(writer, ticket);
	(void)pthread_mutex_unlock(&writer->lock);
	if (!done)
		return -ETIMEDOUT;
	return ticket->outcome == EVENT_STORED ? 0 : -EIO;
}

void event_writer_finish(struct event_writer *writer, struct event_list *list,
			 enum event_outcome outcome)
{
	struct event_ticket *ticket;

	if (!list->first)
		return;
	(void)pthread_mutex_lock(&writer->lock);
	while ((ticket = event_list_take(list))) {
		struct event_queue *queue = &writer->queues[ticket->class];

		queue->events -= ticket->count;
		queue->bytes -= event_ticket_bytes(ticket);
		ticket->outcome = outcome;
		event_list_append(&writer->done, ticket);
		writer->serial -= ticket->serial;
	}
	(void)pthread_cond_broadcast(&writer->finished);
	(void)pthread_mutex_unlock(&writer->lock);
	(void)eventfd_write(writer->fd, 1);
}

void event_writer_account(struct event_writer *writer, struct event_account *ret_account)
{
	(void)pthread_mutex_lock(&writer->lock);
	*ret_account = writer->account;
	(void)pthread_mutex_unlock(&writer->lock);
}

void event_writer_count_dropped(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->account.received++;
	writer->account.dropped++;
	(void)pthread_mutex_unlock(&writer->lock);
}

void event_writer_count_rejected(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->account.received++;
	writer->account.rejected++;
	(void)pthread_mutex_unlock(&writer->lock);
}

void event_writer_count_lost(struct event_writer *writer)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->account.received++;
	writer->account.lost++;
	(void)pthread_mutex_unlock(&writer->lock);
}

void event_writer_figures(struct event_writer *writer, struct event_writer_figures *ret_figures)
{
	struct env_figures events;

	env_figures(&writer->store->events, &events);
	(void)pthread_mutex_lock(&writer->lock);
	*ret_figures = writer->figures;
	(void)pthread_mutex_unlock(&writer->lock);
	ret_figures->reopens = events.reopens;
}

/* Processor time of a thread; 0 when nobody can tell. */
static usec_t processor_time(pthread_t thread)
{
	struct timespec used;
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &used))
		return 0;
	return (usec_t)used.tv_sec * USEC_PER_SEC + (usec_t)used.tv_nsec / 1000;
}

/* Likewise of the thread that folds, by its jobs. With the lock held. */
static bool folder_spins(struct event_writer *writer)
{
	const struct folder *folder = &writer->folder;
	usec_t used;

	if (!folder->started || folder->step != FOLDER_WORKS)
		return false;
	used = processor_time(folder->thread);
	if (folder->jobs != writer->seen_jobs) {
		writer->seen_jobs = folder->jobs;
		writer->seen_folding = used;
	}
	return used >= writer->seen_folding + EVENT_WRITER_SPIN_S * USEC_PER_SEC;
}

bool event_writer_alive(struct event_writer *writer)
{
	bool ended, resting, spins;
	uint64_t beats;
	usec_t used;

	(void)pthread_mutex_lock(&writer->lock);
	ended = writer->ended;
	resting = writer->resting;
	beats = writer->beats;
	used = ended ? 0 : processor_time(writer->thread);
	spins = !ended && folder_spins(writer);
	(void)pthread_mutex_unlock(&writer->lock);
	if (ended || spins)
		return false;
	if (resting || beats != writer->seen_beats) {
		writer->seen_beats = beats;
		writer->seen_processor = used;
		return true;
	}
	return used < writer->seen_processor + EVENT_WRITER_SPIN_S * USEC_PER_SEC;
}

void event_writer_pressure(struct event_writer *writer, struct event_writer_pressure *ret_pressure)
{
	(void)pthread_mutex_lock(&writer->lock);
	ret_pressure->clicks = writer->queues[EVENT_CLASS_CLICK].events;
	ret_pressure->disk = writer->status.disk;
	ret_pressure->readers_passed_over = writer->status.readers_passed_over;
	memcpy(ret_pressure->errors, writer->status.errors, sizeof(ret_pressure->errors));
	ret_pressure->retention_held = writer->status.retention_behind > RETENTION_SLACK;
	(void)pthread_mutex_unlock(&writer->lock);
	ret_pressure->damaged[STORE_EVENTS] = atomic_load(&writer->store->events.damaged);
	ret_pressure->damaged[STORE_STATE] = atomic_load(&writer->store->state.damaged);
	ret_pressure->damaged[STORE_PEOPLE] = atomic_load(&writer->store->people.damaged);
}

void event_writer_status(struct event_writer *writer, struct store_status *ret_status)
{
	(void)pthread_mutex_lock(&writer->lock);
	*ret_status = writer->status;
	(void)pthread_mutex_unlock(&writer->lock);
}

void event_writer_set_retention(struct event_writer *writer, const struct retention *retention)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->retention = *retention;
	(void)pthread_cond_signal(&writer->wake);
	(void)pthread_mutex_unlock(&writer->lock);
}
