/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules a tag meets, by insertion mode (HTML Standard 13.2.6.4), and the rules of the modes
 * around the body: before it, in the head, in framesets. The other modes are in
 * html_tree_body.c, html_tree_table.c and html_tree_select.c.
 */
#include "text/html_tree_internal.h"

/* The steps of "anything else" of the modes before the body; false when there is none. */
bool html_tree_move_on(struct html_tree *tree)
{
	switch (tree->mode) {
	case HTML_MODE_INITIAL:
		tree->quirks = true;
		tree->mode = HTML_MODE_BEFORE_HTML;
		return true;
	case HTML_MODE_BEFORE_HTML:
		html_tree_fake(tree, HTML_TAG_HTML);
		tree->mode = HTML_MODE_BEFORE_HEAD;
		return true;
	case HTML_MODE_BEFORE_HEAD:
		html_tree_fake(tree, HTML_TAG_HEAD);
		tree->has_head = true;
		tree->mode = HTML_MODE_IN_HEAD;
		return true;
	case HTML_MODE_IN_HEAD:
		html_stack_pop(&tree->stack);
		tree->mode = HTML_MODE_AFTER_HEAD;
		return true;
	case HTML_MODE_IN_HEAD_NOSCRIPT:
		html_stack_pop(&tree->stack);
		tree->mode = HTML_MODE_IN_HEAD;
		return true;
	case HTML_MODE_AFTER_HEAD:
		html_tree_fake(tree, HTML_TAG_BODY);
		tree->mode = HTML_MODE_IN_BODY;
		return true;
	case HTML_MODE_AFTER_BODY:
	case HTML_MODE_AFTER_AFTER_BODY:
		tree->mode = HTML_MODE_IN_BODY;
		return true;
	default:
		return false;
	}
}

static void start_before_head(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_HEAD) {
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->has_head = true;
		tree->mode = HTML_MODE_IN_HEAD;
	} else {
		(void)html_tree_move_on(tree);
		html_tree_start_by_mode(tree, token);
	}
}

static void start_in_noscript(struct html_tree *tree, const struct html_token *token)
{
	switch (token->kind) {
	case HTML_TAG_BASEFONT:
	case HTML_TAG_BGSOUND:
	case HTML_TAG_HEAD:
	case HTML_TAG_LINK:
	case HTML_TAG_META:
	case HTML_TAG_NOFRAMES:
	case HTML_TAG_STYLE:
		html_tree_start_in_head(tree, token);
		break;
	case HTML_TAG_NOSCRIPT:
		break;
	default:
		(void)html_tree_move_on(tree);
		html_tree_start_by_mode(tree, token);
	}
}

static void start_after_head(struct html_tree *tree, const struct html_token *token)
{
	switch (token->kind) {
	case HTML_TAG_BODY:
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->frameset_ok = false;
		tree->mode = HTML_MODE_IN_BODY;
		break;
	case HTML_TAG_FRAMESET:
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_FRAMESET;
		break;
	case HTML_TAG_BASE:
	case HTML_TAG_BASEFONT:
	case HTML_TAG_BGSOUND:
	case HTML_TAG_LINK:
	case HTML_TAG_META:
	case HTML_TAG_NOFRAMES:
	case HTML_TAG_SCRIPT:
	case HTML_TAG_STYLE:
	case HTML_TAG_TEMPLATE:
	case HTML_TAG_TITLE:
		html_tree_start_in_head(tree, token);
		break;
	case HTML_TAG_HEAD:
		break;
	default:
		(void)html_tree_move_on(tree);
		html_tree_start_by_mode(tree, token);
	}
}

/* In a frameset only frames exist, after it nothing does. */
static void start_in_frameset(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_NOFRAMES)
		html_tree_start_in_head(tree, token);
	else if (token->kind == HTML_TAG_FRAMESET && tree->mode == HTML_MODE_IN_FRAMESET)
		html_tree_insert(tree, token, HTML_NS_HTML);
}

static void start_html(struct html_tree *tree, const struct html_token *token)
{
	if (tree->mode == HTML_MODE_INITIAL)
		(void)html_tree_move_on(tree);
	if (tree->mode == HTML_MODE_BEFORE_HTML) {
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_BEFORE_HEAD;
	} else if (tree->mode == HTML_MODE_IN_TEMPLATE) {
		html_tree_start_in_template(tree, token);
	} else {
		html_tree_start_in_body(tree, token);
	}
}

