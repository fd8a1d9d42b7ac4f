/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Totals come in the order of id and day, so one row is added up at a time, and only the largest
 * are kept: what a report costs does not grow with how many pages a site has, but for the reading.
 *
 * Between two of these walks a run of summarize may commit. Rows of one table agree with each
 * other; a report of the running day may show a view more in one table than in the next.
 */
#include "summary/report_gather.h"

#include "base/encode.h"
#include "config/config.h"
#include "summary/calendar.h"
#include "summary/fold.h"
#include "summary/report_account.h"
#include "summary/report_sections.h"
#include "summary/report_top.h"
#include "text/columns.h"

#include <errno.h>

enum { DAYS_END = 65535 };

/* One id on its way to a row. */
struct sum {
	uint8_t id[TOTAL_ID_MAX_BYTES];
	int64_t counts[TOTAL_COUNT];
};

struct table_walk {
	const enum total *order;
	struct top top;
	struct sum sum, evicted;
	size_t id_size;
	bool has_sum;
	struct report_table *table;
};

static bool add_counts(int64_t *to, const int64_t *counts)
{
	bool any = false;

	for (int i = 0; i < TOTAL_COUNT; i++) {
		to[i] = total_add(to[i], counts[i]);
		any |= counts[i] != 0;
	}
	return any;
}

static void leave_out(struct table_walk *walk, const struct sum *sum)
{
	walk->table->others++;
	(void)add_counts(walk->table->others_counts, sum->counts);
}

static bool is_empty(const struct sum *sum)
{
	for (int i = 0; i < TOTAL_COUNT; i++)
		if (sum->counts[i] != 0)
			return false;
	return true;
}

static void end_sum(struct table_walk *walk)
{
	enum top_fate fate;

	if (!walk->has_sum || is_empty(&walk->sum))
		return;
	fate = top_add(&walk->top, walk->sum.counts[walk->order[0]],
		       walk->sum.counts[walk->order[1]], &walk->sum, &walk->evicted);
	if (fate != TOP_KEPT)
		leave_out(walk, fate == TOP_REPLACED ? &walk->evicted : &walk->sum);
}

static int add_row(void *context, struct span id, uint16_t day, const int64_t *counts)
{
	struct table_walk *walk = context;

	(void)day;
	if (!walk->has_sum || id.size != walk->id_size ||
	    memcmp(walk->sum.id, id.data, id.size) != 0) {
		end_sum(walk);
		walk->sum = (struct sum){0};
		walk->id_size = id.size < sizeof(walk->sum.id) ? id.size : sizeof(walk->sum.id);
		memcpy(walk->sum.id, id.data, walk->id_size);
		walk->has_sum = true;
	}
	(void)add_counts(walk->sum.counts, counts);
	return 0;
}

static int fill_table(struct gather *gather, enum total_kind kind, struct table_walk *walk)
{
	struct report_table *table = walk->table;
	struct arena *arena = &gather->report->arena;

	top_sort(&walk->top);
	if (walk->top.count == 0)
		return 0;
	table->rows = arena_alloc(arena, walk->top.count * sizeof(*table->rows));
	if (!table->rows)
		return -ENOMEM;
	for (size_t i = 0; i < walk->top.count; i++) {
		const struct sum *sum = top_get(&walk->top, i);
		struct report_row *row = &table->rows[table->count++];

		*row = (struct report_row){0};
		memcpy(row->counts, sum->counts, sizeof(row->counts));
		gather_names(gather, kind, span_of(sum->id, total_kind_row(kind)->id_bytes), row);
	}
	return 0;
}

static int gather_table(struct gather *gather, enum total_kind kind, const enum total *order)
{
	struct report *report = gather->report;
	struct table_walk walk = {.order = order, .table = &report->tables[kind]};
	int r = top_init(&walk.top, sizeof(struct sum), gather->options->rows);

	if (r == 0)
		r = summary_totals(gather->summary, kind, (struct span){0}, (uint16_t)report->from,
				   (uint16_t)report->to, add_row, &walk);
	if (r == 0) {
		end_sum(&walk);
		r = fill_table(gather, kind, &walk);
	}
	top_finish(&walk.top);
	return r;
}

