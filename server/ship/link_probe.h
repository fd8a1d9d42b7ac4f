/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_LINK_PROBE_H
#define WAYMARK_SHIP_LINK_PROBE_H

#include "base/error.h"
#include "text/address.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Are pages there? Each URL is asked for by HEAD and, where the answer is no plain yes, by GET, of
 * which the head is enough. No redirect is followed, nothing is sent but the request, and no
 * address that is not a public one is connected to, whatever the name resolves to, but those in
 * @allowed.
 *
 * A few are under way at once and only one for each host; their number a second is bounded, and so
 * is each in time and bytes.
 */
enum link_state {
	LINK_UNCHECKED,
	LINK_OK,	  /* 2xx */
	LINK_MOVED,	  /* 3xx: it leads on */
	LINK_MISSING,	  /* 404, 410 */
	LINK_FAILING,	  /* 5xx */
	LINK_UNCLEAR,	  /* other 4xx: pages may refuse programs */
	LINK_UNREACHABLE, /* no name, no connection, no certificate, no answer in time */
	LINK_REFUSED,	  /* it is at an address that is not public: not asked */
	LINK_STATES
};
const char *link_state_text(enum link_state state); /* "ok"; static */
enum link_state link_state_find(const char *text);  /* LINK_UNCHECKED: none of these */
bool link_state_is_bad(enum link_state state);	    /* somebody should mend it */

enum { LINK_PROBE_AT_ONCE = 4, LINK_PROBE_TIMEOUT_MS = 15000 };

struct link_probe_options {
	unsigned per_second;
	unsigned timeout_ms; /* of one request; 0: LINK_PROBE_TIMEOUT_MS */
	const struct network *allowed;
	size_t allowed_count;
	bool (*stopped)(void); /* true ends the run; what is under way is thrown away */
	/* The next URL and whatever belongs to it; NULL: there is no more. */
	const char *(*next)(void *context, void **ret_item);
	/* @status: of the answer that decided, 0 without one. */
	void (*done)(void *context, void *item, enum link_state state, unsigned status);
	void *context;
};

/* Return: 0 when all are done, or it was stopped; -ENOMEM. */
int link_probe_run(const struct link_probe_options *options);

/* Is it an address of the internet's, which anybody may connect to? (RFC 6890 and its registry) */
bool link_probe_is_public(const struct address *address);

#endif
