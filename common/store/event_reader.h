/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_EVENT_READER_H
#define WAYMARK_STORE_EVENT_READER_H

#include "store/store.h"

/*
 * Reading the log in short transactions (at most EVENT_READER_SLICE_EVENTS or about a second each),
 * from any process, resumed by sequence. A snapshot is never held while @each waits longer than
 * that.
 */
enum { EVENT_READER_SLICE_EVENTS = 4096 };

/*
 * Call @each for every event after @after (0: from the start) up to the end of the log as it is
 * when each slice begins. @record is the raw record of @event. A nonzero return of @each ends the
 * walk and is returned. *ret_last: the last sequence given to @each (or @after).
 *
 * Return: 0 at the end; what @each returned; EVENT_E_FORM or EVENT_E_VERSION at a record that
 * cannot be read (its sequence is *ret_last + 1); negative errno.
 */
int event_reader_each(struct store *store, uint64_t after,
		      int (*each)(void *context, const struct event *event, struct span record),
		      void *context, uint64_t *ret_last);

/* What has been pruned: the log begins behind this sequence (0: nothing). 0; negative errno. */
int event_reader_pruned_through(struct store *store, uint64_t *ret_sequence);

/*
 * Up to which sequence retention has gone: all before is removed; what is of its class
 * (retention_is_anonymous()) is a tombstone. Return: 0; negative errno.
 */
struct event_reader_retained {
	uint64_t pruned_through, tombstoned_through;
};
int event_reader_retained(struct store *store, struct event_reader_retained *ret_retained);

/* Append "<node>.<incarnation>" of the log as it is now. 0; negative errno. */
int event_reader_identity(struct store *store, struct buffer *to);

#endif
