/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_EVENT_QUEUE_H
#define WAYMARK_STORE_EVENT_QUEUE_H

#include "store/store_internal.h"

/*
 * The inside of the event writer, for event_ticket.c, event_writer.c and event_commit.c.
 */

/* Tickets first in, first out, with what they hold. */
struct event_list {
	struct event_ticket *first, *last;
	uint64_t events, bytes;
};
void event_list_append(struct event_list *list, struct event_ticket *ticket);
struct event_ticket *event_list_take(struct event_list *list); /* the first; NULL when empty */
bool event_list_remove(struct event_list *list, struct event_ticket *ticket);

size_t event_ticket_bytes(const struct event_ticket *ticket); /* of memory */
/* Append its records from @sequence on; return the next. @scratch is for one record. */
uint64_t event_ticket_write(struct event_ticket *ticket, struct txn *txn, uint64_t sequence,
			    uint16_t incarnation, struct buffer *scratch);

/* Freed tickets with room for one ordinary event each, for the next ones. */
struct event_spares {
	struct event_ticket *first;
	unsigned count;
};
struct event_ticket *event_spares_take(struct event_spares *spares, enum event_class class);
void event_spares_finish(struct event_spares *spares);

enum { EVENT_CLASSES = 2 };

struct event_queue {
	struct event_list waiting;
	uint64_t events, bytes; /* waiting, being committed, or waiting for state/ */
	uint64_t limit_events, limit_bytes;
};

struct event_writer {
	struct store *store;
	usec_t account_interval;
	pthread_t thread;
	int fd;

	pthread_mutex_t lock;	 /* of all between here and the next comment */
	pthread_cond_t wake;	 /* the writer waits: tickets, the end, or its next account */
	pthread_cond_t finished; /* event_writer_append_and_wait() waits */
	struct event_queue queues[EVENT_CLASSES];
	struct event_list done;
	uint64_t serial; /* tickets that are on their way */
	bool kicked, stopping;
	bool resting, ended; /* the thread waits; it has come to its end */
	uint64_t beats;	     /* one up with each piece of work that the thread begins */
	usec_t stop_deadline;
	struct event_account account;
	struct event_writer_figures figures;
	struct store_status status;
	struct retention retention; /* for the next batch */

	/* The writer's thread only. */
	struct event_list batch;   /* being committed */
	struct event_list folding; /* committed, but state/ has not applied them */
	struct buffer scratch;
	struct disk_room room;
	usec_t next_account, next_fold;
	bool account_due, in_doubt;

	/* The loop thread only; then when event_writer_alive() last saw a new beat. */
	struct event_spares spares;
	uint64_t seen_beats;
	usec_t seen_processor;
};

/* event_commit.c: the thread. */
void *event_commit_thread(void *writer);

/* Look at the disk if it is due, and publish what is found; the writer's thread. */
void event_writer_check_room(struct event_writer *writer);

/* With the lock held: hand tickets back. */
void event_writer_finish(struct event_writer *writer, struct event_list *list,
			 enum event_outcome outcome);

#endif
