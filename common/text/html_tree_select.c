/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The select modes and the template mode (HTML Standard 13.2.6.4.16 to 13.2.6.4.18 as they were
 * before selects could be styled: a link inside <select> is no link to most mail programs), and
 * how the insertion mode is found again after one of these closes.
 */
#include "text/html_tree_internal.h"

/* The mode that an open HTML element asks for; false: it asks for none. */
static bool mode_of(const struct html_tree *tree, const struct html_open *element,
		    enum html_mode *ret_mode)
{
	switch ((enum html_kind)element->kind) {
	case HTML_TAG_TR:
		*ret_mode = HTML_MODE_IN_ROW;
		return true;
	case HTML_TAG_TBODY:
	case HTML_TAG_THEAD:
	case HTML_TAG_TFOOT:
		*ret_mode = HTML_MODE_IN_TABLE_BODY;
		return true;
	case HTML_TAG_CAPTION:
		*ret_mode = HTML_MODE_IN_CAPTION;
		return true;
	case HTML_TAG_COLGROUP:
		*ret_mode = HTML_MODE_IN_COLUMN_GROUP;
		return true;
	case HTML_TAG_TABLE:
		*ret_mode = HTML_MODE_IN_TABLE;
		return true;
	case HTML_TAG_BODY:
		*ret_mode = HTML_MODE_IN_BODY;
		return true;
	case HTML_TAG_FRAMESET:
		*ret_mode = HTML_MODE_IN_FRAMESET;
		return true;
	case HTML_TAG_SELECT:
		*ret_mode = html_stack_in_scope(&tree->stack, HTML_TAG_TABLE, HTML_SCOPE_TABLE)
				    ? HTML_MODE_IN_SELECT_IN_TABLE
				    : HTML_MODE_IN_SELECT;
		return true;
	case HTML_TAG_TD:
	case HTML_TAG_TH:
		*ret_mode = HTML_MODE_IN_CELL;
		return true;
	case HTML_TAG_HEAD:
		*ret_mode = HTML_MODE_IN_HEAD;
		return true;
	case HTML_TAG_TEMPLATE:
		*ret_mode = tree->template_count > 0 ? tree->templates[tree->template_count - 1]
						     : HTML_MODE_IN_BODY;
		return true;
	case HTML_TAG_HTML:
		*ret_mode = tree->has_head ? HTML_MODE_AFTER_HEAD : HTML_MODE_BEFORE_HEAD;
		return true;
	default:
		return false;
	}
}

void html_tree_reset_mode(struct html_tree *tree)
{
	const struct html_stack *stack = &tree->stack;
	size_t root = tree->fragment ? 1 : 0;

	for (size_t i = stack->depth; i-- > root;)
		if (stack->open[i].space == HTML_NS_HTML &&
		    mode_of(tree, &stack->open[i], &tree->mode))
			return;
	tree->mode = HTML_MODE_IN_BODY;
	if (tree->fragment && tree->template_count > 0)
		tree->mode = tree->templates[tree->template_count - 1];
}

/* Close the select; false when it is not in scope. */
static bool close_select(struct html_tree *tree)
{
	if (!html_stack_in_scope(&tree->stack, HTML_TAG_SELECT, HTML_SCOPE_SELECT))
		return false;
	html_stack_pop_kind(&tree->stack, HTML_TAG_SELECT);
	html_tree_reset_mode(tree);
	return true;
}

static bool ends_select_in_table(enum html_kind kind)
{
	return kind == HTML_TAG_CAPTION || kind == HTML_TAG_TABLE || kind == HTML_TAG_TBODY ||
	       kind == HTML_TAG_TFOOT || kind == HTML_TAG_THEAD || kind == HTML_TAG_TR ||
	       kind == HTML_TAG_TD || kind == HTML_TAG_TH;
}

static void pop_current(struct html_tree *tree, enum html_kind kind)
{
	if (html_stack_current_is(&tree->stack, kind))
		html_stack_pop(&tree->stack);
}

