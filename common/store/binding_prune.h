/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BINDING_PRUNE_H
#define WAYMARK_STORE_BINDING_PRUNE_H

#include "base/clock.h"

#include <stdbool.h>

/*
 * Retention of bindings: see binding_prune.c. Private to store/; the writer's thread.
 */
struct store;
struct note;

struct binding_prune {
	uint64_t
		through; /* up to here state/ knows which browsers were seen; never prune past it */
	usec_t time;	 /* when the last of these events was stored */
	usec_t floor;	 /* who was seen before is not known: as if all had been seen then */

	/* Of the sweep. */
	uint64_t from; /* it goes on there; 0: none is going on */
	usec_t swept;  /* @time of the last one */
	usec_t next;   /* monotonic: not before */

	const struct note *note; /* of the transaction that is going on */
};

/*
 * Look at the next events, as far as state/ has folded them durably, so that they may be pruned. At
 * most one commit of state/. Return: 0; negative errno of state/.
 */
int binding_prune_note(struct store *store);

/* A step of the sweep, if it is time for one; likewise. */
int binding_prune_sweep(struct store *store);

#endif
