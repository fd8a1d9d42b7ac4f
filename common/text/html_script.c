/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Script data (HTML Standard 13.2.5.4 and 13.2.5.15 to 13.2.5.31): "<!--" escapes it, "<script"
 * inside that escapes it twice, where "</script>" only goes back to once, and "-->" ends either.
 * Only '<' and '>' can change the state, so the scan jumps from one to the next.
 */
#include "text/html_tokenizer_internal.h"

enum state { PLAIN, ESCAPED, ESCAPED_TWICE };

/* "script" and a byte that ends a name, at @at. */
static bool script_at(struct span document, size_t at)
{
	if (at + 6 >= document.size)
		return false;
	if (!span_starts_nocase(span_slice(document, at, 6), SPAN("script")))
		return false;
	return html_ends_name(document.data[at + 6]);
}

static size_t next_mark(struct span document, size_t at)
{
	while (at < document.size && document.data[at] != '<' && document.data[at] != '>')
		at++;
	return at;
}

/* The state after the '<' at @at; *ret_next is where the scan goes on. */
static enum state less_than(struct span document, enum state state, size_t at, size_t *ret_next)
{
	*ret_next = at + 1;
	if (state == PLAIN) {
		if (!span_starts(span_slice(document, at, 4), SPAN("<!--")))
			return PLAIN;
		*ret_next = at + 4;
		return ESCAPED;
	}
	if (state == ESCAPED && script_at(document, at + 1)) {
		*ret_next = at + 8;
		return ESCAPED_TWICE;
	}
	if (state == ESCAPED_TWICE && at + 1 < document.size && document.data[at + 1] == '/' &&
	    script_at(document, at + 2)) {
		*ret_next = at + 9;
		return ESCAPED;
	}
	return state;
}

size_t html_script_end(const struct html_tokenizer *tokenizer)
{
	struct span document = tokenizer->document;
	enum state state = PLAIN;
	size_t at = tokenizer->at;

	while ((at = next_mark(document, at)) < document.size) {
		if (document.data[at] == '>') {
			if (state != PLAIN && document.data[at - 1] == '-' &&
			    document.data[at - 2] == '-')
				state = PLAIN;
			at++;
		} else if (state != ESCAPED_TWICE && html_own_end_tag(tokenizer, at)) {
			break;
		} else {
			state = less_than(document, state, at, &at);
		}
	}
	return at;
}
