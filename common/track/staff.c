/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cookie holds the link's own token, so that nothing but the keys is needed to tell a mark that
 * we set from one that somebody planted: retiring the key ends link and marks together. The time
 * inside is when the link ends; a browser that was marked before stays so.
 *
 * A mark is no right: who has one can see nothing more, only counts for less. So a link that gets
 * around harms nobody but the figures of those who press its button.
 */
#include "track/staff.h"

#include "text/cookie.h"
#include "track/identity.h"

int staff_mint(const struct keyring *keyring, const struct tracker *tracker, uint32_t second,
	       char *ret_text)
{
	const struct token token = {.second = second};

	return token_mint(keyring, PURPOSE_STAFF, tracker->index, &token, ret_text);
}

int staff_open(const struct keyring *keyring, const struct tracker *tracker, struct span text,
	       uint32_t *ret_second)
{
	struct token token;
	int code = token_open(keyring, PURPOSE_STAFF, tracker->index, text, &token);

	if (code == 0)
		*ret_second = token.second;
	return code;
}

bool staff_is_marked(const struct keyring *keyring, const struct tracker *tracker,
		     const struct span *cookies, size_t cookie_count)
{
	struct span name, value, ours = span_text(tracker->staff_name);
	uint32_t second;

	for (size_t i = 0; i < cookie_count; i++)
		for (size_t at = 0; cookie_next(cookies[i], &at, &name, &value);)
			if (span_equal(name, ours) &&
			    staff_open(keyring, tracker, value, &second) == 0)
				return true;
	return false;
}

static void format(const struct tracker *tracker, struct span value, unsigned days,
		   struct buffer *to)
{
	buffer_append_text(to, tracker->staff_name);
	buffer_append_byte(to, '=');
	buffer_append_span(to, value);
	buffer_printf(to, "; Path=/; Max-Age=%u; %sHttpOnly; SameSite=Lax", days * 86400,
		      tracker->https ? "Secure; " : "");
}

void staff_format_cookie(const struct tracker *tracker, struct span token, struct buffer *to)
{
	format(tracker, token, COOKIE_MAX_AGE_DAYS, to);
}

void staff_format_no_cookie(const struct tracker *tracker, struct buffer *to)
{
	format(tracker, SPAN(""), 0, to);
}
