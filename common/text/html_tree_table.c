/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table modes (HTML Standard 13.2.6.4.9 to 13.2.6.4.15). What does not belong into a table is
 * foster parented: it becomes an element all the same, by the rules "in body". Where it would hang
 * in the tree does not matter here: only its links are wanted.
 */
#include "text/html_tree_internal.h"

static bool row_group(enum html_kind kind)
{
	return kind == HTML_TAG_TBODY || kind == HTML_TAG_TFOOT || kind == HTML_TAG_THEAD;
}

static bool cell(enum html_kind kind)
{
	return kind == HTML_TAG_TD || kind == HTML_TAG_TH;
}

static bool table_part(enum html_kind kind)
{
	return html_element_get(kind)->properties & HTML_TABLE_PART;
}

static bool in_table_scope(const struct html_tree *tree, enum html_kind kind)
{
	return html_stack_in_scope(&tree->stack, kind, HTML_SCOPE_TABLE);
}

static bool row_group_in_scope(const struct html_tree *tree)
{
	return in_table_scope(tree, HTML_TAG_TBODY) || in_table_scope(tree, HTML_TAG_THEAD) ||
	       in_table_scope(tree, HTML_TAG_TFOOT);
}

/* Pop until the current node is @context (HTML_TAG_TBODY: any row group), a template or the root.
 */
static void clear_back_to(struct html_tree *tree, enum html_kind context)
{
	const struct html_open *node;

	while ((node = html_stack_current(&tree->stack))) {
		if (html_open_is(node, context) || html_open_is(node, HTML_TAG_TEMPLATE) ||
		    html_open_is(node, HTML_TAG_HTML))
			break;
		if (context == HTML_TAG_TBODY && node->space == HTML_NS_HTML &&
		    row_group(node->kind))
			break;
		html_stack_pop(&tree->stack);
	}
}

static void close_to(struct html_tree *tree, enum html_kind context, enum html_mode mode)
{
	clear_back_to(tree, context);
	html_stack_pop(&tree->stack);
	tree->mode = mode;
}

static void start_table_part(struct html_tree *tree, const struct html_token *token)
{
	clear_back_to(tree, HTML_TAG_TABLE);
	if (token->kind == HTML_TAG_CAPTION) {
		html_formatting_mark(&tree->stack);
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_CAPTION;
	} else if (token->kind == HTML_TAG_COLGROUP) {
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_COLUMN_GROUP;
	} else if (token->kind == HTML_TAG_COL) {
		html_tree_fake(tree, HTML_TAG_COLGROUP);
		tree->mode = HTML_MODE_IN_COLUMN_GROUP;
		html_tree_start_in_column_group(tree, token);
	} else if (row_group(token->kind)) {
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_TABLE_BODY;
	} else {
		html_tree_fake(tree, HTML_TAG_TBODY);
		tree->mode = HTML_MODE_IN_TABLE_BODY;
		html_tree_start_in_table_body(tree, token);
	}
}

static void start_form(struct html_tree *tree, const struct html_token *token)
{
	if (tree->form != 0 || tree->stack.counts[HTML_TAG_TEMPLATE] > 0)
		return;
	html_tree_insert(tree, token, HTML_NS_HTML);
	tree->form = tree->stack.serial;
	html_stack_pop(&tree->stack);
}

void html_tree_start_in_table(struct html_tree *tree, const struct html_token *token)
{
	enum html_kind kind = token->kind;

	if (table_part(kind)) {
		start_table_part(tree, token);
	} else if (kind == HTML_TAG_TABLE) {
		if (!in_table_scope(tree, HTML_TAG_TABLE))
			return;
		html_stack_pop_kind(&tree->stack, HTML_TAG_TABLE);
		html_tree_reset_mode(tree);
		html_tree_start_by_mode(tree, token);
	} else if (kind == HTML_TAG_STYLE || kind == HTML_TAG_SCRIPT || kind == HTML_TAG_TEMPLATE) {
		html_tree_start_in_head(tree, token);
	} else if (kind == HTML_TAG_INPUT && token->hidden) {
		html_tree_append(tree);
	} else if (kind == HTML_TAG_FORM) {
		start_form(tree, token);
	} else {
		html_tree_start_in_body(tree, token);
	}
}

void html_tree_end_in_table(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_TABLE) {
		if (!in_table_scope(tree, HTML_TAG_TABLE))
			return;
		html_stack_pop_kind(&tree->stack, HTML_TAG_TABLE);
		html_tree_reset_mode(tree);
	} else if (!table_part(token->kind) && token->kind != HTML_TAG_BODY &&
		   token->kind != HTML_TAG_HTML) {
		html_tree_end_in_body(tree, token);
	}
}

/* Close the caption; false when none is open. */
static bool close_caption(struct html_tree *tree)
{
	if (!in_table_scope(tree, HTML_TAG_CAPTION))
		return false;
	html_stack_imply(&tree->stack, HTML_TAG_OTHER, false);
	html_stack_pop_kind(&tree->stack, HTML_TAG_CAPTION);
	html_formatting_clear(&tree->stack);
	tree->mode = HTML_MODE_IN_TABLE;
	return true;
}

void html_tree_start_in_caption(struct html_tree *tree, const struct html_token *token)
{
	if (!table_part(token->kind))
		html_tree_start_in_body(tree, token);
	else if (close_caption(tree))
		html_tree_start_in_table(tree, token);
}

