/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_ARENA_H
#define WAYMARK_BASE_ARENA_H

#include "base/bytes.h"

/*
 * Memory that lives and dies together: one arena per request. Allocation is a bump of a pointer;
 * arena_reset() keeps a first block of the usual size. Not thread-safe.
 */
struct arena_block;

struct arena {
	struct arena_block *first;
	struct arena_block *current;
	size_t used_bytes;  /* handed out since the last reset */
	size_t limit_bytes; /* 0: no limit */
};

#define ARENA_INIT(limit) ((struct arena){.limit_bytes = (limit)})

/* @size bytes, aligned for any type, not zeroed; NULL when out of memory or over the limit. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL after it; the absent span stays absent. NULL data also when out of memory. */
struct span arena_copy(struct arena *arena, struct span span);

void arena_reset(struct arena *arena);
void arena_finish(struct arena *arena); /* NULL allowed */

#endif
