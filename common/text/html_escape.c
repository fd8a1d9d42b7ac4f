/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text into HTML. Our attributes are always quoted with '"', so '\'' needs nothing; everything else
 * that could end a text or an attribute becomes a reference. Bytes are copied as they are: what is
 * valid UTF-8 stays so.
 */
#include "text/html_escape.h"

static const char *reference_of(uint8_t byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

void html_escape(struct span text, struct buffer *to)
{
	size_t from = 0;

	for (size_t i = 0; i < text.size; i++) {
		const char *reference = reference_of(text.data[i]);

		if (!reference)
			continue;
		buffer_append(to, text.data + from, i - from);
		buffer_append_text(to, reference);
		from = i + 1;
	}
	if (from < text.size)
		buffer_append(to, text.data + from, text.size - from);
}
