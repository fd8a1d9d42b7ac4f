/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rectangles, lines and texts. Everything that is written here is a number of ours, a class of
 * ours, or a figure's name; nothing of it comes from outside.
 *
 * The axis ends at a round number, one, two or five times a power of ten, so that its middle is one
 * that people read, too. Labels of days are as many as a wide screen has room for; every second one
 * is of a class that a narrow screen hides.
 */
#include "summary/report_chart.h"

#include "text/html_escape.h"

#include "base/cleanup.h"

#include <inttypes.h>

enum {
	PLOT_TOP = 10,
	PLOT_HEIGHT = 160,
	PLOT_BOTTOM = PLOT_TOP + PLOT_HEIGHT,
	LABELS_Y = PLOT_BOTTOM + 18,
	SVG_HEIGHT = PLOT_BOTTOM + 26,
	LABELS_MAX = 10,
	TICKS = 2,
	SPARK_HEIGHT = 26
};

static int64_t round_up(int64_t largest)
{
	static const int64_t steps[] = {2, 4, 6, 8, 10};
	int64_t power = 1;

	while (power * 10 < largest)
		power *= 10;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (power * steps[i] >= largest)
			return power * steps[i];
	return power * 10;
}

static int64_t height_of(const struct chart *chart, const struct report_day *row)
{
	int64_t sum = 0;

	for (size_t i = 0; i < chart->series_count; i++) {
		int64_t count = row->counts[report_figure(chart->series[i].figure)->count];

		sum = chart->stacked ? sum + count : count > sum ? count : sum;
	}
	return sum;
}

static int64_t largest_of(const struct chart *chart)
{
	int64_t largest = TICKS;

	for (size_t i = 0; i < chart->periods->count; i++) {
		int64_t height = height_of(chart, &chart->periods->rows[i]);

		largest = height > largest ? height : largest;
	}
	return round_up(largest);
}

/* In pixels; what is more than nothing shows. */
static double pixels(int64_t count, int64_t whole)
{
	double height = report_share(count, whole) * PLOT_HEIGHT;

	return count > 0 && height < 1 ? 1 : height;
}

static void append_axis(struct buffer *to, int64_t top)
{
	buffer_printf(to, "<svg class=\"axis\" height=\"%d\" aria-hidden=\"true\">", SVG_HEIGHT);
	for (int tick = 0; tick <= TICKS; tick++) {
		buffer_printf(to, "<text x=\"0\" y=\"%d\">",
			      PLOT_BOTTOM - tick * PLOT_HEIGHT / TICKS + 4);
		report_count_append(to, top * tick / TICKS);
		buffer_append_text(to, "</text>");
	}
	buffer_append_text(to, "</svg>");
}

static void append_grid(struct buffer *to)
{
	for (int tick = 0; tick <= TICKS; tick++) {
		int y = PLOT_BOTTOM - tick * PLOT_HEIGHT / TICKS;

		buffer_printf(to,
			      "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", y,
			      y);
	}
}

/* "Sat 21 Nov 2026: Page views 1,234; Visitors 321" */
static void append_hover(struct buffer *to, const struct chart *chart, const struct report_day *row)
{
	report_day_append(to, row->day, REPORT_DAY_LONG, chart->language);
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct report_figure_row *figure = report_figure(chart->series[i].figure);

		buffer_append_text(to, "\n");
		html_escape(span_text(figure->heading[chart->language]), to);
		buffer_append_text(to, ": ");
		report_count_append(to, row->counts[figure->count]);
	}
}

static void append_rect(struct buffer *to, const char *class, double x, double width, double y,
			double height)
{
	buffer_printf(to,
		      "<rect class=\"s-%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" "
		      "height=\"%.1f\"/>",
		      class, x, width, y, height);
}

static void append_column(struct buffer *to, const struct chart *chart, size_t index, int64_t top)
{
	const struct report_day *row = &chart->periods->rows[index];
	double room = 100.0 / (double)chart->periods->count, x = room * (double)index;
	double y = PLOT_BOTTOM;

	buffer_append_text(to, "<g><title>");
	append_hover(to, chart, row);
	buffer_append_text(to, "</title>");
	append_rect(to, "hover", x, room, PLOT_TOP, PLOT_HEIGHT);
	for (size_t i = 0; i < chart->series_count; i++) {
		int64_t count = row->counts[report_figure(chart->series[i].figure)->count];
		double height = pixels(count, top);
		double inset = chart->stacked ? 0.15 : 0.15 + 0.17 * (double)i;

		if (count <= 0)
			continue;
		if (!chart->stacked)
			y = PLOT_BOTTOM;
		y -= height;
		append_rect(to, chart->series[i].class, x + room * inset, room * (1 - 2 * inset), y,
			    height);
	}
	buffer_append_text(to, "</g>");
}

