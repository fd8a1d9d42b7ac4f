/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_REPORT_SAMPLE_H
#define WAYMARK_TESTS_REPORT_SAMPLE_H

#include "summary/report.h"
#include "text/columns.h"

/*
 * A report of thirty days as it would come from the summaries, made up from a counter: names in
 * both languages, and names that an attacker would choose. The same numbers every time.
 */
enum { SAMPLE_DAYS = 30, SAMPLE_FIRST_DAY = 20758, SAMPLE_ROWS = 8, SAMPLE_PEOPLE = 6 };

static const char *const sample_attacks[] = {
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"</title></style><svg onload=alert(1)>",
	"https://evil.example/\"><a href=javascript:alert(1)>",
	"&lt;b&gt; &amp; ]]> --> {from} %s %n",
	"\x1B[2J\x1B]0;owned\x07 cleared",
	"\xE2\x80\xAEgnp.exe \xE2\x81\xA6hidden",
	"line\r\nfeed\ttab",
	"javascript:alert(document.domain)",
};
enum { SAMPLE_ATTACKS = sizeof(sample_attacks) / sizeof(*sample_attacks) };

static struct span sample_text(struct report *report, const char *text)
{
	struct buffer plain = BUFFER_INIT;
	struct span copy;

	columns_append_plain(&plain, span_text(text));
	copy = arena_copy(&report->arena, buffer_span(&plain));
	buffer_finish(&plain);
	return copy;
}

static void *sample_alloc(struct report *report, size_t size)
{
	void *room = arena_alloc(&report->arena, size);

	memset(room, 0, size);
	return room;
}

/* Weekdays are fuller than weekends, and a mailing goes out every Tuesday. */
static void sample_fill_day(struct report_day *day, int64_t number)
{
	static const int64_t shape[] = {96, 100, 141, 118, 104, 61, 48};
	int64_t weight = shape[number % 7] * (20 + number % 5) / 20;
	int64_t *counts = day->counts;

	counts[TOTAL_views] = weight * 37;
	counts[TOTAL_views_machine] = weight * 4;
	counts[TOTAL_visitors] = weight * 11;
	counts[TOTAL_new_visitors] = weight * 5;
	counts[TOTAL_sessions] = weight * 13;
	counts[TOTAL_bounced_sessions] = weight * 5;
	counts[TOTAL_visible_ms] = weight * 37 * 48000;
	counts[TOTAL_sent] = number % 7 == 2 ? 12000 : 0;
	counts[TOTAL_opens_direct] = counts[TOTAL_sent] / 5 + weight;
	counts[TOTAL_opens_prefetch] = counts[TOTAL_sent] / 3 + weight;
	counts[TOTAL_opens_proxy] = counts[TOTAL_sent] / 9;
	counts[TOTAL_clicks_human] = weight * 2 + counts[TOTAL_sent] / 40;
	counts[TOTAL_clicks_machine] = weight / 2 + counts[TOTAL_sent] / 25;
	counts[TOTAL_clicks_unknown] = weight / 6;
	counts[TOTAL_clicks_pending] = number == SAMPLE_DAYS - 1 ? 9 : 0;
	counts[TOTAL_clicks] = counts[TOTAL_clicks_human] + counts[TOTAL_clicks_machine] +
			       counts[TOTAL_clicks_unknown] + counts[TOTAL_clicks_pending];
	counts[TOTAL_clickers] = counts[TOTAL_clicks_human] * 3 / 4;
	counts[TOTAL_submits] = weight / 7;
	counts[TOTAL_submitters] = weight / 8;
	counts[TOTAL_submit_errors] = weight / 20;
	counts[TOTAL_purchases] = weight / 30;
	counts[TOTAL_conversions] = counts[TOTAL_submits] + counts[TOTAL_purchases];
	counts[TOTAL_downloads] = weight / 3;
}

static void sample_fill_days(struct report *report)
{
	report->from = SAMPLE_FIRST_DAY;
	report->to = SAMPLE_FIRST_DAY + SAMPLE_DAYS - 1;
	report->day_count = SAMPLE_DAYS;
	report->days = sample_alloc(report, SAMPLE_DAYS * sizeof(*report->days));
	for (int64_t i = 0; i < SAMPLE_DAYS; i++) {
		report->days[i].day = SAMPLE_FIRST_DAY + i;
		sample_fill_day(&report->days[i], i);
		for (int total = 0; total < TOTAL_COUNT; total++)
			report->totals[total] += report->days[i].counts[total];
	}
	report->has_before = true;
	for (int total = 0; total < TOTAL_COUNT; total++)
		report->before[total] = report->totals[total] * (90 + total % 25) / 100;
}

