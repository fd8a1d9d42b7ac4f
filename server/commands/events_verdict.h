/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_VERDICT_H
#define WAYMARK_COMMANDS_EVENTS_VERDICT_H

#include "app/app.h"
#include "track/settle.h"

/*
 * The settled verdicts of the whole log, made anew from it: `events --settled` joins them, and
 * `events --reclassify` compares those of two sets of rules. Units are people with the browsers
 * that are theirs now, as in the summaries (server/summary/), which need not have been made.
 *
 * Memory: five bytes an event of the log for each set of rules, and a few dozen MiB; the rest lies
 * in a file without a name in $TMPDIR, else /var/tmp, at about a hundred bytes an event.
 */
struct events_verdict;

enum { EVENTS_VERDICT_RULES_MAX = 2, EVENTS_VERDICT_E_FAILED = 1 };

/*
 * By @rules[0 .. count - 1], which are borrowed until the end, as of @as_of. @app is APP_READER or
 * has the store open. Return: 0; EVENTS_VERDICT_E_FAILED with @error.
 */
int events_verdict_new(struct app *app, const struct verdict_rules *const *rules, size_t count,
		       usec_t as_of, struct events_verdict **ret_verdicts, struct error *error);
void events_verdict_free(struct events_verdict *verdicts); /* NULL allowed */

/* By the rules of that index. False: nothing is settled about such an event. */
bool events_verdict_find(const struct events_verdict *verdicts, size_t rules, uint64_t sequence,
			 struct settle_verdict *ret_verdict);

#endif
