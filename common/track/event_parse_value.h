/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_EVENT_PARSE_VALUE_H
#define WAYMARK_TRACK_EVENT_PARSE_VALUE_H

#include "track/event_parse.h"

/*
 * One field's value out of JSON, by its kind. Private to event_parse.c.
 */
struct event_value {
	const struct event_parse_options *options;
	struct arena *arena;
	struct event_parsed *parsed;
	bool memory; /* it ran out */
};

/*
 * Set @field of the event to @value, which is not null. A value that says nothing (an empty list or
 * object) leaves it absent. Return: NULL, or what is wrong.
 */
const char *event_value_take(struct event_value *out, enum event_field field, const json_t *value);

#endif
