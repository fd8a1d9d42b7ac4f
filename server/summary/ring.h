/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_RING_H
#define WAYMARK_SUMMARY_RING_H

#include <stdbool.h>
#include <stddef.h>

/* The most recent rows of a list: row number @total % @max is the next. */
struct ring {
	void *rows;
	size_t size, max, total;
};

enum { RING_ROW_MAX_BYTES = 256 };

bool ring_init(struct ring *ring, size_t size, size_t max); /* false: out of memory */
void ring_finish(struct ring *ring);
void ring_clear(struct ring *ring);
void ring_add(struct ring *ring, const void *row);

/* Turn it so that the oldest row is the first; then nothing can be added until ring_clear().
 * Return: how many there are. */
size_t ring_unroll(struct ring *ring);

#endif
