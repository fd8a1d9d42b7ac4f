/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_VERDICT_H
#define WAYMARK_TRACK_VERDICT_H

#include "base/bytes.h"
#include "track/verdict_rules.h"

/*
 * Human or machine, as far as one request can tell (DESIGN.md 7). Rows of the rule table in
 * verdict.c: name, weight, why, source. The redirect never depends on it.
 */

/* How the open pixel is asked for by such an agent. */
enum verdict_open {
	VERDICT_OPEN_DIRECT,  /* by the recipient's own program */
	VERDICT_OPEN_PROXY,   /* by the mail provider, when the mail is shown */
	VERDICT_OPEN_PREFETCH /* by a program, whether or not anybody reads */
};

/*
 * What an agent says of itself: a function of its bytes alone, so whoever sees the same agent often
 * keeps this instead of reading it again.
 */
struct verdict_agent {
	bool absent; /* nothing is left of it once it is trimmed */
	bool known;  /* it says itself that it is a program */
	bool own;    /* the operator's rules say that it is one */
	bool bare;   /* "Mozilla/5.0" and no more */
	bool modern; /* claims a browser that sends Sec-Fetch-* on every https request */
	enum verdict_open open;
};
void verdict_read_agent(struct span agent, struct verdict_agent *ret_agent);

struct verdict_signals {
	struct verdict_agent agent;
	struct span accept_language;
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
