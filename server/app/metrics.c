/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that Prometheus reads. Everything comes from metrics_table.h, so a figure cannot be
 * shown without its sentence. Figures that another part keeps (the account, the store, listeners)
 * are copied in by whoever answers /metrics, just before printing.
 *
 * Numbers are read one by one with relaxed order: a page is not a snapshot, but each figure in it
 * is one that was true while the page was made.
 */
#include "app/metrics.h"

#include <inttypes.h>

struct metric_row {
	const char *type, *name, *labels, *help;
};

#define METRIC(id, type, name, labels, help) {#type, name, labels, help},
static const struct metric_row metric_rows[METRIC_COUNT] = {METRICS_TABLE(METRIC)};
#undef METRIC

uint64_t metrics_get(const struct metrics *metrics, enum metric metric)
{
	return atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
}

struct histogram_row {
	const char *name, *help;
};

#define HISTOGRAM(id, name, help) {name, help},
static const struct histogram_row histogram_rows[] = {METRICS_HISTOGRAMS(HISTOGRAM)};
#undef HISTOGRAM

static double seconds(usec_t time)
{
	return (double)time / (double)USEC_PER_SEC;
}

static void print_histogram(const struct histogram_row *row, const struct histogram *histogram,
			    struct buffer *to)
{
	uint64_t count = 0;

	buffer_printf(to, "# HELP %s %s\n# TYPE %s histogram\n", row->name, row->help, row->name);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		count += histogram->counts[i];
		buffer_printf(to, "%s_bucket{le=\"%.6f\"} %" PRIu64 "\n", row->name,
			      seconds(histogram_bound(i)), count);
	}
	count += histogram->counts[HISTOGRAM_BUCKETS];
	buffer_printf(to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n",
		      row->name, count, row->name, seconds(histogram->sum), row->name, count);
}

void metrics_print(const struct metrics *metrics, struct buffer *to)
{
	const char *name = "";

	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = &metric_rows[i];

		if (strcmp(row->name, name) != 0)
			buffer_printf(to, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
				      row->name, row->type);
		name = row->name;
		buffer_append_text(to, row->name);
		if (row->labels[0])
			buffer_printf(to, "{%s}", row->labels);
		buffer_printf(to, " %" PRIu64 "\n", metrics_get(metrics, i));
	}
	for (unsigned i = 0; i < METRIC_HISTOGRAM_COUNT; i++)
		print_histogram(&histogram_rows[i], &metrics->histograms[i], to);
}
