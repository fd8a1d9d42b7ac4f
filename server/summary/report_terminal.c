/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a terminal, from the top down: head, figures, days, then a table for each section.
 * Everything is a table of report_grid.h, which knows widths; here is what stands in the cells.
 *
 * Names come plain from the report, so nothing that a campaign is called can move the cursor.
 */
#include "summary/report_terminal.h"

#include "base/cleanup.h"
#include "summary/report_grid.h"
#include "summary/report_periods.h"
#include "summary/report_sections.h"
#include "text/columns.h"

#include <errno.h>
#include <inttypes.h>

enum { BAR_WIDTH = 10, WIDTH_MIN = 40, EVIDENCE_SHOWN = 3, NUMBER_BYTES = 32 };

struct page {
	const struct report *report;
	const struct report_terminal_options *options;
	enum report_language language;
	size_t width;
	struct buffer *to;
	struct buffer cell; /* of the cell that is being written */
	struct arena arena;
};

static const char *text(const struct page *page, enum report_text id)
{
	return report_text(id, page->language);
}

static const char *heading(const struct page *page, enum report_figure figure)
{
	return report_figure(figure)->heading[page->language];
}

static void end_cell(struct page *page, struct grid *grid)
{
	grid_cell(grid, buffer_span(&page->cell));
	buffer_clear(&page->cell);
}

static void text_cell(struct page *page, struct grid *grid, const char *what)
{
	buffer_append_text(&page->cell, what);
	end_cell(page, grid);
}

static void count_cell(struct page *page, struct grid *grid, int64_t count)
{
	report_count_append(&page->cell, count);
	end_cell(page, grid);
}

static void figure_cell(struct page *page, struct grid *grid, enum report_figure figure,
			const int64_t *counts)
{
	report_figure_append(&page->cell, figure, counts, page->language);
	end_cell(page, grid);
}

static void bar_cell(struct page *page, struct grid *grid, double share)
{
	grid_bar_append(&page->cell, share, BAR_WIDTH, page->options->plain_text);
	end_cell(page, grid);
}

static void wrap_cell(struct page *page)
{
	grid_wrap_append(page->to, buffer_span(&page->cell), page->width);
	if (page->cell.error)
		page->to->error = page->cell.error;
	buffer_clear(&page->cell);
}

static void say_line(struct page *page, enum report_text id, const struct report_value *values)
{
	report_say(&page->cell, id, page->language, values);
	wrap_cell(page);
}

static void append_title(struct page *page, enum report_text title)
{
	const char *name = text(page, title);

	buffer_append_byte(page->to, '\n');
	buffer_append_text(page->to, name);
	buffer_append_byte(page->to, '\n');
	for (size_t i = columns_of(span_text(name)); i > 0; i--)
		buffer_append_text(page->to, page->options->plain_text ? "-" : "─");
	buffer_append_byte(page->to, '\n');
}

static void print_grid(struct page *page, struct grid *grid)
{
	grid_append(grid, page->width, page->to);
	if (grid->error)
		page->to->error = grid->error;
	arena_reset(&page->arena);
}

static void append_head(struct page *page)
{
	const struct report *report = page->report;
	cleanup_buffer struct buffer from = BUFFER_INIT, to = BUFFER_INIT, time = BUFFER_INIT,
				     zone = BUFFER_INIT, behind = BUFFER_INIT;
	struct report_value values[] = {{"from", NULL}, {"to", NULL},	  {"time", NULL},
					{"zone", NULL}, {"events", NULL}, {NULL, NULL}};

	report_day_append(&from, report->from, REPORT_DAY_LONG, page->language);
	report_day_append(&to, report->to, REPORT_DAY_LONG, page->language);
	report_time_append(&time, report->as_of);
	buffer_append_span(&zone, report->time_zone);
	report_count_append(&behind, (int64_t)(report->last - report->position));
	values[0].value = buffer_text(&from);
	values[1].value = buffer_text(&to);
	values[2].value = buffer_text(&time);
	values[3].value = buffer_text(&zone);
	values[4].value = buffer_text(&behind);
	buffer_append_text(&page->cell, text(page, REPORT_TEXT_title));
	buffer_append_text(&page->cell, " · ");
	buffer_append_span(&page->cell, report->site);
	wrap_cell(page);
	say_line(page, report->day_count > 0 ? REPORT_TEXT_period : REPORT_TEXT_period_none,
		 values);
	say_line(page, REPORT_TEXT_made, values);
	if (report->last > report->position)
		say_line(page, REPORT_TEXT_behind, values);
	if (report->totals[TOTAL_clicks_pending] > 0) {
		buffer_clear(&behind);
		report_count_append(&behind, report->totals[TOTAL_clicks_pending]);
		say_line(page, REPORT_TEXT_pending_note,
			 (struct report_value[]){{"clicks", buffer_text(&behind)}, {NULL, NULL}});
	}
}

