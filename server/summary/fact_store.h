/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FACT_STORE_H
#define WAYMARK_SUMMARY_FACT_STORE_H

#include "store/summary_env.h"
#include "summary/unit.h"

/*
 * Facts in data/summary/, many to a row. All of this happens inside of transactions.
 */
enum { FACT_KEY_BYTES = SUBJECT_BYTES + 8 + 8, FACT_ROW_MAX_BYTES = 1800 };

void fact_key(const struct subject *subject, usec_t time, uint64_t sequence,
	      uint8_t ret_key[FACT_KEY_BYTES]);

/*
 * Facts by the numbers of their events: those up to @through (0: all), without what retention has
 * removed from the log: all up to @pruned, and up to @stones those with FACT_ANONYMOUS.
 */
struct fact_range {
	uint64_t through, pruned, stones;
};
static inline bool fact_is_expired(const struct fact_range *range, const struct fact *fact)
{
	return fact->sequence <= range->pruned ||
	       (fact->sequence <= range->stones && fact->bits & FACT_ANONYMOUS);
}

/* Put a fact into its place. False: it is there already (by its sequence), and stays as it is. */
bool fact_store_insert(struct txn *txn, const struct subject *subject, const struct fact *fact);
/* Add @bits to a fact that is there. */
void fact_store_mark(struct txn *txn, const struct subject *subject, usec_t time, uint64_t sequence,
		     uint32_t bits);
/* How many facts that were. */
uint64_t fact_store_delete(struct txn *txn, const struct subject *subject);
/* Only those that are expired. *ret_empty: none is left. */
uint64_t fact_store_expire(struct txn *txn, const struct subject *subject,
			   const struct fact_range *range, bool *ret_empty);
/* Is one of the facts of a row expired? What cannot be read is not. */
bool fact_row_is_expired(const struct subject *subject, struct span row,
			 const struct fact_range *range);

/*
 * The facts of a unit in order of time, whatever subjects they lie under; copies of one event are
 * one fact. It keeps its memory from one unit to the next; all zeros to begin with. Nothing may be
 * written between fact_stream_begin() and the last fact_stream_next().
 */
struct fact_stream {
	struct txn *txn;
	struct fact_source *sources; /* a heap by their next facts */
	size_t count, capacity;
	struct fact_range range; /* of what is given; zeros: everything */
	int error;
};
/* Of stream->range. Return: 0; -ENOMEM; -EBADMSG. Errors of the transaction are its own. */
int fact_stream_begin(struct fact_stream *stream, struct txn *txn, const struct subject *unit);
/* False: there are no more, or stream->error. */
bool fact_stream_next(struct fact_stream *stream, struct fact *ret_fact);
void fact_stream_finish(struct fact_stream *stream);

#endif
