/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_STORE_INTERNAL_H
#define WAYMARK_STORE_STORE_INTERNAL_H

#include "store/binding_prune.h"
#include "store/event_writer.h"
#include "store/fold.h"
#include "store/people.h"
#include "store/prune.h"
#include "store/text_table.h"
#include "store/txn.h"

/*
 * What the files of store/ know of each other, and long because struct store is theirs together.
 * Nobody else includes this.
 *
 * Threads: "loop" is the owner's one thread of lookups, "writer" its thread of commits.
 */

/* The databases of each environment, in the order of their names. */
enum { EVENTS_EVENTS, EVENTS_META, EVENTS_TEXTS };
enum { STATE_LINKS, STATE_SLUGS, STATE_NAMES, STATE_META, STATE_SOURCES };
enum { STATE_BINDINGS = STATE_SOURCES + 1, STATE_VISITORS, STATE_CLAIMS };
enum { STATE_MERGED = STATE_CLAIMS + 1, STATE_FORMS, STATE_REPOINTS };
enum { PEOPLE_IDS, PEOPLE_ROWS, PEOPLE_ERASED, PEOPLE_META, PEOPLE_TYPED };

struct handle_cache;
struct link_cache;
/* And their names. */
extern const char *const store_events_databases[], *const store_state_databases[],
							   *const store_people_databases[];

struct people_index;
struct binding_pending;

struct store {
	char *data_dir;
	char *node;
	uint16_t incarnation;
	bool reader;
	bool degraded;			  /* may begin without what is wrong; store_options */
	int lock_fd;			  /* -1 for readers */
	const struct keyring *keyring;	  /* loop */
	struct people_index *pending;	  /* loop: people that are not durable yet */
	struct typed_index *typed;	  /* loop: likewise what they typed */
	struct handle_cache *handles;	  /* loop */
	struct link_cache *links;	  /* loop; NULL for readers, who do not see writes */
	struct binding_pending *bindings; /* loop: what state/ does not say yet; or NULL */
	_Atomic uint64_t folded_through;  /* @folded, for the loop */
	struct env events, state, people;
	struct event_writer *writer;
	atomic_bool people_full; /* as many wait for people/ as may: no more changes */

	/* The writer's thread. */
	bool owned; /* data/lock itself is held, not only something beside it */
	bool events_ready, state_ready, people_ready;
	int events_error;		/* while it is not ready */
	uint64_t last_sequence;		/* of the log */
	uint64_t folded;		/* state/ has applied all that concerns it up to here */
	uint64_t position;		/* and says so on disk */
	uint64_t queue_limit;		/* of this run, for the account of its crash */
	struct prune prune;		/* retention */
	struct visitor_id typed_looked; /* it has looked at people/typed up to here */
	struct text_table texts;
	bool recovery_due;     /* the log's end is read, but nothing could be written behind it */
	bool unclean;	       /* and it says that the run before did not end */
	bool refolding;	       /* state/ was reset and has not caught up */
	usec_t catch_up_until; /* monotonic: so long fold_open() may take; 0: a turn */
	struct fold_queue fold_queue;
	struct binding_prune binding_prune;
};

/* establish.c, the writer's thread: open what is not open, judge what is inside, recover. */
bool store_is_established(const struct store *store);
/* Each environment's own result is a negative errno. Return: 0; STORE_E_*; the first errno. */
int store_establish(struct store *store, int ret_results[STORE_ENVS], struct error *error);
/* Has a write met a damaged page, so that this thread holds LMDB's lock? */
bool store_is_held(const struct store *store);
/* Must the server, too, refuse to start? */
bool store_refuses(int code);
/* For a reader. */
int store_establish_reader(struct store *store, struct error *error);

/*
 * lock.c: data/lock. STORE_E_LOCKED, after lock_wait_ms, names the process that holds it.
 * With degraded_start a disk that does not let it be made is no failure: then the directory is
 * locked, if there is one, *ret_owned is false, and nothing may be written until this is called
 * again.
 */
int store_lock_take(const struct store_options *options, int *ret_fd, bool *ret_owned,
		    struct error *error);

/* owner.c: for root, give what it made in @data_dir to whom that belongs. */
void store_leave_to_owner(const char *data_dir);

/* event_slice.c: a piece of the log, copied out of it, so that no snapshot stays open. */
struct event_slice {
	struct buffer records; /* sequence 8 ‖ length 4 ‖ record, count times */
	size_t at;
	uint32_t count;
};
/* Up to EVENT_READER_SLICE_EVENTS events after @after. Return: 0; EVENT_E_FORM; errno. */
int event_slice_read(struct env *events, uint64_t after, struct event_slice *slice);
bool event_slice_next(struct event_slice *slice, uint64_t *ret_sequence, struct span *ret_record);
void event_slice_finish(struct event_slice *slice);

/* binding_pending.c: bindings that state/ does not say yet. */
int binding_open(struct store *store);
void binding_close(struct store *store);		/* after all tickets are freed */
void binding_ticket_freed(struct event_ticket *ticket); /* loop */

/* event_account.c */
struct event_account_options {
	enum { ACCOUNT_MINUTE, ACCOUNT_SHUTDOWN, ACCOUNT_UNCLEAN } period;
	struct event_account account;
	uint64_t missing; /* ACCOUNT_UNCLEAN */
};
void event_account_encode(const struct event_account_options *options, uint16_t incarnation,
			  struct buffer *to);
/*
 * Read the end of the log into store->last_sequence; after a crash append what says so. A degraded
 * store's log that can be read but not written is no failure: store->recovery_due is set, and the
 * writer's first batch begins with event_account_append_recovery(), which returns the sequence of
 * the log's last event.
 */
int event_account_recover(struct store *store, struct error *error);
uint64_t event_account_append_recovery(struct txn *txn, struct store *store);

/* event_writer.c */
int event_writer_open(struct store *store, const struct store_options *options,
		      struct event_writer **ret_writer);
/* Wait until the store is open, or as much of it as can be; see store_establish(). */
int event_writer_wait_opened(struct event_writer *writer, struct error *error);
void event_writer_close(struct event_writer *writer); /* NULL allowed */
void event_writer_status(struct event_writer *writer, struct store_status *ret_status);
void event_writer_set_retention(struct event_writer *writer, const struct retention *retention);

#endif
