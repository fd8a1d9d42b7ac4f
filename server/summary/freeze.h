/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FREEZE_H
#define WAYMARK_SUMMARY_FREEZE_H

#include "summary/tally.h"
#include "summary/unit_fold.h"

/*
 * Taking facts away without changing a total: what a unit counted more with them than it counts
 * without them goes to "frozen", in the transaction that removes them. From then on the totals of
 * that are as they are: no rule judges it again, and no day of another time zone gets it.
 */
struct freeze {
	struct unit_fold *fold; /* in use with the transaction */
	struct tally *tally;	/* its sink; what is in it is forgotten */
	usec_t as_of;
	bool ends; /* nothing can come to these units any more: what is not settled settles so */
	/* Removes facts of @unit, and of nothing else. */
	void (*remove)(struct txn *txn, const struct subject *unit, void *context);
	void *context;
};

/* Of these units, each once. Return: 0; -ENOMEM; -EBADMSG. */
int freeze_units(const struct freeze *freeze, struct txn *txn, const struct subject *units,
		 size_t count);

#endif
