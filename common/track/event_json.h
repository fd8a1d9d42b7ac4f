/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_EVENT_JSON_H
#define WAYMARK_TRACK_EVENT_JSON_H

#include "base/arena.h"
#include "crypto/seal.h"
#include "store/store.h"

#include <jansson.h>

/*
 * The one JSON form of an event (DESIGN.md 6): export, admin API, NATS and webhooks use it. Keys in
 * a fixed order; what DESIGN.md shows in its example is always present (null when absent), other
 * fields only when the event has them. Sealed fields show as {"sealed": true} unless a key is
 * given.
 */
struct event_json_options {
	/* Name behind an id; returns 0 and a span in @arena, or nonzero: then the id shows as hex.
	 */
	int (*name)(void *context, enum name_kind kind, const void *id, struct arena *arena,
		    struct span *ret_name);
	/* Key of a handle for --reveal; NULL: never revealed. 0 when there is one. */
	int (*reveal)(void *context, const struct handle *handle, struct person_key *ret_key);
	void *context;
	const char *node;
};

/* What a sealed field is bound to (crypto/seal.h): event type 1, field id 1. */
enum { EVENT_SEAL_CONTEXT_BYTES = 2 };
static inline void event_seal_context(enum event_type type, enum event_field field,
				      uint8_t ret_context[EVENT_SEAL_CONTEXT_BYTES])
{
	ret_context[0] = (uint8_t)type;
	ret_context[1] = (uint8_t)field;
}

/* Return a new reference, or NULL when out of memory. */
json_t *event_json(const struct event *event, const struct event_json_options *options);

#endif