static int gather_tables(struct gather *gather)
{
	static const enum total by_reason[] = {TOTAL_clicks_machine, TOTAL_views_machine};
	static const enum total by_amount[] = {TOTAL_amount, TOTAL_purchases};
	struct report *report = gather->report;
	size_t count;
	const struct report_section *sections = report_sections(&count);
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = gather_table(gather, sections[i].kind, sections[i].order);
	if (r == 0)
		r = gather_table(gather, TOTAL_KIND_reason, by_reason);
	if (r == 0)
		r = gather_table(gather, TOTAL_KIND_currency, by_amount);
	for (size_t i = 0; r == 0 && i < report->tables[TOTAL_KIND_currency].count; i++) {
		struct report_row *row = &report->tables[TOTAL_KIND_currency].rows[i];

		gather_amount(gather, &row->amount, row->counts[TOTAL_amount], row->name);
		gather_amount(gather, &report->amount, row->counts[TOTAL_amount], row->name);
	}
	return r;
}

/* What one campaign sold in one currency: totals keep it beside the campaign's own row. */
struct sale_walk {
	struct gather *gather;
	uint8_t id[sizeof(struct campaign_id) + sizeof(uint32_t)];
	int64_t amount;
};

static void end_sale(struct sale_walk *walk)
{
	struct gather *gather = walk->gather;
	struct report_table *table = &gather->report->tables[TOTAL_KIND_campaign];
	char id[2 * sizeof(struct campaign_id) + 1];

	hex_format(walk->id, sizeof(struct campaign_id), id);
	for (size_t i = 0; walk->amount != 0 && i < table->count; i++)
		if (span_equal(table->rows[i].id, span_text(id)))
			gather_amount(gather, &table->rows[i].amount, walk->amount,
				      summary_text(gather->summary,
						   get_u32(walk->id + sizeof(struct campaign_id))));
}

static int add_sale(void *context, struct span id, uint16_t day, const int64_t *counts)
{
	struct sale_walk *walk = context;

	(void)day;
	if (id.size != sizeof(walk->id))
		return 0;
	if (memcmp(walk->id, id.data, id.size) != 0) {
		end_sale(walk);
		walk->amount = 0;
		memcpy(walk->id, id.data, id.size);
	}
	walk->amount = total_add(walk->amount, counts[TOTAL_amount]);
	return 0;
}

static int gather_sales(struct gather *gather)
{
	struct report *report = gather->report;
	struct sale_walk walk = {.gather = gather};
	int r = summary_totals(gather->summary, TOTAL_KIND_campaign_sale, (struct span){0},
			       (uint16_t)report->from, (uint16_t)report->to, add_sale, &walk);

	if (r == 0)
		end_sale(&walk);
	return r;
}

struct range {
	uint16_t first, last;
	bool any;
};

static int widen(void *context, struct span id, uint16_t day, const int64_t *counts)
{
	struct range *range = context;
	int64_t sum[TOTAL_COUNT] = {0};

	(void)id;
	if (!add_counts(sum, counts))
		return 0;
	if (!range->any || day < range->first)
		range->first = day;
	if (!range->any || day > range->last)
		range->last = day;
	range->any = true;
	return 0;
}

static int find_range(struct gather *gather, struct range *ret_range)
{
	const struct report_options *options = gather->options;
	struct report *report = gather->report;
	int r = summary_totals(gather->summary, TOTAL_KIND_all, (struct span){0}, 0, DAYS_END,
			       widen, ret_range);

	if (r != 0)
		return r;
	report->from = options->has_from ? options->from : ret_range->first;
	report->to = options->has_to ? options->to : ret_range->last;
	report->whole = !options->has_from && !options->has_to;
	if (!ret_range->any && !(options->has_from && options->has_to))
		report->to = report->from - 1;
	return 0;
}

static int add_day(void *context, struct span id, uint16_t day, const int64_t *counts)
{
	struct gather *gather = context;
	struct report *report = gather->report;

	(void)id;
	(void)add_counts(report->totals, counts);
	(void)add_counts(report->days[day - report->from].counts, counts);
	return 0;
}

static int add_before(void *context, struct span id, uint16_t day, const int64_t *counts)
{
	struct gather *gather = context;

	(void)id;
	(void)day;
	(void)add_counts(gather->report->before, counts);
	return 0;
}

/* A browser is a visitor of the period on its first day in it: when it was last there before. */
static int add_visitors(void *context, struct span id, uint16_t day, const int64_t *counts)
{
	struct gather *gather = context;
	struct report *report = gather->report;
	uint16_t gap = id.size == 2 ? get_u16(id.data) : 0;

	if (gap == 0 || day - (int64_t)gap < report->from)
		report->visitors += counts[TOTAL_visitors];
	return 0;
}

