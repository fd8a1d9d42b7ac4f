/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules "in head" and "in body" (HTML Standard 13.2.6.4.4 and 13.2.6.4.7) for start tags, by
 * the column of html_element_table.h. Foster parenting moves nodes in the tree but changes nothing
 * on the stack, so the table modes simply come here.
 */
#include "text/html_tree_internal.h"

static void close_p(struct html_tree *tree)
{
	if (!html_stack_in_scope(&tree->stack, HTML_TAG_P, HTML_SCOPE_BUTTON))
		return;
	html_stack_imply(&tree->stack, HTML_TAG_P, true);
	html_stack_pop_kind(&tree->stack, HTML_TAG_P);
}

static void start_template(struct html_tree *tree, const struct html_token *token)
{
	html_tree_insert(tree, token, HTML_NS_HTML);
	html_formatting_mark(&tree->stack);
	tree->frameset_ok = false;
	tree->mode = HTML_MODE_IN_TEMPLATE;
	if (tree->template_count < HTML_STACK_MAX)
		tree->templates[tree->template_count++] = HTML_MODE_IN_TEMPLATE;
}

void html_tree_start_in_head(struct html_tree *tree, const struct html_token *token)
{
	switch (token->kind) {
	case HTML_TAG_BASE:
	case HTML_TAG_BASEFONT:
	case HTML_TAG_BGSOUND:
	case HTML_TAG_LINK:
	case HTML_TAG_META:
		html_tree_append(tree);
		break;
	case HTML_TAG_NOSCRIPT:
		html_tree_insert(tree, token, HTML_NS_HTML);
		tree->mode = HTML_MODE_IN_HEAD_NOSCRIPT;
		break;
	case HTML_TAG_TITLE:
	case HTML_TAG_NOFRAMES:
	case HTML_TAG_STYLE:
		html_tree_insert_text(tree, HTML_TEXT_RAW);
		break;
	case HTML_TAG_SCRIPT:
		html_tree_insert_text(tree, HTML_TEXT_SCRIPT);
		break;
	case HTML_TAG_TEMPLATE:
		start_template(tree, token);
		break;
	case HTML_TAG_HEAD:
		break;
	default:
		(void)html_tree_move_on(tree);
		html_tree_start_by_mode(tree, token);
	}
}

static void start_generic(struct html_tree *tree, const struct html_token *token)
{
	html_formatting_reconstruct(&tree->stack);
	html_tree_insert(tree, token, HTML_NS_HTML);
}

static void start_format(struct html_tree *tree, const struct html_token *token)
{
	start_generic(tree, token);
	html_formatting_push(&tree->stack, token->attributes);
}

static void start_anchor(struct html_tree *tree, const struct html_token *token)
{
	const struct html_formatting *open = html_formatting_find(&tree->stack, HTML_TAG_A);

	if (open) {
		uint32_t serial = open->element.serial;

		html_tree_adopt(tree, token);
		if (html_formatting_forget(&tree->stack, serial))
			html_stack_remove(&tree->stack, serial);
	}
	start_format(tree, token);
}

static void start_nobr(struct html_tree *tree, const struct html_token *token)
{
	html_formatting_reconstruct(&tree->stack);
	if (html_stack_in_scope(&tree->stack, HTML_TAG_NOBR, HTML_SCOPE_DEFAULT))
		html_tree_adopt(tree, token);
	start_format(tree, token);
}

static void start_block(struct html_tree *tree, const struct html_token *token)
{
	close_p(tree);
	html_tree_insert(tree, token, HTML_NS_HTML);
}

static void start_heading(struct html_tree *tree, const struct html_token *token)
{
	const struct html_open *current;

	close_p(tree);
	current = html_stack_current(&tree->stack);
	if (current->space == HTML_NS_HTML &&
	    html_element_get(current->kind)->start == HTML_START_HEADING)
		html_stack_pop(&tree->stack);
	html_tree_insert(tree, token, HTML_NS_HTML);
}

