/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_EVENT_WRITER_H
#define WAYMARK_STORE_EVENT_WRITER_H

#include "base/histogram.h"
#include "store/disk_room.h"
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
 * is lost and counted. At the end it is tried for EVENT_CLOSE_MAX_S more.
 */
enum { EVENT_CLOSE_MAX_S = 5 };
struct event_writer;

enum event_class { EVENT_CLASS_CLICK, EVENT_CLASS_BULK };
enum event_outcome { EVENT_QUEUED, EVENT_STORED, EVENT_LOST };

struct event_ticket {
	struct event_ticket *next;
	void *owner; /* the caller's; touched by the loop thread only */
	enum event_class class;
	enum event_outcome outcome; /* valid once event_writer_take_done() returned the ticket */
	uint32_t count;		    /* events in records */
	uint64_t mark; /* the caller's: by which it is known when it is done; 0: it need not be */
	bool serial;   /* the caller's: event_writer_serial() counts it while it is on its way */
	bool folds;    /* done only when state/ has applied it (set when events are added) */
	bool concerns; /* state/ has to apply something of it, be it later */
	bool late;     /* set by event_ticket_answered_late() */
	bool late_recorded;	 /* and the records were written with the signal */
	uint64_t first_sequence; /* of the batch's events of this ticket, once stored */
	struct buffer records;	 /* length 4 ‖ record, count times */
	struct people_change *changes;
	struct typed_change *typed;	/* typed.h */
	struct binding_entry *bindings; /* binding.h: what it says of them */
	struct event_spares *spares;	/* where it goes when it is freed; NULL: it is the heap's */
	struct reader_change *reader;	/* reader.h; a ticket of its own, without events */
};

enum { EVENT_TICKET_MAX_EVENTS = 1024, EVENT_TICKET_MAX_BYTES = 2 << 20 };

/* An empty ticket; NULL when out of memory. */
struct event_ticket *event_ticket_new(enum event_class class);
/* Likewise, with the memory of one that came back, if there is any; it must not outlive @writer. */
struct event_ticket *event_writer_ticket(struct event_writer *writer, enum event_class class);
/*
 * Encode one more event into it. Events of one ticket are committed together, in their order.
 *
 * Return: 0; EVENT_TICKET_E_FULL when it holds as much as one may (append it, take another);
 * -EMSGSIZE when a field is over its length; negative errno (ticket unchanged in each case).
 */
enum { EVENT_TICKET_E_FULL = 3 };
int event_ticket_add(struct event_ticket *ticket, const struct event *event);
/* Give it a change to commit before its events; the ticket owns it. */
void event_ticket_add_change(struct event_ticket *ticket, struct people_change *change);
void event_ticket_free(struct event_ticket *ticket); /* NULL allowed; not while queued; loop */

/*
 * Queue a ticket. Never blocks, never touches disk; loop thread. On success the writer owns it
 * until event_writer_take_done() gives it back; on any other return the caller keeps it (counted
 * lost). Each class has a limit of events (store.h) and, so that large records cannot take the
 * memory, one of QUEUE_EVENT_BYTES bytes for each of these; what is being committed counts too.
 *
 * Return: 0; EVENT_WRITER_E_FULL when its queue is at its limit; EVENT_WRITER_E_STOPPED.
 */
enum { EVENT_WRITER_E_FULL = 1, EVENT_WRITER_E_STOPPED = 2, QUEUE_EVENT_BYTES = 1024 };
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

/* Serial tickets that were appended and are not done: what they say can be looked up nowhere. */
uint64_t event_writer_serial(struct event_writer *writer);

/*
 * For commands: append and wait until it is done; the caller has the ticket back, unless it is
 * -ETIMEDOUT: then nothing could be committed for EVENT_WAIT_MAX_S, and the ticket is the writer's
 * until store_close() frees it.
 *
 * Return: 0; EVENT_WRITER_E_*; -EIO when it was lost; -ETIMEDOUT.
 */
enum { EVENT_WAIT_MAX_S = 10 };
int event_writer_append_and_wait(struct event_writer *writer, struct event_ticket *ticket);

/* What whoever makes events goes by, cheap enough for every turn of the loop; any thread. */
struct event_writer_pressure {
	uint64_t clicks; /* queued or being committed */
	enum disk_level disk;
	uint64_t readers_passed_over; /* as in store_status() */
	bool retention_held;	      /* its clock is behind a wall clock that has jumped */
	int errors[STORE_ENVS];	      /* likewise */
	bool damaged[STORE_ENVS];
};
void event_writer_pressure(struct event_writer *writer, struct event_writer_pressure *ret_pressure);

/* Where every event went (promise 1): received = stored + dropped + rejected + lost + pending. */
struct event_account {
	uint64_t received, stored, dropped, rejected, lost, pending, late;
};
void event_writer_account(struct event_writer *writer, struct event_account *ret_account);
/* Count an event that was never made: by rule, malformed, or for want of memory. */
void event_writer_count_dropped(struct event_writer *writer);
void event_writer_count_rejected(struct event_writer *writer);
void event_writer_count_lost(struct event_writer *writer);

struct event_writer_figures { /* since the start, for metrics */
	uint64_t commits, commit_usec, failures, reopens;
	struct histogram commit_times; /* of commits that succeeded */
};
void event_writer_figures(struct event_writer *writer, struct event_writer_figures *ret_figures);

/*
 * Does the writer's thread still do its work? For a watchdog, and asked at any interval; loop
 * thread. It says nothing about commits: true while the thread waits for work or for its next
 * attempt, and while a disk holds it, for however long, since a restart would only lose what is
 * queued and meet the same disk again. False when the thread has ended, or when it has computed for
 * EVENT_WRITER_SPIN_S of processor time without coming back from one piece of work, as it would in
 * a damaged store whose pages lead in a circle.
 */
enum { EVENT_WRITER_SPIN_S = 60 };
bool event_writer_alive(struct event_writer *writer);

#endif
