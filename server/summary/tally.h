/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_TALLY_H
#define WAYMARK_SUMMARY_TALLY_H

#include "store/summary_env.h"
#include "summary/totals.h"

/*
 * What folds add to the totals, summed up in memory until it is written: the totals of
 * data/summary/ then change by it, in the transaction that also holds what made them change.
 */
struct tally;

int tally_new(struct tally **ret_tally); /* 0; -ENOMEM */
void tally_free(struct tally *tally);	 /* NULL allowed */

/* What follows is added (1), or taken away (-1). */
void tally_set_sign(struct tally *tally, int sign);
/* As fold_sink.count; @context is the tally. Errors stick until tally_clear(). */
void tally_count(void *context, enum total_kind kind, struct span id, uint16_t day,
		 enum total total, int64_t by);

/* As fold_sink.expect. */
void tally_expect(void *context, enum total_kind kind, struct span id, uint16_t day);

size_t tally_bytes(const struct tally *tally);

/*
 * Change the rows of @database, SUMMARY_TOTALS or SUMMARY_FROZEN; tally_clear() comes when that is
 * durable. Return: 0; -ENOMEM.
 */
int tally_write(struct tally *tally, struct txn *txn, enum summary_database database);
void tally_clear(struct tally *tally);

/* A row of "totals". False: it is none. */
bool tally_read_row(struct span key, struct span value, struct span *ret_id, uint16_t *ret_day,
		    int64_t ret_counts[TOTAL_COUNT]);

#endif
