/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens by scanning to the next byte that can end the present one, not by a state per byte: data
 * runs to '<', a comment to a '>' after dashes, raw text to its own end tag. Each scan starts where
 * the last one ended and nothing is ever looked up again from further back, which keeps hostile
 * documents (unclosed comments, quotes, CDATA) linear.
 *
 * Script data (13.2.5.4 with its escaped states) is in html_script.c, attributes and names of tags
 * in html_tag.c.
 */
#include "text/html_tokenizer.h"
#include "text/html_tokenizer_internal.h"

void html_tokenizer_init(struct html_tokenizer *tokenizer, struct span document)
{
	*tokenizer = (struct html_tokenizer){.document = document};
	if (span_starts(document, SPAN("\xEF\xBB\xBF")))
		tokenizer->at = 3;
}

static bool looking_at(const struct html_tokenizer *tokenizer, size_t at, struct span text)
{
	return span_starts_nocase(span_slice(tokenizer->document, at, text.size), text);
}

static bool letter_at(const struct html_tokenizer *tokenizer, size_t at)
{
	uint8_t byte;

	if (at >= tokenizer->document.size)
		return false;
	byte = tokenizer->document.data[at] | 0x20;
	return byte >= 'a' && byte <= 'z';
}

/* Whether the '>' at @at ends a comment whose content starts at @content. */
static size_t comment_end(const uint8_t *data, size_t content, size_t at)
{
	size_t inside = at - content;

	if (inside == 0)
		return 1;
	if (inside == 1 && data[at - 1] == '-')
		return 2;
	if (inside >= 2 && data[at - 1] == '-' && data[at - 2] == '-')
		return 3;
	if (inside >= 3 && data[at - 1] == '!' && data[at - 2] == '-' && data[at - 3] == '-')
		return 4;
	return 0;
}

/* "<!--" to "-->", "--!>", or at once by ">" or "->"; else to the end of the document. */
static void comment(struct html_tokenizer *tokenizer, struct html_token *token)
{
	struct span document = tokenizer->document;
	size_t content = tokenizer->at + 4;
	size_t at = content;

	while ((at = span_find(document, '>', at)) < document.size) {
		size_t mark = comment_end(document.data, content, at);

		if (mark > 0) {
			token->text = span_slice(document, content, at + 1 - mark - content);
			tokenizer->at = at + 1;
			return;
		}
		at++;
	}
	token->text = span_slice(document, content, document.size - content);
	tokenizer->at = document.size;
}

/* Everything from @content to the next '>', which is eaten. */
static struct span up_to_greater(struct html_tokenizer *tokenizer, size_t content)
{
	size_t at = span_find(tokenizer->document, '>', content);
	struct span text = span_slice(tokenizer->document, content, at - content);

	tokenizer->at = at < tokenizer->document.size ? at + 1 : at;
	return text;
}

/* A CDATA section is text up to "]]>". */
static void cdata(struct html_tokenizer *tokenizer, struct html_token *token)
{
	struct span document = tokenizer->document;
	size_t content = tokenizer->at + 9;
	size_t at = content;

	token->type = HTML_TOKEN_TEXT;
	while ((at = span_find(document, '>', at)) < document.size) {
		if (at >= content + 2 && document.data[at - 1] == ']' &&
		    document.data[at - 2] == ']')
			break;
		at++;
	}
	tokenizer->at = at < document.size ? at + 1 : at;
	token->text = span_slice(document, content, (at < document.size ? at - 2 : at) - content);
}

/* "<!": a comment, a doctype, CDATA, or a comment that never was one. */
static void declaration(struct html_tokenizer *tokenizer, struct html_token *token)
{
	size_t at = tokenizer->at;

	token->type = HTML_TOKEN_COMMENT;
	if (looking_at(tokenizer, at + 2, SPAN("--"))) {
		comment(tokenizer, token);
	} else if (looking_at(tokenizer, at + 2, SPAN("doctype"))) {
		token->type = HTML_TOKEN_DOCTYPE;
		token->text = up_to_greater(tokenizer, at + 9);
	} else if (tokenizer->foreign &&
		   span_starts(span_slice(tokenizer->document, at + 2, 7), SPAN("[CDATA["))) {
		cdata(tokenizer, token);
	} else {
		token->type = HTML_TOKEN_NOTHING;
		token->text = up_to_greater(tokenizer, at + 2);
	}
}

/* At '<': what kind of markup, if any. */
static void markup(struct html_tokenizer *tokenizer, struct html_token *token)
{
	size_t at = tokenizer->at;
	uint8_t next = at + 1 < tokenizer->document.size ? tokenizer->document.data[at + 1] : 0;

	if (letter_at(tokenizer, at + 1)) {
		html_tag_start(tokenizer, token);
	} else if (next == '!') {
		declaration(tokenizer, token);
	} else if (next == '/' && letter_at(tokenizer, at + 2)) {
		html_tag_end(tokenizer, token);
	} else if (next == '?' || (next == '/' && at + 2 < tokenizer->document.size)) {
		token->type = HTML_TOKEN_NOTHING;
		(void)up_to_greater(tokenizer, at + (next == '?' ? 1 : 2));
	} else {
		token->type = HTML_TOKEN_TEXT;
		token->text = span_slice(tokenizer->document, at, 1);
		tokenizer->at = at + 1;
	}
}

/* "</" and the last start tag's name and a byte that ends a name. */
bool html_own_end_tag(const struct html_tokenizer *tokenizer, size_t at)
{
	struct span name =
		span_slice(tokenizer->document, tokenizer->last_at, tokenizer->last_size);
	size_t after = at + 2 + name.size;

	if (after >= tokenizer->document.size || tokenizer->document.data[at + 1] != '/')
		return false;
	if (!looking_at(tokenizer, at + 2, name))
		return false;
	return html_ends_name(tokenizer->document.data[after]);
}

/* Raw text up to its end tag, which becomes the next token, or to the end of the document. */
static void raw_text(struct html_tokenizer *tokenizer, struct html_token *token)
{
	struct span document = tokenizer->document;
	size_t at = tokenizer->at;

	while ((at = span_find(document, '<', at)) < document.size) {
		if (html_own_end_tag(tokenizer, at))
			break;
		at++;
	}
	token->type = HTML_TOKEN_NOTHING;
	tokenizer->at = at;
}

bool html_tokenizer_next(struct html_tokenizer *tokenizer, struct html_token *ret_token)
{
	struct span document = tokenizer->document;
	enum html_text text = tokenizer->text;

	if (tokenizer->at >= document.size)
		return false;
	*ret_token = (struct html_token){.start = tokenizer->at};
	tokenizer->text = HTML_TEXT_MARKUP;
	if (text == HTML_TEXT_PLAIN) {
		ret_token->type = HTML_TOKEN_NOTHING;
		tokenizer->at = document.size;
	} else if (text == HTML_TEXT_SCRIPT) {
		ret_token->type = HTML_TOKEN_NOTHING;
		tokenizer->at = html_script_end(tokenizer);
	} else if (text == HTML_TEXT_RAW) {
		raw_text(tokenizer, ret_token);
	} else if (document.data[tokenizer->at] == '<') {
		markup(tokenizer, ret_token);
	} else {
		tokenizer->at = span_find(document, '<', tokenizer->at);
		ret_token->text =
			span_slice(document, ret_token->start, tokenizer->at - ret_token->start);
	}
	ret_token->end = tokenizer->at;
	return true;
}
