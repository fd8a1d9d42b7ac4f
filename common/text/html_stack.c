/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of open elements. Counts per kind answer the commonest question, "is any <p> open?",
 * without a walk; walks stop at the limit of the stack, so that no document makes an end tag cost
 * more than a constant.
 */
#include "text/html_stack.h"

#include "text/html_element.h"

bool html_open_is(const struct html_open *element, enum html_kind kind)
{
	return element->kind == kind && element->space == HTML_NS_HTML;
}

/* Of a foreign element the same few are special and bound scopes (13.2.4.2). */
static bool foreign_boundary(const struct html_open *element)
{
	unsigned int properties = html_element_get(element->kind)->properties;

	if (element->space == HTML_NS_SVG)
		return properties & HTML_SVG_HTML;
	return (properties & HTML_MATH_TEXT) || element->kind == HTML_TAG_ANNOTATION_XML;
}

bool html_open_special(const struct html_open *element)
{
	if (element->space != HTML_NS_HTML)
		return foreign_boundary(element);
	return html_element_get(element->kind)->properties & HTML_SPECIAL;
}

bool html_open_scope(const struct html_open *element)
{
	if (element->space != HTML_NS_HTML)
		return foreign_boundary(element);
	return html_element_get(element->kind)->properties & HTML_SCOPE;
}

static void count(struct html_stack *stack, const struct html_open *element, int by)
{
	if (element->space == HTML_NS_HTML)
		stack->counts[element->kind] = (uint16_t)(stack->counts[element->kind] + by);
	if (element->notrack)
		stack->notrack += (size_t)by;
}

/* Slots above the depth are never read, so they stay as they are. */
void html_stack_init(struct html_stack *stack)
{
	stack->depth = stack->formatting_count = stack->notrack = 0;
	stack->serial = 0;
	memset(stack->counts, 0, sizeof(stack->counts));
}

void html_stack_push(struct html_stack *stack, struct html_open element)
{
	if (stack->depth == HTML_STACK_MAX)
		html_stack_pop(stack);
	element.serial = ++stack->serial;
	count(stack, &element, 1);
	stack->open[stack->depth++] = element;
}

void html_stack_pop(struct html_stack *stack)
{
	if (stack->depth == 0)
		return;
	stack->depth--;
	count(stack, &stack->open[stack->depth], -1);
	html_formatting_closed(stack, &stack->open[stack->depth]);
}

void html_stack_pop_to(struct html_stack *stack, size_t depth)
{
	while (stack->depth > depth)
		html_stack_pop(stack);
}

void html_stack_pop_kind(struct html_stack *stack, enum html_kind kind)
{
	if (stack->counts[kind] == 0)
		return;
	while (!html_stack_current_is(stack, kind))
		html_stack_pop(stack);
	html_stack_pop(stack);
}

void html_stack_remove(struct html_stack *stack, uint32_t serial)
{
	for (size_t i = stack->depth; i-- > 0;) {
		struct html_open removed = stack->open[i];

		if (removed.serial != serial)
			continue;
		stack->depth--;
		memmove(&stack->open[i], &stack->open[i + 1],
			(stack->depth - i) * sizeof(stack->open[0]));
		count(stack, &removed, -1);
		html_formatting_closed(stack, &removed);
		return;
	}
}

const struct html_open *html_stack_current(const struct html_stack *stack)
{
	return stack->depth > 0 ? &stack->open[stack->depth - 1] : NULL;
}

bool html_stack_current_is(const struct html_stack *stack, enum html_kind kind)
{
	const struct html_open *current = html_stack_current(stack);

	return current && html_open_is(current, kind);
}

static bool bounds(const struct html_open *element, enum html_scope scope)
{
	bool html = element->space == HTML_NS_HTML;
	uint16_t kind = element->kind;

	switch (scope) {
	case HTML_SCOPE_TABLE:
		return html && (kind == HTML_TAG_HTML || kind == HTML_TAG_TABLE ||
				kind == HTML_TAG_TEMPLATE);
	case HTML_SCOPE_SELECT:
		return !html || (kind != HTML_TAG_OPTGROUP && kind != HTML_TAG_OPTION);
	case HTML_SCOPE_LIST_ITEM:
		return html_open_scope(element) ||
		       (html && (kind == HTML_TAG_OL || kind == HTML_TAG_UL));
	case HTML_SCOPE_BUTTON:
		return html_open_scope(element) || (html && kind == HTML_TAG_BUTTON);
	case HTML_SCOPE_DEFAULT:
		break;
	}
	return html_open_scope(element);
}

bool html_stack_in_scope(const struct html_stack *stack, enum html_kind kind, enum html_scope scope)
{
	if (stack->counts[kind] == 0)
		return false;
	for (size_t i = stack->depth; i-- > 0;) {
		if (html_open_is(&stack->open[i], kind))
			return true;
		if (bounds(&stack->open[i], scope))
			return false;
	}
	return false;
}

void html_stack_imply(struct html_stack *stack, enum html_kind but, bool thoroughly)
{
	unsigned int implied = HTML_IMPLIED | (thoroughly ? HTML_TABLE_PART : 0);
	const struct html_open *current;

	while ((current = html_stack_current(stack))) {
		if (current->space != HTML_NS_HTML || current->kind == but)
			break;
		if (!(html_element_get(current->kind)->properties & implied))
			break;
		html_stack_pop(stack);
	}
}
