/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the writer's thread begins: by opening the store, or as the successor of one that a damaged
 * page has left with LMDB's lock of writers; and what it tells of the store while it works.
 *
 * A successor is started while its predecessor still runs, and touches nothing before that has
 * ended: only then has the kernel released the lock, which is a robust mutex.
 */
#include "store/event_queue.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

/* Of a disk that does not answer at the start, or a log that state/ is far behind: the server
 * begins without it. */
enum { START_WAIT_MAX_S = 10, CATCH_UP_MAX_S = 8 };

/* Signals are the loop thread's: the writer's thread starts with all of them blocked. */
int event_writer_start(struct event_writer *writer)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	/* Those of a damaged page are the thread's own (guard.h). */
	(void)sigdelset(&all, SIGSEGV);
	(void)sigdelset(&all, SIGBUS);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&writer->thread, NULL, event_commit_thread, writer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

bool event_writer_hand_over(struct event_writer *writer)
{
	bool done;

	(void)pthread_mutex_lock(&writer->lock);
	writer->predecessor = writer->thread;
	writer->succeeds = true;
	done = event_writer_start(writer) == 0;
	if (!done) {
		writer->succeeds = false;
		writer->thread = writer->predecessor;
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return done;
}

static void release_if_held(struct env *env)
{
	if (atomic_load(&env->held))
		env_release(env);
}

bool event_writer_is_held(struct event_writer *writer)
{
	return atomic_load(&writer->store->events.held) ||
	       atomic_load(&writer->store->people.held) || event_fold_is_held(writer);
}

static void take_over(struct event_writer *writer)
{
	pthread_t predecessor;

	(void)pthread_mutex_lock(&writer->lock);
	predecessor = writer->predecessor;
	writer->succeeds = false;
	(void)pthread_mutex_unlock(&writer->lock);
	(void)pthread_join(predecessor, NULL);
	release_if_held(&writer->store->events);
	if (event_fold_is_held(writer))
		env_release(&writer->store->state);
	release_if_held(&writer->store->people);
}

/* The first round. What it finds wrong is a reason to refuse, or to begin degraded. */
bool event_writer_begin(struct event_writer *writer)
{
	struct store *store = writer->store;
	struct error error = {""};
	bool refused;
	int r;

	if (writer->succeeds) {
		take_over(writer);
		return true;
	}
	store->catch_up_until = UINT64_MAX;
	if (store->degraded)
		store->catch_up_until = clock_monotonic() + CATCH_UP_MAX_S * USEC_PER_SEC;
	r = event_establish(writer, &error);
	store->catch_up_until = 0;
	refused = r && (!store->degraded || store_refuses(r));
	(void)pthread_mutex_lock(&writer->lock);
	writer->opened = true;
	writer->ended = refused;
	writer->open_result = refused ? r : 0;
	writer->open_error = error;
	(void)pthread_cond_broadcast(&writer->finished);
	(void)pthread_mutex_unlock(&writer->lock);
	return !refused;
}

int event_writer_wait_opened(struct event_writer *writer, struct error *error)
{
	struct timespec until;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += START_WAIT_MAX_S;
	(void)pthread_mutex_lock(&writer->lock);
	while (!writer->opened && r != ETIMEDOUT)
		if (writer->store->degraded)
			r = pthread_cond_timedwait(&writer->finished, &writer->lock, &until);
		else
			(void)pthread_cond_wait(&writer->finished, &writer->lock);
	r = writer->open_result;
	if (r && error)
		*error = writer->open_error;
	(void)pthread_mutex_unlock(&writer->lock);
	return r;
}

void event_writer_note(struct event_writer *writer, enum store_env env, int error)
{
	struct store_status *status = &writer->status;
	struct store *store = writer->store;
	bool *failing[] = {[STORE_EVENTS] = &status->events_failing,
			   [STORE_STATE] = &status->state_failing,
			   [STORE_PEOPLE] = &status->people_failing};
	bool changed;

	(void)pthread_mutex_lock(&writer->lock);
	changed = status->errors[env] != error;
	*failing[env] = error != 0;
	status->errors[env] = error;
	status->last_sequence = store->last_sequence;
	status->state_position = store->folded;
	status->pruned_through = store->prune.prefix.through;
	(void)pthread_mutex_unlock(&writer->lock);
	if (changed)
		(void)eventfd_write(writer->fd, 1);
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
