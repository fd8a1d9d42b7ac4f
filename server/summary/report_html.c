/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page from the top down. Its policy names the one style by its hash, which is taken of the
 * text that is written, and nothing else: a browser that finds a script, a picture or a style
 * attribute in it, by whatever mistake of ours, leaves it out. Links lead within the page only.
 */
#include "summary/report_html.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/digest.h"
#include "summary/report_chart.h"
#include "summary/report_page.h"
#include "summary/report_sections.h"
#include "summary/report_style.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_BYTES = 32, ACCOUNT_BAR_HEIGHT = 12 };

static const char style[] = REPORT_STYLE;

/* 'sha256-…' wants plain base64 with padding; base64url differs in two characters. */
static int append_style_hash(struct buffer *to)
{
	struct digest *digest = digest_new();
	char hex[DIGEST_TEXT_BYTES], text[BASE64URL_CHARS(DIGEST_BYTES) + 1];
	uint8_t bytes[DIGEST_BYTES];

	if (!digest)
		return -1;
	digest_add(digest, SPAN(style));
	digest_finish(digest, hex);
	digest_free(digest);
	(void)hex_parse(span_text(hex), bytes, sizeof(bytes));
	base64url_format(bytes, sizeof(bytes), text);
	for (char *at = text; *at; at++)
		*at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
	buffer_printf(to, "sha256-%s=", text);
	return 0;
}

static void append_head(struct report_page *page)
{
	buffer_printf(page->to,
		      "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src '",
		      report_language_tag(page->language));
	if (append_style_hash(page->to) != 0)
		page->to->error = -ENOMEM;
	page_put(page, "'; base-uri 'none'; form-action 'none'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		       "<meta name=\"color-scheme\" content=\"light dark\">\n"
		       "<meta name=\"referrer\" content=\"no-referrer\">\n"
		       "<meta name=\"robots\" content=\"noindex\">\n<title>");
	page_text(page, REPORT_TEXT_title);
	page_put(page, " · ");
	page_escape(page, page->report->site);
	page_put(page, "</title>\n<style>");
	page_put(page, style);
	page_put(page, "</style>\n</head>\n<body>\n");
	page_element(page, "a class=\"skip\" href=\"#main\"", REPORT_TEXT_skip);
}

static void append_period(struct report_page *page)
{
	const struct report *report = page->report;
	cleanup_buffer struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
	char days[NUMBER_BYTES];

	page_put(page, "<p class=\"period\">");
	if (report->day_count == 0) {
		page_text(page, REPORT_TEXT_period_none);
		page_put(page, "</p>\n");
		return;
	}
	report_day_append(&from, report->from, REPORT_DAY_LONG, page->language);
	report_day_append(&to, report->to, REPORT_DAY_LONG, page->language);
	page_say(page, REPORT_TEXT_period,
		 (struct report_value[]){{"from", buffer_text(&from)},
					 {"to", buffer_text(&to)},
					 {NULL, NULL}});
	page_put(page, " <span class=\"soft\">(");
	(void)snprintf(days, sizeof(days), "%zu", report->day_count);
	page_say(page, report->day_count == 1 ? REPORT_TEXT_days_one : REPORT_TEXT_days_many,
		 (struct report_value[]){{"days", days}, {NULL, NULL}});
	page_put(page, ")</span></p>\n");
}

static void append_count_note(struct report_page *page, enum report_text text, const char *name,
			      int64_t count)
{
	cleanup_buffer struct buffer number = BUFFER_INIT;

	if (count <= 0)
		return;
	report_count_append(&number, count);
	page_put(page, "<p class=\"note\">");
	page_say(page, text, (struct report_value[]){{name, buffer_text(&number)}, {NULL, NULL}});
	page_put(page, "</p>\n");
}