/* "+12%" against the days before; nothing where these are not known. */
static void append_change(struct buffer *to, int64_t now, int64_t before)
{
	if (before <= 0 || now == before)
		return;
	if (now > before)
		buffer_append_byte(to, '+');
	else
		buffer_append_byte(to, '-');
	report_percent_append(to, now > before ? now - before : before - now, before);
}

static void append_headline(struct page *page)
{
	const struct report *report = page->report;
	size_t count;
	const enum report_figure *figures = report_headline(&count);
	int64_t counts[TOTAL_COUNT];
	struct grid grid;

	report_headline_counts(report, counts);

	append_title(page, REPORT_TEXT_overview);
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, REPORT_TEXT_figure), false);
	grid_column(&grid, text(page, REPORT_TEXT_count_heading), true);
	grid_column(&grid, report->has_before ? "±" : "", true);
	for (size_t i = 0; i < count; i++) {
		enum total total = report_figure(figures[i])->count;

		text_cell(page, &grid, heading(page, figures[i]));
		figure_cell(page, &grid, figures[i], counts);
		if (report->has_before && total != TOTAL_visitors)
			append_change(&page->cell, report->totals[total], report->before[total]);
		end_cell(page, &grid);
	}
	print_grid(page, &grid);
}

static void append_days(struct page *page)
{
	static const enum report_figure figures[] = {
		FIGURE_views,	       FIGURE_visitors,	      FIGURE_sessions, FIGURE_clicks_human,
		FIGURE_clicks_machine, FIGURE_clicks_unknown, FIGURE_submits,
	};
	enum { FIGURES = sizeof(figures) / sizeof(*figures) };
	struct report_periods periods;
	int64_t largest;
	struct grid grid;
	struct arena own = ARENA_INIT(0);

	if (report_periods_get(page->report, &own, &periods) != 0) {
		page->to->error = -ENOMEM;
		return;
	}
	largest = report_periods_max(&periods, TOTAL_views);
	buffer_append_byte(page->to, '\n');
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, periods.weeks ? REPORT_TEXT_week_of : REPORT_TEXT_day),
		    false);
	grid_column(&grid, "", false);
	for (size_t i = 0; i < FIGURES; i++)
		grid_column(&grid, heading(page, figures[i]), true);
	for (size_t i = 0; i < periods.count; i++) {
		const struct report_day *row = &periods.rows[i];

		report_day_append(&page->cell, row->day, REPORT_DAY_ISO, page->language);
		end_cell(page, &grid);
		bar_cell(page, &grid, report_share(row->counts[TOTAL_views], largest));
		for (size_t j = 0; j < FIGURES; j++)
			figure_cell(page, &grid, figures[j], row->counts);
	}
	print_grid(page, &grid);
	arena_finish(&own);
}

static void name_cell(struct page *page, struct grid *grid, const struct report_section *section,
		      const struct report_row *row)
{
	report_row_name_append(&page->cell, section, row, page->language);
	end_cell(page, grid);
}

static void append_others(struct page *page, uint64_t others)
{
	char number[NUMBER_BYTES];

	if (others == 0)
		return;
	(void)snprintf(number, sizeof(number), "%" PRIu64, others);
	say_line(page, REPORT_TEXT_others, (struct report_value[]){{"rows", number}, {NULL, NULL}});
}

static size_t shown_of(const struct page *page, size_t count)
{
	return count < page->options->rows ? count : page->options->rows;
}

static void append_section(struct page *page, const struct report_section *section)
{
	const struct report_table *table = &page->report->tables[section->kind];
	enum total bar = report_figure(section->figures[0])->count;
	size_t shown = shown_of(page, table->count);
	int64_t largest = report_table_max(table, bar);
	bool amounts = report_has_amounts(table);
	struct grid grid;

	append_title(page, section->title);
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, section->column), false);
	grid_column(&grid, "", false);
	for (size_t i = 0; i < section->figure_count; i++)
		grid_column(&grid, heading(page, section->figures[i]), true);
	if (amounts)
		grid_column(&grid, text(page, REPORT_TEXT_column_amount), true);
	for (size_t i = 0; i < shown; i++) {
		const struct report_row *row = &table->rows[i];

		name_cell(page, &grid, section, row);
		bar_cell(page, &grid, report_share(row->counts[bar], largest));
		for (size_t j = 0; j < section->figure_count; j++)
			figure_cell(page, &grid, section->figures[j], row->counts);
		if (amounts)
			grid_cell(&grid, row->amount);
	}
	print_grid(page, &grid);
	append_others(page, table->others + (table->count - shown));
}

