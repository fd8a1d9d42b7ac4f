/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The overview with its charts, and the table of each section. A chart is never alone: the same
 * figures stand in a table that opens below it. In a table each row has its bar below its name,
 * against the largest row of the table.
 */
#include "base/cleanup.h"
#include "summary/report_chart.h"
#include "summary/report_page.h"
#include "summary/report_sections.h"

enum { ROW_BAR_HEIGHT = 6 };

static const struct chart_series view_series[] = {
	{"views", FIGURE_views},
	{"visitors", FIGURE_visitors},
};
static const struct chart_series click_series[] = {
	{"human", FIGURE_clicks_human},
	{"unknown", FIGURE_clicks_unknown},
	{"pending", FIGURE_clicks_pending},
	{"machine", FIGURE_clicks_machine},
};

/* Below a figure: what machines did, or how it was in the days before. */
static void append_change(struct report_page *page, int64_t now, int64_t before)
{
	cleanup_buffer struct buffer percent = BUFFER_INIT;
	struct report_value values[] = {{"percent", NULL}, {NULL, NULL}};
	enum report_text text = REPORT_TEXT_change_same;

	if (!page->report->has_before)
		return;
	if (before <= 0 && now > 0)
		text = REPORT_TEXT_change_new;
	else if (now > before)
		text = REPORT_TEXT_change_up;
	else if (now < before)
		text = REPORT_TEXT_change_down;
	if (before > 0) {
		report_percent_append(&percent, now > before ? now - before : before - now, before);
		values[0].value = buffer_text(&percent);
	}
	page_say(page, text, values);
}

static void append_tile(struct report_page *page, enum report_figure figure, const int64_t *counts)
{
	const struct report_figure_row *row = report_figure(figure);
	const struct report *report = page->report;
	bool machine = row->count == TOTAL_clicks_machine;

	buffer_printf(page->to, "<div><dt><a href=\"#def-%s\" title=\"", row->key);
	page_escape(page, span_text(row->definition[page->language]));
	page_put(page, "\">");
	page_escape(page, span_text(row->heading[page->language]));
	page_put(page, "</a></dt>\n<dd class=\"value\">");
	report_figure_append(page->to, figure, counts, page->language);
	page_put(page, "</dd><dd class=\"more\">");
	if (row->count != TOTAL_visitors)
		append_change(page, report->totals[row->count], report->before[row->count]);
	page_put(page, "</dd><dd>");
	chart_spark_append(page->to, &page->periods, row->count, machine ? "machine" : "light");
	page_put(page, "</dd></div>\n");
}

static void append_chart_table(struct report_page *page, const struct chart *chart)
{
	enum report_text first = page->periods.weeks ? REPORT_TEXT_week_of : REPORT_TEXT_day;

	page_put(page, "<details>");
	page_element(page, "summary", REPORT_TEXT_data_table);
	page_put(page, "<div class=\"wide\"><table><thead><tr>");
	page_element(page, "th scope=\"col\"", first);
	for (size_t i = 0; i < chart->series_count; i++)
		page_figure_heading(page, chart->series[i].figure);
	page_put(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < page->periods.count; i++) {
		const struct report_day *row = &page->periods.rows[i];

		page_put(page, "<tr><th scope=\"row\">");
		report_day_append(page->to, row->day, REPORT_DAY_LONG, page->language);
		page_put(page, "</th>");
		for (size_t j = 0; j < chart->series_count; j++)
			page_figure_cell(page, chart->series[j].figure, row->counts);
		page_put(page, "</tr>\n");
	}
	page_put(page, "</tbody></table></div></details>\n");
}

static void append_figure(struct report_page *page, enum report_text title, bool stacked,
			  const struct chart_series *series, size_t count)
{
	struct chart chart = {.periods = &page->periods,
			      .series = series,
			      .series_count = count,
			      .stacked = stacked,
			      .label = report_text(title, page->language),
			      .language = page->language};

	page_put(page, "<figure>");
	page_element(page, "figcaption", title);
	chart_legend_append(page->to, &chart);
	chart_append(page->to, &chart);
	append_chart_table(page, &chart);
	page_put(page, "</figure>\n");
}

void page_overview(struct report_page *page)
{
	bool weeks = page->periods.weeks;
	size_t count;
	const enum report_figure *figures = report_headline(&count);
	int64_t counts[TOTAL_COUNT];

	report_headline_counts(page->report, counts);
	page_begin_section(page, "overview", REPORT_TEXT_overview);
	page_element(page, "p class=\"lead\"", REPORT_TEXT_overview_lead);
	page_put(page, "<dl class=\"tiles\">\n");
	for (size_t i = 0; i < count; i++)
		append_tile(page, figures[i], counts);
	page_put(page, "</dl>\n");
	if (page->periods.count == 0) {
		page_element(page, "p", REPORT_TEXT_nothing);
	} else {
		append_figure(page, weeks ? REPORT_TEXT_chart_views_week : REPORT_TEXT_chart_views,
			      false, view_series, sizeof(view_series) / sizeof(*view_series));
		append_figure(page,
			      weeks ? REPORT_TEXT_chart_clicks_week : REPORT_TEXT_chart_clicks,
			      true, click_series, sizeof(click_series) / sizeof(*click_series));
		page_element(page, "p class=\"soft\"", REPORT_TEXT_visitors_sum);
	}
	page_end_section(page);
}

static void append_mix(struct report_page *page, const int64_t *counts, int64_t largest,
		       unsigned height)
{
	struct chart_part parts[sizeof(click_series) / sizeof(*click_series)];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		parts[i] = (struct chart_part){
			.class = click_series[i].class,
			.count = counts[report_figure(click_series[i].figure)->count]};
	chart_bar_append(page->to, parts, sizeof(parts) / sizeof(*parts), largest, height);
}

