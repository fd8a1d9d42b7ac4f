/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buckets as a floating-point number would have them: an exponent and two bits behind it. A bound
 * never changes, since a monitoring system adds up what different versions have counted.
 *
 * Invariant: bounds grow with their index, and bucket i counts what is over bound i - 1 and not
 * over bound i.
 */
#include "base/histogram.h"

enum { STEPS = 4, FIRST_SHIFT = 3 };

usec_t histogram_bound(unsigned index)
{
	return (usec_t)(STEPS + index % STEPS) << (index / STEPS + FIRST_SHIFT);
}

void histogram_add(struct histogram *histogram, usec_t time)
{
	unsigned low = 0, high = HISTOGRAM_BUCKETS;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (time <= histogram_bound(middle))
			high = middle;
		else
			low = middle + 1;
	}
	histogram->counts[low]++;
	histogram->sum += time;
}

uint64_t histogram_total(const struct histogram *histogram)
{
	uint64_t total = 0;

	for (unsigned i = 0; i <= HISTOGRAM_BUCKETS; i++)
		total += histogram->counts[i];
	return total;
}

usec_t histogram_quantile(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram_total(histogram), before = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		double count = (double)histogram->counts[i];
		usec_t low = i ? histogram_bound(i - 1) : 0, high = histogram_bound(i);

		if (count > 0 && before + count >= wanted)
			return low + (usec_t)((double)(high - low) * (wanted - before) / count);
		before += count;
	}
	return before < wanted ? histogram_bound(HISTOGRAM_BUCKETS - 1) : 0;
}