/* <li> closes an open <li>, <dd> and <dt> an open one of either, unless something is between. */
static void start_item(struct html_tree *tree, const struct html_token *token)
{
	bool list = token->kind == HTML_TAG_LI;
	struct html_stack *stack = &tree->stack;

	tree->frameset_ok = false;
	for (size_t i = stack->depth; i-- > 0;) {
		const struct html_open *node = &stack->open[i];
		enum html_kind kind = node->kind;

		if (list ? html_open_is(node, HTML_TAG_LI)
			 : html_open_is(node, HTML_TAG_DD) || html_open_is(node, HTML_TAG_DT)) {
			html_stack_imply(stack, kind, true);
			html_stack_pop_kind(stack, kind);
			break;
		}
		if (html_open_special(node) && !html_open_is(node, HTML_TAG_ADDRESS) &&
		    !html_open_is(node, HTML_TAG_DIV) && !html_open_is(node, HTML_TAG_P))
			break;
	}
	start_block(tree, token);
}

static void start_void(struct html_tree *tree)
{
	html_formatting_reconstruct(&tree->stack);
	html_tree_append(tree);
	tree->frameset_ok = false;
}

static void start_form(struct html_tree *tree, const struct html_token *token)
{
	bool in_template = tree->stack.counts[HTML_TAG_TEMPLATE] > 0;

	if (tree->form != 0 && !in_template)
		return;
	start_block(tree, token);
	if (!in_template)
		tree->form = tree->stack.serial;
}

static void start_foreign(struct html_tree *tree, const struct html_token *token)
{
	html_formatting_reconstruct(&tree->stack);
	if (token->self_closing)
		html_tree_append(tree);
	else
		html_tree_insert(tree, token,
				 token->kind == HTML_TAG_SVG ? HTML_NS_SVG : HTML_NS_MATH);
}

static void start_table(struct html_tree *tree, const struct html_token *token)
{
	if (!tree->quirks)
		close_p(tree);
	html_tree_insert(tree, token, HTML_NS_HTML);
	tree->frameset_ok = false;
	tree->mode = HTML_MODE_IN_TABLE;
}

static void start_button(struct html_tree *tree, const struct html_token *token)
{
	if (html_stack_in_scope(&tree->stack, HTML_TAG_BUTTON, HTML_SCOPE_DEFAULT)) {
		html_stack_imply(&tree->stack, HTML_TAG_OTHER, false);
		html_stack_pop_kind(&tree->stack, HTML_TAG_BUTTON);
	}
	start_generic(tree, token);
	tree->frameset_ok = false;
}

static void start_select(struct html_tree *tree, const struct html_token *token)
{
	bool in_table = tree->mode == HTML_MODE_IN_TABLE || tree->mode == HTML_MODE_IN_CAPTION ||
			tree->mode == HTML_MODE_IN_TABLE_BODY || tree->mode == HTML_MODE_IN_ROW ||
			tree->mode == HTML_MODE_IN_CELL;

	start_generic(tree, token);
	tree->frameset_ok = false;
	tree->mode = in_table ? HTML_MODE_IN_SELECT_IN_TABLE : HTML_MODE_IN_SELECT;
}

static void start_ruby(struct html_tree *tree, const struct html_token *token, enum html_kind but)
{
	if (html_stack_in_scope(&tree->stack, HTML_TAG_RUBY, HTML_SCOPE_DEFAULT))
		html_stack_imply(&tree->stack, but, but != HTML_TAG_OTHER);
	html_tree_insert(tree, token, HTML_NS_HTML);
}

/* <html> and <body> again add their attributes to the elements that are there. */
static void merge(struct html_tree *tree, const struct html_token *token)
{
	struct html_stack *stack = &tree->stack;
	size_t index = token->kind == HTML_TAG_BODY ? 1 : 0;

	if (stack->counts[HTML_TAG_TEMPLATE] > 0 || index >= stack->depth)
		return;
	if (index == 1 && !html_open_is(&stack->open[1], HTML_TAG_BODY))
		return;
	if (index == 1)
		tree->frameset_ok = false;
	if (token->notrack && !stack->open[index].notrack) {
		stack->open[index].notrack = true;
		stack->notrack++;
	}
}

