/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_BEACON_H
#define WAYMARK_TRACK_BEACON_H

#include "base/arena.h"
#include "base/error.h"
#include "store/schema.h"

/*
 * The body of POST /e: one event a line, each line an urlencoded form. What a key may hold is the
 * table in beacon.c; keys that are not in it are ignored, so that an older server takes a newer
 * page. Nothing in it is believed: ids, times and persons come from elsewhere. Pure.
 */
enum { BEACON_MAX_BYTES = 65536, BEACON_LINES_MAX = 64 };

enum beacon_key {
	BEACON_TYPE,	 /* t: see the table of types */
	BEACON_VIEW,	 /* v: which view of a page, 16 hexadecimal digits that the page made up */
	BEACON_URL,	 /* u: the page, or the file of a download */
	BEACON_REFERRER, /* r: the page before */
	BEACON_NAME,	 /* n: of an event */
	BEACON_PROPS,	 /* p: what the site adds, a JSON object */
	BEACON_TERM,	 /* q: what was searched for */
	BEACON_VISIBLE,	 /* w: milliseconds that the page was seen, cumulative; at most a week */
	BEACON_DEPTH,	 /* d: how far it was scrolled, percent */
	BEACON_INPUT,	 /* i: 1 after a trusted pointer, key or scroll input */
	BEACON_SERIAL,	 /* s: of the line within the view; see beacon_follows() */
	BEACON_KIND,	 /* k: how the view began: load, spa, bfcache or prerender */
	BEACON_FORM,	 /* f: name or id of a form */
	BEACON_LOGIN,	 /* l: proof of a login (crypto/token.h, purpose 9) */
	BEACON_KEY_COUNT
};

/* Values are checked and decoded; they live in the arena. Absent: the line does not have the key,
 * or it is empty. */
struct beacon_line {
	enum event_type type;
	struct span values[BEACON_KEY_COUNT];
};

/* The next line that is not empty, without its line end; @at starts at 0; false at the end. */
bool beacon_next(struct span body, size_t *at, struct span *ret_line);

/*
 * Read one line. What @line holds before is what stands for the keys that the line does not have;
 * {0} for none. Time and memory are linear in the line.
 *
 * Return: 0; BEACON_E_LINE, and @error names the key; -ENOMEM. @line is then of no use.
 */
enum { BEACON_E_LINE = 1 };
int beacon_parse(struct span text, struct arena *arena, struct beacon_line *line,
		 struct error *error);

/*
 * Does the line say that its page has sent another one before (a serial above 0)? A page waits for
 * the answer to its first line, which brings the cookie, unless it goes away meanwhile.
 */
bool beacon_follows(const struct beacon_line *line);

/*
 * The props of the event as a JSON object: what of the line has no field of its own, each under its
 * name, and what the site adds under "props". What looks like an address becomes "[email]", and
 * the address of a page loses its query. Nothing is appended when there is nothing to say.
 */
void beacon_props(const struct beacon_line *line, struct buffer *to);

#endif
