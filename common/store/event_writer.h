/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_EVENT_WRITER_H
#define WAYMARK_STORE_EVENT_WRITER_H

#include "store/event.h"
#include "store/people.h"

/*
 * The one appender of the log: a thread of its own with group commit. The loop thread makes a
 * ticket of one or more events, appends it, and learns from event_writer_fd() that tickets are
 * done.
 *
 * Two bounded queues: clicks first, bulk throttled, so that an import never delays a click. A batch
 * commits people/ (if it carries changes), then events/ (fdatasync), then folds what concerns
 * state/. Sequence numbers are given at commit and have no gap. When a commit fails the batch is
 * kept and tried again, with the environment reopened if it panicked; what no longer fits the queue
 * is lost and counted.
 */
struct event_writer;

enum event_class { EVENT_CLASS_CLICK, EVENT_CLASS_BULK };
enum event_outcome { EVENT_QUEUED, EVENT_STORED, EVENT_LOST };

struct event_ticket {
	struct event_ticket *next;
	void *owner; /* the caller's; touched by the loop thread only */
	enum event_class class;
	enum event_outcome outcome; /* valid once event_writer_take_done() returned the ticket */
	usec_t queued;		    /* monotonic */
	uint32_t count;		    /* events in records */
	bool folds; /* done only when state/ has applied it (set by the append functions) */
	bool late;  /* set by event_ticket_answered_late() */
	uint64_t first_sequence; /* of the batch's events of this ticket, once stored */
	struct buffer records;	 /* length 4 ‖ record, count times */
	struct people_change *changes;
};

/* An empty ticket; NULL when out of memory. */
struct event_ticket *event_ticket_new(enum event_class class);
/* Encode one more event into it. Return: 0, or a negative errno (ticket unchanged). */
int event_ticket_add(struct event_ticket *ticket, const struct event *event);
/* Give it a change to commit before its events; the ticket owns it. */
void event_ticket_add_change(struct event_ticket *ticket, struct people_change *change);
void event_ticket_free(struct event_ticket *ticket); /* NULL allowed; not while queued */

/*
 * Queue a ticket. Never blocks, never touches disk; loop thread. On success the writer owns it
 * until event_writer_take_done() gives it back; on any other return the caller keeps it (counted
 * lost).
 *
 * Return: 0; EVENT_WRITER_E_FULL when its queue is at its limit; EVENT_WRITER_E_STOPPED.
 */
enum { EVENT_WRITER_E_FULL = 1, EVENT_WRITER_E_STOPPED = 2 };
int event_writer_append(struct event_writer *writer, struct event_ticket *ticket);
/* Wake the writer for what was appended since the last call: once per turn of the loop. */
void event_writer_kick(struct event_writer *writer);

/* The owner answered without waiting longer: counted late; the record says so if still unwritten.
 */
void event_ticket_answered_late(struct event_writer *writer, struct event_ticket *ticket);

int event_writer_fd(
	const struct event_writer *writer); /* eventfd, readable when tickets are done */
/* Take all done tickets as a list (NULL: none) and clear the eventfd. The caller frees them. */
struct event_ticket *event_writer_take_done(struct event_writer *writer);

/* For commands: append and wait until it is done. Return: 0; EVENT_WRITER_E_*; -EIO when lost. */
int event_writer_append_and_wait(struct event_writer *writer, struct event_ticket *ticket);

/* Where every event went (promise 1): received = stored + dropped + rejected + lost + pending. */
struct event_account {
	uint64_t received, stored, dropped, rejected, lost, pending, late;
};
void event_writer_account(struct event_writer *writer, struct event_account *ret_account);
/* Count an event that was never made: by rule, or malformed. */
void event_writer_count_dropped(struct event_writer *writer);
void event_writer_count_rejected(struct event_writer *writer);

struct event_writer_figures { /* since the start, for metrics */
	uint64_t commits, commit_usec, failures, reopens;
};
void event_writer_figures(struct event_writer *writer, struct event_writer_figures *ret_figures);

#endif
