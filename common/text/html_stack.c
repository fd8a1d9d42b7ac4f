/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of open elements. Counts per kind answer the commonest question, "is any <p> open?",
 * without a walk; walks stop at the limit of the stack, so that no document makes an end tag cost
 * more than a constant.
 */
#include "text/html_stack.h"

/* Of a foreign element the same few are special and bound scopes (13.2.4.2). */
static bool foreign_boundary(const struct html_open *element)
{
	unsigned int properties = html_element_get(element->kind)->properties;

	if (element->space == HTML_NS_SVG)
		return properties & HTML_SVG_HTML;
	return (properties & HTML_MATH_TEXT) || element->kind == HTML_TAG_ANNOTATION_XML;
}

enum { ALL_NEAR = 1 << HTML_SCOPE_DEFAULT | 1 << HTML_SCOPE_LIST_ITEM | 1 << HTML_SCOPE_BUTTON };

static uint8_t bounds_of(const struct html_open *element)
{
	unsigned int properties = html_element_get(element->kind)->properties;
	unsigned int bounds = 1 << HTML_SCOPE_SELECT;
	enum html_kind kind = element->kind;

	if (element->space != HTML_NS_HTML)
		return (uint8_t)(foreign_boundary(element) ? bounds | ALL_NEAR | HTML_BOUND_SPECIAL
							   : bounds);
	if (kind == HTML_TAG_OPTGROUP || kind == HTML_TAG_OPTION)
		bounds = 0;
	if (properties & HTML_SPECIAL)
		bounds |= HTML_BOUND_SPECIAL;
	if (properties & HTML_SCOPE)
		bounds |= ALL_NEAR;
	if (kind == HTML_TAG_OL || kind == HTML_TAG_UL)
		bounds |= 1 << HTML_SCOPE_LIST_ITEM;
	if (kind == HTML_TAG_BUTTON)
		bounds |= 1 << HTML_SCOPE_BUTTON;
	if (kind == HTML_TAG_HTML || kind == HTML_TAG_TABLE || kind == HTML_TAG_TEMPLATE)
		bounds |= 1 << HTML_SCOPE_TABLE;
	return (uint8_t)bounds;
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
	element.bounds = bounds_of(&element);
	count(stack, &element, 1);
	stack->open[stack->depth++] = element;
}

void html_stack_pop(struct html_stack *stack)
{
	if (stack->depth == 0)
		return;
	stack->depth--;
	count(stack, &stack->open[stack->depth], -1);
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
	size_t at = stack->depth;

	while (at-- > 0 && stack->open[at].serial != serial)
		;
	if (at == (size_t)-1)
		return;
	html_formatting_moved(stack, at + 1, HTML_STACK_MAX, 1);
	count(stack, &stack->open[at], -1);
	stack->depth--;
	memmove(&stack->open[at], &stack->open[at + 1],
		(stack->depth - at) * sizeof(stack->open[0]));
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

bool html_stack_in_scope(const struct html_stack *stack, enum html_kind kind, enum html_scope scope)
{
	if (stack->counts[kind] == 0)
		return false;
	for (size_t i = stack->depth; i-- > 0;) {
		if (html_open_is(&stack->open[i], kind))
			return true;
		if (stack->open[i].bounds & 1 << scope)
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
