/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What text does to the tree: it opens the body, makes formatting elements be opened again, and
 * rules a frameset out. A run of text does these once, so that only its first white space, its
 * first NUL and its first other character count, and the rest is not looked at.
 */
#include "text/html_tree_internal.h"

/* Of the text of a run only the first white space, NUL and other character matter. */
enum text_kind { TEXT_SPACE = 1, TEXT_NUL = 2, TEXT_CHARACTER = 4 };

static void text_in_body(struct html_tree *tree, enum text_kind kind)
{
	if (kind == TEXT_NUL)
		return;
	html_formatting_reconstruct(&tree->stack);
	if (kind == TEXT_CHARACTER)
		tree->frameset_ok = false;
}

static bool table_structure(const struct html_open *element)
{
	return element->space == HTML_NS_HTML &&
	       (element->kind == HTML_TAG_TABLE || element->kind == HTML_TAG_TBODY ||
		element->kind == HTML_TAG_TFOOT || element->kind == HTML_TAG_THEAD ||
		element->kind == HTML_TAG_TR);
}

static void text_by_mode(struct html_tree *tree, enum text_kind kind)
{
	if (tree->mode == HTML_MODE_AFTER_BODY || tree->mode == HTML_MODE_AFTER_AFTER_BODY) {
		if (kind == TEXT_SPACE)
			html_formatting_reconstruct(&tree->stack);
		else
			tree->mode = HTML_MODE_IN_BODY;
	}
	if (kind == TEXT_SPACE && tree->mode < HTML_MODE_IN_BODY)
		return;
	while (tree->mode < HTML_MODE_IN_BODY)
		(void)html_tree_move_on(tree);
	if (tree->mode == HTML_MODE_IN_COLUMN_GROUP && kind != TEXT_SPACE &&
	    html_stack_current_is(&tree->stack, HTML_TAG_COLGROUP)) {
		html_stack_pop(&tree->stack);
		tree->mode = HTML_MODE_IN_TABLE;
	}
	switch (tree->mode) {
	case HTML_MODE_IN_TABLE:
	case HTML_MODE_IN_TABLE_BODY:
	case HTML_MODE_IN_ROW:
		if (kind != TEXT_CHARACTER && table_structure(html_stack_current(&tree->stack)))
			return;
		/* fall through */
	case HTML_MODE_IN_BODY:
	case HTML_MODE_IN_CAPTION:
	case HTML_MODE_IN_CELL:
	case HTML_MODE_IN_TEMPLATE:
		text_in_body(tree, kind);
		return;
	default:
		return;
	}
}

static enum text_kind kind_of(uint8_t byte)
{
	if (html_space(byte))
		return TEXT_SPACE;
	return byte == 0 ? TEXT_NUL : TEXT_CHARACTER;
}

void html_tree_text(struct html_tree *tree, struct span text)
{
	const struct html_open *current = html_stack_current(&tree->stack);
	bool foreign =
		current && current->space != HTML_NS_HTML && !html_integration_point(current);
	unsigned int seen = 0;

	for (size_t i = 0; i < text.size && !(seen & TEXT_CHARACTER); i++) {
		enum text_kind kind = kind_of(text.data[i]);

		if (seen & kind)
			continue;
		seen |= kind;
		if (!foreign)
			text_by_mode(tree, kind);
		else if (kind == TEXT_CHARACTER)
			tree->frameset_ok = false;
	}
}
