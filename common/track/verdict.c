/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Human or machine, as far as one request tells: the rules of stage REQUEST. A machine is only
 * called one for what it says or does itself; what is merely missing makes the request "unknown",
 * because privacy tools and old browsers leave headers out too.
 *
 * The verdict is recorded beside the signals that it was made from, and can be recomputed when a
 * rule changes; nothing that a visitor sees depends on it.
 *
 * Reading an agent is most of the work, and apart from the rest: few agents make most of the
 * requests. It is linear in the agent's length, and the agent is cut at a length that no browser
 * reaches.
 */
#include "track/verdict.h"

#include "track/agent_list.h"
#include "track/verdict_rules_internal.h"

#include <string.h>
#include <strings.h>

enum { AGENT_MAX_BYTES = 1024, CHROME_FETCH = 80, FIREFOX_FETCH = 90, SAFARI_FETCH = 1604 };

static void lower_agent(struct span agent, char *ret_text)
{
	size_t out = 0;

	for (size_t i = 0; i < agent.size; i++) {
		uint8_t c = agent.data[i];

		if (c)
			ret_text[out++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	ret_text[out] = '\0';
}

static const char *const pieces[] = {
#define AGENT(text, why) text,
#include "track/verdict_agents_table.h"
};

struct span verdict_agent_pieces(void)
{
	static const char text[] =
#define AGENT(text, why) text "\n"
#include "track/verdict_agents_table.h"
#define OPEN(kind, text, why) #kind " " text "\n"
#include "track/verdict_opens_table.h"
		;

	return SPAN(text);
}

static bool agent_is_known(struct span agent, const char *lower)
{
	if (agent_list_holds(agent))
		return true;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		if (strstr(lower, pieces[i]))
			return true;
	return false;
}

static enum verdict_open agent_open(const struct verdict_agent *agent, const char *lower)
{
	static const struct {
		enum verdict_open open;
		const char *text;
	} rows[] = {
#define OPEN(kind, text, why) {VERDICT_OPEN_##kind, text},
#include "track/verdict_opens_table.h"
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(lower, rows[i].text))
			return rows[i].open;
	return agent->known || agent->own || agent->bare || agent->absent ? VERDICT_OPEN_PREFETCH
									  : VERDICT_OPEN_DIRECT;
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

static bool own_holds(const struct own_agent *own, const char *agent)
{
	if (own->match == OWN_CONTAINS)
		return strcasestr(agent, own->text) != NULL;
	if (own->match == OWN_BEGINS)
		return strncasecmp(agent, own->text, strlen(own->text)) == 0;
	return strcasecmp(agent, own->text) == 0;
}

/* The operator's word counts, and of several the last one's. */
static void apply_own(const struct verdict_rules *rules, const char *lower,
		      struct verdict_agent *agent)
{
	for (size_t i = 0; i < rules->agent_count; i++) {
		if (!own_holds(&rules->agents[i], lower))
			continue;
		agent->own = rules->agents[i].machine;
		agent->known = agent->known && agent->own;
		agent->bare = agent->bare && agent->own;
	}
}

void verdict_read_agent(const struct verdict_rules *rules, struct span agent,
			struct verdict_agent *ret_agent)
{
	char lower[AGENT_MAX_BYTES + 1];
	bool bare;

	agent = span_trim(agent);
	agent = span_slice(agent, 0, AGENT_MAX_BYTES);
	lower_agent(agent, lower);
	bare = strcmp(lower, "mozilla/5.0") == 0; /* some lists hold it; privacy tools write it */
	*ret_agent = (struct verdict_agent){
		.absent = lower[0] == '\0',
		.known = lower[0] && !bare && agent_is_known(agent, lower),
		.bare = bare,
		.modern = agent_is_modern(lower),
	};
	apply_own(rules, lower, ret_agent);
	ret_agent->open = agent_open(ret_agent, lower);
}

uint64_t verdict_agent_reasons(const struct verdict_agent *agent)
{
	return (agent->absent ? VERDICT_BIT(no_agent) : 0) |
	       (agent->known ? VERDICT_BIT(known_agent) : 0) |
	       (agent->own ? VERDICT_BIT(own_agent) : 0) |
	       (agent->bare ? VERDICT_BIT(bare_agent) : 0);
}

uint64_t verdict_missing_reasons(const struct verdict_agent *agent, bool https, bool sec_fetch,
				 bool language)
{
	return (https && agent->modern && !sec_fetch ? VERDICT_BIT(no_sec_fetch) : 0) |
	       (agent->modern && !language ? VERDICT_BIT(no_language) : 0);
}

void verdict_of_request(const struct verdict_rules *rules, const struct verdict_signals *signals,
			struct verdict *ret_verdict)
{
	bool sec_fetch = signals->sec_fetch_mode.data || signals->sec_fetch_dest.data ||
			 signals->sec_fetch_site.data;
	bool language = span_trim(signals->accept_language).size > 0;

	ret_verdict->reasons =
		(signals->head ? VERDICT_BIT(head) : 0) |
		(verdict_is_prefetch(signals->purpose) ? VERDICT_BIT(prefetch) : 0) |
		(signals->trap ? VERDICT_BIT(trap) : 0) | verdict_agent_reasons(&signals->agent) |
		verdict_missing_reasons(&signals->agent, signals->https, sec_fetch, language) |
		verdict_rules_net_reason(rules, signals->net);
	ret_verdict->class = verdict_rules_class(rules, ret_verdict->reasons, 0);
	verdict_reasons_text(ret_verdict->reasons, ret_verdict->reasons_text);
}

bool verdict_is_prefetch(struct span purpose)
{
	struct span head = span_trim(span_slice(purpose, 0, span_find(purpose, ';', 0)));

	return span_equal_nocase(head, SPAN("prefetch"));
}
