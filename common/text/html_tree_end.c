/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules "in body" for end tags (HTML Standard 13.2.6.4.7), by the column of
 * html_element_table.h, and the end of templates. An end tag that fits nothing open is ignored, as
 * browsers do; it never ends more than the standard says.
 */
#include "text/html_tree_internal.h"

static bool same_name(const struct html_open *node, const struct html_token *token)
{
	return html_open_is(node, token->kind) &&
	       (token->kind != HTML_TAG_OTHER || node->name == token->name);
}

/* Any other end tag: close the nearest element of that name unless a special one is above it. */
static void end_generic(struct html_tree *tree, const struct html_token *token)
{
	struct html_stack *stack = &tree->stack;

	if (stack->counts[token->kind] == 0)
		return;
	for (size_t i = stack->depth; i-- > 1;) {
		if (same_name(&stack->open[i], token)) {
			html_stack_pop_to(stack, i);
			return;
		}
		if (html_open_special(&stack->open[i]))
			return;
	}
}

void html_tree_adopt(struct html_tree *tree, const struct html_token *token)
{
	if (!html_stack_adopt(&tree->stack, token->kind))
		end_generic(tree, token);
}

void html_tree_end_template(struct html_tree *tree)
{
	struct html_stack *stack = &tree->stack;

	if (stack->counts[HTML_TAG_TEMPLATE] == 0)
		return;
	html_stack_imply(stack, HTML_TAG_OTHER, true);
	html_stack_pop_kind(stack, HTML_TAG_TEMPLATE);
	html_formatting_clear(stack);
	if (tree->template_count > 0)
		tree->template_count--;
	html_tree_reset_mode(tree);
}

static void end_in_scope(struct html_tree *tree, enum html_kind kind, enum html_scope scope,
			 enum html_kind but)
{
	if (!html_stack_in_scope(&tree->stack, kind, scope))
		return;
	html_stack_imply(&tree->stack, but, but != HTML_TAG_OTHER);
	html_stack_pop_kind(&tree->stack, kind);
}

static void end_p(struct html_tree *tree)
{
	if (!html_stack_in_scope(&tree->stack, HTML_TAG_P, HTML_SCOPE_BUTTON))
		html_tree_fake(tree, HTML_TAG_P);
	html_stack_imply(&tree->stack, HTML_TAG_P, true);
	html_stack_pop_kind(&tree->stack, HTML_TAG_P);
}

static bool is_heading(const struct html_open *element)
{
	return element->space == HTML_NS_HTML &&
	       html_element_get(element->kind)->start == HTML_START_HEADING;
}

/* Any heading's end tag closes whichever heading is open. */
static void end_heading(struct html_tree *tree)
{
	struct html_stack *stack = &tree->stack;

	for (size_t i = stack->depth; i-- > 0;) {
		if (is_heading(&stack->open[i])) {
			html_stack_pop_to(stack, i);
			return;
		}
		if (html_open_scope(&stack->open[i]))
			return;
	}
}

static void end_form(struct html_tree *tree)
{
	bool in_template = tree->stack.counts[HTML_TAG_TEMPLATE] > 0;
	uint32_t form = tree->form;

	if (!in_template)
		tree->form = 0;
	if ((form == 0 && !in_template) ||
	    !html_stack_in_scope(&tree->stack, HTML_TAG_FORM, HTML_SCOPE_DEFAULT))
		return;
	html_stack_imply(&tree->stack, HTML_TAG_OTHER, false);
	if (in_template)
		html_stack_pop_kind(&tree->stack, HTML_TAG_FORM);
	else
		html_stack_remove(&tree->stack, form);
}

static void end_marker(struct html_tree *tree, enum html_kind kind)
{
	if (!html_stack_in_scope(&tree->stack, kind, HTML_SCOPE_DEFAULT))
		return;
	html_stack_imply(&tree->stack, HTML_TAG_OTHER, false);
	html_stack_pop_kind(&tree->stack, kind);
	html_formatting_clear(&tree->stack);
}

static void end_body(struct html_tree *tree, enum html_kind kind)
{
	if (!html_stack_in_scope(&tree->stack, HTML_TAG_BODY, HTML_SCOPE_DEFAULT))
		return;
	tree->mode = HTML_MODE_AFTER_BODY;
	if (kind == HTML_TAG_HTML && !tree->fragment)
		tree->mode = HTML_MODE_AFTER_AFTER_BODY;
}

void html_tree_end_in_body(struct html_tree *tree, const struct html_token *token)
{
	enum html_kind kind = token->kind;

	switch ((enum html_end)html_element_get(kind)->end) {
	case HTML_END_FORMAT:
		html_tree_adopt(tree, token);
		break;
	case HTML_END_BLOCK:
		end_in_scope(tree, kind, HTML_SCOPE_DEFAULT, HTML_TAG_OTHER);
		break;
	case HTML_END_P:
		end_p(tree);
		break;
	case HTML_END_LI:
		end_in_scope(tree, kind, HTML_SCOPE_LIST_ITEM, kind);
		break;
	case HTML_END_ITEM:
		end_in_scope(tree, kind, HTML_SCOPE_DEFAULT, kind);
		break;
	case HTML_END_HEADING:
		end_heading(tree);
		break;
	case HTML_END_BR:
		html_formatting_reconstruct(&tree->stack);
		tree->frameset_ok = false;
		break;
	case HTML_END_BODY:
	case HTML_END_HTML:
		end_body(tree, kind);
		break;
	case HTML_END_FORM:
		end_form(tree);
		break;
	case HTML_END_MARKER:
		end_marker(tree, kind);
		break;
	case HTML_END_TEMPLATE:
		html_tree_end_template(tree);
		break;
	case HTML_END_GENERIC:
		end_generic(tree, token);
		break;
	}
}
