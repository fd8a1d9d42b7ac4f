/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REFOLD_H
#define WAYMARK_SUMMARY_REFOLD_H

#include "summary/tally.h"
#include "summary/unit_fold.h"

/*
 * All totals anew from the facts, without the log: after a first run, and when rules have changed.
 * Until it is done "rules" in "meta" is empty, so that one that was cut short begins again, and
 * nobody reads half of the totals.
 *
 * @memory_bytes: for what waits to be written. Return: 0; negative errno.
 */
int refold(struct summary_env *env, struct unit_fold *fold, struct tally *tally, usec_t as_of,
	   size_t memory_bytes);

#endif
