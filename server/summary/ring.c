/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring is turned in place, by three reversals: what is before the oldest row, what is behind it,
 * and then all. It is done once for each list of a summary, so that whoever reads the list needs to
 * know nothing of rings.
 */
#include "summary/ring.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool ring_init(struct ring *ring, size_t size, size_t max)
{
	assert(size <= RING_ROW_MAX_BYTES);
	*ring = (struct ring){.rows = calloc(max, size), .size = size, .max = max};
	return ring->rows != NULL;
}

void ring_add(struct ring *ring, const void *row)
{
	memcpy((uint8_t *)ring->rows + ring->total++ % ring->max * ring->size, row, ring->size);
}

static void reverse(uint8_t *rows, size_t size, size_t count)
{
	uint8_t kept[RING_ROW_MAX_BYTES];

	for (size_t i = 0; i < count / 2; i++) {
		uint8_t *a = rows + i * size, *b = rows + (count - 1 - i) * size;

		memcpy(kept, a, size);
		memcpy(a, b, size);
		memcpy(b, kept, size);
	}
}

size_t ring_unroll(struct ring *ring)
{
	uint8_t *rows = ring->rows;
	size_t first = ring->total % ring->max;

	if (ring->total <= ring->max)
		return ring->total;
	reverse(rows, ring->size, first);
	reverse(rows + first * ring->size, ring->size, ring->max - first);
	reverse(rows, ring->size, ring->max);
	return ring->max;
}

void ring_clear(struct ring *ring)
{
	ring->total = 0;
}

void ring_finish(struct ring *ring)
{
	free(ring->rows);
	*ring = (struct ring){.rows = NULL};
}
