/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_METRICS_H
#define WAYMARK_APP_METRICS_H

#include "app/metrics_table.h"
#include "base/bytes.h"
#include "base/histogram.h"

#include <stdatomic.h>

/*
 * The server's figures: one atomic number per row of metrics_table.h, written from any thread, and
 * their Prometheus text.
 */
enum metric {
#define METRIC(id, ...) METRIC_##id,
	METRICS_TABLE(METRIC)
#undef METRIC
		METRIC_COUNT
};

enum metric_histogram {
#define HISTOGRAM(id, ...) METRIC_HISTOGRAM_##id,
	METRICS_HISTOGRAMS(HISTOGRAM)
#undef HISTOGRAM
		METRIC_HISTOGRAM_COUNT
};

struct metrics {
	_Atomic uint64_t values[METRIC_COUNT];
	struct histogram histograms[METRIC_HISTOGRAM_COUNT]; /* loop thread */
};

static inline void metrics_add(struct metrics *metrics, enum metric metric, uint64_t count)
{
	atomic_fetch_add_explicit(&metrics->values[metric], count, memory_order_relaxed);
}

static inline void metrics_set(struct metrics *metrics, enum metric metric, uint64_t value)
{
	atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

uint64_t metrics_get(const struct metrics *metrics, enum metric metric);

/* Text exposition format 0.0.4, one HELP and TYPE per name. */
void metrics_print(const struct metrics *metrics, struct buffer *to);

#endif
