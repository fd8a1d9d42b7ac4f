/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PRUNE_H
#define WAYMARK_STORE_PRUNE_H

#include "store/reader.h"
#include "store/retention.h"
#include "store/txn.h"

/*
 * Retention inside the event writer, in steps: some of the oldest records go, or become tombstones,
 * in the transaction of a batch or, while nothing waits, in one of their own. Private to store/;
 * the writer's thread.
 */

/* One of the two ways through the log: removing the prefix, or overwriting a class. */
struct prune_sweep {
	uint64_t through; /* done up to here, as in events/meta */
	uint64_t known; /* this record was stored at known_time, so those before it by then, too */
	usec_t known_time;
	uint64_t looked; /* records from @through to here say that they are of the future */
};

struct prune {
	struct retention retention;
	struct retention_clock clock;
	struct prune_sweep prefix, anonymous;
	uint64_t looks;
	usec_t behind; /* the wall clock */
	bool open;
	bool due;	  /* there may be something to do now */
	bool wants_state; /* it waits for the position of state/ to be durable */
	usec_t next;	  /* monotonic; not due: look again then */
	usec_t began;	  /* monotonic, of the step */
	struct prune_result {
		struct prune_sweep prefix, anonymous;
		uint64_t pruned, tombstones, passed_over;
		bool more; /* the step ended by its limits */
	} result;	   /* of the step in the transaction that is not committed yet */
};

/*
 * Where the last run stopped; tried again by prune_is_due() until it can be read. Return: 0;
 * negative errno.
 */
int prune_open(struct prune *prune, struct store *store);

/* Is there something to do? Costs a look at one or two records when it is time for it. */
bool prune_is_due(struct prune *prune, struct store *store);
usec_t prune_next(const struct prune *prune); /* monotonic; UINT64_MAX: never */

/* How many records a step may look at, for a batch of @events (0: nothing waits). */
uint64_t prune_quota(uint64_t events);

/* In a transaction of events/: a step. Repeatable; what it did is only in prune->result. */
void prune_step(struct prune *prune, struct txn *txn, const struct store *store, uint64_t quota);
/* The transaction was committed. */
void prune_committed(struct prune *prune);
/* It was not, or nobody knows: leave the log alone for a while. */
void prune_failed(struct prune *prune);

/* The position of state/ is durable, or could not be made so. @moved: it is further: look again. */
void prune_state_kept(struct prune *prune, bool moved);

/* Keep the clock, once per account, in the account's transaction. */
void prune_keep_clock(const struct prune *prune, struct txn *txn);

/* When a record was stored; what cannot be read: never. */
usec_t prune_storing_time(struct span record);

/* reader.c, in a transaction of events/. */
void reader_write(struct txn *txn, const struct reader_change *change);
size_t reader_read_all(struct txn *txn, struct reader ret_readers[READERS_MAX]);

#endif
