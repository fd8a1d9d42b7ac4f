/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charset that a document names in itself: the prescan of HTML Standard 13.2.3.2, which looks
 * at tags and comments of the first bytes and at nothing around them.
 */
#include "text/html_links.h"
#include "text/html_tokenizer.h"

enum { PRESCAN_BYTES = 1024 };

static size_t find_nocase(struct span text, struct span what, size_t from)
{
	for (; from + what.size <= text.size; from++)
		if (span_starts_nocase(span_slice(text, from, what.size), what))
			return from;
	return text.size;
}

/* The label after '=': quoted, or up to white space or ';'. */
static struct span label_at(struct span text)
{
	size_t end = 0;

	text = span_trim(text);
	if (text.size > 0 && (text.data[0] == '"' || text.data[0] == '\'')) {
		end = span_find(text, text.data[0], 1);
		return end < text.size ? span_slice(text, 1, end - 1) : (struct span){0};
	}
	while (end < text.size && !html_space(text.data[end]) && text.data[end] != ';')
		end++;
	return span_slice(text, 0, end);
}

/* "text/html; charset=x" (HTML Standard, "extracting a character encoding from a meta element"). */
static struct span charset_in(struct span content)
{
	size_t at = 0;

	while ((at = find_nocase(content, SPAN("charset"), at)) < content.size) {
		struct span rest;

		at += sizeof("charset") - 1;
		rest = span_slice(content, at, content.size);
		while (rest.size > 0 && html_space(rest.data[0]))
			rest = span_slice(rest, 1, rest.size);
		if (rest.size > 0 && rest.data[0] == '=')
			return label_at(span_slice(rest, 1, rest.size));
	}
	return (struct span){0};
}

static struct span charset_of(const struct html_token *token)
{
	struct span label;

	if (token->charset.value.data)
		label = span_trim(token->charset.value);
	else if (span_equal_nocase(token->http_equiv.value, SPAN("content-type")))
		label = charset_in(token->content.value);
	else
		return (struct span){0};
	/* A document whose <meta> can be read as ASCII is not UTF-16. */
	return span_starts_nocase(label, SPAN("utf-16")) ? SPAN("utf-8") : label;
}

struct span html_meta_charset(struct span document)
{
	struct html_tokenizer tokenizer;
	struct html_token token;

	if (document.size == 0)
		return (struct span){0};
	html_tokenizer_init(&tokenizer, span_slice(document, 0, PRESCAN_BYTES));
	while (html_tokenizer_next(&tokenizer, &token)) {
		struct span label = {0};

		if (token.type == HTML_TOKEN_START && token.kind == HTML_TAG_META)
			label = charset_of(&token);
		if (label.size > 0)
			return label;
	}
	return (struct span){0};
}
