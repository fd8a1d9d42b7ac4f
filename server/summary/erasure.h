/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_ERASURE_H
#define WAYMARK_SUMMARY_ERASURE_H

#include "summary/tally.h"
#include "summary/unit_fold.h"

/*
 * Who is erased leaves numbers and nothing else: all that they did is counted to the end, frozen
 * (freeze.h) and deleted, and "units" says of each subject that it makes no facts any more.
 */
struct erasure {
	struct unit_fold *fold; /* borrowed, in use with the transaction */
	struct tally *tally;	/* likewise; its sink */
	usec_t as_of;
	uint64_t sequence; /* of the event that said so */
	uint64_t removed;  /* facts; added to */

	/* Its own. */
	const struct subject *subject;
	const struct subject *some; /* of many */
	size_t some_count;
	uint64_t some_removed;
	struct subject *members;
	size_t count, capacity;
	bool whole;
	int error;
};

void erasure_finish(struct erasure *erasure);

/*
 * Erase @subject, and with @whole all that is counted in the same unit: then its verdicts settle by
 * what is there. One that is erased already is left alone. Return: 0; -ENOMEM; -EBADMSG.
 */
int erasure_run(struct erasure *erasure, struct txn *txn, const struct subject *subject,
		bool whole);
/* The same of many, with their units, in transactions of a few; then it is finished. */
int erasure_run_all(struct erasure *erasure, struct summary_env *env,
		    const struct subject *subjects, size_t count);

#endif
