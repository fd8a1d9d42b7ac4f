/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_ACCOUNT_PROOF_H
#define WAYMARK_TRACK_ACCOUNT_PROOF_H

#include "store/event_writer.h"

/*
 * Promise 1, shown for a log: every event of it is taken in order, and each run of a writer comes
 * out with its account and whether that adds up:
 *
 * - sequences have no gap, from behind pruned_through on;
 * - each account event says received = stored + dropped + rejected + lost + pending, no total ever
 *   falls within a run, and an orderly end leaves nothing pending;
 * - the events found in the log, from the run's beginning up to the account, are as many as it says
 *   are stored: imported ones and tombstones count, account events do not;
 * - one run has one incarnation, and later runs never a lower one.
 *
 * A run ends with a "shutdown" account, or with the "unclean" one of the next start, which says the
 * most that can be missing. The last run of a log may be still going. Of a run whose beginning is
 * pruned nobody knows how many events went with it, but it is one number for all of its accounts.
 */
enum account_end { ACCOUNT_END_NONE, ACCOUNT_END_SHUTDOWN, ACCOUNT_END_UNCLEAN };

struct account_run {
	uint64_t number;      /* from 1 */
	uint64_t first, last; /* sequences; its account events are among them */
	usec_t from, to;      /* when these were stored, wall */
	uint16_t incarnation;
	bool cut;	 /* its beginning may be pruned */
	uint64_t pruned; /* events that went with it; known from its first account on */
	uint64_t found;	 /* events in the log, account events not counted */
	uint64_t beyond; /* of these, behind the last account */
	uint64_t accounts;
	struct event_account account; /* the last; zeros when there is none */
	enum account_end end;
	uint64_t missing; /* ACCOUNT_END_UNCLEAN: the most that can be missing */
	uint64_t wrong;	  /* the sequence where something first does not add up; 0: all does */
	char problem[160];
};

struct account_proof {
	void (*each)(void *context, const struct account_run *run);
	void *context;
	uint64_t runs; /* that have ended */
	uint64_t next; /* sequence that has to come */
	uint64_t pruned_through;
	uint16_t incarnation; /* of the run before */
	struct account_run run;
};

/* @each is called once for each run, when it has ended. */
void account_proof_init(struct account_proof *proof, uint64_t pruned_through,
			void (*each)(void *context, const struct account_run *run), void *context);
/* The next event of the log. */
void account_proof_take(struct account_proof *proof, const struct event *event);
/* What lies up to @pruned_through was pruned while the log was read: go on behind it. */
void account_proof_skip(struct account_proof *proof, uint64_t pruned_through);
/* The log ends here; a run that has not ended is given to @each as it is. */
void account_proof_finish(struct account_proof *proof);

#endif
