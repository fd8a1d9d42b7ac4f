/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_PERIODS_H
#define WAYMARK_SUMMARY_REPORT_PERIODS_H

#include "summary/report.h"

/*
 * The days of a report as the bars of a chart: day by day for up to REPORT_DAYS_MAX of them, else
 * by weeks that begin with the period's first day. Counts of a week are sums of its days; so are
 * visitors, who are counted once a day.
 */
enum { REPORT_DAYS_MAX = 62, REPORT_WEEK_DAYS = 7 };

struct report_periods {
	struct report_day *rows; /* day: the first of each */
	size_t count;
	bool weeks;
};
/* In the report's own days, or in @arena. 0; -ENOMEM. */
int report_periods_get(const struct report *report, struct arena *arena,
		       struct report_periods *ret_periods);

/* The largest @total of all; at least 1. */
int64_t report_periods_max(const struct report_periods *periods, enum total total);

#endif
