/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_VERDICT_H
#define WAYMARK_TRACK_VERDICT_H

#include "base/bytes.h"
#include "text/address.h"

/*
 * Human or machine, as far as one request can tell (DESIGN.md 7). Rows of the rule table in
 * verdict.c: name, weight, why, source. The redirect never depends on it.
 */
enum verdict_class { VERDICT_UNKNOWN, VERDICT_HUMAN, VERDICT_MACHINE }; /* order of the choices */

struct verdict_signals {
	struct span agent, accept_language;
	struct span sec_fetch_site, sec_fetch_mode, sec_fetch_dest;
	struct span purpose; /* Sec-Purpose, Purpose or X-Moz: the first that is there */
	bool head, https, trap;
};

struct verdict {
	enum verdict_class class;
	char reasons[256]; /* names of the rules that fired, joined by ',' */
};

void verdict_of_request(const struct verdict_signals *signals, struct verdict *ret_verdict);

/* True for "prefetch", "prefetch;prerender" and X-Moz: prefetch: answered 503, never counted. */
bool verdict_is_prefetch(struct span purpose);

#endif