static void append_contents(struct report_page *page)
{
	const struct report *report = page->report;
	size_t count;
	const struct report_section *sections = report_sections(&count);

	page_put(page, "<nav aria-label=\"");
	page_text(page, REPORT_TEXT_contents);
	page_put(page, "\"><ul>\n<li>");
	page_element(page, "a href=\"#overview\"", REPORT_TEXT_overview);
	for (size_t i = 0; i < count; i++) {
		char link[64];

		if (report_section_is_empty(report, &sections[i]))
			continue;
		(void)snprintf(link, sizeof(link), "a href=\"#%s\"", sections[i].key);
		page_put(page, "</li><li>");
		page_element(page, link, sections[i].title);
	}
	page_put(page, "</li>");
	if (report->people_count > 0) {
		page_put(page, "<li>");
		page_element(page, "a href=\"#people\"", REPORT_TEXT_people);
		page_put(page, "</li>");
	}
	if (report->company_count > 0) {
		page_put(page, "<li>");
		page_element(page, "a href=\"#companies\"", REPORT_TEXT_companies);
		page_put(page, "</li>");
	}
	page_put(page, "<li>");
	page_element(page, "a href=\"#machines\"", REPORT_TEXT_machines);
	page_put(page, "</li><li>");
	page_element(page, "a href=\"#account\"", REPORT_TEXT_accounting);
	page_put(page, "</li><li>");
	page_element(page, "a href=\"#definitions\"", REPORT_TEXT_definitions);
	page_put(page, "</li></ul></nav>\n");
}

static void append_top(struct report_page *page)
{
	const struct report *report = page->report;
	cleanup_buffer struct buffer time = BUFFER_INIT, zone = BUFFER_INIT;

	page_put(page, "<header>\n<p class=\"site\">");
	page_escape(page, report->site);
	page_put(page, "</p>\n");
	page_element(page, "h1", REPORT_TEXT_title);
	append_period(page);
	report_time_append(&time, report->as_of);
	buffer_append_span(&zone, report->time_zone);
	page_put(page, "<p class=\"soft\">");
	page_say(page, REPORT_TEXT_made,
		 (struct report_value[]){{"time", buffer_text(&time)},
					 {"zone", buffer_text(&zone)},
					 {NULL, NULL}});
	page_put(page, "</p>\n");
	append_count_note(page, REPORT_TEXT_behind, "events",
			  (int64_t)(report->last - report->position));
	append_count_note(page, REPORT_TEXT_pending_note, "clicks",
			  report->totals[TOTAL_clicks_pending]);
	append_contents(page);
	page_put(page, "</header>\n<main id=\"main\">\n");
}

struct account_row {
	enum report_text heading;
	uint64_t count;
	const char *class;
};

static void append_account_verdict(struct report_page *page, const struct report_account *account)
{
	char runs[NUMBER_BYTES], missing[NUMBER_BYTES];
	cleanup_buffer struct buffer problem = BUFFER_INIT;
	struct report_value values[] = {{"runs", runs},
					{"missing", missing},
					{"problem", NULL},
					{NULL, NULL}};
	bool good = account->is_read && account->adds_up;
	enum report_text verdict =
		account->adds_up ? REPORT_TEXT_account_adds_up : REPORT_TEXT_account_wrong;

	if (!account->is_read)
		verdict = REPORT_TEXT_account_unread;
	else if (account->accounts == 0)
		verdict = REPORT_TEXT_account_none;

	buffer_append_span(&problem, account->problem);
	values[2].value = buffer_text(&problem);
	(void)snprintf(runs, sizeof(runs), "%" PRIu64, account->unclean);
	(void)snprintf(missing, sizeof(missing), "%" PRIu64, account->missing);
	buffer_printf(page->to, "<p class=\"note %s\">", good ? "good" : "bad");
	page_say(page, verdict, values);
	page_put(page, "</p>\n");
	if (account->unclean > 0) {
		page_put(page, "<p class=\"note bad\">");
		page_say(page, REPORT_TEXT_account_unclean, values);
		page_put(page, "</p>\n");
	}
}

