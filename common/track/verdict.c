/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Human or machine, as far as one request tells. Each rule is a row: its name goes into the event
 * as a reason, its class says how much it proves. A machine is only called one for what it says or
 * does itself; what is merely missing makes the request "unknown", because privacy tools and old
 * browsers leave headers out too.
 *
 * The verdict is recorded beside the signals that it was made from, and can be recomputed when a
 * rule changes; nothing that a visitor sees depends on it.
 *
 * Reading an agent is most of the work, and apart from the rest: few agents make most of the
 * requests. It is linear in the agent's length, and the agent is cut at a length that no browser
 * reaches.
 */
#include "track/verdict.h"

#include <string.h>

enum { AGENT_MAX_BYTES = 1024, CHROME_FETCH = 80, FIREFOX_FETCH = 90, SAFARI_FETCH = 1604 };

static bool rule_head(const struct verdict_signals *signals)
{
	return signals->head;
}

static bool rule_prefetch(const struct verdict_signals *signals)
{
	return verdict_is_prefetch(signals->purpose);
}

static bool rule_trap(const struct verdict_signals *signals)
{
	return signals->trap;
}

static bool rule_known_agent(const struct verdict_signals *signals)
{
	return signals->agent.known;
}

static bool rule_no_agent(const struct verdict_signals *signals)
{
	return signals->agent.absent;
}

static bool rule_bare_agent(const struct verdict_signals *signals)
{
	return signals->agent.bare;
}

static bool rule_no_sec_fetch(const struct verdict_signals *signals)
{
	return signals->https && signals->agent.modern && !signals->sec_fetch_mode.data &&
	       !signals->sec_fetch_dest.data && !signals->sec_fetch_site.data;
}

static bool rule_no_language(const struct verdict_signals *signals)
{
	return signals->agent.modern && span_trim(signals->accept_language).size == 0;
}

struct request_rule {
	const char *name;
	enum verdict_class class; /* what it proves: MACHINE for certain, UNKNOWN for a doubt */
	bool (*fires)(const struct verdict_signals *signals);
	const char *why;
	const char *source;
};

static const struct request_rule rules[] = {
	{"head", VERDICT_MACHINE, rule_head, "browsers follow links with GET", "RFC 9110 9.3.2"},
	{"prefetch", VERDICT_MACHINE, rule_prefetch, "loaded ahead of a click that may never come",
	 "Fetch Standard, Sec-Purpose"},
	{"trap", VERDICT_MACHINE, rule_trap, "no person sees the link that was followed",
	 "the sender's own mail"},
	{"known_agent", VERDICT_MACHINE, rule_known_agent, "it says itself that it is a program",
	 "verdict_agents_table.h"},
	{"no_agent", VERDICT_MACHINE, rule_no_agent, "every browser sends User-Agent",
	 "RFC 9110 10.1.5"},
	{"bare_agent", VERDICT_UNKNOWN, rule_bare_agent,
	 "the whole agent is Mozilla/5.0, as mail proxies write it",
	 "Apple Mail privacy protection"},
	{"no_sec_fetch", VERDICT_UNKNOWN, rule_no_sec_fetch,
	 "this browser sends Sec-Fetch-* over https", "Fetch Metadata, by browser version"},
	{"no_language", VERDICT_UNKNOWN, rule_no_language,
	 "this browser sends Accept-Language on a navigation", "RFC 9110 12.5.4"},
};

static void lower_agent(struct span agent, char *ret_text)
{
	size_t size = agent.size < AGENT_MAX_BYTES ? agent.size : AGENT_MAX_BYTES, out = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t c = agent.data[i];

		if (c)
			ret_text[out++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	ret_text[out] = '\0';
}

/* Blank out names that only look like a machine's, so that no piece is found inside them. */
static void drop_exceptions(char *agent)
{
	static const char *const pieces[] = {
#define AGENT_EXCEPT(text) text,
#define AGENT(text)
#include "track/verdict_agents_table.h"
	};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		for (char *at = agent; (at = strstr(at, pieces[i]));)
			memset(at, ' ', strlen(pieces[i]));
}

static bool agent_is_known(const char *agent)
{
	static const char *const pieces[] = {
#define AGENT_EXCEPT(text)
#define AGENT(text) text,
#include "track/verdict_agents_table.h"
	};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		if (strstr(agent, pieces[i]))
			return true;
	return false;
}

/* The number behind @product: major * 100 + minor; 0 when the product is not named. */
static unsigned agent_version(const char *agent, const char *product)
{
	const char *at = strstr(agent, product);
	unsigned part[2] = {0, 0};

	if (!at)
		return 0;
	at += strlen(product);
	for (int i = 0; i < 2; i++) {
		while (*at >= '0' && *at <= '9' && part[i] < 10000)
			part[i] = part[i] * 10 + (unsigned)(*at++ - '0');
		if (*at != '.')
			break;
		at++;
	}
	return part[0] * 100 + (part[1] < 100 ? part[1] : 99);
}

/* Safari writes Version/…; so do old Android browsers, but they name no Safari of that age. */
static bool agent_is_modern(const char *agent)
{
	if (strstr(agent, "chrome/"))
		return agent_version(agent, "chrome/") >= CHROME_FETCH * 100 &&
		       !strstr(agent, "; wv)");
	if (strstr(agent, "firefox/"))
		return agent_version(agent, "firefox/") >= FIREFOX_FETCH * 100;
	return strstr(agent, "safari/") && agent_version(agent, "version/") >= SAFARI_FETCH;
}

void verdict_read_agent(struct span agent, struct verdict_agent *ret_agent)
{
	char text[AGENT_MAX_BYTES + 1]; /* in lower case: what every rule looks at */

	lower_agent(span_trim(agent), text);
	drop_exceptions(text);
	*ret_agent = (struct verdict_agent){
		.absent = text[0] == '\0',
		.known = agent_is_known(text),
		.bare = strcmp(text, "mozilla/5.0") == 0,
		.modern = agent_is_modern(text),
	};
}

static void append_reason(struct verdict *verdict, const char *name)
{
	size_t used = strlen(verdict->reasons), length = strlen(name);

	if (used + length + 2 > sizeof(verdict->reasons))
		return;
	if (used > 0)
		verdict->reasons[used++] = ',';
	memcpy(verdict->reasons + used, name, length + 1);
}

void verdict_of_request(const struct verdict_signals *signals, struct verdict *ret_verdict)
{
	ret_verdict->class = VERDICT_HUMAN;
	ret_verdict->reasons[0] = '\0';
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!rules[i].fires(signals))
			continue;
		append_reason(ret_verdict, rules[i].name);
		if (ret_verdict->class != VERDICT_MACHINE)
			ret_verdict->class = rules[i].class;
	}
}

bool verdict_is_prefetch(struct span purpose)
{
	struct span head = span_trim(span_slice(purpose, 0, span_find(purpose, ';', 0)));

	return span_equal_nocase(head, SPAN("prefetch"));
}
