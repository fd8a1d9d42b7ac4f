/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the body of a document begins: behind its <body> tag, or before whatever makes browsers
 * open a body that nobody wrote. Tree construction knows; the walk is that of html_links.c, and
 * ends there.
 */
#include "text/html_links.h"

#include "base/cleanup.h"
#include "text/html_tree.h"

#include <errno.h>

static bool is_in_body(const struct html_tree *tree)
{
	return tree->mode >= HTML_MODE_IN_BODY && tree->mode != HTML_MODE_IN_TEMPLATE &&
	       tree->mode != HTML_MODE_IN_FRAMESET && tree->mode != HTML_MODE_AFTER_FRAMESET &&
	       tree->mode != HTML_MODE_AFTER_AFTER_FRAMESET;
}

/* Whether the next end tag ends raw text, whose element never was on the stack. */
static bool take(struct html_tree *tree, struct html_tokenizer *tokenizer,
		 const struct html_token *token, bool in_text)
{
	switch (token->type) {
	case HTML_TOKEN_TEXT:
		html_tree_text(tree, token->text);
		break;
	case HTML_TOKEN_START:
		html_tree_start(tree, token);
		tokenizer->text = tree->text;
		return tree->text != HTML_TEXT_MARKUP;
	case HTML_TOKEN_END:
		if (!in_text)
			html_tree_end(tree, token);
		return false;
	case HTML_TOKEN_DOCTYPE:
		html_tree_doctype(tree, token->text);
		break;
	case HTML_TOKEN_COMMENT:
	case HTML_TOKEN_NOTHING:
		break;
	}
	return in_text;
}

int html_body_start(struct span document, size_t *ret_at)
{
	cleanup_free struct html_tree *tree = NULL;
	struct html_tokenizer tokenizer;
	struct html_token token;
	bool in_text = false;

	if (document.size == 0)
		return HTML_E_BODY;
	tree = malloc(sizeof(*tree));
	if (!tree)
		return -ENOMEM;
	html_tree_init(tree, false);
	html_tokenizer_init(&tokenizer, document);
	while (html_tokenizer_next(&tokenizer, &token)) {
		in_text = take(tree, &tokenizer, &token, in_text);
		tokenizer.foreign = html_tree_foreign(tree);
		if (!is_in_body(tree))
			continue;
		*ret_at = token.type == HTML_TOKEN_START && token.kind == HTML_TAG_BODY
				  ? token.end
				  : token.start;
		return 0;
	}
	return HTML_E_BODY;
}
