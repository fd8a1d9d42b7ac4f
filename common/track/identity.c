/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asking, and what may be done about it. One table says for each event that a request can
 * cause, under each consent, whether it is written, with the browser's id, and with the person;
 * everything else here asks that table.
 *
 * A cookie is set by a top-level navigation only: browsers shorten cookies that subresources set,
 * and a request for a picture must not create a visitor. A probe reads and sets nothing. Two
 * different authentic cookies mean that somebody planted one; neither is believed, the browser gets
 * a new id, and of the two consents the stricter holds.
 */
#include "track/identity.h"

#include "text/cookie.h"

/* clang-format off */
#define NOTHING	      {false, false, false}	/* not stored */
#define COUNTED	      {true, false, false}	/* stored, no browser, no person */
#define BROWSER	      {true, true, false}	/* stored with the browser's id */
#define PERSON	      {true, false, true}	/* stored with the person, not tied to the browser */
#define BOUND	      {true, true, true}	/* stored with both, and so may bind them */

struct policy_row {
	enum event_type type;
	struct consent_policy by_consent[4];
};

/*
 * Why a cell is what it is, where DESIGN.md 5 does not spell it out: a probe is a machine's, so it
 * never carries a browser's id. A submit holds what a person typed, sealed under that person's key,
 * so it names the person even where it must not be tied to the browser. What rests on a token of
 * its own (unsubscribe, confirm, login) names the person by that token. A prefill discloses, so
 * there is none without identify.
 */
