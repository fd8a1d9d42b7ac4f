/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding to the query of a URL that somebody else wrote. What is there stays byte for byte: no '/'
 * is put after the host, and '?', '&' and '#' with nothing behind them stay or are used.
 *
 * A presigned URL covers its own query. Which names say so is what the storage and CDN services
 * document; a name that ends in "signature" or "token" is taken for one.
 */
#include "text/url.h"

/* The query of @url as it stands; absent: none. */
static struct span query_of(struct span url)
{
	size_t fragment = span_find(url, '#', 0);
	size_t mark = span_find(span_slice(url, 0, fragment), '?', 0);

	if (mark == fragment)
		return (struct span){.data = NULL};
	return span_slice(url, mark + 1, fragment - mark - 1);
}

static bool has_name(struct span query, struct span name)
{
	struct span other, value;
	size_t at = 0;

	while (query.data && url_query_next(query, &at, &other, &value))
		if (span_equal(other, name))
			return true;
	return false;
}

bool url_append_query(struct span url, struct span query, struct buffer *to)
{
	struct span there = query_of(url), name, value;
	size_t fragment = span_find(url, '#', 0), at = 0;
	bool first = !there.data, added = false;

	buffer_append_span(to, span_slice(url, 0, fragment));
	while (url_query_next(query, &at, &name, &value)) {
		uint8_t last = to->size > 0 ? to->data[to->size - 1] : 0;

		if (has_name(there, name))
			continue;
		if (first)
			buffer_append_byte(to, '?');
		else if (added || (last != '?' && last != '&'))
			buffer_append_byte(to, '&');
		buffer_append_span(to, name);
		if (value.data) {
			buffer_append_byte(to, '=');
			buffer_append_span(to, value);
		}
		first = false;
		added = true;
	}
	buffer_append_span(to, span_slice(url, fragment, url.size));
	return added;
}

static bool ends_nocase(struct span text, struct span end)
{
	return text.size >= end.size &&
	       span_equal_nocase(span_slice(text, text.size - end.size, end.size), end);
}

bool url_is_signed(struct span url)
{
	static const struct span names[] = {
		SPAN("sig"), SPAN("sign"),  SPAN("hmac"),  SPAN("mac"),	   SPAN("md5"),
		SPAN("jwt"), SPAN("hdnts"), SPAN("hdnea"), SPAN("verify"), SPAN("auth_key"),
	};
	struct span query = query_of(url), name, value;
	size_t at = 0;

	while (query.data && url_query_next(query, &at, &name, &value)) {
		if (ends_nocase(name, SPAN("signature")) || ends_nocase(name, SPAN("token")))
			return true;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (span_equal_nocase(name, names[i]))
				return true;
	}
	return false;
}
