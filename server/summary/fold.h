/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FOLD_H
#define WAYMARK_SUMMARY_FOLD_H

#include "base/clock.h"
#include "crypto/id.h"
#include "summary/totals.h"

#include <stdbool.h>

struct calendar;
struct fact;
struct person_summary;
struct settle_verdict;
struct summary_rules;
struct verdict_agent;
struct verdict_rules;

/*
 * The facts of one unit, in the order of (time, sequence), to what they add to the totals and, when
 * asked, to the summary of the person. Pure: the same facts, rules and as_of give the same, so that
 * what a unit counted can be taken back by folding it again. What is counted when is in totals.h
 * and person.h; sessions in session.h; verdicts in track/settle.h, over stretches between pauses
 * of more than SETTLE_WINDOW.
 *
 * Two facts of one sequence (a click has one under its person and one under its browser) are one
 * event; of these one is primary, and only primary facts are counted. What the browser did
 * (FACT_BROWSER: the fact lies under its visitor) makes sessions, primary or not.
 *
 * Reads only; the texts that @text gives must stay until it is called again.
 */
struct fold_context {
	const struct summary_rules *rules;
	const struct verdict_rules *verdicts;
	const struct calendar *calendar;
	usec_t as_of;
	const struct verdict_agent *(*agent)(void *context, uint32_t text_id);
	struct span (*text)(void *context, uint32_t text_id);
	void *context;
};

/*
 * Each may be NULL. @id is the kind's; borrowed during the call. @expect: of this thing something
 * is probably counted soon, so that it can be fetched meanwhile.
 */
struct fold_sink {
	void (*expect)(void *context, enum total_kind kind, struct span id, uint16_t day);
	void (*count)(void *context, enum total_kind kind, struct span id, uint16_t day,
		      enum total total, int64_t by);
	void (*judged)(void *context, const struct fact *fact,
		       const struct settle_verdict *verdict);
	void *context;
};

/* One fold serves one unit after the other and keeps its memory. */
struct fold;
int fold_new(const struct fold_context *context, const struct fold_sink *sink,
	     struct fold **ret_fold); /* both are kept by reference */
void fold_free(struct fold *fold);

/* @person: NULL when the unit is none. @summarise: fold_end() is to give the summary. */
void fold_begin(struct fold *fold, const struct handle *person, bool summarise);

/* The fact is copied. Return: 0; -ENOMEM. */
int fold_add(struct fold *fold, const struct fact *fact);

/*
 * *ret_due: when the next of its verdicts can change (0: all are settled). @ret_person as
 * asked for in fold_begin(), else NULL.
 *
 * Return: 0; -ENOMEM.
 */
int fold_end(struct fold *fold, struct person_summary *ret_person, usec_t *ret_due);

#endif
