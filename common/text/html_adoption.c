/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adoption agency algorithm (HTML Standard 13.2.6.4.7), which sorts out "<b><p></b></p>". Nodes
 * that it moves in the tree do not matter here; what it leaves on the stack and in the list does.
 *
 * The entries between formatting element and furthest block are gone through once per round and
 * all but three leave both stack and list, which keeps the work in proportion to what was pushed.
 */
#include "text/html_stack.h"

enum { ROUNDS = 8, KEPT = 3 };

static size_t entry_index(const struct html_stack *stack, uint32_t serial)
{
	size_t index = stack->formatting_count;

	while (index-- > 0)
		if (stack->formatting[index].element.kind != HTML_TAG_OTHER &&
		    stack->formatting[index].element.serial == serial)
			break;
	return index;
}

/* Index of the lowest special element above @index; the depth when there is none. */
static size_t furthest_block(const struct html_stack *stack, size_t index)
{
	while (++index < stack->depth)
		if (html_open_special(&stack->open[index]))
			break;
	return index;
}

static bool scope_above(const struct html_stack *stack, size_t index)
{
	while (++index < stack->depth)
		if (html_open_scope(&stack->open[index]))
			return true;
	return false;
}

/*
 * The inner loop: elements between @first and @block are recreated while they are among the three
 * next to the block and listed, else taken off. Returns the block's new index; *bookmark is the
 * list index before which the recreated formatting element goes.
 */
static size_t inner_loop(struct html_stack *stack, size_t first, size_t block, size_t *bookmark)
{
	size_t to = block, gap;
	bool last_is_block = true;
	unsigned int round = 0;

	for (size_t from = block; --from > first; round++) {
		struct html_open *node = &stack->open[from];
		size_t entry = entry_index(stack, node->serial);
		bool listed = entry != (size_t)-1;

		if (listed && round >= KEPT) {
			(void)html_formatting_forget(stack, node->serial);
			if (entry < *bookmark)
				--*bookmark;
			listed = false;
		}
		if (!listed) {
			if (node->space == HTML_NS_HTML)
				stack->counts[node->kind]--;
			stack->notrack -= node->notrack;
			continue;
		}
		node->serial = ++stack->serial;
		stack->formatting[entry].element.serial = node->serial;
		stack->formatting[entry].slot = --to;
		if (last_is_block)
			*bookmark = entry + 1;
		last_is_block = false;
		stack->open[to] = *node;
	}
	gap = to - (first + 1);
	html_formatting_moved(stack, to, HTML_STACK_MAX, gap);
	memmove(&stack->open[first + 1], &stack->open[to],
		(stack->depth - to) * sizeof(stack->open[0]));
	stack->depth -= gap;
	return block - gap;
}

/* Take the formatting element at @first off stack and list; put its twin above @block. */
static void replace(struct html_stack *stack, size_t first, size_t block, size_t bookmark)
{
	struct html_open twin = stack->open[first];
	size_t old = entry_index(stack, twin.serial);
	struct html_formatting entry = stack->formatting[old];

	twin.serial = ++stack->serial;
	html_formatting_moved(stack, first + 1, block, 1);
	entry.element.serial = twin.serial;
	entry.slot = block;
	if (old < bookmark) {
		bookmark--;
		memmove(&stack->formatting[old], &stack->formatting[old + 1],
			(bookmark - old) * sizeof(entry));
	} else {
		memmove(&stack->formatting[bookmark + 1], &stack->formatting[bookmark],
			(old - bookmark) * sizeof(entry));
	}
	stack->formatting[bookmark] = entry;
	memmove(&stack->open[first], &stack->open[first + 1],
		(block - first) * sizeof(stack->open[0]));
	stack->open[block] = twin;
}

/* One round; false when the algorithm is over. */
static bool adopt_once(struct html_stack *stack, const struct html_formatting *entry)
{
	uint32_t serial = entry->element.serial;
	size_t bookmark = (size_t)(entry - stack->formatting);
	size_t first, block;

	if (!html_formatting_is_open(stack, entry)) {
		(void)html_formatting_forget(stack, serial);
		return false;
	}
	first = entry->slot;
	if (scope_above(stack, first))
		return false;
	block = furthest_block(stack, first);
	if (block == stack->depth) {
		html_stack_pop_to(stack, first);
		(void)html_formatting_forget(stack, serial);
		return false;
	}
	block = inner_loop(stack, first, block, &bookmark);
	replace(stack, first, block, bookmark);
	return true;
}

bool html_stack_adopt(struct html_stack *stack, enum html_kind kind)
{
	const struct html_open *current = html_stack_current(stack);
	const struct html_formatting *entry;

	if (current && html_open_is(current, kind) &&
	    entry_index(stack, current->serial) == (size_t)-1) {
		html_stack_pop(stack);
		return true;
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		entry = html_formatting_find(stack, kind);
		if (!entry)
			return false;
		if (!adopt_once(stack, entry))
			return true;
	}
	return true;
}
