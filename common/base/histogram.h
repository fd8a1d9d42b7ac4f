/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_HISTOGRAM_H
#define WAYMARK_BASE_HISTOGRAM_H

#include "base/clock.h"

/*
 * How long something took, as counts by length: four buckets to each doubling from 32 µs to 1.8 s,
 * so that a quantile read from it is off by an eighth at most. Plain numbers: whoever shares one
 * between threads locks it, or copies it.
 */
enum { HISTOGRAM_BUCKETS = 64 };

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* the last: longer than every bound */
	usec_t sum;
};

/* The longest time that bucket @index < HISTOGRAM_BUCKETS counts. */
usec_t histogram_bound(unsigned index);

void histogram_add(struct histogram *histogram, usec_t time);
uint64_t histogram_total(const struct histogram *histogram);

/* The time that @share (0 to 1) of all lie within, between the bounds of its bucket. 0: none. */
usec_t histogram_quantile(const struct histogram *histogram, double share);

#endif
