/* SPDX-License-Identifier: Apache-2.0 */
/* Days as they are, or added up to weeks: more than sixty bars say nothing on a telephone. */
#include "summary/report_periods.h"

#include <errno.h>

int report_periods_get(const struct report *report, struct arena *arena,
		       struct report_periods *ret_periods)
{
	size_t count = (report->day_count + REPORT_WEEK_DAYS - 1) / REPORT_WEEK_DAYS;
	struct report_day *rows;

	if (report->day_count <= REPORT_DAYS_MAX) {
		*ret_periods =
			(struct report_periods){.rows = report->days, .count = report->day_count};
		return 0;
	}
	rows = arena_alloc(arena, count * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	memset(rows, 0, count * sizeof(*rows));
	for (size_t i = 0; i < report->day_count; i++) {
		struct report_day *row = &rows[i / REPORT_WEEK_DAYS];

		if (i % REPORT_WEEK_DAYS == 0)
			row->day = report->days[i].day;
		for (int total = 0; total < TOTAL_COUNT; total++)
			row->counts[total] =
				total_add(row->counts[total], report->days[i].counts[total]);
	}
	*ret_periods = (struct report_periods){.rows = rows, .count = count, .weeks = true};
	return 0;
}

int64_t report_periods_max(const struct report_periods *periods, enum total total)
{
	int64_t largest = 1;

	for (size_t i = 0; i < periods->count; i++)
		if (periods->rows[i].counts[total] > largest)
			largest = periods->rows[i].counts[total];
	return largest;
}
