/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_COUNT_H
#define WAYMARK_COMMANDS_EVENTS_COUNT_H

#include "store/event.h"

#include <stdbool.h>

/*
 * `waymark events --count`: how many events of each type there are, between which sequences they
 * were read, and how many of these sequences are not in the log. Zeroed is empty.
 */
struct events_count {
	uint64_t first, last, missing; /* sequences that were read, wanted or not; 0: none */
	uint64_t types[EVENT_TYPE_COUNT];
};

/* @event was read; @wanted: it counts. In the order of the log. */
void events_count_take(struct events_count *count, const struct event *event, bool wanted);

/*
 * A line a type that occurs, and the totals; or with @json one object.
 *
 * Return: 0; negative errno: -EPIPE when standard output is closed or full.
 */
int events_count_print(const struct events_count *count, bool json);

#endif