static const struct policy_row policy_table[] = {
	/*			 pending  denied   measure  identify */
	{EVENT_click,		{COUNTED, COUNTED, BROWSER, BOUND}},
	{EVENT_open,		{COUNTED, COUNTED, COUNTED, PERSON}},
	{EVENT_probe,		{COUNTED, COUNTED, COUNTED, PERSON}},
	{EVENT_view,		{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_leave,		{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_event,		{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_search,		{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_download,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_purchase,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_submit,		{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_submit_error,	{COUNTED, COUNTED, COUNTED, BOUND}},
	{EVENT_prefill,		{NOTHING, NOTHING, NOTHING, BOUND}},
	{EVENT_conflict,	{NOTHING, NOTHING, NOTHING, BOUND}},
	{EVENT_consent,		{COUNTED, COUNTED, BROWSER, BOUND}},
	{EVENT_unsubscribe,	{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_resubscribe,	{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_confirm,		{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_login,		{PERSON,  PERSON,  PERSON,  BOUND}},
};
/* clang-format on */

const struct consent_policy *consent_policy(enum consent consent, enum event_type type)
{
	static const struct consent_policy always = BOUND;

	for (size_t i = 0; i < sizeof(policy_table) / sizeof(policy_table[0]); i++)
		if (policy_table[i].type == type)
			return &policy_table[i].by_consent[consent];
	return &always;
}

/*
 * What the Cookie headers say, all together. Of the token only what a cookie holds: a whole one has
 * room for a URL, and clearing and copying that costs more than all else that is done here.
 */
struct cookie_reading {
	struct visitor_id visitor; /* of the first valid value, as are the others */
	uint16_t day;
	uint8_t flags;
	struct span value;
	bool found;
	enum consent strictest; /* over all valid values */
};

static enum consent consent_of_flags(uint8_t flags, enum consent otherwise)
{
	switch (flags & VISITOR_CONSENT_MASK) {
	case VISITOR_CONSENT_DENIED:
		return CONSENT_DENIED;
	case VISITOR_CONSENT_MEASURE:
		return CONSENT_MEASURE;
	case VISITOR_CONSENT_IDENTIFY:
		return CONSENT_IDENTIFY;
	default:
		return otherwise;
	}
}

static unsigned days_since(uint16_t day, usec_t now)
{
	uint64_t today = now / USEC_PER_DAY;

	return today > day ? (unsigned)(today - day) : 0;
}

static void read_value(const struct identity_request *request, struct span value,
		       struct cookie_reading *reading, struct identity *identity)
{
	struct token token;
	enum consent consent;

	if (reading->found && span_equal(value, reading->value))
		return;
	if (token_open(request->keyring, PURPOSE_VISITOR, request->tracker->index, value, &token) !=
	    0) {
		identity->invalid_cookie = true;
		return;
	}
	/* A browser has dropped it by then; whoever still sends it did not get it from us. */
	if (days_since(token.day, request->now) > COOKIE_MAX_AGE_DAYS)
		return;
	consent = consent_of_flags(token.flags, (enum consent)request->config->consent_default);
	if (!reading->found) {
		*reading = (struct cookie_reading){.visitor = token.visitor,
						   .day = token.day,
						   .flags = token.flags,
						   .value = value,
						   .found = true,
						   .strictest = consent};
		return;
	}
	identity->conflicting_cookies = true;
	if (consent == CONSENT_DENIED ||
	    (reading->strictest != CONSENT_DENIED && consent < reading->strictest))
		reading->strictest = consent;
}

static void read_cookies(const struct identity_request *request, struct cookie_reading *reading,
			 struct identity *identity)
{
	struct span name, value, ours = span_text(request->tracker->cookie_name);

	for (size_t i = 0; i < request->cookie_count; i++)
		for (size_t at = 0; cookie_next(request->cookies[i], &at, &name, &value);)
			if (span_equal(name, ours))
				read_value(request, value, reading, identity);
}

static void decide_consent(const struct identity_request *request,
			   const struct cookie_reading *reading, struct identity *identity)
{
	const struct config *config = request->config;

	identity->consent = (enum consent)config->consent_default;
	identity->reason = CONSENT_BY_DEFAULT;
	if (reading->found) {
		identity->consent = reading->strictest;
		if (reading->flags & VISITOR_CONSENT_MASK || identity->conflicting_cookies)
			identity->reason = CONSENT_BY_COOKIE;
	}
	if (config->consent_dnt && span_equal(span_trim(request->dnt), SPAN("1"))) {
		identity->consent = CONSENT_DENIED;
		identity->reason = CONSENT_BY_DNT;
	}
	if (config->consent_gpc && span_equal(span_trim(request->sec_gpc), SPAN("1"))) {
		identity->consent = CONSENT_DENIED;
		identity->reason = CONSENT_BY_GPC;
	}
}

static bool is_navigation(const struct identity_request *request)
{
	if (!request->sec_fetch_mode.data && !request->sec_fetch_dest.data)
		return true;
	return span_equal(request->sec_fetch_mode, SPAN("navigate")) &&
	       span_equal(request->sec_fetch_dest, SPAN("document"));
}

static void mint_cookie(const struct identity_request *request, struct identity *identity)
{
	struct token token; /* minting looks at what its purpose has, so the rest is not cleared */

	token.visitor = identity->visitor;
	token.day = (uint16_t)(request->now / USEC_PER_DAY);
	token.flags = VISITOR_BY_NAVIGATION;
	token.flags |= identity->consent == CONSENT_IDENTIFY ? VISITOR_CONSENT_IDENTIFY
							     : VISITOR_CONSENT_MEASURE;
	identity->set_cookie =
		token_mint(request->keyring, PURPOSE_VISITOR, request->tracker->index, &token,
			   identity->cookie_value) == 0;
}

/* Only where the policy allows a visitor: consent is then measure or identify. */
static void decide_visitor(const struct identity_request *request,
			   const struct cookie_reading *reading, struct identity *identity)
{
	bool known = reading->found && !identity->conflicting_cookies &&
		     !id_is_zero(&reading->visitor, sizeof(reading->visitor));

	if (known) {
		identity->visitor = reading->visitor;
		if (identity->navigation && identity->consent == CONSENT_IDENTIFY &&
		    days_since(reading->day, request->now) * 4 >= COOKIE_MAX_AGE_DAYS)
			mint_cookie(request, identity);
	} else if (identity->navigation) {
		id_random_visitor(&identity->visitor);
		identity->is_new = true;
		mint_cookie(request, identity);
	}
}

void identity_resolve_click(const struct identity_request *request, struct identity *ret_identity)
{
	struct cookie_reading reading = {.found = false};
	struct identity identity = {.navigation = is_navigation(request)};

	read_cookies(request, &reading, &identity);
	decide_consent(request, &reading, &identity);
	if (consent_policy(identity.consent, request->probe ? EVENT_probe : EVENT_click)->visitor)
		decide_visitor(request, &reading, &identity);
	*ret_identity = identity;
}

_Static_assert(COOKIE_MAX_AGE_DAYS * 86400 == 34128000, "as it is written below");

void identity_format_cookie(const struct tracker *tracker, const char *value, struct buffer *to)
{
	buffer_append_text(to, tracker->cookie_name);
	buffer_append_byte(to, '=');
	buffer_append_text(to, value);
	buffer_append_text(to, "; Path=/; Max-Age=34128000; ");
	if (tracker->https)
		buffer_append_text(to, "Secure; ");
	buffer_append_text(to, "HttpOnly; SameSite=Lax");
}
