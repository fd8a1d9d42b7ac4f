/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FACT_STORE_H
#define WAYMARK_SUMMARY_FACT_STORE_H

#include "store/summary_env.h"
#include "summary/fact.h"

/*
 * Facts in data/summary/, many to a row, and the units that they are counted in. All of this
 * happens inside of transactions.
 */
enum { FACT_KEY_BYTES = SUBJECT_BYTES + 8 + 8, FACT_ROW_MAX_BYTES = 1800 };

void fact_key(const struct subject *subject, usec_t time, uint64_t sequence,
	      uint8_t ret_key[FACT_KEY_BYTES]);

/* Put a fact into its place. False: it is there already (by its sequence), and stays as it is. */
bool fact_store_insert(struct txn *txn, const struct subject *subject, const struct fact *fact);
/* Add @bits to a fact that is there. */
void fact_store_mark(struct txn *txn, const struct subject *subject, usec_t time, uint64_t sequence,
		     uint32_t bits);
/* How many facts that were. */
uint64_t fact_store_delete(struct txn *txn, const struct subject *subject);

/* The unit that @subject is counted in; false: it was erased, and makes no facts any more. */
bool unit_find(struct txn *txn, const struct subject *subject, struct subject *ret_unit);
/* From now on it is @unit (which may be itself) because of event @sequence; NULL: it is erased. */
void unit_set(struct txn *txn, const struct subject *subject, const struct subject *unit,
	      uint64_t sequence);
/* All subjects that are counted in @unit but itself. */
void unit_each_member(struct txn *txn, const struct subject *unit,
		      void (*each)(void *context, const struct subject *member), void *context);

/*
 * The first person whose subject is at or behind @from and that has facts or members. False: there
 * is none.
 */
bool unit_find_person(struct txn *txn, struct span from, struct subject *ret_person);
/* The next subject in order, whether there is such a one or not. */
void subject_step(struct subject *subject);

/*
 * The facts of a unit in order of time, whatever subjects they lie under; copies of one event are
 * one fact. It keeps its memory from one unit to the next; all zeros to begin with. Nothing may be
 * written between fact_stream_begin() and the last fact_stream_next().
 */
struct fact_stream {
	struct txn *txn;
	struct fact_source *sources; /* a heap by their next facts */
	size_t count, capacity;
	int error;
};
/* Return: 0; -ENOMEM; -EBADMSG. Errors of the transaction are its own. */
int fact_stream_begin(struct fact_stream *stream, struct txn *txn, const struct subject *unit);
/* False: there are no more, or stream->error. */
bool fact_stream_next(struct fact_stream *stream, struct fact *ret_fact);
void fact_stream_finish(struct fact_stream *stream);

#endif
