/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a report, and what their rows are called.
 *
 * Figures stand in the order in which they matter: a narrow terminal leaves
 * out those at the end, so the count of machines comes before any rate.
 */
#include "summary/report_sections.h"

#include "base/cleanup.h"

/* clang-format off */
#define FIGURES(...)                                                                               \
	.figures = {__VA_ARGS__},                                                                  \
	.figure_count = sizeof((enum report_figure[]){__VA_ARGS__}) / sizeof(enum report_figure)
#define TITLES(name, column_name)                                                                  \
	.title = REPORT_TEXT_##name, .lead = REPORT_TEXT_##name##_lead,                            \
	.column = REPORT_TEXT_column_##column_name

static const struct report_section sections[] = {
	{.key = "campaigns", .kind = TOTAL_KIND_campaign, TITLES(campaigns, campaign),
	 .bar = REPORT_BAR_MIX, .order = {TOTAL_clicks_human, TOTAL_sessions},
	 FIGURES(FIGURE_clicks_human, FIGURE_clicks_machine, FIGURE_clicks_unknown, FIGURE_sent,
		 FIGURE_clickers, FIGURE_click_rate, FIGURE_sessions, FIGURE_views,
		 FIGURE_conversions)},
	{.key = "mailings", .kind = TOTAL_KIND_mailing, TITLES(mailings, mailing),
	 .bar = REPORT_BAR_MIX, .order = {TOTAL_sent, TOTAL_clicks_human},
	 FIGURES(FIGURE_sent, FIGURE_clicks_human, FIGURE_clicks_machine, FIGURE_clicks_unknown,
		 FIGURE_clickers, FIGURE_click_rate, FIGURE_openers, FIGURE_opens_prefetch,
		 FIGURE_bounces, FIGURE_unsubscribes)},
	{.key = "links", .kind = TOTAL_KIND_link, TITLES(links, link),
	 .bar = REPORT_BAR_MIX, .order = {TOTAL_clicks_human, TOTAL_clicks},
	 FIGURES(FIGURE_clicks_human, FIGURE_clicks_machine, FIGURE_clicks_unknown, FIGURE_clickers,
		 FIGURE_machine_share, FIGURE_conversions, FIGURE_conflicts, FIGURE_probes)},
	{.key = "pages", .kind = TOTAL_KIND_page, TITLES(pages, page),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_views, TOTAL_visible_ms},
	 FIGURES(FIGURE_views, FIGURE_views_machine, FIGURE_mean_time, FIGURE_entries, FIGURE_exits)},
	{.key = "groups", .kind = TOTAL_KIND_group, TITLES(groups, group),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_views, TOTAL_visible_ms},
	 FIGURES(FIGURE_views, FIGURE_views_machine, FIGURE_visible_ms, FIGURE_mean_time)},
	{.key = "sources", .kind = TOTAL_KIND_source, TITLES(sources, source),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_sessions, TOTAL_views},
	 FIGURES(FIGURE_sessions, FIGURE_views, FIGURE_bounce_rate, FIGURE_conversions,
		 FIGURE_conversion_rate)},
	{.key = "forms", .kind = TOTAL_KIND_form, TITLES(forms, form),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_submits, TOTAL_submit_errors},
	 FIGURES(FIGURE_submits, FIGURE_submitters, FIGURE_submit_errors)},
	{.key = "products", .kind = TOTAL_KIND_product, TITLES(products, product),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_purchases, TOTAL_amount},
	 FIGURES(FIGURE_purchases)},
	{.key = "terms", .kind = TOTAL_KIND_term, TITLES(terms, term),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_searches, TOTAL_searches},
	 FIGURES(FIGURE_searches)},
	{.key = "names", .kind = TOTAL_KIND_name, TITLES(names, event),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_events, TOTAL_events},
	 FIGURES(FIGURE_events)},
	{.key = "lists", .kind = TOTAL_KIND_list, TITLES(lists, list),
	 .bar = REPORT_BAR_COUNT, .order = {TOTAL_unsubscribes, TOTAL_resubscribes},
	 FIGURES(FIGURE_unsubscribes, FIGURE_resubscribes)},
	{.key = "trackers", .kind = TOTAL_KIND_tracker, TITLES(trackers, tracker),
	 .bar = REPORT_BAR_NONE, .order = {TOTAL_views, TOTAL_clicks},
	 FIGURES(FIGURE_views, FIGURE_sessions, FIGURE_clicks_human, FIGURE_clicks_machine,
		 FIGURE_clicks_unknown, FIGURE_submits, FIGURE_purchases)},
};
/* clang-format on */

static const enum report_figure headline[] = {
	FIGURE_visitors,     FIGURE_sessions,	    FIGURE_views,   FIGURE_visible_ms,
	FIGURE_clicks_human, FIGURE_clicks_machine, FIGURE_submits, FIGURE_purchases,
};

const struct report_section *report_sections(size_t *ret_count)
{
	*ret_count = sizeof(sections) / sizeof(*sections);
	return sections;
}

static const struct {
	const char *class;
	enum report_text text;
} sources[] = {
	{"direct", REPORT_TEXT_source_direct},
	{"mail", REPORT_TEXT_source_mail},
	{"link", REPORT_TEXT_source_link},
	{"utm", REPORT_TEXT_source_utm},
	{"ad", REPORT_TEXT_source_ad},
	{"search", REPORT_TEXT_source_search},
	{"social", REPORT_TEXT_source_social},
	{"webmail", REPORT_TEXT_source_webmail},
	{"referral", REPORT_TEXT_source_referral},
	{"internal", REPORT_TEXT_source_internal},
};

void report_source_append(struct buffer *to, struct span class, struct span name,
			  enum report_language language)
{
	cleanup_buffer struct buffer value = BUFFER_INIT;
	struct report_value values[] = {{"name", NULL}, {NULL, NULL}};

	if (name.size > 0)
		report_name_append(&value, name);
	else
		buffer_append_text(&value, report_text(REPORT_TEXT_no_name, language));
	values[0].value = buffer_text(&value);
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (span_equal(class, span_text(sources[i].class))) {
			report_say(to, sources[i].text, language, values);
			return;
		}
	buffer_append_span(to, class);
}

void report_row_name_append(struct buffer *to, const struct report_section *section,
			    const struct report_row *row, enum report_language language)
{
	if (section->kind == TOTAL_KIND_source)
		report_source_append(to, row->id, row->name, language);
	else if (row->name.size > 0)
		report_name_append(to, row->name);
	else if (row->id.size > 0)
		buffer_append_span(to, row->id);
	else
		buffer_append_text(to, report_text(REPORT_TEXT_no_name, language));
}

bool report_section_is_empty(const struct report *report, const struct report_section *section)
{
	size_t count = report->tables[section->kind].count;

	/* With one tracker its row is the overview once more. */
	return section->kind == TOTAL_KIND_tracker ? count < 2 : count == 0;
}

int64_t report_table_max(const struct report_table *table, enum total total)
{
	int64_t largest = 1;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].counts[total] > largest)
			largest = table->rows[i].counts[total];
	return largest;
}

bool report_has_amounts(const struct report_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].amount.size > 0)
			return true;
	return false;
}

const enum report_figure *report_headline(size_t *ret_count)
{
	*ret_count = sizeof(headline) / sizeof(*headline);
	return headline;
}

void report_headline_counts(const struct report *report, int64_t ret_counts[TOTAL_COUNT])
{
	memcpy(ret_counts, report->totals, sizeof(report->totals));
	ret_counts[TOTAL_visitors] = report->visitors;
}