static void sample_fill_table(struct report *report, enum total_kind kind, const char *const *names,
			      size_t name_count, bool attack)
{
	struct report_table *table = &report->tables[kind];

	table->count = SAMPLE_ROWS;
	table->rows = sample_alloc(report, SAMPLE_ROWS * sizeof(*table->rows));
	table->others = 12;
	for (size_t i = 0; i < SAMPLE_ROWS; i++) {
		struct report_row *row = &table->rows[i];
		bool attacked = attack && (i >= name_count || i % 2 == 1);

		row->name =
			sample_text(report,
				    attacked ? sample_attacks[(i + (size_t)kind) % SAMPLE_ATTACKS]
					     : names[i % name_count]);
		row->id = sample_text(report, kind == TOTAL_KIND_source ? "referral" : "0badcafe");
		if (attacked)
			row->detail = sample_text(report, sample_attacks[i % SAMPLE_ATTACKS]);
		for (int total = 0; total < TOTAL_COUNT; total++)
			row->counts[total] = report->totals[total] / (int64_t)((i + 1) * (i + 2));
		row->counts[TOTAL_clicks] =
			row->counts[TOTAL_clicks_human] + row->counts[TOTAL_clicks_machine] +
			row->counts[TOTAL_clicks_unknown] + row->counts[TOTAL_clicks_pending];
		row->counts[TOTAL_entries] = row->counts[TOTAL_sessions] / 2;
		row->counts[TOTAL_exits] = row->counts[TOTAL_sessions] / 3;
		if (kind == TOTAL_KIND_campaign || kind == TOTAL_KIND_product)
			row->amount = sample_text(report, "1,234,500 JPY");
	}
}

static void sample_fill_tables(struct report *report, bool attack)
{
	static const char *const campaigns[] = {"autumn", "秋の新製品キャンペーン", "webinar-2026",
						"既存のお客様向けご案内", "trade-fair"};
	static const char *const mailings[] = {"2026-11-newsletter",
					       "2026-11 ニュースレター（第2号）",
					       "webinar-invitation", "展示会のご案内"};
	static const char *const links[] = {
		"button", "製品ページ", "header-image",
		"https://www.example.com/products/a-rather-long-name?x=1"};
	static const char *const pages[] = {
		"https://www.example.com/", "https://www.example.com/pricing",
		"https://www.example.com/products/measuring-instruments/series-7",
		"https://www.example.com/ja/製品/計測器", "https://www.example.com/contact"};
	static const char *const groups[] = {"Products", "製品情報", "Prices"};
	static const char *const forms[] = {"contact", "資料請求", "demo"};
	static const char *const sources[] = {"www.example.net", "news.example.org"};
	static const char *const reasons[] = {"burst_fast",   "known_agent",	"scanner_net",
					      "no_sec_fetch", "trap",		"after_sent",
					      "head",	      "machine_address"};
	static const char *const products[] = {"Series 7", "計測器 7型"};

	sample_fill_table(report, TOTAL_KIND_campaign, campaigns, 5, attack);
	sample_fill_table(report, TOTAL_KIND_mailing, mailings, 4, attack);
	sample_fill_table(report, TOTAL_KIND_link, links, 4, attack);
	sample_fill_table(report, TOTAL_KIND_page, pages, 5, attack);
	sample_fill_table(report, TOTAL_KIND_group, groups, 3, attack);
	sample_fill_table(report, TOTAL_KIND_form, forms, 3, attack);
	sample_fill_table(report, TOTAL_KIND_source, sources, 2, attack);
	sample_fill_table(report, TOTAL_KIND_product, products, 2, attack);
	sample_fill_table(report, TOTAL_KIND_term, products, 2, attack);
	sample_fill_table(report, TOTAL_KIND_reason, reasons, 8, attack);
	report->tables[TOTAL_KIND_reason].others = 0;
}

