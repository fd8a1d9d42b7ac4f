/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_REPORT_ITEM_H
#define WAYMARK_APP_REPORT_ITEM_H

#include "app/operation.h"

/*
 * One item of POST /api/v1/events, read and judged by itself: which keys its type has, their types
 * and bounds, and nothing that must not enter the log. Spans point into the JSON object or into the
 * arena.
 */
struct report_item {
	char where[32]; /* "events[3]", for messages; set before reading */
	enum event_type type;
	struct span email, key; /* as given; the idempotency key */
	const struct tracker *tracker;
	struct visitor_tag tag;	      /* zeros: none */
	usec_t time, now;	      /* wall; when it happened, and now */
	struct span name, url, props; /* for the event; absent: none */
};

enum { REPORT_AHEAD_S = 300, REPORT_BEHIND_DAYS = 30 };

/* Return: 0; OPERATION_E_REFUSED with @error; negative errno. */
int report_item_read(struct report_item *item, const struct settings *settings,
		     const json_t *object, struct arena *arena, struct error *error);

#endif