void html_tree_start_by_mode(struct html_tree *tree, const struct html_token *token)
{
	static void (*const rules[])(struct html_tree *, const struct html_token *) = {
		[HTML_MODE_BEFORE_HEAD] = start_before_head,
		[HTML_MODE_IN_HEAD] = html_tree_start_in_head,
		[HTML_MODE_IN_HEAD_NOSCRIPT] = start_in_noscript,
		[HTML_MODE_AFTER_HEAD] = start_after_head,
		[HTML_MODE_IN_BODY] = html_tree_start_in_body,
		[HTML_MODE_IN_TABLE] = html_tree_start_in_table,
		[HTML_MODE_IN_CAPTION] = html_tree_start_in_caption,
		[HTML_MODE_IN_COLUMN_GROUP] = html_tree_start_in_column_group,
		[HTML_MODE_IN_TABLE_BODY] = html_tree_start_in_table_body,
		[HTML_MODE_IN_ROW] = html_tree_start_in_row,
		[HTML_MODE_IN_CELL] = html_tree_start_in_cell,
		[HTML_MODE_IN_SELECT] = html_tree_start_in_select,
		[HTML_MODE_IN_SELECT_IN_TABLE] = html_tree_start_in_select,
		[HTML_MODE_IN_TEMPLATE] = html_tree_start_in_template,
		[HTML_MODE_IN_FRAMESET] = start_in_frameset,
		[HTML_MODE_AFTER_FRAMESET] = start_in_frameset,
		[HTML_MODE_AFTER_AFTER_FRAMESET] = start_in_frameset,
	};

	if (token->kind == HTML_TAG_HTML) {
		start_html(tree, token);
	} else if (rules[tree->mode]) {
		rules[tree->mode](tree, token);
	} else {
		(void)html_tree_move_on(tree);
		html_tree_start_by_mode(tree, token);
	}
}

/* End tags before the body: few count, and those open what is missing. */
static void end_before_body(struct html_tree *tree, const struct html_token *token)
{
	bool opens = token->kind == HTML_TAG_BODY || token->kind == HTML_TAG_BR ||
		     token->kind == HTML_TAG_HTML;

	if (token->kind == HTML_TAG_HEAD && tree->mode == HTML_MODE_IN_HEAD) {
		(void)html_tree_move_on(tree);
		return;
	}
	if (token->kind == HTML_TAG_NOSCRIPT && tree->mode == HTML_MODE_IN_HEAD_NOSCRIPT) {
		(void)html_tree_move_on(tree);
		return;
	}
	if (token->kind == HTML_TAG_TEMPLATE &&
	    (tree->mode == HTML_MODE_IN_HEAD || tree->mode == HTML_MODE_AFTER_HEAD)) {
		html_tree_end_template(tree);
		return;
	}
	if (token->kind == HTML_TAG_HEAD)
		opens = tree->mode < HTML_MODE_IN_HEAD;
	if (tree->mode == HTML_MODE_IN_HEAD_NOSCRIPT)
		opens = token->kind == HTML_TAG_BR;
	if (opens || tree->mode == HTML_MODE_INITIAL) {
		(void)html_tree_move_on(tree);
		html_tree_end_by_mode(tree, token);
	}
}

static void end_after_body(struct html_tree *tree, const struct html_token *token)
{
	if (tree->mode == HTML_MODE_AFTER_BODY && token->kind == HTML_TAG_HTML) {
		if (!tree->fragment)
			tree->mode = HTML_MODE_AFTER_AFTER_BODY;
		return;
	}
	(void)html_tree_move_on(tree);
	html_tree_end_by_mode(tree, token);
}

static void end_in_frameset(struct html_tree *tree, const struct html_token *token)
{
	if (tree->mode == HTML_MODE_AFTER_FRAMESET && token->kind == HTML_TAG_HTML) {
		tree->mode = HTML_MODE_AFTER_AFTER_FRAMESET;
	} else if (tree->mode == HTML_MODE_IN_FRAMESET && token->kind == HTML_TAG_FRAMESET &&
		   tree->stack.depth > 1) {
		html_stack_pop(&tree->stack);
		if (!html_stack_current_is(&tree->stack, HTML_TAG_FRAMESET))
			tree->mode = HTML_MODE_AFTER_FRAMESET;
	}
}

static void end_in_template(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_TEMPLATE)
		html_tree_end_template(tree);
}

void html_tree_end_by_mode(struct html_tree *tree, const struct html_token *token)
{
	static void (*const rules[])(struct html_tree *, const struct html_token *) = {
		[HTML_MODE_INITIAL] = end_before_body,
		[HTML_MODE_BEFORE_HTML] = end_before_body,
		[HTML_MODE_BEFORE_HEAD] = end_before_body,
		[HTML_MODE_IN_HEAD] = end_before_body,
		[HTML_MODE_IN_HEAD_NOSCRIPT] = end_before_body,
		[HTML_MODE_AFTER_HEAD] = end_before_body,
		[HTML_MODE_IN_BODY] = html_tree_end_in_body,
		[HTML_MODE_IN_TABLE] = html_tree_end_in_table,
		[HTML_MODE_IN_CAPTION] = html_tree_end_in_caption,
		[HTML_MODE_IN_COLUMN_GROUP] = html_tree_end_in_column_group,
		[HTML_MODE_IN_TABLE_BODY] = html_tree_end_in_table_body,
		[HTML_MODE_IN_ROW] = html_tree_end_in_row,
		[HTML_MODE_IN_CELL] = html_tree_end_in_cell,
		[HTML_MODE_IN_SELECT] = html_tree_end_in_select,
		[HTML_MODE_IN_SELECT_IN_TABLE] = html_tree_end_in_select,
		[HTML_MODE_IN_TEMPLATE] = end_in_template,
		[HTML_MODE_AFTER_BODY] = end_after_body,
		[HTML_MODE_IN_FRAMESET] = end_in_frameset,
		[HTML_MODE_AFTER_FRAMESET] = end_in_frameset,
		[HTML_MODE_AFTER_AFTER_BODY] = end_after_body,
		[HTML_MODE_AFTER_AFTER_FRAMESET] = end_in_frameset,
	};

	rules[tree->mode](tree, token);
}
