/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_HTML_TREE_H
#define WAYMARK_TEXT_HTML_TREE_H

#include "text/html_stack.h"
#include "text/html_tokenizer.h"

/*
 * Tree construction (HTML Standard 13.2.6) as far as it decides which tags become elements, which
 * elements are around them, and how the tokenizer goes on; scripting off. There is no tree: only
 * the stack of open elements, the insertion mode and a few flags, of fixed size.
 */
enum html_mode {
	HTML_MODE_INITIAL,
	HTML_MODE_BEFORE_HTML,
	HTML_MODE_BEFORE_HEAD,
	HTML_MODE_IN_HEAD,
	HTML_MODE_IN_HEAD_NOSCRIPT,
	HTML_MODE_AFTER_HEAD,
	HTML_MODE_IN_BODY,
	HTML_MODE_IN_TABLE,
	HTML_MODE_IN_CAPTION,
	HTML_MODE_IN_COLUMN_GROUP,
	HTML_MODE_IN_TABLE_BODY,
	HTML_MODE_IN_ROW,
	HTML_MODE_IN_CELL,
	HTML_MODE_IN_SELECT,
	HTML_MODE_IN_SELECT_IN_TABLE,
	HTML_MODE_IN_TEMPLATE,
	HTML_MODE_AFTER_BODY,
	HTML_MODE_IN_FRAMESET,
	HTML_MODE_AFTER_FRAMESET,
	HTML_MODE_AFTER_AFTER_BODY,
	HTML_MODE_AFTER_AFTER_FRAMESET
};

struct html_tree {
	struct html_stack stack;
	enum html_mode mode;
	uint8_t templates[HTML_STACK_MAX]; /* the stack of template insertion modes */
	size_t template_count;
	bool fragment; /* parsed as the content of a template */
	bool has_head;
	bool quirks;
	bool frameset_ok;
	uint32_t form; /* serial of the open form; 0: none */
	/* What the last start tag did. */
	bool inserted;	     /* it became an element */
	bool removed_body;   /* a frameset took the place of the body and all that was in it */
	enum html_text text; /* how its content is to be tokenized */
};

/* @fragment: for what stands inside something else, like a conditional comment. */
void html_tree_init(struct html_tree *tree, bool fragment);

void html_tree_doctype(struct html_tree *tree, struct span text);
void html_tree_text(struct html_tree *tree, struct span text);
void html_tree_start(struct html_tree *tree, const struct html_token *token);
void html_tree_end(struct html_tree *tree, const struct html_token *token);

/* The current node is not an HTML element. */
bool html_tree_foreign(const struct html_tree *tree);

#endif
