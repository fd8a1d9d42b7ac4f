/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Promise 1 as data: an answer waits for its commit, but no longer than its queue's limit. All
 * waits of one queue have the same limit and are appended in order of time, hence the queue is
 * sorted by deadline and the loop sleeps until its first one without searching. A limit that
 * shrinks cuts the deadlines that lie behind it, which keeps the order.
 *
 * Invariant: while wait->queue is set, ticket->owner is the wait and the writer owns the ticket; or
 * there is no ticket, and the wait is for somebody else's. Every way out of the queue (stored,
 * lost, late, request gone) clears both.
 */
#include "app/commit_wait.h"

static void enqueue(struct commit_wait *wait, struct commit_queue *queue)
{
	wait->queue = queue;
	wait->next = NULL;
	wait->previous = queue->last;
	if (queue->last)
		queue->last->next = wait;
	else
		queue->first = wait;
	queue->last = wait;
	queue->count++;
}

static void leave(struct commit_wait *wait, enum commit_state state)
{
	struct commit_queue *queue = wait->queue;

	wait->state = state;
	if (!queue)
		return;
	if (wait->previous)
		wait->previous->next = wait->next;
	else
		queue->first = wait->next;
	if (wait->next)
		wait->next->previous = wait->previous;
	else
		queue->last = wait->previous;
	queue->count--;
	wait->queue = NULL;
	if (wait->ticket)
		wait->ticket->owner = NULL;
	wait->ticket = NULL;
}

void commit_wait_start(struct commit_wait *wait, struct commit_queue *queue,
		       struct event_writer *writer, struct event_ticket *ticket, usec_t now)
{
	*wait = (struct commit_wait){.deadline = now + queue->limit};
	ticket->owner = wait;
	if (event_writer_append(writer, ticket) != 0) {
		event_ticket_free(ticket);
		wait->state = COMMIT_LOST;
		return;
	}
	wait->ticket = ticket;
	enqueue(wait, queue);
}

void commit_wait_start_beside(struct commit_wait *wait, struct commit_queue *queue, usec_t now)
{
	*wait = (struct commit_wait){.deadline = now + queue->limit};
	enqueue(wait, queue);
}

void commit_queue_change(struct commit_queue *queue, usec_t limit, usec_t now)
{
	/* From the last on, since the queue is sorted: the first that is near enough ends it. */
	for (struct commit_wait *wait = queue->last; wait && wait->deadline > now + limit;
	     wait = wait->previous)
		wait->deadline = now + limit;
	queue->limit = limit;
}

enum commit_state commit_wait_poll(struct commit_wait *wait, struct event_writer *writer,
				   usec_t now)
{
	if (wait->state == COMMIT_PENDING && now >= wait->deadline) {
		if (wait->ticket)
			event_ticket_answered_late(writer, wait->ticket);
		leave(wait, COMMIT_LATE);
	}
	return wait->state;
}

void commit_wait_cancel(struct commit_wait *wait)
{
	if (wait && wait->queue)
		leave(wait, COMMIT_LATE);
}

void commit_wait_end(struct commit_wait *wait)
{
	if (wait->queue)
		leave(wait, COMMIT_STORED);
}

bool commit_wait_settle(struct event_writer *writer, commit_marked_fn marked, void *context)
{
	struct event_ticket *const done = event_writer_take_done(writer), *next;

	for (struct event_ticket *ticket = done; ticket; ticket = next) {
		struct commit_wait *wait = ticket->owner;

		next = ticket->next;
		if (wait)
			leave(wait, ticket->outcome == EVENT_STORED ? COMMIT_STORED : COMMIT_LOST);
		if (ticket->mark && marked)
			marked(context, ticket);
		event_ticket_free(ticket);
	}
	return done != NULL;
}
