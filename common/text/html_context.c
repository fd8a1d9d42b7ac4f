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
static bool is_more(const struct html_attributes *attributes)
{
	return attributes->at < attributes->tag.size;
}

static uint8_t byte(const struct html_attributes *attributes)
{
	return attributes->tag.data[attributes->at];
}

void html_attributes_init(struct html_attributes *attributes, struct span tag)
{
	*attributes = (struct html_attributes){.tag = tag, .at = 1};
	while (is_more(attributes) && !html_space(byte(attributes)) && byte(attributes) != '/')
		attributes->at++;
}

static void skip_space(struct html_attributes *attributes)
{
	while (is_more(attributes) && html_space(byte(attributes)))
		attributes->at++;
}

/* The value that begins here, to its end, before its quote. */
static void take_value(struct html_attributes *attributes)
{
	struct span tag = attributes->tag;
	uint8_t quote = is_more(attributes) ? byte(attributes) : 0;
	bool quoted = quote == '"' || quote == '\'';
	size_t at = attributes->at + quoted;

	attributes->value = at;
	if (quoted)
		at = span_find(tag, quote, at);
	while (!quoted && at < tag.size && !html_space(tag.data[at]) && tag.data[at] != '>')
		at++;
	attributes->end = at;
	attributes->at = at + quoted;
}

/* The next attribute, of which there is more than nothing. */
static void take_attribute(struct html_attributes *attributes)
{
	size_t name;

	while (is_more(attributes) && (html_space(byte(attributes)) || byte(attributes) == '/'))
		attributes->at++;
	name = attributes->at;
	while (is_more(attributes) && !html_space(byte(attributes)) &&
	       (byte(attributes) != '=' || attributes->at == name) && byte(attributes) != '/')
		attributes->at++;
	attributes->name = span_slice(attributes->tag, name, attributes->at - name);
	skip_space(attributes);
	if (!is_more(attributes) || byte(attributes) != '=')
		return;
	attributes->at++;
	skip_space(attributes);
	take_value(attributes);
}

bool html_attributes_find(struct html_attributes *attributes, size_t at, struct span *ret_name,
			  size_t *ret_value)
{
	while (at >= attributes->end && attributes->at <= at && is_more(attributes))
		take_attribute(attributes);
	if (at < attributes->value || at >= attributes->end)
		return false;
	*ret_name = attributes->name;
	*ret_value = attributes->value;
	return true;
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