static void append_labels(struct buffer *to, const struct chart *chart)
{
	size_t count = chart->periods->count;
	size_t step = (count + LABELS_MAX - 1) / LABELS_MAX;

	for (size_t i = 0; i < count; i += step) {
		double x = 100.0 * ((double)i + 0.5) / (double)count;
		/* At the edges a label would stick out. */
		const char *anchor = x < 4 ? "start" : x > 96 ? "end" : "middle";

		buffer_printf(to,
			      "<text%s x=\"%.3f%%\" y=\"%d\" text-anchor=\"%s\" "
			      "aria-hidden=\"true\">",
			      i / step % 2 ? " class=\"alt\"" : "",
			      x < 4    ? 100.0 * (double)i / (double)count
			      : x > 96 ? 100.0 * (double)(i + 1) / (double)count
				       : x,
			      LABELS_Y, anchor);
		report_day_append(to, chart->periods->rows[i].day, REPORT_DAY_SHORT,
				  chart->language);
		buffer_append_text(to, "</text>");
	}
}

void chart_append(struct buffer *to, const struct chart *chart)
{
	int64_t top = largest_of(chart);

	buffer_append_text(to, "<div class=\"plot\">");
	append_axis(to, top);
	buffer_printf(to,
		      "<svg class=\"bars\" width=\"100%%\" height=\"%d\" role=\"img\" "
		      "aria-label=\"",
		      SVG_HEIGHT);
	html_escape(span_text(chart->label), to);
	buffer_append_text(to, "\">");
	append_grid(to);
	for (size_t i = 0; i < chart->periods->count; i++)
		append_column(to, chart, i, top);
	append_labels(to, chart);
	buffer_append_text(to, "</svg></div>\n");
}

void chart_legend_append(struct buffer *to, const struct chart *chart)
{
	buffer_append_text(to, "<ul class=\"legend\">");
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct report_figure_row *figure = report_figure(chart->series[i].figure);

		buffer_printf(to,
			      "<li><svg width=\"11\" height=\"11\" aria-hidden=\"true\"><rect "
			      "class=\"s-%s\" width=\"11\" height=\"11\" rx=\"2\"/></svg>",
			      chart->series[i].class);
		html_escape(span_text(figure->heading[chart->language]), to);
		buffer_append_text(to, "</li>");
	}
	buffer_append_text(to, "</ul>\n");
}

void chart_spark_append(struct buffer *to, const struct report_periods *periods, enum total total,
			const char *class)
{
	int64_t largest = report_periods_max(periods, total);
	double room = periods->count ? 100.0 / (double)periods->count : 100;

	buffer_printf(to, "<svg width=\"100%%\" height=\"%d\" aria-hidden=\"true\">", SPARK_HEIGHT);
	for (size_t i = 0; i < periods->count; i++) {
		int64_t count = periods->rows[i].counts[total];
		double height = report_share(count, largest) * SPARK_HEIGHT;

		height = count > 0 && height < 1 ? 1 : height;
		if (height > 0)
			append_rect(to, class, room * ((double)i + 0.1), room * 0.8,
				    SPARK_HEIGHT - height, height);
	}
	buffer_append_text(to, "</svg>");
}

void chart_bar_append(struct buffer *to, const struct chart_part *parts, size_t count,
		      int64_t whole, unsigned height)
{
	double x = 0;

	buffer_printf(to, "<svg class=\"bar\" width=\"100%%\" height=\"%u\" aria-hidden=\"true\">",
		      height);
	for (size_t i = 0; i < count; i++) {
		double width = 100 * report_share(parts[i].count, whole);

		if (parts[i].count <= 0 || whole <= 0)
			continue;
		width = width < 0.4 ? 0.4 : width;
		append_rect(to, parts[i].class, x, width, 0, height);
		x += width;
	}
	buffer_append_text(to, "</svg>");
}
