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
			    struct store *store, struct buffer *scratch);

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

/* One batch on its way into the log. */
struct batch_commit {
	struct event_writer *writer;
	int period;   /* of the account at its end; -1: none */
	uint64_t end; /* sequence of its last event */
	bool prunes;  /* it takes a step of pruning with it */
};

/* The thread that folds into state/, with the writer's lock; event_fold.c. */
struct folder {
	pthread_t thread;
	pthread_cond_t wake; /* it waits for a job */
	bool started, stopping;
	bool left; /* it met a damaged page, and has ended */
	enum folder_step { FOLDER_IDLE, FOLDER_WORKS, FOLDER_DONE } step;
	uint64_t jobs;		   /* begun */
	struct fold_job job;	   /* the thread's while it works, else the writer's */
	struct event_list tickets; /* the writer's: they wait for the job */
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
	bool opened; /* the first round of store_establish() is over, and said: */
	int open_result;
	struct error open_error;
	struct folder folder;
	bool resting, ended; /* the thread waits; it has come to its end */
	uint64_t beats;	     /* one up with each piece of work that the thread begins */
	usec_t stop_deadline;
	struct event_account account;
	struct event_writer_figures figures;
	struct store_status status;
	struct retention retention; /* for the next batch */

	/* The writer's thread only; handed over whole to a successor. */
	struct event_list batch; /* being committed */
	struct event_list held;	 /* they wait for people/ */
	struct event_list
		folding;     /* committed, but state/ has not applied them, nor a job has them */
	bool keeps_position; /* the position of state/ has to be durable */
	struct batch_commit commit;
	struct buffer scratch;
	struct disk_room room;
	usec_t next_account, next_fold, next_people, next_establish;
	usec_t pause, people_pause;
	pthread_t predecessor;
	bool succeeds; /* a predecessor, which has to be waited for */
	bool working;  /* in the middle of a batch */
	bool in_doubt, given_up;

	/* The loop thread only; then when event_writer_alive() last saw a new beat. */
	struct event_spares spares;
	uint64_t seen_beats, seen_jobs;
	usec_t seen_processor, seen_folding;
};

/* event_commit.c: the thread. */
void *event_commit_thread(void *writer);

/* Look at the disk if it is due, and publish what is found; the writer's thread. */
void event_writer_check_room(struct event_writer *writer);

/* event_attempt.c: one attempt. Return: 0; EVENT_ATTEMPT_NOTHING; a negative errno. */
enum { EVENT_ATTEMPT_NOTHING = 1 };
int event_attempt(struct event_writer *writer, struct batch_commit *commit);
/* Open what is not open yet. Return: as store_establish(). */
int event_establish(struct event_writer *writer, struct error *error);
/* The pause that follows @before, after @error. */
usec_t event_pause(usec_t before, int error);

/* event_fold.c. What concerns state/ goes there when it is time: hand it to the thread that does
 * so, and take back what that has done. Tickets that wait for it are finished. */
void event_fold(struct event_writer *writer, bool keep_position);
/* With the lock held: when there is something to do for it; UINT64_MAX: nothing. */
usec_t event_fold_timer(const struct event_writer *writer);
/* A write of the writer's thread itself was left in the middle, in state/. */
bool event_fold_is_held(struct event_writer *writer);
/* All that is left, until the writer's stop_deadline; its thread ends. */
void event_fold_end(struct event_writer *writer);

/* event_begin.c: does the writer's thread hold LMDB's lock of writers, after a damaged page? */
bool event_writer_is_held(struct event_writer *writer);
/* Start the thread; with the lock held, or before anybody knows the writer. */
int event_writer_start(struct event_writer *writer);
/* Open the store, or take over. False: it is refused, and the thread ends. */
bool event_writer_begin(struct event_writer *writer);
/* Start a successor. False: that failed, and this thread stays. */
bool event_writer_hand_over(struct event_writer *writer);
/* Note how an environment fares: 0 or a negative errno. */
void event_writer_note(struct event_writer *writer, enum store_env env, int error);

/* With the lock held: hand tickets back. */
void event_writer_finish(struct event_writer *writer, struct event_list *list,
			 enum event_outcome outcome);

#endif
