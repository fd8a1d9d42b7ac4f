/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large pages are of 2 MiB, and only what begins at such a page's boundary can be one. Less than a
 * few of them is not worth it.
 */
#include "base/large.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 2 << 20, LEAST_BYTES = 2 * PAGE_BYTES, LINE_BYTES = 64 };

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

void *large_alloc(size_t bytes)
{
	size_t unit = bytes >= LEAST_BYTES ? PAGE_BYTES : LINE_BYTES;
	void *memory;

	if (bytes > SIZE_MAX - PAGE_BYTES)
		return NULL;
	memory = aligned_alloc(unit, round_up(bytes, unit));
	if (memory && unit == PAGE_BYTES)
		(void)madvise(memory, round_up(bytes, unit), MADV_HUGEPAGE);
	return memory;
}
