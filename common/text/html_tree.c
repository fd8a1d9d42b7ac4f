/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dispatcher of tree construction (HTML Standard 13.2.6): foreign content or the present
 * insertion mode, and the modes before and after the body. The other modes are in
 * html_tree_body.c, html_tree_table.c and html_tree_select.c.
 *
 * Invariant: every re-processing moves the mode on or pops the stack, so that a token is looked at
 * a bounded number of times.
 */
#include "text/html_tree_internal.h"

void html_tree_init(struct html_tree *tree, bool fragment)
{
	html_stack_init(&tree->stack);
	tree->mode = HTML_MODE_INITIAL;
	tree->template_count = 0;
	tree->fragment = fragment;
	tree->has_head = tree->quirks = false;
	tree->frameset_ok = true;
	tree->form = 0;
	if (fragment) {
		html_tree_fake(tree, HTML_TAG_HTML);
		tree->templates[tree->template_count++] = HTML_MODE_IN_TEMPLATE;
		tree->mode = HTML_MODE_IN_TEMPLATE;
	}
}

bool html_tree_foreign(const struct html_tree *tree)
{
	const struct html_open *current = html_stack_current(&tree->stack);

	return current && current->space != HTML_NS_HTML;
}

void html_tree_insert(struct html_tree *tree, const struct html_token *token,
		      enum html_space_name space)
{
	html_stack_push(&tree->stack, (struct html_open){
					      .name = token->name,
					      .kind = (uint16_t)token->kind,
					      .space = space,
					      .notrack = token->notrack,
					      .holds_html = token->integration_encoding,
				      });
	tree->inserted = true;
}

void html_tree_append(struct html_tree *tree)
{
	tree->inserted = true;
}

void html_tree_fake(struct html_tree *tree, enum html_kind kind)
{
	html_stack_push(&tree->stack, (struct html_open){.kind = (uint16_t)kind});
}

void html_tree_insert_text(struct html_tree *tree, enum html_text text)
{
	tree->inserted = true;
	tree->text = text;
}

static bool math_text(const struct html_open *element)
{
	return element->space == HTML_NS_MATH &&
	       (html_element_get(element->kind)->properties & HTML_MATH_TEXT);
}

static bool holds_html(const struct html_open *element)
{
	if (element->space == HTML_NS_SVG)
		return html_element_get(element->kind)->properties & HTML_SVG_HTML;
	return element->space == HTML_NS_MATH && element->kind == HTML_TAG_ANNOTATION_XML &&
	       element->holds_html;
}

bool html_integration_point(const struct html_open *element)
{
	return math_text(element) || holds_html(element);
}

static bool start_is_foreign(const struct html_tree *tree, const struct html_token *token)
{
	const struct html_open *current = html_stack_current(&tree->stack);

	if (!current || current->space == HTML_NS_HTML)
		return false;
	if (token->kind == HTML_TAG_SVG && current->space == HTML_NS_MATH &&
	    current->kind == HTML_TAG_ANNOTATION_XML)
		return false;
	if (!html_integration_point(current))
		return true;
	return !holds_html(current) &&
	       (token->kind == HTML_TAG_MGLYPH || token->kind == HTML_TAG_MALIGNMARK);
}

static void leave_foreign(struct html_tree *tree)
{
	const struct html_open *current;

	while ((current = html_stack_current(&tree->stack)) && current->space != HTML_NS_HTML &&
	       !html_integration_point(current))
		html_stack_pop(&tree->stack);
}

static void start_in_foreign(struct html_tree *tree, const struct html_token *token)
{
	if ((html_element_get(token->kind)->properties & HTML_BREAKOUT) ||
	    (token->kind == HTML_TAG_FONT && token->font_attributes)) {
		leave_foreign(tree);
		html_tree_start_by_mode(tree, token);
	} else if (token->self_closing) {
		html_tree_append(tree);
	} else {
		html_tree_insert(tree, token, html_stack_current(&tree->stack)->space);
	}
}

/* Close the nearest foreign element of that name unless an HTML element is above it. */
static void end_in_foreign(struct html_tree *tree, const struct html_token *token)
{
	const struct html_stack *stack = &tree->stack;

	if (token->kind == HTML_TAG_P || token->kind == HTML_TAG_BR) {
		leave_foreign(tree);
		html_tree_end_by_mode(tree, token);
		return;
	}
	for (size_t i = stack->depth; i-- > 0 && stack->open[i].space != HTML_NS_HTML;) {
		if (stack->open[i].name == token->name) {
			html_stack_pop_to(&tree->stack, i);
			return;
		}
	}
	html_tree_end_by_mode(tree, token);
}

void html_tree_start(struct html_tree *tree, const struct html_token *token)
{
	tree->inserted = false;
	tree->removed_body = false;
	tree->text = HTML_TEXT_MARKUP;
	if (start_is_foreign(tree, token))
		start_in_foreign(tree, token);
	else
		html_tree_start_by_mode(tree, token);
}

void html_tree_end(struct html_tree *tree, const struct html_token *token)
{
	if (html_tree_foreign(tree))
		end_in_foreign(tree, token);
	else
		html_tree_end_by_mode(tree, token);
}