static int gather_days(struct gather *gather, const struct range *range)
{
	struct report *report = gather->report;
	size_t count = report->to < report->from ? 0 : (size_t)(report->to - report->from + 1);
	int r;

	report->day_count = count;
	if (count == 0)
		return 0;
	report->days = arena_alloc(&report->arena, count * sizeof(*report->days));
	if (!report->days)
		return -ENOMEM;
	memset(report->days, 0, count * sizeof(*report->days));
	for (size_t i = 0; i < count; i++)
		report->days[i].day = report->from + (int64_t)i;
	r = summary_totals(gather->summary, TOTAL_KIND_all, (struct span){0},
			   (uint16_t)report->from, (uint16_t)report->to, add_day, gather);
	if (r == 0)
		r = summary_totals(gather->summary, TOTAL_KIND_gap, (struct span){0},
				   (uint16_t)report->from, (uint16_t)report->to, add_visitors,
				   gather);
	report->has_before = range->any && report->from - (int64_t)count >= range->first;
	if (r == 0 && report->has_before)
		r = summary_totals(gather->summary, TOTAL_KIND_all, (struct span){0},
				   (uint16_t)(report->from - (int64_t)count),
				   (uint16_t)(report->from - 1), add_before, gather);
	return r;
}

static int gather_state(struct gather *gather)
{
	struct report *report = gather->report;
	const struct config *config = gather->app->config;
	const struct tracker_set *trackers = gather->app->trackers;
	struct summary_state state;
	struct buffer site = BUFFER_INIT;
	int r = summary_state(gather->summary, &state);

	if (r != 0)
		return r;
	for (size_t i = 0; i < trackers->count; i++) {
		if (i > 0)
			buffer_append_text(&site, ", ");
		buffer_append_text(&site, trackers->trackers[i].host);
	}
	report->site = gather_plain(gather, buffer_span(&site));
	buffer_finish(&site);
	report->time_zone = gather_plain(gather, span_text(config->summary_time_zone));
	report->position = state.position;
	report->last = state.last > state.position ? state.last : state.position;
	report->as_of = state.as_of;
	report->facts = state.facts;
	report->made = gather->options->now;
	return 0;
}

static void gather_account(struct gather *gather)
{
	struct report *report = gather->report;
	const struct calendar *calendar = summary_fold_context(gather->summary)->calendar;
	usec_t from = 0, to = UINT64_MAX;

	if (!report->whole && report->day_count > 0) {
		from = calendar_day_begin(calendar, (uint16_t)report->from);
		if (report->to < DAYS_END)
			to = calendar_day_begin(calendar, (uint16_t)(report->to + 1));
	}
	report_account_read(gather->app->store, from, to, report->last, &report->arena,
			    &report->account);
}

int report_gather(struct app *app, struct summary *summary, const struct report_options *options,
		  struct report *ret_report, struct error *error)
{
	struct gather gather = {.app = app,
				.summary = summary,
				.options = options,
				.report = ret_report,
				.error = error};
	struct range range = {0};
	int r;

	*ret_report = (struct report){.arena = ARENA_INIT(0)};
	r = gather_state(&gather);
	if (r == 0)
		r = find_range(&gather, &range);
	if (r == 0)
		r = gather_days(&gather, &range);
	if (r == 0 && ret_report->day_count > 0)
		r = gather_tables(&gather);
	if (r == 0 && ret_report->day_count > 0)
		r = gather_sales(&gather);
	if (r == 0)
		r = gather_people(&gather);
	if (r == 0)
		gather_account(&gather);
	if (r < 0)
		return error_set(error, REPORT_E_FAILED, "the summaries cannot be read: %s",
				 strerror(-r));
	return r == 0 ? 0 : REPORT_E_FAILED;
}

struct span gather_plain(struct gather *gather, struct span text)
{
	struct buffer plain = BUFFER_INIT;
	struct span copy = {0};

	if (!text.data)
		return copy;
	columns_append_plain(&plain, text);
	if (!plain.error)
		copy = arena_copy(&gather->report->arena, buffer_span(&plain));
	buffer_finish(&plain);
	return copy;
}

struct span gather_hex(struct gather *gather, const void *id, size_t size)
{
	char *text = arena_alloc(&gather->report->arena, 2 * size + 1);

	if (!text)
		return (struct span){0};
	hex_format(id, size, text);
	return span_of(text, 2 * size);
}
