/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk of the tokenizer over the document, as the link finder walks it, so that both see the
 * same tags and the same raw text.
 *
 * Conditional comments are comments here, although Outlook reads markup in them.
 */
#include "text/html_context.h"

#include "base/cleanup.h"
#include "text/html_tree.h"

#include <errno.h>

/* The tag's name and its attributes, byte by byte (HTML Standard 13.2.5.32 and on). */
struct scan {
	struct span tag;
	size_t at;
};

static bool is_more(const struct scan *scan)
{
	return scan->at < scan->tag.size;
}

static uint8_t byte(const struct scan *scan)
{
	return scan->tag.data[scan->at];
}

static void skip_space(struct scan *scan)
{
	while (is_more(scan) && (html_space(byte(scan)) || byte(scan) == '/'))
		scan->at++;
}

/* The value that begins here; its end is behind it, before its quote. */
static size_t value_end(const struct scan *scan, size_t *ret_start)
{
	uint8_t quote = is_more(scan) ? byte(scan) : 0;
	size_t at = scan->at;

	if (quote == '"' || quote == '\'') {
		*ret_start = at + 1;
		return span_find(scan->tag, quote, at + 1);
	}
	*ret_start = at;
	while (at < scan->tag.size && !html_space(scan->tag.data[at]) && scan->tag.data[at] != '>')
		at++;
	return at;
}

bool html_context_attribute(struct span tag, size_t at, struct span *ret_name, size_t *ret_value)
{
	struct scan scan = {.tag = tag, .at = 1};

	while (is_more(&scan) && !html_space(byte(&scan)) && byte(&scan) != '/')
		scan.at++;
	while (is_more(&scan)) {
		size_t name, value, end;

		skip_space(&scan);
		name = scan.at;
		while (is_more(&scan) && !html_space(byte(&scan)) &&
		       (byte(&scan) != '=' || scan.at == name) && byte(&scan) != '/')
			scan.at++;
		*ret_name = span_slice(tag, name, scan.at - name);
		while (is_more(&scan) && html_space(byte(&scan)))
			scan.at++;
		if (!is_more(&scan) || byte(&scan) != '=') {
			if (scan.at > at)
				return false;
			continue;
		}
		for (scan.at++; is_more(&scan) && html_space(byte(&scan));)
			scan.at++;
		end = value_end(&scan, &value);
		if (at < value)
			return false;
		if (at < end) {
			*ret_value = value;
			return true;
		}
		scan.at = value > 0 && (tag.data[value - 1] == '"' || tag.data[value - 1] == '\'')
				  ? end + 1
				  : end;
	}
	return false;
}

static bool is_rcdata(const struct html_tokenizer *tokenizer)
{
	struct span name =
		span_slice(tokenizer->document, tokenizer->last_at, tokenizer->last_size);

	return span_equal_nocase(name, SPAN("title")) || span_equal_nocase(name, SPAN("textarea"));
}

static enum html_context context_of(const struct html_token *token,
				    const struct html_tokenizer *tokenizer, enum html_text mode)
{
	if (mode == HTML_TEXT_RAW && is_rcdata(tokenizer))
		return HTML_CONTEXT_TEXT;
	if (mode != HTML_TEXT_MARKUP)
		return HTML_CONTEXT_RAW;
	switch (token->type) {
	case HTML_TOKEN_TEXT:
		return HTML_CONTEXT_TEXT;
	case HTML_TOKEN_START:
	case HTML_TOKEN_END:
		return HTML_CONTEXT_TAG;
	case HTML_TOKEN_COMMENT:
	case HTML_TOKEN_DOCTYPE:
	case HTML_TOKEN_NOTHING:
		break;
	}
	return HTML_CONTEXT_COMMENT;
}

/* What the token does to the tree, and with it to the tokenizer. */
static void follow(struct html_tree *tree, struct html_tokenizer *tokenizer,
		   const struct html_token *token, bool *in_text)
{
	if (token->type == HTML_TOKEN_TEXT) {
		html_tree_text(tree, token->text);
	} else if (token->type == HTML_TOKEN_START) {
		html_tree_start(tree, token);
		tokenizer->text = tree->text;
		*in_text = tree->text != HTML_TEXT_MARKUP;
	} else if (token->type == HTML_TOKEN_END && *in_text) {
		*in_text = false;
	} else if (token->type == HTML_TOKEN_END) {
		html_tree_end(tree, token);
	} else if (token->type == HTML_TOKEN_DOCTYPE) {
		html_tree_doctype(tree, token->text);
	}
	tokenizer->foreign = html_tree_foreign(tree);
}

int html_context_find(struct span document, struct html_where *wheres, size_t count)
{
	cleanup_free struct html_tree *tree = malloc(sizeof(*tree));
	enum html_text mode = HTML_TEXT_MARKUP;
	struct html_tokenizer tokenizer;
	struct html_token token;
	bool in_text = false;
	size_t done = 0;

	if (!tree)
		return -ENOMEM;
	html_tree_init(tree, false);
	html_tokenizer_init(&tokenizer, document);
	while (done < count && html_tokenizer_next(&tokenizer, &token)) {
		enum html_context context = context_of(&token, &tokenizer, mode);

		for (; done < count && wheres[done].at < token.end; done++) {
			wheres[done].context = context;
			wheres[done].start = token.start;
		}
		follow(tree, &tokenizer, &token, &in_text);
		mode = tokenizer.text;
	}
	for (; done < count; done++) {
		wheres[done].context = HTML_CONTEXT_COMMENT;
		wheres[done].start = wheres[done].at;
	}
	return 0;
}
