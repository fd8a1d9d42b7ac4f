/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_TOP_H
#define WAYMARK_SUMMARY_REPORT_TOP_H

#include "base/bytes.h"

/*
 * The @capacity largest of any number of things that are seen once, in memory for these alone: each
 * has two numbers to be ranked by and @size bytes that are kept with it. Of equals the one with the
 * smaller bytes ranks first, so that the same totals always give the same table.
 */
struct top {
	uint8_t *slots;
	size_t size, capacity, count;
};

int top_init(struct top *top, size_t size, size_t capacity); /* 0; -ENOMEM */
void top_finish(struct top *top);

/* Whether @bytes are kept. @ret_evicted, of @size bytes: what gave way, if anything did. */
enum top_fate { TOP_KEPT, TOP_REPLACED, TOP_LEFT_OUT };
enum top_fate top_add(struct top *top, int64_t first, int64_t second, const void *bytes,
		      void *ret_evicted);

/* Put them in order, the largest first; nothing can be added behind this. */
void top_sort(struct top *top);
const void *top_get(const struct top *top, size_t index);

#endif
