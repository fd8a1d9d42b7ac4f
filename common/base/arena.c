/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of blocks. What did not fit into the first goes into blocks of its own size or twice the
 * last, and is released by arena_reset(), which keeps only a first block of the usual size: what is
 * reset a thousand times must not hold what was once asked of it. Blocks never move: what was
 * handed out stays where it is until then.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { FIRST_BLOCK_BYTES = 2048 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) uint8_t data[];
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (block)
		*block = (struct arena_block){.size = size};
	return block;
}

static int add_block(struct arena *arena, size_t size)
{
	size_t wanted = arena->current ? arena->current->size * 2 : FIRST_BLOCK_BYTES;
	struct arena_block *block = block_new(size > wanted ? size : wanted);

	if (!block)
		return -1;
	if (arena->current)
		arena->current->next = block;
	else
		arena->first = block;
	arena->current = block;
	return 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded;
	void *result;

	if (__builtin_add_overflow(size, alignof(max_align_t) - 1, &rounded))
		return NULL;
	rounded &= ~(alignof(max_align_t) - 1);
	if (arena->limit_bytes && rounded > arena->limit_bytes - arena->used_bytes)
		return NULL;
	if (!arena->current || arena->current->size - arena->current->used < rounded)
		if (add_block(arena, rounded))
			return NULL;
	result = arena->current->data + arena->current->used;
	arena->current->used += rounded;
	arena->used_bytes += rounded;
	return result;
}

struct span arena_copy(struct arena *arena, struct span span)
{
	uint8_t *copy;

	if (!span.data)
		return span;
	copy = arena_alloc(arena, span.size + 1);
	if (!copy)
		return span_of(NULL, 0);
	if (span.size > 0)
		memcpy(copy, span.data, span.size);
	copy[span.size] = 0;
	return span_of(copy, span.size);
}

static void free_chain(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_block *first = arena->first;

	if (first && first->size > FIRST_BLOCK_BYTES) {
		free_chain(first);
		arena->first = NULL;
	} else if (first) {
		free_chain(first->next);
		first->next = NULL;
		first->used = 0;
	}
	arena->current = arena->first;
	arena->used_bytes = 0;
}

void arena_finish(struct arena *arena)
{
	if (!arena)
		return;
	free_chain(arena->first);
	*arena = ARENA_INIT(arena->limit_bytes);
}
