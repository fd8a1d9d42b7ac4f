/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of rows, by the table. What several lines hold is cut at a number of lines that a person
 * reads; all of it is in the NDJSON.
 *
 * Texts and names are good until the next one is asked for, so each is appended before that.
 */
#include "summary/deliver_value.h"

#include "base/encode.h"
#include "store/event.h"
#include "summary/csv_row.h"

#include <stdio.h>

enum { LINES_MAX = 20, MS_PER_SECOND = 1000, POINTS_UNIT = 1000 };

static void add_handle(const struct deliver_item *it, struct buffer *to)
{
	char text[2 * sizeof(it->person) + 1];

	hex_format(&it->person, sizeof(it->person), text);
	buffer_append_text(to, text);
}

/* An address that a spreadsheet would run cannot be guarded by a byte before it: then it would be
 * another one. It stays out. */
static void add_email(const struct deliver_item *it, struct buffer *to)
{
	if (!it->guard || !csv_is_formula(it->identity->address))
		buffer_append_span(to, it->identity->address);
}

static void add_left(const struct deliver_item *it, struct buffer *to)
{
	const json_t *name;
	size_t index;

	json_array_foreach(it->identity->left, index, name)
	{
		if (index > 0)
			buffer_append_byte(to, '\n');
		buffer_append(to, json_string_value(name), json_string_length(name));
	}
}

static void add_likelihood(const struct deliver_item *it, struct buffer *to)
{
	if (it->summary->score)
		likelihood_explain(it->summary->score, it->grade, it->company.excluded, to);
}

static void add_type(const struct person_moment *moment, struct buffer *to)
{
	if (moment->time)
		buffer_append_text(to, event_type_row(moment->type)->name);
}

static void add_text(const struct deliver_item *it, uint32_t id, struct buffer *to)
{
	if (id)
		buffer_append_span(to, it->names->text(it->names->context, id));
}

static void add_campaign(const struct deliver_item *it, const struct campaign_id *id,
			 struct buffer *to)
{
	if (!id_is_zero(id, sizeof(*id)))
		buffer_append_span(to, it->names->name(it->names->context, NAME_CAMPAIGN, id));
}

static void add_sequence(uint64_t sequence, struct buffer *to)
{
	if (sequence)
		buffer_printf(to, "%llu", (unsigned long long)sequence);
}

static void add_joined(const char *before, const char *between, size_t start, struct buffer *to)
{
	buffer_append_text(to, to->size > start ? between : before);
}

void deliver_touch_write(const struct deliver_item *it, const struct person_touch *touch,
			 struct buffer *to)
{
	size_t start;

	if (!touch->time)
		return;
	buffer_append_text(to, source_class_name(touch->source));
	start = to->size;
	if (!id_is_zero(&touch->campaign, sizeof(touch->campaign))) {
		add_joined(": ", " / ", start, to);
		add_campaign(it, &touch->campaign, to);
	}
	for (size_t i = 0; i < 3; i++)
		if (touch->utm[i]) {
			add_joined(": ", " / ", start, to);
			add_text(it, touch->utm[i], to);
		}
	if (to->size == start && touch->referrer) {
		buffer_append_text(to, ": ");
		add_text(it, touch->referrer, to);
	}
}

static void add_touch(const struct deliver_item *it, const struct person_touch *touch,
		      struct buffer *to)
{
	deliver_touch_write(it, touch, to);
}

static void add_domain(const struct deliver_item *it, struct buffer *to)
{
	if (!it->company.is_free_mail)
		buffer_append_text(to, it->company.domain);
}

static void begin_line(struct buffer *to)
{
	if (to->size > 0)
		buffer_append_byte(to, '\n');
}

static void add_pages(const struct deliver_item *it, struct buffer *to)
{
	for (size_t i = 0; i < it->summary->pages.count && i < LINES_MAX; i++) {
		const struct person_page *page = &it->summary->pages.rows[i];

		begin_line(to);
		buffer_printf(to, "%u views, %llu s: ", page->views,
			      (unsigned long long)(page->visible_ms / MS_PER_SECOND));
		add_text(it, page->page, to);
	}
}

static void add_groups(const struct deliver_item *it, struct buffer *to)
{
	for (size_t i = 0; i < it->summary->groups.count && i < LINES_MAX; i++) {
		const struct person_group *group = &it->summary->groups.rows[i];

		if (group->group >= it->rules->group_count)
			continue;
		begin_line(to);
		buffer_printf(to, "%u views, %llu s: %s", group->views,
			      (unsigned long long)(group->visible_ms / MS_PER_SECOND),
			      it->rules->groups[group->group].name);
	}
}

static void add_day(uint16_t day, struct buffer *to)
{
	char text[CALENDAR_TEXT_BYTES];

	calendar_format(day, text);
	buffer_append_text(to, text);
}

static void add_moments(const struct deliver_item *it, const struct person_moment *rows,
			size_t count, struct buffer *to)
{
	for (size_t i = 0; i < count && i < LINES_MAX; i++) {
		const struct person_moment *moment = &rows[count - 1 - i];

		begin_line(to);
		add_day(calendar_day(it->calendar, moment->time), to);
		buffer_append_text(to, ": ");
		add_text(it, moment->name ? moment->name : moment->page, to);
	}
}

static void add_purchases(const struct deliver_item *it, struct buffer *to)
{
	size_t count = it->summary->purchases.count;

	for (size_t i = 0; i < count && i < LINES_MAX; i++) {
		const struct person_purchase *row = &it->summary->purchases.rows[count - 1 - i];

		begin_line(to);
		add_day(row->day, to);
		buffer_append_text(to, ": ");
		add_text(it, row->product, to);
		buffer_printf(to, ", %u purchases", row->purchases);
	}
}

