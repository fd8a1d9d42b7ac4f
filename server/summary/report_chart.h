/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_CHART_H
#define WAYMARK_SUMMARY_REPORT_CHART_H

#include "summary/report_periods.h"
#include "summary/report_text.h"

/*
 * Charts as SVG: widths in percent of whatever room there is and heights in pixels, so that text
 * stays as large on a telephone as on a screen. No script, no style attribute; what a bar stands
 * for is its <title>. A chart is a picture: the table behind it (report_html.c) holds its figures.
 */
struct chart_series {
	const char *class; /* of report_style.h: "human" */
	enum report_figure figure;
};

/*
 * A column for each day or week. Series of a stack stand on each other; others stand before each
 * other, each narrower than the one before it.
 */
struct chart {
	const struct report_periods *periods;
	const struct chart_series *series;
	size_t series_count;
	bool stacked;
	const char *label; /* what it shows, for who cannot see it */
	enum report_language language;
};
void chart_append(struct buffer *to, const struct chart *chart);
void chart_legend_append(struct buffer *to, const struct chart *chart);

/* The course of one total, without axes: for the figure that it stands below. */
void chart_spark_append(struct buffer *to, const struct report_periods *periods, enum total total,
			const char *class);

/* Parts of a bar that is @whole long; what is more than nothing is at least a pixel or so. */
struct chart_part {
	const char *class;
	int64_t count;
};
void chart_bar_append(struct buffer *to, const struct chart_part *parts, size_t count,
		      int64_t whole, unsigned height);

#endif
