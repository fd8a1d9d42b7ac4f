/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text out of tokens, without a tree: which elements are open does not matter to their words, but
 * for those whose content is no text at all.
 *
 * Tags that only format do not part words ("<b>A</b>ll"), all others do. References are undone by
 * the rules of attributes, which differ from those of text only in "&copy=", which no text holds.
 */
#include "text/html_text.h"

#include "base/cleanup.h"
#include "text/html_links.h"
#include "text/html_tokenizer.h"

/* How what follows the start tag is read; nothing of it is shown where that is no markup. */
static enum html_text text_after(enum html_kind kind)
{
	switch (kind) {
	case HTML_TAG_SCRIPT:
		return HTML_TEXT_SCRIPT;
	case HTML_TAG_STYLE:
	case HTML_TAG_TITLE:
	case HTML_TAG_TEXTAREA:
	case HTML_TAG_XMP:
	case HTML_TAG_IFRAME:
	case HTML_TAG_NOEMBED:
	case HTML_TAG_NOFRAMES:
		return HTML_TEXT_RAW;
	default:
		return HTML_TEXT_MARKUP;
	}
}

static bool parts_words(enum html_kind kind)
{
	switch (html_element_get(kind)->start) {
	case HTML_START_FORMAT:
	case HTML_START_ANCHOR:
	case HTML_START_NOBR:
	case HTML_START_GENERIC:
		return false;
	default:
		return kind != HTML_TAG_WBR;
	}
}

/* UTF-8 of what counts as white space here: of ASCII, and the space that does not break. */
static size_t space_at(struct span text, size_t at)
{
	if (html_space(text.data[at]))
		return 1;
	return span_starts(span_slice(text, at, 2), SPAN("\xC2\xA0")) ? 2 : 0;
}

static void append_words(struct span text, bool *parted, struct buffer *to)
{
	cleanup_buffer struct buffer plain = BUFFER_INIT;
	bool non_ascii;

	if (span_find(text, '&', 0) < text.size) {
		html_decode_attribute(text, &plain, &non_ascii);
		text = buffer_span(&plain);
	}
	for (size_t at = 0; at < text.size;) {
		size_t space = space_at(text, at);

		if (space > 0) {
			*parted = true;
			at += space;
			continue;
		}
		if (*parted && to->size > 0)
			buffer_append_byte(to, ' ');
		*parted = false;
		buffer_append_byte(to, text.data[at++]);
	}
}

void html_text(struct span document, struct buffer *to)
{
	struct html_tokenizer tokenizer;
	struct html_token token;
	size_t start = to->size;
	bool parted = start > 0;

	html_tokenizer_init(&tokenizer, document);
	while (html_tokenizer_next(&tokenizer, &token)) {
		if (token.type == HTML_TOKEN_TEXT)
			append_words(token.text, &parted, to);
		if (token.type != HTML_TOKEN_START && token.type != HTML_TOKEN_END)
			continue;
		parted |= parts_words(token.kind);
		if (token.type != HTML_TOKEN_START)
			continue;
		tokenizer.text = text_after(token.kind);
		if (token.kind == HTML_TAG_IMG && token.alt.value.size > 0) {
			append_words(token.alt.value, &parted, to);
			parted = true;
		}
	}
}