static void append_account_rows(struct report_page *page, const struct report_account *account)
{
	const struct account_row rows[] = {
		{REPORT_TEXT_account_received, account->received, NULL},
		{REPORT_TEXT_account_stored, account->stored, "main"},
		{REPORT_TEXT_account_dropped, account->dropped, "unknown"},
		{REPORT_TEXT_account_rejected, account->rejected, "machine"},
		{REPORT_TEXT_account_lost, account->lost, "bad"},
		{REPORT_TEXT_account_pending, account->pending, "pending"},
		{REPORT_TEXT_account_late, account->late, NULL},
	};
	enum { ROWS = sizeof(rows) / sizeof(*rows) };
	struct chart_part parts[ROWS];
	size_t part_count = 0;

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].class)
			parts[part_count++] = (struct chart_part){.class = rows[i].class,
								  .count = (int64_t)rows[i].count};
	chart_bar_append(page->to, parts, part_count, (int64_t)account->received,
			 ACCOUNT_BAR_HEIGHT);
	page_put(page, "<div class=\"wide\"><table><thead><tr>");
	page_element(page, "th scope=\"col\"", REPORT_TEXT_figure);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_count_heading);
	page_element(page, "th scope=\"col\"", REPORT_TEXT_share_heading);
	page_put(page, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < ROWS; i++) {
		page_put(page, "<tr>");
		page_element(page, "th scope=\"row\"", rows[i].heading);
		page_put(page, "<td>");
		page_count(page, (int64_t)rows[i].count);
		page_put(page, "</td><td>");
		report_percent_append(page->to, (int64_t)rows[i].count, (int64_t)account->received);
		page_put(page, "</td></tr>\n");
	}
	page_put(page, "</tbody></table></div>\n");
}

void page_account(struct report_page *page)
{
	const struct report_account *account = &page->report->account;

	page_begin_section(page, "account", REPORT_TEXT_accounting);
	page_element(page, "p class=\"lead\"", REPORT_TEXT_accounting_lead);
	if (account->is_read && account->accounts > 0)
		append_account_rows(page, account);
	append_account_verdict(page, account);
	page_end_section(page);
}

static void append_definitions(struct report_page *page)
{
	page_begin_section(page, "definitions", REPORT_TEXT_definitions);
	page_element(page, "p class=\"lead\"", REPORT_TEXT_definitions_lead);
	page_put(page, "<dl class=\"terms\">\n");
	for (enum report_figure figure = 0; figure < FIGURE_COUNT; figure++) {
		const struct report_figure_row *row = report_figure(figure);

		buffer_printf(page->to, "<div id=\"def-%s\"><dt>", row->key);
		page_escape(page, span_text(row->heading[page->language]));
		page_put(page, "</dt><dd>");
		page_escape(page, span_text(row->definition[page->language]));
		page_put(page, "</dd></div>\n");
	}
	page_put(page, "</dl>\n");
	page_end_section(page);
}

static void append_end(struct report_page *page)
{
	cleanup_buffer struct buffer time = BUFFER_INIT;

	report_time_append(&time, page->report->made);
	page_put(page, "</main>\n<footer><p>");
	page_say(page, REPORT_TEXT_made_by,
		 (struct report_value[]){{"version", WAYMARK_VERSION},
					 {"time", buffer_text(&time)},
					 {NULL, NULL}});
	page_put(page, "</p></footer>\n</body>\n</html>\n");
}

void report_html_append(struct buffer *to, const struct report *report,
			const struct report_html_options *options)
{
	struct report_page page = {.report = report,
				   .options = options,
				   .language = options->language,
				   .to = to};
	struct arena arena = ARENA_INIT(0);

	if (report_periods_get(report, &arena, &page.periods) != 0) {
		to->error = -ENOMEM;
		return;
	}
	append_head(&page);
	append_top(&page);
	page_overview(&page);
	page_tables(&page);
	page_people(&page);
	page_companies(&page);
	page_machines(&page);
	page_account(&page);
	append_definitions(&page);
	append_end(&page);
	if (page.cell.error)
		to->error = page.cell.error;
	buffer_finish(&page.cell);
	arena_finish(&arena);
}