static void sample_fill_person(struct report *report, struct report_person *person, size_t index,
			       bool attack)
{
	static const char *const wheres[] = {"https://www.example.com/pricing", "資料請求",
					     "https://www.example.com/files/price-list-2026.pdf"};
	static const char *const kinds[] = {"submit", "download", "view"};

	person->id = sample_text(report, "5f1c0b8a92d34e77a0b1c2d3");
	person->address = sample_text(report, attack ? sample_attacks[index % SAMPLE_ATTACKS]
						     : "someone@customer.example");
	person->company = sample_text(report, attack ? sample_attacks[(index + 3) % SAMPLE_ATTACKS]
						     : "株式会社サンプル");
	person->likelihood = 65 - 9 * (int)index;
	person->why = sample_text(report, attack ? sample_attacks[index] : "184 points");
	person->score = 18450 - (int64_t)index * 2375;
	memcpy(person->grade, index % 2 ? "B+" : "A", 2);
	person->last.type = sample_text(report, kinds[index % 3]);
	person->last.where =
		sample_text(report, attack ? sample_attacks[(index + 5) % SAMPLE_ATTACKS]
					   : wheres[index % 3]);
	person->last.time = (usec_t)(SAMPLE_FIRST_DAY + 29 - (int64_t)index) * USEC_PER_DAY;
	person->last.sequence = 421100 + index;
	person->first_touch = (struct report_touch){.class = SPAN("mail"),
						    .name = sample_text(report, "autumn"),
						    .time = 1};
	person->last_touch = (struct report_touch){.class = SPAN("search"),
						   .name = sample_text(report, "www.example.net"),
						   .time = 1};
	for (int i = 0; i < REPORT_WINDOWS; i++)
		person->windows[i] = (struct report_window){.views = 7 * (i + 1),
							    .sessions = 2 * (i + 1),
							    .visible_ms = 95000 * (i + 1),
							    .clicks = i + 1,
							    .clicks_machine = i,
							    .opens = 3,
							    .submits = 1};
	person->evidence_count = 3;
	person->evidence = sample_alloc(report, 3 * sizeof(*person->evidence));
	for (size_t i = 0; i < 3; i++)
		person->evidence[i] = (struct report_evidence){
			.what = sample_text(report, kinds[i]),
			.where = sample_text(report, attack ? sample_attacks[i] : wheres[i]),
			.day = SAMPLE_FIRST_DAY + 20,
			.points = 5000 - 1510 * (int64_t)i,
			.sequence = 421000 + i};
	person->category_count = 1;
	person->categories = sample_alloc(report, sizeof(*person->categories));
	person->categories[0] =
		(struct report_category){.name = sample_text(report, attack ? sample_attacks[0]
									    : "Instruments"),
					 .points = 4200};
}

static void sample_fill_people(struct report *report, bool attack)
{
	report->people = sample_alloc(report, SAMPLE_PEOPLE * sizeof(*report->people));
	report->people_count = SAMPLE_PEOPLE;
	report->people_all = 1312;
	for (size_t i = 0; i < SAMPLE_PEOPLE; i++)
		sample_fill_person(report, &report->people[i], i, attack);
	report->companies = sample_alloc(report, 2 * sizeof(*report->companies));
	report->company_count = 2;
	for (size_t i = 0; i < 2; i++)
		report->companies[i] =
			(struct report_company){.name = sample_text(report,
								    attack ? sample_attacks[i]
									   : "株式会社サンプル"),
						.people = 3 - i,
						.score = 21000 - 9000 * (int64_t)i,
						.last = (usec_t)SAMPLE_FIRST_DAY * USEC_PER_DAY,
						.window = {.views = 31}};
}

/* @attack: half of the names are those of an attacker. */
static void sample_report(struct report *report, bool attack)
{
	*report = (struct report){.arena = ARENA_INIT(0)};
	report->site = sample_text(report, "go.example.com");
	report->time_zone = sample_text(report, "Asia/Tokyo");
	report->as_of = (usec_t)(SAMPLE_FIRST_DAY + SAMPLE_DAYS) * USEC_PER_DAY - 1;
	report->made = report->as_of;
	report->position = 412345;
	report->last = 412399;
	report->facts = 400000;
	sample_fill_days(report);
	report->visitors = report->totals[TOTAL_visitors] * 2 / 5;
	sample_fill_tables(report, attack);
	sample_fill_people(report, attack);
	report->account =
		(struct report_account){.is_read = true,
					.received = 412900,
					.stored = 411720,
					.dropped = 610,
					.rejected = 552,
					.lost = 18,
					.late = 4,
					.accounts = 40000,
					.unclean = 1,
					.missing = 3,
					.adds_up = !attack,
					.problem = attack ? sample_text(report, sample_attacks[0])
							  : (struct span){0}};
}

#endif
