/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A heap with the one in front that ranks last: it is the one that gives way.
 *
 * Slots are of one size, numbers first, so that a slot is moved as it is; one slot behind the heap
 * is room to exchange two others by, and for what comes in until it is known to stay. Sorting ends
 * the heap.
 */
#include "summary/report_top.h"

#include <errno.h>
#include <stdlib.h>

struct slot {
	int64_t first, second;
	size_t size; /* of the bytes, for top_sort() */
	uint8_t bytes[];
};

static size_t slot_bytes(const struct top *top)
{
	return (sizeof(struct slot) + top->size + 7) & ~(size_t)7;
}

static struct slot *slot_at(const struct top *top, size_t index)
{
	return (struct slot *)(void *)(top->slots + index * slot_bytes(top));
}

int top_init(struct top *top, size_t size, size_t capacity)
{
	*top = (struct top){.size = size, .capacity = capacity};
	/* One more, to exchange two by. */
	top->slots = calloc(capacity + 1, slot_bytes(top));
	return top->slots ? 0 : -ENOMEM;
}

void top_finish(struct top *top)
{
	free(top->slots);
	*top = (struct top){0};
}

/* Which of two ranks first: below 0 the left one. */
static int compare(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	if (a->first != b->first)
		return a->first > b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second > b->second ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->size);
}

static void exchange(struct top *top, size_t a, size_t b)
{
	struct slot *room = slot_at(top, top->capacity);
	size_t size = slot_bytes(top);

	memcpy(room, slot_at(top, a), size);
	memcpy(slot_at(top, a), slot_at(top, b), size);
	memcpy(slot_at(top, b), room, size);
}

static void sift_up(struct top *top, size_t index)
{
	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (compare(slot_at(top, parent), slot_at(top, index)) >= 0)
			return;
		exchange(top, parent, index);
		index = parent;
	}
}

static void sift_down(struct top *top, size_t index)
{
	while (true) {
		size_t last = index, child = 2 * index + 1;

		for (size_t i = child; i < child + 2 && i < top->count; i++)
			if (compare(slot_at(top, i), slot_at(top, last)) > 0)
				last = i;
		if (last == index)
			return;
		exchange(top, last, index);
		index = last;
	}
}

static void fill(struct slot *slot, const struct top *top, int64_t first, int64_t second,
		 const void *bytes)
{
	slot->first = first;
	slot->second = second;
	slot->size = top->size;
	memcpy(slot->bytes, bytes, top->size);
}

enum top_fate top_add(struct top *top, int64_t first, int64_t second, const void *bytes,
		      void *ret_evicted)
{
	struct slot *room = slot_at(top, top->capacity);

	if (top->count < top->capacity) {
		fill(slot_at(top, top->count), top, first, second, bytes);
		sift_up(top, top->count++);
		return TOP_KEPT;
	}
	fill(room, top, first, second, bytes);
	if (top->capacity == 0 || compare(room, slot_at(top, 0)) > 0)
		return TOP_LEFT_OUT;
	memcpy(ret_evicted, slot_at(top, 0)->bytes, top->size);
	memcpy(slot_at(top, 0), room, slot_bytes(top));
	sift_down(top, 0);
	return TOP_REPLACED;
}

void top_sort(struct top *top)
{
	if (top->count > 1)
		qsort(top->slots, top->count, slot_bytes(top), compare);
}

const void *top_get(const struct top *top, size_t index)
{
	return slot_at(top, index)->bytes;
}