void html_tree_end_in_caption(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_CAPTION || token->kind == HTML_TAG_TABLE) {
		if (close_caption(tree) && token->kind == HTML_TAG_TABLE)
			html_tree_end_in_table(tree, token);
	} else if (!table_part(token->kind) && token->kind != HTML_TAG_BODY &&
		   token->kind != HTML_TAG_HTML) {
		html_tree_end_in_body(tree, token);
	}
}

/* Anything else in a column group ends it; without one (in a template) it is ignored. */
static bool close_column_group(struct html_tree *tree)
{
	if (!html_stack_current_is(&tree->stack, HTML_TAG_COLGROUP))
		return false;
	html_stack_pop(&tree->stack);
	tree->mode = HTML_MODE_IN_TABLE;
	return true;
}

void html_tree_start_in_column_group(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_COL)
		html_tree_append(tree);
	else if (token->kind == HTML_TAG_TEMPLATE)
		html_tree_start_in_head(tree, token);
	else if (close_column_group(tree))
		html_tree_start_by_mode(tree, token);
}

void html_tree_end_in_column_group(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_COL)
		return;
	if (token->kind == HTML_TAG_TEMPLATE)
		html_tree_end_template(tree);
	else if (close_column_group(tree) && token->kind != HTML_TAG_COLGROUP)
		html_tree_end_by_mode(tree, token);
}

void html_tree_start_in_table_body(struct html_tree *tree, const struct html_token *token)
{
	if (token->kind == HTML_TAG_TR) {
		clear_back_to(tree, HTML_TAG_TBODY);
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_ROW;
	} else if (cell(token->kind)) {
		clear_back_to(tree, HTML_TAG_TBODY);
		html_tree_fake(tree, HTML_TAG_TR);
		tree->mode = HTML_MODE_IN_ROW;
		html_tree_start_in_row(tree, token);
	} else if (!table_part(token->kind)) {
		html_tree_start_in_table(tree, token);
	} else if (row_group_in_scope(tree)) {
		close_to(tree, HTML_TAG_TBODY, HTML_MODE_IN_TABLE);
		html_tree_start_in_table(tree, token);
	}
}

void html_tree_end_in_table_body(struct html_tree *tree, const struct html_token *token)
{
	if (row_group(token->kind)) {
		if (in_table_scope(tree, token->kind))
			close_to(tree, HTML_TAG_TBODY, HTML_MODE_IN_TABLE);
	} else if (token->kind == HTML_TAG_TABLE) {
		if (!row_group_in_scope(tree))
			return;
		close_to(tree, HTML_TAG_TBODY, HTML_MODE_IN_TABLE);
		html_tree_end_in_table(tree, token);
	} else {
		html_tree_end_in_table(tree, token);
	}
}

void html_tree_start_in_row(struct html_tree *tree, const struct html_token *token)
{
	if (cell(token->kind)) {
		clear_back_to(tree, HTML_TAG_TR);
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_CELL;
		html_formatting_mark(&tree->stack);
	} else if (!table_part(token->kind)) {
		html_tree_start_in_table(tree, token);
	} else if (in_table_scope(tree, HTML_TAG_TR)) {
		close_to(tree, HTML_TAG_TR, HTML_MODE_IN_TABLE_BODY);
		html_tree_start_in_table_body(tree, token);
	}
}

void html_tree_end_in_row(struct html_tree *tree, const struct html_token *token)
{
	bool group = row_group(token->kind);

	if (token->kind != HTML_TAG_TR && token->kind != HTML_TAG_TABLE && !group) {
		html_tree_end_in_table(tree, token);
		return;
	}
	if (group && !in_table_scope(tree, token->kind))
		return;
	if (!in_table_scope(tree, HTML_TAG_TR))
		return;
	close_to(tree, HTML_TAG_TR, HTML_MODE_IN_TABLE_BODY);
	if (token->kind != HTML_TAG_TR)
		html_tree_end_in_table_body(tree, token);
}

/* Pop up to and including the cell that is open. */
static void close_cell(struct html_tree *tree)
{
	const struct html_open *node;

	html_stack_imply(&tree->stack, HTML_TAG_OTHER, false);
	while ((node = html_stack_current(&tree->stack))) {
		bool last = html_open_is(node, HTML_TAG_TD) || html_open_is(node, HTML_TAG_TH);

		html_stack_pop(&tree->stack);
		if (last)
			break;
	}
	html_formatting_clear(&tree->stack);
	tree->mode = HTML_MODE_IN_ROW;
}

void html_tree_start_in_cell(struct html_tree *tree, const struct html_token *token)
{
	if (!table_part(token->kind)) {
		html_tree_start_in_body(tree, token);
	} else if (in_table_scope(tree, HTML_TAG_TD) || in_table_scope(tree, HTML_TAG_TH)) {
		close_cell(tree);
		html_tree_start_in_row(tree, token);
	}
}

void html_tree_end_in_cell(struct html_tree *tree, const struct html_token *token)
{
	enum html_kind kind = token->kind;

	if (cell(kind)) {
		if (in_table_scope(tree, kind))
			close_cell(tree);
	} else if (kind == HTML_TAG_TABLE || kind == HTML_TAG_TR || row_group(kind)) {
		if (!in_table_scope(tree, kind))
			return;
		close_cell(tree);
		html_tree_end_in_row(tree, token);
	} else if (!table_part(kind) && kind != HTML_TAG_BODY && kind != HTML_TAG_HTML) {
		html_tree_end_in_body(tree, token);
	}
}
