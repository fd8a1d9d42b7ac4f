/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_BULK_H
#define WAYMARK_SUMMARY_BULK_H

#include "app/app.h"
#include "summary/unit_fold.h"

/*
 * A whole log into a new data/summary/: its facts are sorted by subject in bounded memory, written
 * once in the order of their keys, and folded. It comes out as if every event had been applied one
 * after the other. What was there before stays until the new one takes its place.
 */
struct bulk_options {
	struct app *app; /* APP_READER */
	struct unit_fold *fold;
	struct tally *tally; /* the sink of @fold */
	/* What is frozen there is taken over; it has no facts of what the log has lost. Or NULL. */
	struct summary_env *carry;
	usec_t as_of;
	size_t memory_bytes;
	bool (*stop)(void); /* asked now and then; NULL: never */
};

enum { BULK_E_STOPPED = 1 };

/* *ret_events: how many were read. Return: 0; BULK_E_STOPPED; negative errno; @error is set. */
int bulk_run(const struct bulk_options *options, uint64_t *ret_events, struct error *error);

#endif
