/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cookie of a held click. A browser drops it by itself when its time is over; the time inside
 * is for whoever kept it longer. The last click is the one that is held: a second link that is
 * followed while the question stands takes the place of the first.
 *
 * The configuration that reads it decides how old it may be, not the one that set it: an owner who
 * turns holding off has turned it off for what waits, too.
 */
#include "track/held_click.h"

#include "text/cookie.h"

enum { SECONDS_PER_MINUTE = 60 };

bool held_click_applies(const struct config *config, const struct identity *identity)
{
	return config->hold_click_minutes > 0 && identity->consent == CONSENT_PENDING &&
	       identity->navigation;
}

static void append_cookie(const struct tracker *tracker, const char *value, unsigned max_age_s,
			  struct buffer *to)
{
	buffer_printf(to, "%s=%s; Path=/; Max-Age=%u; %sHttpOnly; SameSite=Lax", tracker->held_name,
		      value, max_age_s, tracker->https ? "Secure; " : "");
}

bool held_click_format(const struct identity_request *request, const struct held_click *click,
		       struct buffer *to)
{
	struct token token = {
		.prospect = click->prospect,
		.link = click->link,
		.mailing = click->mailing,
		.campaign = click->campaign,
		.second = (uint32_t)(click->time / USEC_PER_SEC),
	};
	char value[TOKEN_HELD_CLICK_CHARS + 1];

	if (token_mint(request->keyring, PURPOSE_HELD_CLICK, request->tracker->index, &token,
		       value) != 0)
		return false;
	append_cookie(request->tracker, value,
		      request->config->hold_click_minutes * SECONDS_PER_MINUTE, to);
	return true;
}

void held_click_format_none(const struct tracker *tracker, struct buffer *to)
{
	append_cookie(tracker, "", 0, to);
}

/* Of this tracker, and no older than is allowed now; a clock that was set back makes none older. */
static bool read_value(const struct identity_request *request, struct span value,
		       struct token *ret_token)
{
	uint64_t limit_s = (uint64_t)request->config->hold_click_minutes * SECONDS_PER_MINUTE;
	uint64_t now_s = request->now / USEC_PER_SEC;

	return token_open(request->keyring, PURPOSE_HELD_CLICK, request->tracker->index, value,
			  ret_token) == 0 &&
	       now_s <= ret_token->second + limit_s;
}

bool held_click_take(const struct identity_request *request, struct held_click *ret_click,
		     bool *ret_sent)
{
	struct span name, value, found = {0}, ours = span_text(request->tracker->held_name);
	bool sent = false, planted = false;
	struct token token;

	for (size_t i = 0; i < request->cookie_count; i++)
		for (size_t at = 0; cookie_next(request->cookies[i], &at, &name, &value);) {
			if (!span_equal(name, ours))
				continue;
			sent = true;
			if ((found.data && span_equal(found, value)) ||
			    !read_value(request, value, &token))
				continue;
			planted |= found.data != NULL;
			found = value;
		}
	*ret_sent = sent;
	if (!found.data || planted || request->config->hold_click_minutes == 0)
		return false;
	*ret_click = (struct held_click){
		.prospect = token.prospect,
		.link = token.link,
		.mailing = token.mailing,
		.campaign = token.campaign,
		.time = (usec_t)token.second * USEC_PER_SEC,
	};
	return true;
}