/* A frameset takes the body's place while nothing visible is in the body. */
static void start_frameset(struct html_tree *tree, const struct html_token *token)
{
	if (!tree->frameset_ok || tree->stack.depth < 2 ||
	    !html_open_is(&tree->stack.open[1], HTML_TAG_BODY))
		return;
	html_stack_pop_to(&tree->stack, 1);
	html_tree_insert(tree, token, HTML_NS_HTML);
	tree->removed_body = true;
	tree->mode = HTML_MODE_IN_FRAMESET;
}

/* Elements whose content is text, by what they do before. */
static void start_text(struct html_tree *tree, enum html_start start)
{
	if (start == HTML_START_XMP) {
		close_p(tree);
		html_formatting_reconstruct(&tree->stack);
	}
	if (start == HTML_START_PLAINTEXT)
		close_p(tree);
	else if (start != HTML_START_RAW)
		tree->frameset_ok = false;
	html_tree_insert_text(tree,
			      start == HTML_START_PLAINTEXT ? HTML_TEXT_PLAIN : HTML_TEXT_RAW);
}

/* The rules with more than a line; false when @start is not one of them. */
static bool start_particular(struct html_tree *tree, const struct html_token *token,
			     enum html_start start)
{
	static void (*const rules[])(struct html_tree *, const struct html_token *) = {
		[HTML_START_GENERIC] = start_generic,
		[HTML_START_ANCHOR] = start_anchor,
		[HTML_START_FORMAT] = start_format,
		[HTML_START_NOBR] = start_nobr,
		[HTML_START_BLOCK] = start_block,
		[HTML_START_HEADING] = start_heading,
		[HTML_START_ITEM] = start_item,
		[HTML_START_SVG] = start_foreign,
		[HTML_START_MATH] = start_foreign,
		[HTML_START_HTML] = merge,
		[HTML_START_HEAD_CHILD] = html_tree_start_in_head,
		[HTML_START_BODY] = merge,
		[HTML_START_FORM] = start_form,
		[HTML_START_TABLE] = start_table,
		[HTML_START_BUTTON] = start_button,
		[HTML_START_SELECT] = start_select,
		[HTML_START_FRAMESET] = start_frameset,
		[HTML_START_IGNORED] = NULL,
	};

	if (!rules[start])
		return false;
	rules[start](tree, token);
	return true;
}

void html_tree_start_in_body(struct html_tree *tree, const struct html_token *token)
{
	enum html_start start = html_element_get(token->kind)->start;
	bool frameset_ok = tree->frameset_ok;

	if (start_particular(tree, token, start))
		return;
	switch (start) {
	case HTML_START_HR:
		close_p(tree);
		html_tree_append(tree);
		tree->frameset_ok = false;
		break;
	case HTML_START_PRE:
		start_block(tree, token);
		tree->frameset_ok = false;
		break;
	case HTML_START_VOID:
		start_void(tree);
		break;
	case HTML_START_INPUT:
		start_void(tree);
		tree->frameset_ok = frameset_ok && token->hidden;
		break;
	case HTML_START_PARAM:
		html_tree_append(tree);
		break;
	case HTML_START_MARKER:
		start_generic(tree, token);
		html_formatting_mark(&tree->stack);
		tree->frameset_ok = false;
		break;
	case HTML_START_OPTION:
		if (html_stack_current_is(&tree->stack, HTML_TAG_OPTION))
			html_stack_pop(&tree->stack);
		start_generic(tree, token);
		break;
	case HTML_START_RUBY_BASE:
	case HTML_START_RUBY_TEXT:
		start_ruby(tree, token,
			   start == HTML_START_RUBY_TEXT ? HTML_TAG_RTC : HTML_TAG_OTHER);
		break;
	case HTML_START_XMP:
	case HTML_START_IFRAME:
	case HTML_START_RAW:
	case HTML_START_TEXTAREA:
	case HTML_START_PLAINTEXT:
		start_text(tree, start);
		break;
	default:
		break;
	}
}
