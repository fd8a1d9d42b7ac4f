/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People and companies by score.
 *
 * The list is one of cards, not a table: a salesperson reads one
 * person at a time, and what stands behind a score opens below it.
 */
#include "summary/report_chart.h"
#include "summary/report_page.h"
#include "summary/report_sections.h"

#include <inttypes.h>

enum { SCORE_BAR_HEIGHT = 6, LIKELIHOOD_MAX = 100 };

static void append_points(struct report_page *page, int64_t hundredths)
{
	report_points_append(page->to, hundredths);
}

static void append_touch(struct report_page *page, enum report_text name,
			 const struct report_touch *touch)
{
	if (touch->class.size == 0)
		return;
	page_put(page, "<li>");
	page_text(page, name);
	page_put(page, ": ");
	report_source_append(&page->cell, touch->class, touch->name, page->language);
	page_end_cell(page);
	page_put(page, "</li>");
}

static void append_last(struct report_page *page, const struct report_person *person)
{
	page_put(page, "<div class=\"last\"><p><small>");
	page_text(page, REPORT_TEXT_last_seen);
	page_put(page, "</small></p><p>");
	if (person->last.time == 0) {
		page_text(page, REPORT_TEXT_never);
		page_put(page, "</p></div>\n");
		return;
	}
	page_escape(page, report_type_text(person->last.type, page->language));
	if (person->last.where.size > 0) {
		page_put(page, " · ");
		report_name_append(&page->cell, person->last.where);
		page_end_cell(page);
	}
	page_put(page, "</p><p><small>");
	report_time_append(page->to, person->last.time);
	buffer_printf(page->to, " · ");
	page_text(page, REPORT_TEXT_event_number);
	buffer_printf(page->to, " %" PRIu64 "</small></p></div>\n", person->last.sequence);
}

static void append_windows(struct report_page *page, const struct report_window *windows)
{
	static const enum report_text names[REPORT_WINDOWS] = {REPORT_TEXT_window_7,
							       REPORT_TEXT_window_30,
							       REPORT_TEXT_window_all};
	static const enum report_figure figures[] = {
		FIGURE_views,	     FIGURE_sessions,	    FIGURE_visible_ms,
		FIGURE_clicks_human, FIGURE_clicks_machine, FIGURE_opens_direct,
		FIGURE_downloads,    FIGURE_submits,	    FIGURE_purchases,
	};
	enum { FIGURES = sizeof(figures) / sizeof(*figures) };

	page_put(page, "<div class=\"wide full\"><table class=\"cards\"><thead><tr><td></td>");
	for (size_t i = 0; i < FIGURES; i++)
		page_figure_heading(page, figures[i]);
	page_put(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < REPORT_WINDOWS; i++) {
		int64_t counts[TOTAL_COUNT] = {
			[TOTAL_views] = windows[i].views,
			[TOTAL_sessions] = windows[i].sessions,
			[TOTAL_visible_ms] = windows[i].visible_ms,
			[TOTAL_clicks_human] = windows[i].clicks,
			[TOTAL_clicks_machine] = windows[i].clicks_machine,
			[TOTAL_opens_direct] = windows[i].opens,
			[TOTAL_downloads] = windows[i].downloads,
			[TOTAL_submits] = windows[i].submits,
			[TOTAL_purchases] = windows[i].purchases,
		};

		page_put(page, "<tr>");
		page_element(page, "th scope=\"row\"", names[i]);
		for (size_t j = 0; j < FIGURES; j++)
			page_figure_cell(page, figures[j], counts);
		page_put(page, "</tr>\n");
	}
	page_put(page, "</tbody></table></div>\n");
}

static void append_evidence(struct report_page *page, const struct report_person *person)
{
	page_put(page, "<div class=\"wide\"><table class=\"cards\"><thead><tr>");
	page_element(page, "th scope=\"col\"", REPORT_TEXT_what);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_points);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_day);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_event_number);
	page_put(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < person->evidence_count; i++) {
		const struct report_evidence *evidence = &person->evidence[i];

		page_put(page, "<tr><th scope=\"row\">");
		page_escape(page, report_type_text(evidence->what, page->language));
		if (evidence->where.size > 0) {
			page_put(page, "<small>");
			report_name_append(&page->cell, evidence->where);
			page_end_cell(page);
			page_put(page, "</small>");
		}
		page_put(page, "</th>");
		page_begin_cell(page, report_text(REPORT_TEXT_points, page->language));
		append_points(page, evidence->points);
		page_put(page, "</td>");
		page_begin_cell(page, report_text(REPORT_TEXT_day, page->language));
		report_day_append(page->to, evidence->day, REPORT_DAY_LONG, page->language);
		page_put(page, "</td>");
		page_begin_cell(page, report_text(REPORT_TEXT_event_number, page->language));
		buffer_printf(page->to, "%" PRIu64 "</td></tr>\n", evidence->sequence);
	}
	page_put(page, "</tbody></table></div>\n");
}

