/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_SUMMARY_H
#define WAYMARK_SUMMARY_SUMMARY_H

#include "app/app.h"
#include "summary/fact.h"

/*
 * data/summary/ for those who print or deliver it: opened read-only beside a running summarize, in
 * short transactions. One thread. Each function sees the summaries as of the moment when it is
 * called; between two of them a run may commit.
 *
 * @each of all of these: nonzero ends the walk and is returned.
 */
struct summary;
struct fold_context;
struct person_summary;
struct settle_verdict;

enum {
	SUMMARY_E_FAILED = 1, /* @error says what */
	SUMMARY_E_ABSENT = 2 /* nothing was summarized yet, or all is folded anew; @error says so */
};

/* @app as APP_READER. It reads the rules (summary.rules_file, verdict.*) of the configuration. */
int summary_open(struct app *app, struct summary **ret_summary, struct error *error);
void summary_close(struct summary *summary); /* NULL allowed */

struct summary_state {
	uint64_t position; /* the log is folded up to here */
	uint64_t last;	   /* and ends here now */
	usec_t as_of;	   /* verdicts are settled as of then */
	uint64_t facts;
	usec_t next_due; /* when the next verdict settles; 0: all are settled */
};
int summary_state(struct summary *summary, struct summary_state *ret_state);

/*
 * The totals of @kind (enum total_kind): of all ids, or those of @id (absent: all), of the days
 * from @from to @to, both included, in the order of id and day. @counts: TOTAL_COUNT numbers by
 * enum total.
 */
typedef int (*summary_total_fn)(void *context, struct span id, uint16_t day, const int64_t *counts);
int summary_totals(struct summary *summary, unsigned kind, struct span id, uint16_t from,
		   uint16_t to, summary_total_fn each, void *context);

/*
 * Every person that has facts, folded when they are asked for, as of @as_of (0: as of the totals);
 * from behind @after (NULL: the first), in the order of their handles. The summary is @each's until
 * it returns.
 */
typedef int (*summary_person_fn)(void *context, const struct handle *person,
				 const struct person_summary *summary);
int summary_persons(struct summary *summary, const struct handle *after, usec_t as_of,
		    summary_person_fn each, void *context);
/* One of them. Return: what @each returned; SUMMARY_E_ABSENT; negative errno. */
int summary_person(struct summary *summary, const struct handle *person, usec_t as_of,
		   summary_person_fn each, void *context);
/*
 * The facts of one person with their verdicts, in order of time: the events behind a score.
 * @visitor browsers that are theirs now are in it.
 */
typedef int (*summary_fact_fn)(void *context, const struct fact *fact,
			       const struct settle_verdict *verdict);
int summary_person_facts(struct summary *summary, const struct handle *person, usec_t as_of,
			 summary_fact_fn each, void *context);
/* Handles that were erased or merged away since sequence @after. */
int summary_gone(struct summary *summary, uint64_t after,
		 int (*each)(void *context, const struct handle *person, uint64_t sequence),
		 void *context);

/* The text behind an id; absent for 0 and when there is none. Valid until the next call. */
struct span summary_text(struct summary *summary, uint32_t id);
/* The name behind the id of a campaign, mailing, list or form; likewise. */
struct span summary_name(struct summary *summary, enum name_kind kind, const void *id);

const struct fold_context *summary_fold_context(struct summary *summary);

#endif