static void append_last(struct page *page, struct grid *grid, const struct report_person *person)
{
	if (person->last.time == 0) {
		text_cell(page, grid, text(page, REPORT_TEXT_never));
		text_cell(page, grid, "");
		return;
	}
	report_time_append(&page->cell, person->last.time);
	end_cell(page, grid);
	buffer_append_span(&page->cell, report_type_text(person->last.type, page->language));
	buffer_append_text(&page->cell, " ");
	report_name_append(&page->cell, person->last.where);
	end_cell(page, grid);
}

static void append_evidence(struct page *page, size_t shown)
{
	struct grid grid;

	buffer_append_byte(page->to, '\n');
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, REPORT_TEXT_why_score), false);
	grid_column(&grid, text(page, REPORT_TEXT_points), true);
	grid_column(&grid, text(page, REPORT_TEXT_event_number), true);
	grid_column(&grid, text(page, REPORT_TEXT_what), false);
	for (size_t i = 0; i < shown; i++) {
		const struct report_person *person = &page->report->people[i];

		for (size_t j = 0; j < person->evidence_count && j < EVIDENCE_SHOWN; j++) {
			const struct report_evidence *evidence = &person->evidence[j];

			grid_cell(&grid, person->address.size ? person->address : person->id);
			report_points_append(&page->cell, evidence->points);
			end_cell(page, &grid);
			buffer_printf(&page->cell, "%" PRIu64, evidence->sequence);
			end_cell(page, &grid);
			buffer_append_span(&page->cell,
					   report_type_text(evidence->what, page->language));
			buffer_append_byte(&page->cell, ' ');
			report_name_append(&page->cell, evidence->where);
			end_cell(page, &grid);
		}
	}
	if (grid.cell_count > 0)
		print_grid(page, &grid);
}

static void append_people(struct page *page)
{
	const struct report *report = page->report;
	size_t shown = shown_of(page, report->people_count);
	struct grid grid;

	if (report->people_count == 0)
		return;
	append_title(page, REPORT_TEXT_people);
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, REPORT_TEXT_person), false);
	grid_column(&grid, text(page, REPORT_TEXT_likelihood), true);
	grid_column(&grid, text(page, REPORT_TEXT_score), true);
	grid_column(&grid, text(page, REPORT_TEXT_grade), false);
	grid_column(&grid, heading(page, FIGURE_clicks_human), true);
	grid_column(&grid, heading(page, FIGURE_clicks_machine), true);
	grid_column(&grid, heading(page, FIGURE_views), true);
	grid_column(&grid, text(page, REPORT_TEXT_last_seen), false);
	grid_column(&grid, "", false);
	for (size_t i = 0; i < shown; i++) {
		const struct report_person *person = &report->people[i];
		const struct report_window *all = &person->windows[REPORT_WINDOWS - 1];

		grid_cell(&grid, person->address.size ? person->address : person->id);
		count_cell(page, &grid, person->likelihood);
		report_points_append(&page->cell, person->score);
		end_cell(page, &grid);
		text_cell(page, &grid, person->grade);
		count_cell(page, &grid, all->clicks);
		count_cell(page, &grid, all->clicks_machine);
		count_cell(page, &grid, all->views);
		append_last(page, &grid, person);
	}
	print_grid(page, &grid);
	append_others(page, report->people_all - shown);
	append_evidence(page, shown);
}

static void append_companies(struct page *page)
{
	const struct report *report = page->report;
	size_t shown = shown_of(page, report->company_count);
	struct grid grid;

	if (report->company_count == 0)
		return;
	append_title(page, REPORT_TEXT_companies);
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, REPORT_TEXT_company), false);
	grid_column(&grid, text(page, REPORT_TEXT_score), true);
	grid_column(&grid, text(page, REPORT_TEXT_people_count), true);
	grid_column(&grid, heading(page, FIGURE_views), true);
	grid_column(&grid, text(page, REPORT_TEXT_last_seen), false);
	for (size_t i = 0; i < shown; i++) {
		const struct report_company *company = &report->companies[i];

		grid_cell(&grid, company->name);
		report_points_append(&page->cell, company->score);
		end_cell(page, &grid);
		count_cell(page, &grid, (int64_t)company->people);
		count_cell(page, &grid, company->window.views);
		if (company->last > 0)
			report_time_append(&page->cell, company->last);
		end_cell(page, &grid);
	}
	print_grid(page, &grid);
	append_others(page, report->company_count - shown);
}

