/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_VERDICT_H
#define WAYMARK_TRACK_VERDICT_H

#include "base/bytes.h"
#include "track/verdict_rules.h"

/*
 * Human or machine, as far as one request can tell (DESIGN.md 7), by the rules of stage REQUEST in
 * verdict_rules_table.h. The redirect never depends on it.
 */

/* How the open pixel is asked for by such an agent. */
enum verdict_open {
	VERDICT_OPEN_DIRECT,  /* by the recipient's own program */
	VERDICT_OPEN_PROXY,   /* by the mail provider, when the mail is shown */
	VERDICT_OPEN_PREFETCH /* by a program, whether or not anybody reads */
};

/*
 * What an agent says of itself: a function of its bytes and the rules, so whoever sees the same
 * agent often keeps this instead of reading it again.
 */
struct verdict_agent {
	bool absent; /* nothing is left of it once it is trimmed */
	bool known;  /* it says itself that it is a program */
	bool own;    /* the operator's rules say that it is one */
	bool bare;   /* "Mozilla/5.0" and no more */
	bool modern; /* claims a browser that sends Sec-Fetch-* on every https request */
	enum verdict_open open;
};
void verdict_read_agent(const struct verdict_rules *rules, struct span agent,
			struct verdict_agent *ret_agent);

/* What rules of stage REQUEST fire for the agent itself; and for headers that a modern one sends.
 */
uint64_t verdict_agent_reasons(const struct verdict_agent *agent);
uint64_t verdict_missing_reasons(const struct verdict_agent *agent, bool https, bool sec_fetch,
				 bool language);

struct verdict_signals {
	struct verdict_agent agent;
	struct span accept_language;
	struct span sec_fetch_site, sec_fetch_mode, sec_fetch_dest;
	struct span purpose; /* Sec-Purpose, Purpose or X-Moz: the first that is there */
	uint32_t net;	     /* verdict_rules_net() */
	bool head, https, trap;
};

struct verdict {
	enum verdict_class class;
	uint64_t reasons;			  /* bit by number of the rule */
	char reasons_text[VERDICT_REASONS_BYTES]; /* their names, joined by ',' */
};

void verdict_of_request(const struct verdict_rules *rules, const struct verdict_signals *signals,
			struct verdict *ret_verdict);

/* True for "prefetch", "prefetch;prerender" and X-Moz: prefetch: answered 503, never counted. */
bool verdict_is_prefetch(struct span purpose);

#endif