static void add_categories(const struct deliver_item *it, struct buffer *to)
{
	for (size_t i = 0; it->summary->score && i < it->rules->category_count; i++) {
		begin_line(to);
		buffer_printf(to, "%d: %s", it->summary->score->by_category[i],
			      it->rules->categories[i]);
	}
}

static void add_evidence(const struct deliver_item *it, struct buffer *to)
{
	const struct score *score = it->summary->score;

	for (unsigned i = 0; score && i < score->strongest_count; i++) {
		const struct score_evidence *row = &score->strongest[i];

		begin_line(to);
		buffer_printf(to, "%+d points: %s, ", row->points / POINTS_UNIT,
			      score_kind_text(row->kind));
		add_day(row->day, to);
		buffer_printf(to, ", event %llu", (unsigned long long)row->sequence);
		if (row->text) {
			buffer_append_text(to, ": ");
			add_text(it, row->text, to);
		}
	}
}

static void add_member_id(const struct deliver_item *it, struct buffer *to)
{
	char text[2 * sizeof(struct campaign_id) + 1];

	add_handle(it, to);
	hex_format(&it->response->campaign, sizeof(it->response->campaign), text);
	buffer_printf(to, "-%s", text);
}

static void add_member_status(const struct deliver_item *it, struct buffer *to)
{
	buffer_append_text(to, it->statuses[deliver_stage_of(it->response)]);
}

static void add_task_id(const struct deliver_item *it, struct buffer *to)
{
	add_handle(it, to);
	buffer_printf(to, "-%llu", (unsigned long long)it->follow_up.sequence);
}

/* "Follow up: submit contact on 2026-11-21". */
static void add_task_subject(const struct deliver_item *it, struct buffer *to)
{
	const struct deliver_follow_up *wanted = &it->follow_up;

	buffer_append_text(to, "Follow up: ");
	if (wanted->sequence)
		buffer_append_text(to, event_type_row(wanted->type)->name);
	else
		buffer_printf(to, "score %d", it->summary->score ? it->summary->score->total : 0);
	if (!id_is_zero(&wanted->form, sizeof(wanted->form))) {
		buffer_append_byte(to, ' ');
		buffer_append_span(to,
				   it->names->name(it->names->context, NAME_FORM, &wanted->form));
	}
	buffer_append_text(to, " on ");
	add_day(calendar_day(it->calendar, wanted->time), to);
}

static void add_task_description(const struct deliver_item *it, struct buffer *to)
{
	add_likelihood(it, to);
	if (it->follow_up.page) {
		begin_line(to);
		buffer_append_text(to, "Page: ");
		add_text(it, it->follow_up.page, to);
	}
	if (it->summary->score && it->summary->score->strongest_count > 0) {
		cleanup_buffer struct buffer lines = BUFFER_INIT;

		add_evidence(it, &lines);
		begin_line(to);
		buffer_append_span(to, buffer_span(&lines));
	}
}

void deliver_time_write(usec_t time, struct buffer *to)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(time, text);
	/* The CRM keeps milliseconds. */
	buffer_append(to, text, sizeof("2026-11-21T12:00:00.123") - 1);
	buffer_append_byte(to, 'Z');
}

enum {
	R = DELIVER_RECORD,
	C = DELIVER_ONLY_CONTACT,
	S = DELIVER_SUMMARY,
	M = DELIVER_MEMBER,
	T = DELIVER_TASK
};

const struct deliver_value deliver_values[] = {
#define DELIVER_VALUE(type_, files_, name_, column_, length_, label_, expression) \
	{.name = #name_,                                                          \
	 .column = (column_),                                                     \
	 .label = (label_),                                                       \
	 .type = DELIVER_TYPE_##type_,                                            \
	 .files = (files_),                                                       \
	 .length = (length_)},
#include "summary/deliver_value_table.h"
};
const size_t deliver_value_count = sizeof(deliver_values) / sizeof(deliver_values[0]);

const struct deliver_value *deliver_value_find(struct span name)
{
	for (size_t i = 0; i < deliver_value_count; i++)
		if (span_equal(span_text(deliver_values[i].name), name))
			return &deliver_values[i];
	return NULL;
}

static void write_NUMBER(int64_t number, struct buffer *to)
{
	buffer_printf(to, "%lld", (long long)number);
}

static void write_TIME(usec_t time, struct buffer *to)
{
	if (time)
		deliver_time_write(time, to);
}

static void write_DAY(uint16_t day, struct buffer *to)
{
	if (day)
		add_day(day, to);
}

static void write_FLAG(bool flag, struct buffer *to)
{
	buffer_append_text(to, flag ? "true" : "false");
}

#define DO_NUMBER(expression) write_NUMBER(expression, to)
#define DO_TIME(expression)   write_TIME(expression, to)
#define DO_DAY(expression)    write_DAY(expression, to)
#define DO_FLAG(expression)   write_FLAG(expression, to)
#define DO_TEXT(expression)   (expression)
#define DO_LONG(expression)   (expression)

#define DELIVER_VALUE(type_, files_, name_, column_, length_, label_, expression)   \
	static void value_##name_(const struct deliver_item *it, struct buffer *to) \
	{                                                                           \
		const struct person_summary *s = it->summary;                       \
                                                                                    \
		(void)s;                                                            \
		DO_##type_(expression);                                             \
	}
#include "summary/deliver_value_table.h"

void deliver_value_write(const struct deliver_value *value, const struct deliver_item *item,
			 struct buffer *to)
{
	static void (*const writers[])(const struct deliver_item *, struct buffer *) = {
#define DELIVER_VALUE(type_, files_, name_, ...) value_##name_,
#include "summary/deliver_value_table.h"
	};

	writers[value - deliver_values](item, to);
}
