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
}
