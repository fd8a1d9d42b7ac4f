/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding into state/ beside the commits of the log.
 *
 * The ids of browsers and people are random, so each binding touches pages of its own, and a pile
 * of them is megabytes to write: no commit of clicks may wait for that. So a thread of its own
 * applies what is queued, or what of the log state/ lacks, one job at a time, and touches nothing
 * else. All that is known of the fold (positions, the queue, tickets that wait) stays the writer's:
 * it hands a job over and takes it back, both under its lock. What else is to be written into
 * state/ is little, and the writer does it itself while no job is under way.
 *
 * Large jobs are better than small ones, since a page that many bindings touch is then written
 * once.
 *
 * A thread that met a damaged page holds LMDB's lock of writers in state/ until it ends. It ends,
 * and the writer waits for that, throws the environment away, and starts another for the next job.
 * A lock that was held before the job is the writer's own: then this thread goes on, since throwing
 * the environment away under a writer that lives would leave the lock locked for ever.
 */
#include "store/event_queue.h"

#include <errno.h>
#include <signal.h>

enum { FOLD_PAUSE_MS = 1000, FOLD_DAMAGE_PAUSE_MS = 60000 };

static void *fold_thread(void *context)
{
	struct event_writer *writer = context;
	struct folder *folder = &writer->folder;
	bool held = false, before;

	(void)pthread_mutex_lock(&writer->lock);
	while (!held) {
		while (folder->step != FOLDER_WORKS && !folder->stopping)
			(void)pthread_cond_wait(&folder->wake, &writer->lock);
		if (folder->step != FOLDER_WORKS)
			break;
		(void)pthread_mutex_unlock(&writer->lock);
		before = atomic_load(&writer->store->state.held);
		fold_job_run(&folder->job);
		held = !before && atomic_load(&writer->store->state.held);
		(void)pthread_mutex_lock(&writer->lock);
		folder->step = FOLDER_DONE;
		folder->left = held;
		(void)pthread_cond_signal(&writer->wake);
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* With the lock held. */
static bool start_thread(struct event_writer *writer)
{
	sigset_t all, before;

	if (writer->folder.started || writer->folder.stopping)
		return writer->folder.started;
	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGSEGV);
	(void)sigdelset(&all, SIGBUS);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	writer->folder.started =
		pthread_create(&writer->folder.thread, NULL, fold_thread, writer) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return writer->folder.started;
}

static enum folder_step step_of(struct event_writer *writer)
{
	enum folder_step step;

	(void)pthread_mutex_lock(&writer->lock);
	step = writer->folder.step;
	(void)pthread_mutex_unlock(&writer->lock);
	return step;
}

static void set_step(struct event_writer *writer, enum folder_step step)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->folder.step = step;
	(void)pthread_mutex_unlock(&writer->lock);
}

/* Hand over what is queued. At the end, and without memory for a thread, this one does it. */
static void start_job(struct event_writer *writer)
{
	struct folder *folder = &writer->folder;
	bool started;

	fold_job_take(writer->store, &folder->job);
	folder->tickets = writer->folding;
	writer->folding = (struct event_list){0};
	(void)pthread_mutex_lock(&writer->lock);
	started = start_thread(writer);
	folder->step = FOLDER_WORKS;
	folder->jobs++;
	if (started)
		(void)pthread_cond_signal(&folder->wake);
	(void)pthread_mutex_unlock(&writer->lock);
	if (started)
		return;
	fold_job_run(&folder->job);
	set_step(writer, FOLDER_DONE);
}

/* Tickets that waited for a job that has not done it wait on, before those that came since. */
static void wait_on(struct event_writer *writer)
{
	struct event_list waiting = writer->folder.tickets;
	struct event_ticket *ticket;

	while ((ticket = event_list_take(&writer->folding)))
		event_list_append(&waiting, ticket);
	writer->folding = waiting;
	writer->folder.tickets = (struct event_list){0};
}

/* What became of the last job. Return: 0; FOLD_E_MORE; negative errno. */
static int finish_job(struct event_writer *writer)
{
	struct folder *folder = &writer->folder;
	int r = fold_job_finish(writer->store, &folder->job);

	if (folder->left) {
		(void)pthread_join(folder->thread, NULL);
		env_release(&writer->store->state);
	}
	(void)pthread_mutex_lock(&writer->lock);
	if (folder->left)
		folder->started = folder->left = false;
	folder->step = FOLDER_IDLE;
	(void)pthread_mutex_unlock(&writer->lock);
	return r;
}

