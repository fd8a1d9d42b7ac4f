/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of active formatting elements: <b>, <a> and their like that are still meant to format
 * what follows, though a block closed them. Each entry knows the slot of its element on the stack;
 * whoever moves elements tells, and an element that was popped is no longer found at its slot.
 */
#include "text/html_stack.h"

static bool is_marker(const struct html_formatting *entry)
{
	return entry->element.kind == HTML_TAG_OTHER;
}

static void drop(struct html_stack *stack, size_t index)
{
	stack->formatting_count--;
	memmove(&stack->formatting[index], &stack->formatting[index + 1],
		(stack->formatting_count - index) * sizeof(stack->formatting[0]));
}

/* Of three equal entries after the last marker the earliest gives way (the "Noah's Ark clause"). */
static void limit_equal(struct html_stack *stack, const struct html_formatting *entry)
{
	size_t equal = 0;

	for (size_t i = stack->formatting_count; i-- > 0;) {
		const struct html_formatting *other = &stack->formatting[i];

		if (is_marker(other))
			return;
		if (other->element.kind != entry->element.kind ||
		    other->attributes != entry->attributes)
			continue;
		if (++equal == 3) {
			drop(stack, i);
			return;
		}
	}
}

void html_formatting_push(struct html_stack *stack, uint64_t attributes)
{
	struct html_formatting entry = {
		.element = *html_stack_current(stack),
		.attributes = attributes,
		.slot = stack->depth - 1,
	};

	limit_equal(stack, &entry);
	if (stack->formatting_count < HTML_FORMATTING_MAX)
		stack->formatting[stack->formatting_count++] = entry;
}

void html_formatting_mark(struct html_stack *stack)
{
	if (stack->formatting_count < HTML_FORMATTING_MAX)
		stack->formatting[stack->formatting_count++] = (struct html_formatting){0};
}

void html_formatting_clear(struct html_stack *stack)
{
	while (stack->formatting_count > 0)
		if (is_marker(&stack->formatting[--stack->formatting_count]))
			break;
}

void html_formatting_reconstruct(struct html_stack *stack)
{
	size_t from = stack->formatting_count;

	while (from > 0 && !is_marker(&stack->formatting[from - 1]) &&
	       !html_formatting_is_open(stack, &stack->formatting[from - 1]))
		from--;
	for (; from < stack->formatting_count; from++) {
		html_stack_push(stack, stack->formatting[from].element);
		stack->formatting[from].element.serial = stack->serial;
		stack->formatting[from].slot = stack->depth - 1;
	}
}

const struct html_formatting *html_formatting_find(const struct html_stack *stack,
						   enum html_kind kind)
{
	for (size_t i = stack->formatting_count; i-- > 0;) {
		if (is_marker(&stack->formatting[i]))
			return NULL;
		if (stack->formatting[i].element.kind == kind)
			return &stack->formatting[i];
	}
	return NULL;
}

static struct html_formatting *entry_of(struct html_stack *stack, uint32_t serial)
{
	for (size_t i = stack->formatting_count; i-- > 0;)
		if (!is_marker(&stack->formatting[i]) &&
		    stack->formatting[i].element.serial == serial)
			return &stack->formatting[i];
	return NULL;
}

bool html_formatting_is_open(const struct html_stack *stack, const struct html_formatting *entry)
{
	return entry->slot < stack->depth &&
	       stack->open[entry->slot].serial == entry->element.serial;
}

void html_formatting_moved(struct html_stack *stack, size_t from, size_t to, size_t by)
{
	for (size_t i = 0; i < stack->formatting_count; i++)
		if (stack->formatting[i].slot >= from && stack->formatting[i].slot <= to)
			stack->formatting[i].slot -= by;
}

bool html_formatting_forget(struct html_stack *stack, uint32_t serial)
{
	struct html_formatting *entry = entry_of(stack, serial);

	if (entry)
		drop(stack, (size_t)(entry - stack->formatting));
	return entry;
}
