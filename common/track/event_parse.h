/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_EVENT_PARSE_H
#define WAYMARK_TRACK_EVENT_PARSE_H

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"
#include "crypto/id.h"
#include "store/event.h"

#include <jansson.h>

/*
 * An event out of the one JSON form (event_json.h), strictly: every key is one of the form, every
 * value has the type and bounds of its field, and the fields fit the event's type. For events of
 * another system, or of another log of ours: what may not enter the log (addresses in URLs and
 * texts, whole client addresses) is cut as it would have been here, and what belongs to one log
 * alone is refused with the place where it is done instead.
 *
 * Beyond the form: "email" names the person; lists may be a text joined by ','.
 */
struct event_parse_options {
	const struct config *config; /* what of addresses may be kept */
	const char *tracker;	     /* where the event names none and its type needs one */
	usec_t now;		     /* no event is later, but for EVENT_PARSE_AHEAD_S */
	bool drop_sealed;	     /* leave out what is sealed; else it is refused */
};

enum { EVENT_PARSE_NAMES_MAX = 4, EVENT_PARSE_AHEAD_S = 300 };
enum { EVENT_PARSE_DEPTH_MAX = 64 }; /* of "props" */

struct event_parsed {
	struct event event;    /* spans in @arena and in itself: not to be copied */
	struct span id, email; /* absent when not given */
	struct {
		enum name_kind kind;
		struct span name;
	} names[EVENT_PARSE_NAMES_MAX]; /* that stand behind the ids in the event */
	size_t name_count;
	uint64_t clear; /* EVENT_HAS() of SEALED fields that hold clear text: to be sealed */
};

/*
 * @ret_parsed is unusable after a failure. "stored" is read and left to the caller.
 *
 * Return: 0; EVENT_PARSE_E_FORM with @error ("key: what is wrong"); EVENT_PARSE_E_TYPE: events of
 * this type are not imported, @error says the place; negative errno.
 */
enum { EVENT_PARSE_E_FORM = 1, EVENT_PARSE_E_TYPE = 2 };
int event_parse(const json_t *object, const struct event_parse_options *options,
		struct arena *arena, struct event_parsed *ret_parsed, struct error *error);

/* The field at a path of the form ("signals.method"), 0 when there is none; flags have none. */
enum event_field event_parse_field(const char *path);

#endif
