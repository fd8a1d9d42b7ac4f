/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing query parameters on. The destination itself is never changed: what is added goes between
 * its query and its fragment, so that a page's anchor still works. Only registered names pass,
 * because a parameter of a stranger's choosing can steer the page that reads it.
 */
#include "track/pass_query.h"

#include "text/url.h"

static bool is_listed(struct span pass, struct span encoded_name)
{
	cleanup_buffer struct buffer name = {.limit = 256};
	size_t at = 0;

	url_percent_decode(encoded_name, &name);
	if (name.error || name.size == 0)
		return false;
	while (at < pass.size) {
		size_t end = span_find(pass, ',', at);

		if (span_equal(span_slice(pass, at, end - at), buffer_span(&name)))
			return true;
		at = end + 1;
	}
	return false;
}

static void append_safe(struct buffer *to, struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (byte <= ' ' || byte >= 0x7F || byte == '#')
			buffer_printf(to, "%%%02X", byte);
		else
			buffer_append_byte(to, byte);
	}
}

static void append_listed(struct span pass, struct span query, struct buffer *to)
{
	struct span name, value;
	size_t at = 0;

	while (!to->error && url_query_next(query, &at, &name, &value)) {
		if (!is_listed(pass, name))
			continue;
		if (to->size > 0)
			buffer_append_byte(to, '&');
		append_safe(to, name);
		if (value.data) {
			buffer_append_byte(to, '=');
			append_safe(to, value);
		}
	}
}

bool pass_query(struct span destination, struct span pass, struct span query, struct buffer *to)
{
	cleanup_buffer struct buffer added = {.limit = URL_MAX_BYTES};
	size_t fragment = span_find(destination, '#', 0);
	size_t question = span_find(destination, '?', 0);

	append_listed(pass, query, &added);
	if (added.error || added.size == 0 ||
	    destination.size + 1 + added.size > (size_t)URL_MAX_BYTES) {
		buffer_append_span(to, destination);
		return false;
	}
	buffer_append_span(to, span_slice(destination, 0, fragment));
	if (question >= fragment)
		buffer_append_byte(to, '?');
	else if (question + 1 < fragment)
		buffer_append_byte(to, '&');
	buffer_append_span(to, buffer_span(&added));
	buffer_append_span(to, span_slice(destination, fragment, destination.size));
	return true;
}

bool pass_query_name_is_valid(struct span name)
{
	if (name.size < 1 || name.size > 64)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];

		if (!(byte >= 'a' && byte <= 'z') && !(byte >= 'A' && byte <= 'Z') &&
		    !(byte >= '0' && byte <= '9') && !memchr("._~-", byte, 4))
			return false;
	}
	return true;
}