/* What state/ has applied, and what it knows of the events that are to be pruned, on disk. */
static int keep_state(struct event_writer *writer)
{
	struct store *store = writer->store;
	uint64_t before = store->position + store->binding_prune.through;
	int r = fold_keep_position(store);

	if (!r && store->prune.wants_state)
		r = binding_prune_note(store);
	prune_state_kept(&store->prune, store->position + store->binding_prune.through != before);
	writer->keeps_position = false;
	return r;
}

/* Something was folded, or all is, or that failed: what follows from it. */
static int conclude(struct event_writer *writer, int r)
{
	struct store *store = writer->store;
	bool failing = writer->status.state_failing, more = r == FOLD_E_MORE;

	if (more)
		r = 0;
	if (!r && (writer->keeps_position || failing || store->prune.wants_state))
		r = keep_state(writer);
	if (!r && !more)
		r = binding_prune_sweep(store);
	writer->next_fold = clock_monotonic() +
			    (r == -EBADMSG ? FOLD_DAMAGE_PAUSE_MS : FOLD_PAUSE_MS) * USEC_PER_MS;
	event_writer_note(writer, STORE_STATE, r);
	if (!r)
		atomic_store(&store->folded_through, store->folded);
	return r;
}

/* Take a job back. Whoever waits for it sees all that it says. Return: as conclude(). */
static int take_back(struct event_writer *writer)
{
	int done = finish_job(writer), r = conclude(writer, done);

	if (done == 0)
		event_writer_finish(writer, &writer->folder.tickets, EVENT_STORED);
	else
		wait_on(writer);
	return r;
}

/* Is there time left before what is queued must be folded, and nobody who waits for it? */
static bool may_wait(const struct event_writer *writer)
{
	usec_t due = fold_queue_due(writer->store);

	return due != UINT64_MAX && !writer->folding.first && !writer->keeps_position &&
	       !writer->store->prune.wants_state && clock_monotonic() < due;
}

void event_fold(struct event_writer *writer, bool keep_position)
{
	enum folder_step step = step_of(writer);
	struct store *store = writer->store;
	bool failing;

	writer->keeps_position |= keep_position;
	if (step == FOLDER_WORKS || (step == FOLDER_DONE && take_back(writer)))
		return;
	failing = writer->status.state_failing;
	if (failing && (clock_monotonic() < writer->next_fold || !store->state_ready))
		return;
	if (!failing && may_wait(writer))
		return;
	/* What came before the queue may not be applied either. */
	store->fold_queue.broken |= failing;
	if (fold_queue_due(store) != UINT64_MAX) {
		start_job(writer);
		return;
	}
	store->folded = store->last_sequence;
	if (conclude(writer, 0) == 0)
		event_writer_finish(writer, &writer->folding, EVENT_STORED);
}

usec_t event_fold_timer(const struct event_writer *writer)
{
	const struct store *store = writer->store;

	switch (writer->folder.step) {
	case FOLDER_WORKS:
		return UINT64_MAX;
	case FOLDER_DONE:
		return 0;
	case FOLDER_IDLE:
		break;
	}
	if (writer->status.state_failing)
		return store->state_ready ? writer->next_fold : UINT64_MAX;
	return store->prune.wants_state ? 0 : fold_queue_due(store);
}

bool event_fold_is_held(struct event_writer *writer)
{
	return atomic_load(&writer->store->state.held) && step_of(writer) == FOLDER_IDLE;
}

void event_fold_end(struct event_writer *writer)
{
	struct folder *folder = &writer->folder;
	bool started;

	(void)pthread_mutex_lock(&writer->lock);
	while (folder->step == FOLDER_WORKS)
		(void)pthread_cond_wait(&writer->wake, &writer->lock);
	started = folder->started && !folder->left;
	folder->stopping = true;
	(void)pthread_cond_signal(&folder->wake);
	(void)pthread_mutex_unlock(&writer->lock);
	if (started) {
		(void)pthread_join(folder->thread, NULL);
		folder->started = false;
	}
	do {
		writer->next_fold = 0;
		event_fold(writer, true);
	} while (step_of(writer) == FOLDER_DONE && clock_monotonic() < writer->stop_deadline);
	wait_on(writer);
	event_writer_finish(writer, &writer->folding, EVENT_STORED);
	fold_job_free(&folder->job);
}
