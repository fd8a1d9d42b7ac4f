/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_COMMIT_WAIT_H
#define WAYMARK_APP_COMMIT_WAIT_H

#include "store/event_writer.h"

/*
 * A request that waits for its events to be durable. The wait is part of the handler's own state
 * (request->state points to it), lives as long as the request, and is known to the ticket as its
 * owner, so that neither outlives the other unnoticed. Loop thread only.
 *
 * Waits stand in queues, one per length of time, so that the first of a queue is always the one
 * whose time is up first.
 */
enum commit_state {
	COMMIT_PENDING,
	COMMIT_STORED,
	COMMIT_LATE, /* its time is up; the event is still on its way */
	COMMIT_LOST  /* the event cannot be stored */
};

struct commit_wait {
	struct commit_wait *next, *previous;
	struct commit_queue *queue; /* NULL: not waiting (any more) */
	struct event_ticket *ticket;
	usec_t deadline; /* monotonic */
	enum commit_state state;
};

struct commit_queue {
	struct commit_wait *first, *last;
	usec_t limit; /* how long each waits */
	unsigned count;
};

/*
 * Append @ticket, which is owned by the writer or freed from here on, and wait in @queue. The state
 * is COMMIT_LOST at once when the writer does not take it.
 */
void commit_wait_start(struct commit_wait *wait, struct commit_queue *queue,
		       struct event_writer *writer, struct event_ticket *ticket, usec_t now);
/* Wait in @queue likewise, but for what another request has queued: COMMIT_STORED from
 * commit_wait_end() on, whatever came of that. */
void commit_wait_start_beside(struct commit_wait *wait, struct commit_queue *queue, usec_t now);
void commit_wait_end(struct commit_wait *wait); /* idempotent */
/* Where it stands at @now; turns COMMIT_LATE (and tells the writer) when the time is up. */
enum commit_state commit_wait_poll(struct commit_wait *wait, struct event_writer *writer,
				   usec_t now);
/* The request is over before its ticket: forget each other. Idempotent; NULL allowed. */
void commit_wait_cancel(struct commit_wait *wait);

/* From now on the limit is @limit; who waits in @queue has at most that much time left. */
void commit_queue_change(struct commit_queue *queue, usec_t limit, usec_t now);

/* Whether somebody in @queue is to be answered at @now although his events are not durable. */
static inline bool commit_queue_is_late(const struct commit_queue *queue, usec_t now)
{
	return queue->first && now >= queue->first->deadline;
}

/*
 * Take what the writer has finished, settle the waits behind it, show those that bear a mark to
 * @marked (NULL: nobody wants to know), free the tickets. Return: whether there was any.
 */
typedef void (*commit_marked_fn)(void *context, const struct event_ticket *ticket);
bool commit_wait_settle(struct event_writer *writer, commit_marked_fn marked, void *context);

#endif
