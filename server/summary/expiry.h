/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_EXPIRY_H
#define WAYMARK_SUMMARY_EXPIRY_H

#include "store/event_reader.h"
#include "summary/tally.h"
#include "summary/unit_fold.h"

/*
 * Facts do not outlive their events: what retention has removed from the log, or emptied, goes from
 * data/summary/, too, and the totals stay as they were (freeze.h). Once a day all facts are looked
 * at, a slice at a time.
 */
struct expiry;

int expiry_new(struct summary_env *env, struct unit_fold *fold, struct tally *tally,
	       struct expiry **ret_expiry); /* all borrowed. 0; -ENOMEM */
void expiry_free(struct expiry *expiry);    /* NULL allowed */

/*
 * One slice, if there is something to look for: @retained went further since the last time, which
 * was a day before @as_of, or @now. *ret_more: another slice goes on with it.
 *
 * Return: 0; negative errno: this slice has changed nothing.
 */
int expiry_step(struct expiry *expiry, const struct event_reader_retained *retained, usec_t as_of,
		bool now, bool *ret_more);

#endif