static void append_machines(struct page *page)
{
	static const enum report_figure figures[] = {FIGURE_clicks_machine, FIGURE_views_machine,
						     FIGURE_opens_prefetch, FIGURE_opens_proxy};
	const struct report_table *table = &page->report->tables[TOTAL_KIND_reason];
	struct grid grid;

	append_title(page, REPORT_TEXT_machines);
	grid_init(&grid, &page->arena);
	grid_column(&grid, text(page, REPORT_TEXT_reason), false);
	for (size_t j = 0; j < sizeof(figures) / sizeof(*figures); j++)
		grid_column(&grid, heading(page, figures[j]), true);
	for (size_t i = 0; i <= table->count; i++) {
		const int64_t *counts = page->report->totals;

		if (i < table->count) {
			counts = table->rows[i].counts;
			grid_cell(&grid, report_reason_text(table->rows[i].name, page->language));
		} else {
			text_cell(page, &grid, text(page, REPORT_TEXT_total));
		}
		for (size_t j = 0; j < sizeof(figures) / sizeof(*figures); j++)
			figure_cell(page, &grid, figures[j], counts);
	}
	print_grid(page, &grid);
}

static void append_account_verdict(struct page *page, const struct report_account *account)
{
	char runs[NUMBER_BYTES], missing[NUMBER_BYTES];
	cleanup_buffer struct buffer problem = BUFFER_INIT;
	struct report_value values[] = {{"runs", runs},
					{"missing", missing},
					{"problem", NULL},
					{NULL, NULL}};

	buffer_append_span(&problem, account->problem);
	values[2].value = buffer_text(&problem);
	(void)snprintf(runs, sizeof(runs), "%" PRIu64, account->unclean);
	(void)snprintf(missing, sizeof(missing), "%" PRIu64, account->missing);
	if (!account->is_read)
		say_line(page, REPORT_TEXT_account_unread, values);
	else if (account->accounts == 0)
		say_line(page, REPORT_TEXT_account_none, values);
	else
		say_line(page,
			 account->adds_up ? REPORT_TEXT_account_adds_up : REPORT_TEXT_account_wrong,
			 values);
	if (account->unclean > 0)
		say_line(page, REPORT_TEXT_account_unclean, values);
}

static void append_account(struct page *page)
{
	const struct report_account *account = &page->report->account;
	const struct {
		enum report_text heading;
		uint64_t count;
	} rows[] = {
		{REPORT_TEXT_account_received, account->received},
		{REPORT_TEXT_account_stored, account->stored},
		{REPORT_TEXT_account_dropped, account->dropped},
		{REPORT_TEXT_account_rejected, account->rejected},
		{REPORT_TEXT_account_lost, account->lost},
		{REPORT_TEXT_account_pending, account->pending},
		{REPORT_TEXT_account_late, account->late},
	};
	struct grid grid;

	append_title(page, REPORT_TEXT_accounting);
	if (account->is_read && account->accounts > 0) {
		grid_init(&grid, &page->arena);
		grid_column(&grid, text(page, REPORT_TEXT_figure), false);
		grid_column(&grid, text(page, REPORT_TEXT_count_heading), true);
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			text_cell(page, &grid, text(page, rows[i].heading));
			count_cell(page, &grid, (int64_t)rows[i].count);
		}
		print_grid(page, &grid);
	}
	append_account_verdict(page, account);
}

void report_terminal_append(struct buffer *to, const struct report *report,
			    const struct report_terminal_options *options)
{
	struct page page = {.report = report,
			    .options = options,
			    .language = options->language,
			    .width = options->width < WIDTH_MIN ? WIDTH_MIN : options->width,
			    .to = to,
			    .arena = ARENA_INIT(0)};
	size_t count;
	const struct report_section *sections = report_sections(&count);

	append_head(&page);
	append_headline(&page);
	if (report->day_count > 0)
		append_days(&page);
	for (size_t i = 0; i < count; i++)
		if (!report_section_is_empty(report, &sections[i]))
			append_section(&page, &sections[i]);
	append_people(&page);
	append_companies(&page);
	append_machines(&page);
	append_account(&page);
	if (page.cell.error)
		to->error = page.cell.error;
	buffer_finish(&page.cell);
	arena_finish(&page.arena);
}