static void leave_select(struct html_tree *tree)
{
	html_stack_pop_kind(&tree->stack, HTML_TAG_SELECT);
	html_tree_reset_mode(tree);
}

void html_tree_start_in_select(struct html_tree *tree, const struct html_token *token)
{
	if (tree->mode == HTML_MODE_IN_SELECT_IN_TABLE && ends_select_in_table(token->kind)) {
		leave_select(tree);
		html_tree_start_by_mode(tree, token);
		return;
	}
	switch (token->kind) {
	case HTML_TAG_OPTION:
		pop_current(tree, HTML_TAG_OPTION);
		html_tree_insert(tree, token, HTML_NS_HTML);
		break;
	case HTML_TAG_OPTGROUP:
	case HTML_TAG_HR:
		pop_current(tree, HTML_TAG_OPTION);
		pop_current(tree, HTML_TAG_OPTGROUP);
		if (token->kind == HTML_TAG_OPTGROUP)
			html_tree_insert(tree, token, HTML_NS_HTML);
		break;
	case HTML_TAG_SELECT:
		(void)close_select(tree);
		break;
	case HTML_TAG_INPUT:
	case HTML_TAG_KEYGEN:
	case HTML_TAG_TEXTAREA:
		if (close_select(tree))
			html_tree_start_by_mode(tree, token);
		break;
	case HTML_TAG_SCRIPT:
	case HTML_TAG_TEMPLATE:
		html_tree_start_in_head(tree, token);
		break;
	default:
		break;
	}
}

static void end_optgroup(struct html_tree *tree)
{
	struct html_stack *stack = &tree->stack;

	if (stack->depth > 1 && html_stack_current_is(stack, HTML_TAG_OPTION) &&
	    html_open_is(&stack->open[stack->depth - 2], HTML_TAG_OPTGROUP))
		html_stack_pop(stack);
	pop_current(tree, HTML_TAG_OPTGROUP);
}

void html_tree_end_in_select(struct html_tree *tree, const struct html_token *token)
{
	if (tree->mode == HTML_MODE_IN_SELECT_IN_TABLE && ends_select_in_table(token->kind)) {
		if (!html_stack_in_scope(&tree->stack, token->kind, HTML_SCOPE_TABLE))
			return;
		leave_select(tree);
		html_tree_end_by_mode(tree, token);
		return;
	}
	if (token->kind == HTML_TAG_OPTGROUP)
		end_optgroup(tree);
	else if (token->kind == HTML_TAG_OPTION)
		pop_current(tree, HTML_TAG_OPTION);
	else if (token->kind == HTML_TAG_SELECT)
		(void)close_select(tree);
	else if (token->kind == HTML_TAG_TEMPLATE)
		html_tree_end_template(tree);
}

static void switch_template(struct html_tree *tree, enum html_mode mode)
{
	if (tree->template_count > 0)
		tree->templates[tree->template_count - 1] = (uint8_t)mode;
	tree->mode = mode;
}

void html_tree_start_in_template(struct html_tree *tree, const struct html_token *token)
{
	switch (token->kind) {
	case HTML_TAG_NOFRAMES:
		html_tree_start_in_head(tree, token);
		return;
	case HTML_TAG_CAPTION:
	case HTML_TAG_COLGROUP:
	case HTML_TAG_TBODY:
	case HTML_TAG_TFOOT:
	case HTML_TAG_THEAD:
		switch_template(tree, HTML_MODE_IN_TABLE);
		break;
	case HTML_TAG_COL:
		switch_template(tree, HTML_MODE_IN_COLUMN_GROUP);
		break;
	case HTML_TAG_TR:
		switch_template(tree, HTML_MODE_IN_TABLE_BODY);
		break;
	case HTML_TAG_TD:
	case HTML_TAG_TH:
		switch_template(tree, HTML_MODE_IN_ROW);
		break;
	default:
		if (html_element_get(token->kind)->start == HTML_START_HEAD_CHILD) {
			html_tree_start_in_head(tree, token);
			return;
		}
		switch_template(tree, HTML_MODE_IN_BODY);
	}
	html_tree_start_by_mode(tree, token);
}
