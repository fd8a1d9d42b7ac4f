/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_EVENT_WALK_H
#define WAYMARK_STORE_EVENT_WALK_H

#include "store/event.h"
#include "store/store.h"

/*
 * Reading the log by the million. As event_reader_each(), but texts that records share (schema.h)
 * are kept once and numbered, so that whoever knows what follows from a text need not look at it
 * again: the same number is always the same text, for as long as the walk lives.
 *
 * One thread. Memory: EVENT_WALK_TEXTS texts and a slice of the log.
 */
struct event_walk;

enum { EVENT_WALK_TEXTS = 4096 };

/* Numbers of an event's texts, by field; 0: it is not one that records share, or not there. */
enum { EVENT_WALK_FIELDS = EVENT_FIELD_sec_fetch + 1 };
struct event_walk_numbers {
	uint32_t of[EVENT_WALK_FIELDS];
};

/* @store must outlive it. Return: 0; -ENOMEM. */
int event_walk_new(struct store *store, struct event_walk **ret_walk);
void event_walk_free(struct event_walk *walk); /* NULL allowed */

/*
 * Call @each for every event after @after. Spans of @event, and @numbers, are good until it
 * returns. A nonzero return of it ends the walk and is returned. *ret_last and Return: as
 * event_reader_each().
 */
int event_walk_each(struct event_walk *walk, uint64_t after,
		    int (*each)(void *context, const struct event *event,
				const struct event_walk_numbers *numbers),
		    void *context, uint64_t *ret_last);

#endif