static void append_chips(struct report_page *page, const struct report_person *person)
{
	page_put(page, "<ul class=\"chips full\">");
	for (size_t i = 0; i < person->category_count; i++) {
		page_put(page, "<li>");
		page_escape(page, person->categories[i].name);
		page_put(page, " ");
		append_points(page, person->categories[i].points);
		page_put(page, "</li>");
	}
	append_touch(page, REPORT_TEXT_first_touch, &person->first_touch);
	append_touch(page, REPORT_TEXT_last_touch, &person->last_touch);
	page_put(page, "</ul>\n");
}

static void append_who(struct report_page *page, const struct report_person *person)
{
	page_put(page, "<div><h3");
	if (person->address.size > 0) {
		page_put(page, ">");
		page_escape(page, person->address);
		page_put(page, "</h3><p><small class=\"mono\">");
		page_escape(page, person->id);
		page_put(page, "</small></p>");
	} else {
		page_put(page, " class=\"mono\">");
		page_escape(page, person->id);
		page_put(page, "</h3>");
	}
	if (person->company.size > 0) {
		page_put(page, "<p><small>");
		page_escape(page, person->company);
		page_put(page, "</small></p>");
	}
	page_put(page, "</div>\n");
}

static void append_person(struct report_page *page, const struct report_person *person, size_t rank)
{
	struct chart_part part = {.class = "main", .count = person->likelihood};

	buffer_printf(page->to, "<li><span class=\"rank\">%zu</span>\n", rank);
	append_who(page, person);
	page_put(page, "<div><p><small>");
	page_text(page, REPORT_TEXT_score);
	page_put(page, "</small></p><p class=\"points\">");
	append_points(page, person->score);
	if (person->grade[0]) {
		page_put(page, "<span class=\"grade\" title=\"");
		page_text(page, REPORT_TEXT_grade);
		page_put(page, "\">");
		page_escape(page, span_text(person->grade));
		page_put(page, "</span>");
	}
	page_put(page, "</p>");
	chart_bar_append(page->to, &part, 1, LIKELIHOOD_MAX, SCORE_BAR_HEIGHT);
	buffer_printf(page->to, "<p><small title=\"");
	page_escape(page, person->why);
	page_put(page, "\">");
	page_text(page, REPORT_TEXT_likelihood);
	buffer_printf(page->to, " %d/%d</small></p></div>\n", person->likelihood, LIKELIHOOD_MAX);
	append_last(page, person);
	append_chips(page, person);
	page_put(page, "<details>");
	page_element(page, "summary", REPORT_TEXT_why_score);
	append_windows(page, person->windows);
	if (person->evidence_count > 0)
		append_evidence(page, person);
	page_put(page, "</details></li>\n");
}

void page_people(struct report_page *page)
{
	const struct report *report = page->report;
	size_t shown = page_shown(page, report->people_count);
	bool revealed = false;

	if (report->people_count == 0)
		return;
	for (size_t i = 0; i < shown; i++)
		revealed |= report->people[i].address.size > 0;
	page_begin_section(page, "people", REPORT_TEXT_people);
	page_element(page, "p class=\"lead\"", REPORT_TEXT_people_lead);
	page_element(page, "p class=\"note\"",
		     revealed ? REPORT_TEXT_people_revealed : REPORT_TEXT_people_handles);
	page_put(page, "<ol class=\"people\">\n");
	for (size_t i = 0; i < shown; i++)
		append_person(page, &report->people[i], i + 1);
	page_put(page, "</ol>\n");
	page_others(page, report->people_all - shown);
	page_end_section(page);
}

static void append_company(struct report_page *page, const struct report_company *company,
			   int64_t largest)
{
	struct chart_part part = {.class = "main", .count = company->score};
	const char *views = report_figure(FIGURE_views)->heading[page->language];

	page_put(page, "<tr><th scope=\"row\">");
	page_escape(page, company->name);
	chart_bar_append(page->to, &part, 1, largest, SCORE_BAR_HEIGHT);
	page_put(page, "</th>");
	page_begin_cell(page, report_text(REPORT_TEXT_score, page->language));
	append_points(page, company->score);
	page_put(page, "</td>");
	page_count_cell(page, report_text(REPORT_TEXT_people_count, page->language),
			(int64_t)company->people);
	page_count_cell(page, views, company->window.views);
	page_begin_cell(page, report_text(REPORT_TEXT_last_seen, page->language));
	if (company->last > 0)
		report_time_append(page->to, company->last);
	page_put(page, "</td></tr>\n");
}

void page_companies(struct report_page *page)
{
	const struct report *report = page->report;
	size_t shown = page_shown(page, report->company_count);

	if (report->company_count == 0)
		return;
	page_begin_section(page, "companies", REPORT_TEXT_companies);
	page_element(page, "p class=\"lead\"", REPORT_TEXT_companies_lead);
	page_put(page, "<div class=\"wide\"><table class=\"cards\"><thead><tr>");
	page_element(page, "th scope=\"col\"", REPORT_TEXT_company);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_score);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_people_count);
	page_figure_heading(page, FIGURE_views);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_last_seen);
	page_put(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++)
		append_company(page, &report->companies[i], report->companies[0].score);
	page_put(page, "</tbody></table></div>\n");
	page_others(page, report->company_count - shown);
	page_end_section(page);
}