static void append_row_name(struct report_page *page, const struct report_section *section,
			    const struct report_row *row)
{
	report_row_name_append(&page->cell, section, row, page->language);
	page_end_cell(page);
	if (row->detail.size == 0)
		return;
	page_put(page, "<small>");
	report_name_append(&page->cell, row->detail);
	page_end_cell(page);
	page_put(page, "</small>");
}

static void append_row_bar(struct report_page *page, const struct report_section *section,
			   const struct report_row *row, int64_t largest)
{
	struct chart_part part = {.class = "main",
				  .count = row->counts[report_figure(section->figures[0])->count]};

	if (section->bar == REPORT_BAR_MIX)
		append_mix(page, row->counts, largest, ROW_BAR_HEIGHT);
	else if (section->bar == REPORT_BAR_COUNT)
		chart_bar_append(page->to, &part, 1, largest, ROW_BAR_HEIGHT);
}

static void append_head(struct report_page *page, const struct report_section *section,
			bool amounts)
{
	page_put(page, "<table class=\"cards\"><thead><tr>");
	page_element(page, "th scope=\"col\"", section->column);
	for (size_t i = 0; i < section->figure_count; i++)
		page_figure_heading(page, section->figures[i]);
	if (amounts)
		page_element(page, "th scope=\"col\"", REPORT_TEXT_column_amount);
	page_put(page, "</tr></thead><tbody>\n");
}

static void append_row(struct report_page *page, const struct report_section *section,
		       const struct report_row *row, int64_t largest, bool amounts)
{
	page_put(page, "<tr><th scope=\"row\">");
	append_row_name(page, section, row);
	append_row_bar(page, section, row, largest);
	page_put(page, "</th>");
	for (size_t i = 0; i < section->figure_count; i++)
		page_figure_cell(page, section->figures[i], row->counts);
	if (amounts) {
		page_begin_cell(page, report_text(REPORT_TEXT_column_amount, page->language));
		page_escape(page, row->amount);
		page_put(page, "</td>");
	}
	page_put(page, "</tr>\n");
}

static void append_mix_legend(struct report_page *page)
{
	struct chart chart = {.series = click_series,
			      .series_count = sizeof(click_series) / sizeof(*click_series),
			      .language = page->language};

	chart_legend_append(page->to, &chart);
}

static void append_section(struct report_page *page, const struct report_section *section)
{
	const struct report_table *table = &page->report->tables[section->kind];
	size_t shown = page_shown(page, table->count);
	int64_t largest =
		report_table_max(table, section->bar == REPORT_BAR_MIX
						? TOTAL_clicks
						: report_figure(section->figures[0])->count);
	bool amounts = report_has_amounts(table);

	page_begin_section(page, section->key, section->title);
	page_element(page, "p class=\"lead\"", section->lead);
	if (section->bar == REPORT_BAR_MIX)
		append_mix_legend(page);
	page_put(page, "<div class=\"wide\">");
	append_head(page, section, amounts);
	for (size_t i = 0; i < shown; i++)
		append_row(page, section, &table->rows[i], largest, amounts);
	page_put(page, "</tbody></table></div>\n");
	page_others(page, table->others + (table->count - shown));
	page_end_section(page);
}

void page_tables(struct report_page *page)
{
	size_t count;
	const struct report_section *sections = report_sections(&count);

	for (size_t i = 0; i < count; i++)
		if (!report_section_is_empty(page->report, &sections[i]))
			append_section(page, &sections[i]);
}

static void append_reason_row(struct report_page *page, const struct report_row *row,
			      const enum report_figure *figures, size_t count, int64_t largest)
{
	struct chart_part part = {.class = "machine", .count = row->counts[TOTAL_clicks_machine]};

	page_put(page, "<tr><th scope=\"row\">");
	page_escape(page, report_reason_text(row->name, page->language));
	page_put(page, "<small class=\"mono\">");
	page_escape(page, row->name);
	page_put(page, "</small>");
	chart_bar_append(page->to, &part, 1, largest, ROW_BAR_HEIGHT);
	page_put(page, "</th>");
	for (size_t i = 0; i < count; i++)
		page_figure_cell(page, figures[i], row->counts);
	page_put(page, "</tr>\n");
}

void page_machines(struct report_page *page)
{
	static const enum report_figure figures[] = {FIGURE_clicks_machine, FIGURE_views_machine,
						     FIGURE_opens_prefetch, FIGURE_opens_proxy};
	enum { FIGURES = sizeof(figures) / sizeof(*figures) };
	const struct report *report = page->report;
	const struct report_table *table = &report->tables[TOTAL_KIND_reason];
	int64_t largest = report_table_max(table, TOTAL_clicks_machine);

	page_begin_section(page, "machines", REPORT_TEXT_machines);
	page_element(page, "p class=\"lead\"", REPORT_TEXT_machines_lead);
	append_mix_legend(page);
	append_mix(page, report->totals, report->totals[TOTAL_clicks], 2 * ROW_BAR_HEIGHT);
	page_put(page, "<div class=\"wide\"><table class=\"cards\"><thead><tr>");
	page_element(page, "th scope=\"col\"", REPORT_TEXT_reason);
	for (size_t i = 0; i < FIGURES; i++)
		page_figure_heading(page, figures[i]);
	page_put(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < table->count; i++)
		append_reason_row(page, &table->rows[i], figures, FIGURES, largest);
	page_put(page, "</tbody><tfoot><tr>");
	page_element(page, "th scope=\"row\"", REPORT_TEXT_total);
	for (size_t i = 0; i < FIGURES; i++)
		page_figure_cell(page, figures[i], report->totals);
	page_put(page, "</tr></tfoot></table></div>\n");
	page_end_section(page);
}
