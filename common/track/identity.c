/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asking, and what may be done about it. One table says for each event that a request can
 * cause, under each consent, whether it is written, with the browser's id, and with the person;
 * everything else here asks that table.
 *
 * A click sets its cookie by a top-level navigation only: browsers shorten cookies that
 * subresources set, and a tracked link that a page shows as a picture must not create a visitor. A
 * beacon sets one only where there is none, since sending a navigation's cookie again would shorten
 * that. A probe reads and sets nothing. Two different authentic cookies mean that somebody planted
 * one; neither is believed, the browser gets a new id, and of the two consents the stricter holds.
 *
 * A choice is a bit of the cookie that only POST /consent writes first. Whatever is minted or
 * refreshed on the way carries the bits that came, so that a default never turns into a choice.
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
	enum cookie_rule cookie;
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
	/*						 pending  denied   measure  identify */
	{EVENT_click,		COOKIE_BY_NAVIGATION,	{COUNTED, COUNTED, BROWSER, BOUND}},
	{EVENT_open,		COOKIE_NEVER,		{COUNTED, COUNTED, COUNTED, PERSON}},
	{EVENT_probe,		COOKIE_NEVER,		{COUNTED, COUNTED, COUNTED, PERSON}},
	{EVENT_view,		COOKIE_BY_BEACON,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_leave,		COOKIE_BY_BEACON,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_event,		COOKIE_BY_BEACON,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_search,		COOKIE_BY_BEACON,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_download,	COOKIE_BY_BEACON,	{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_purchase,	COOKIE_NEVER,		{NOTHING, NOTHING, BROWSER, BOUND}},
	{EVENT_submit,		COOKIE_BY_NAVIGATION,	{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_submit_error,	COOKIE_NEVER,		{COUNTED, COUNTED, COUNTED, BOUND}},
	{EVENT_prefill,		COOKIE_NEVER,		{NOTHING, NOTHING, NOTHING, BOUND}},
	{EVENT_conflict,	COOKIE_NEVER,		{NOTHING, NOTHING, NOTHING, BOUND}},
	{EVENT_consent,		COOKIE_NEVER,		{COUNTED, COUNTED, BROWSER, BOUND}},
	{EVENT_unsubscribe,	COOKIE_NEVER,		{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_resubscribe,	COOKIE_NEVER,		{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_confirm,		COOKIE_NEVER,		{PERSON,  PERSON,  PERSON,  BOUND}},
	{EVENT_login,		COOKIE_NEVER,		{PERSON,  PERSON,  PERSON,  BOUND}},
};
/* clang-format on */

static const struct policy_row *find_row(enum event_type type)
{
	static const struct policy_row always = {.by_consent = {BOUND, BOUND, BOUND, BOUND}};

	for (size_t i = 0; i < sizeof(policy_table) / sizeof(policy_table[0]); i++)
		if (policy_table[i].type == type)
			return &policy_table[i];
	return &always;
}

const struct consent_policy *consent_policy(enum consent consent, enum event_type type)
{
	return &find_row(type)->by_consent[consent];
}

enum cookie_rule consent_cookie_rule(enum event_type type)
{
	return find_row(type)->cookie;
}

/*
 * What the Cookie headers say, all together. Of the token only what a cookie holds: a whole one has
 * room for a URL, and clearing and copying that costs more than all else that is done here.
 */
struct cookie_reading {
	bool found;
	struct span value; /* the first valid one, and what it says */
	struct visitor_id visitor;
	unsigned age_days;
	uint8_t flags;
	bool chosen, silent;	/* a valid value with a choice; one without */
	enum consent strictest; /* of the choices */
};

static enum consent consent_of_flags(uint8_t flags)
{
	switch (flags & VISITOR_CONSENT_MASK) {
	case VISITOR_CONSENT_DENIED:
		return CONSENT_DENIED;
	case VISITOR_CONSENT_MEASURE:
		return CONSENT_MEASURE;
	case VISITOR_CONSENT_IDENTIFY:
		return CONSENT_IDENTIFY;
	default:
		return CONSENT_PENDING;
	}
}

static uint8_t flags_of_consent(enum consent consent)
{
	static const uint8_t flags[] = {
		[CONSENT_PENDING] = 0,
		[CONSENT_DENIED] = VISITOR_CONSENT_DENIED,
		[CONSENT_MEASURE] = VISITOR_CONSENT_MEASURE,
		[CONSENT_IDENTIFY] = VISITOR_CONSENT_IDENTIFY,
	};

	return flags[consent];
}

static enum consent stricter(enum consent a, enum consent b)
{
	if (a == CONSENT_DENIED || b == CONSENT_DENIED)
		return CONSENT_DENIED;
	return a < b ? a : b;
}

static unsigned days_since(const struct token *token, usec_t now)
{
	uint64_t today = now / USEC_PER_DAY;

	return today > token->day ? (unsigned)(today - token->day) : 0;
}

static void take_choice(uint8_t flags, struct cookie_reading *reading)
{
	enum consent choice = consent_of_flags(flags);

	if (choice == CONSENT_PENDING) {
		reading->silent = true;
		return;
	}
	reading->strictest = reading->chosen ? stricter(choice, reading->strictest) : choice;
	reading->chosen = true;
}

static void read_value(const struct identity_request *request, struct span value,
		       struct cookie_reading *reading, struct identity *identity)
{
	struct token token;
	unsigned age_days;

	if (reading->found && span_equal(value, reading->value))
		return;
	if (token_open(request->keyring, PURPOSE_VISITOR, request->tracker->index, value, &token) !=
	    0) {
		identity->invalid_cookie = true;
		return;
	}
	/* A browser has dropped it by then; whoever still sends it did not get it from us. */
	age_days = days_since(&token, request->now);
	if (age_days > COOKIE_MAX_AGE_DAYS)
		return;
	take_choice(token.flags, reading);
	if (reading->found) {
		identity->conflicting_cookies = true;
		return;
	}
	reading->found = true;
	reading->value = value;
	reading->visitor = token.visitor;
	reading->age_days = age_days;
	reading->flags = token.flags;
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

enum consent identity_default(const struct identity_request *request,
			      enum consent_reason *ret_reason)
{
	enum consent consent;

	*ret_reason = CONSENT_BY_COUNTRY;
	if (country_table_consent(request->countries, &request->client, &consent))
		return consent;
	*ret_reason = CONSENT_BY_DEFAULT;
	return (enum consent)request->config->consent_default;
}

/* Text of a record. What is none is as if nothing was chosen. */
static enum consent consent_of_text(struct span text)
{
	enum consent consent = CONSENT_IDENTIFY;

	while (consent > CONSENT_PENDING && !span_equal(text, span_text(consent_text(consent))))
		consent--;
	return consent;
}

void identity_of_reader(const struct identity_request *request, struct span choice,
			struct identity *ret_identity)
{
	const enum consent general = (enum consent)request->config->consent_default;
	struct identity identity = {.reason = CONSENT_BY_PROSPECT};
	enum consent local;

	if (choice.data) {
		identity.consent = consent_of_text(choice);
	} else {
		local = identity_default(request, &identity.reason);
		identity.consent = stricter(local, general);
		if (identity.consent != local)
			identity.reason = CONSENT_BY_DEFAULT;
	}
	*ret_identity = identity;
}

static void decide_default(const struct identity_request *request, struct identity *identity)
{
	identity->consent = identity_default(request, &identity->reason);
}

static void decide_consent(const struct identity_request *request,
			   const struct cookie_reading *reading, struct identity *identity)
{
	const struct config *config = request->config;

	if (!reading->chosen || reading->silent)
		decide_default(request, identity);
	if (reading->chosen) {
		identity->consent = reading->silent
					    ? stricter(identity->consent, reading->strictest)
					    : reading->strictest;
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
		return !request->scripted;
	return span_equal(request->sec_fetch_mode, SPAN("navigate")) &&
	       span_equal(request->sec_fetch_dest, SPAN("document"));
}

/* @choice: flags of the consent that the browser has chosen; 0: it has not. */
static void mint_cookie(const struct identity_request *request, uint8_t choice,
			struct identity *identity)
{
	struct token token; /* minting looks at what its purpose has, so the rest is not cleared */

	token.visitor = identity->visitor;
	token.day = (uint16_t)(request->now / USEC_PER_DAY);
	token.flags = choice;
	if (identity->navigation)
		token.flags |= VISITOR_BY_NAVIGATION;
	identity->set_cookie =
		token_mint(request->keyring, PURPOSE_VISITOR, request->tracker->index, &token,
			   identity->cookie_value) == 0;
}

static bool is_known(const struct cookie_reading *reading, const struct identity *identity)
{
	return reading->found && !identity->conflicting_cookies &&
	       !id_is_zero(&reading->visitor, sizeof(reading->visitor));
}

/* Is a quarter of the time used that the browser keeps the cookie? */
static bool is_due(const struct cookie_reading *reading)
{
	unsigned kept = reading->flags & VISITOR_BY_NAVIGATION ? COOKIE_MAX_AGE_DAYS
							       : COOKIE_SHORT_AGE_DAYS;

	return reading->age_days * 4 >= kept;
}

/* Only where the policy allows a visitor: consent is then measure or identify. */
static void decide_visitor(const struct identity_request *request, enum cookie_rule rule,
			   const struct cookie_reading *reading, struct identity *identity)
{
	uint8_t choice = reading->chosen ? flags_of_consent(identity->consent) : 0;
	bool by_navigation = rule == COOKIE_BY_NAVIGATION && identity->navigation;

	if (is_known(reading, identity)) {
		identity->visitor = reading->visitor;
		if (by_navigation && identity->consent == CONSENT_IDENTIFY && is_due(reading))
			mint_cookie(request, choice, identity);
	} else if (by_navigation || rule == COOKIE_BY_BEACON) {
		id_random_visitor(&identity->visitor);
		identity->is_new = true;
		mint_cookie(request, choice, identity);
	}
}

static void begin(const struct identity_request *request, struct cookie_reading *reading,
		  struct identity *identity)
{
	*identity = (struct identity){.navigation = is_navigation(request)};
	read_cookies(request, reading, identity);
	decide_consent(request, reading, identity);
}

void identity_resolve(const struct identity_request *request, enum event_type type,
		      struct identity *ret_identity)
{
	const struct policy_row *row = find_row(request->probe ? EVENT_probe : type);
	struct cookie_reading reading = {.found = false};
	struct identity identity;

	begin(request, &reading, &identity);
	/* A beacon is none, whatever its browser leaves out. */
	if (row->cookie == COOKIE_BY_BEACON)
		identity.navigation = false;
	if (row->by_consent[identity.consent].visitor)
		decide_visitor(request, row->cookie, &reading, &identity);
	*ret_identity = identity;
}

/*
 * Under measure a new id, unless the browser was not known as more than that: an id that is bound
 * to a person, or may be, would tell of that person on.
 */
static void choose_visitor(const struct cookie_reading *reading, enum consent before,
			   struct identity *identity)
{
	bool keeps = identity->consent == CONSENT_IDENTIFY || before == CONSENT_MEASURE;

	if (keeps && is_known(reading, identity)) {
		identity->visitor = reading->visitor;
		return;
	}
	id_random_visitor(&identity->visitor);
	identity->is_new = true;
}

enum consent identity_choose(const struct identity_request *request, enum consent choice,
			     struct identity *ret_identity)
{
	struct cookie_reading reading = {.found = false};
	struct identity identity;
	enum consent before;
	bool says_no;

	begin(request, &reading, &identity);
	before = identity.consent;
	says_no = identity.reason == CONSENT_BY_GPC || identity.reason == CONSENT_BY_DNT;
	if (choice == CONSENT_PENDING) {
		identity.drop_cookie = true;
		if (!says_no)
			decide_default(request, &identity);
	} else if (!says_no || choice == CONSENT_DENIED) {
		identity.consent = choice;
		identity.reason = CONSENT_BY_COOKIE;
		if (choice != CONSENT_DENIED)
			choose_visitor(&reading, before, &identity);
		mint_cookie(request, flags_of_consent(choice), &identity);
	}
	*ret_identity = identity;
	return before;
}

void identity_resume(const struct identity_request *request, const struct visitor_id *visitor,
		     struct identity *identity)
{
	struct cookie_reading reading = {.found = false};
	struct identity before;

	begin(request, &reading, &before);
	identity->visitor = *visitor;
	mint_cookie(request, reading.chosen ? flags_of_consent(identity->consent) : 0, identity);
}

void identity_renew(const struct identity_request *request, struct identity *identity)
{
	struct visitor_id visitor;

	id_random_visitor(&visitor);
	identity->is_new = true;
	identity_resume(request, &visitor, identity);
}

_Static_assert(COOKIE_MAX_AGE_DAYS * 86400 == 34128000, "as it is written below");

static bool holds_id(const struct visitor_id *ids, size_t count, const struct visitor_id *id)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(&ids[i], id, sizeof(*id)) == 0)
			return true;
	return false;
}

size_t identity_visitors(const struct identity_request *request, struct visitor_id *ret_visitors,
			 size_t limit)
{
	struct span name, value, ours = span_text(request->tracker->cookie_name);
	struct token token;
	size_t count = 0;

	for (size_t i = 0; i < request->cookie_count; i++)
		for (size_t at = 0;
		     count < limit && cookie_next(request->cookies[i], &at, &name, &value);)
			if (span_equal(name, ours) &&
			    token_open(request->keyring, PURPOSE_VISITOR, request->tracker->index,
				       value, &token) == 0 &&
			    !id_is_zero(&token.visitor, sizeof(token.visitor)) &&
			    !holds_id(ret_visitors, count, &token.visitor))
				ret_visitors[count++] = token.visitor;
	return count;
}

static void format_cookie(const struct tracker *tracker, const char *value, const char *max_age,
			  struct buffer *to)
{
	buffer_append_text(to, tracker->cookie_name);
	buffer_append_byte(to, '=');
	buffer_append_text(to, value);
	buffer_append_text(to, "; Path=/; Max-Age=");
	buffer_append_text(to, max_age);
	buffer_append_text(to, "; ");
	if (tracker->https)
		buffer_append_text(to, "Secure; ");
	buffer_append_text(to, "HttpOnly; SameSite=Lax");
}

void identity_format_cookie(const struct tracker *tracker, const char *value, struct buffer *to)
{
	format_cookie(tracker, value, "34128000", to);
}

void identity_format_no_cookie(const struct tracker *tracker, struct buffer *to)
{
	format_cookie(tracker, "", "0", to);
}
