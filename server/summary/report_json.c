/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects from the bottom up. jansson's "_new" setters take the value and fail on NULL, so a
 * missing value anywhere shows at the end: put() keeps that in one place.
 *
 * "visitors" of the whole period is how many different browsers there were; the sum by day, in
 * which who comes on two days counts twice, is "visitor_days".
 */
#include "summary/report_json.h"

#include "summary/report_sections.h"
#include "summary/report_text.h"

struct writer {
	bool failed;
};

static void put(struct writer *writer, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		writer->failed = true;
}

static void append(struct writer *writer, json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) != 0)
		writer->failed = true;
}

static void put_number(struct writer *writer, json_t *object, const char *key, int64_t number)
{
	put(writer, object, key, json_integer((json_int_t)number));
}

static void put_text(struct writer *writer, json_t *object, const char *key, struct span text)
{
	put(writer, object, key,
	    text.data ? json_stringn((const char *)text.data, text.size) : json_null());
}

static void put_points(struct writer *writer, json_t *object, const char *key, int64_t hundredths)
{
	put(writer, object, key, json_real((double)hundredths / 100));
}

static void put_time(struct writer *writer, json_t *object, const char *key, usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(time, text);
	put(writer, object, key, time ? json_string(text) : json_null());
}

static void put_day(struct writer *writer, json_t *object, const char *key, int64_t day)
{
	struct buffer text = BUFFER_INIT;

	report_day_append(&text, day, REPORT_DAY_ISO, REPORT_EN);
	put_text(writer, object, key, buffer_span(&text));
	buffer_finish(&text);
}

static void put_counts(struct writer *writer, json_t *object, const int64_t *counts)
{
	for (enum total total = 0; total < TOTAL_COUNT; total++)
		put_number(writer, object, total_name(total), counts[total]);
}

/* Each rate with both of its counts, and as it would be if machines counted. */
static json_t *rates_json(struct writer *writer, const int64_t *counts)
{
	json_t *rates = json_object();

	for (enum report_figure figure = 0; figure < FIGURE_COUNT; figure++) {
		const struct report_figure_row *row = report_figure(figure);
		json_t *rate;

		if (row->form != REPORT_RATE)
			continue;
		rate = json_object();
		put_number(writer, rate, "count", counts[row->count]);
		put_number(writer, rate, "of", counts[row->of]);
		put(writer, rate, "rate",
		    counts[row->of] > 0
			    ? json_real((double)counts[row->count] / (double)counts[row->of])
			    : json_null());
		if (row->beside != row->count)
			put_number(writer, rate, "with_machines", counts[row->beside]);
		put(writer, rates, row->key, rate);
	}
	return rates;
}

static json_t *totals_json(struct writer *writer, const struct report *report)
{
	json_t *totals = json_object();

	put_counts(writer, totals, report->totals);
	put_number(writer, totals, "visitors", report->visitors);
	put_number(writer, totals, "visitor_days", report->totals[TOTAL_visitors]);
	return totals;
}

static json_t *days_json(struct writer *writer, const struct report *report)
{
	json_t *days = json_array();

	for (size_t i = 0; i < report->day_count; i++) {
		json_t *day = json_object();

		put_day(writer, day, "day", report->days[i].day);
		put_counts(writer, day, report->days[i].counts);
		append(writer, days, day);
	}
	return days;
}

static json_t *row_json(struct writer *writer, const struct report_row *row)
{
	json_t *object = json_object(), *totals = json_object();

	put_text(writer, object, "name", row->name);
	put_text(writer, object, "id", row->id);
	put_text(writer, object, "detail", row->detail);
	if (row->amount.size > 0)
		put_text(writer, object, "amount", row->amount);
	put_counts(writer, totals, row->counts);
	put(writer, object, "totals", totals);
	put(writer, object, "rates", rates_json(writer, row->counts));
	return object;
}

static json_t *rows_json(struct writer *writer, const struct report_table *table)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < table->count; i++)
		append(writer, rows, row_json(writer, &table->rows[i]));
	return rows;
}

/* What is not among the rows of a table: that nothing was lost can be checked. */
static json_t *others_json(struct writer *writer, const struct report *report)
{
	json_t *others = json_object();
	size_t count;
	const struct report_section *sections = report_sections(&count);

	for (size_t i = 0; i < count; i++) {
		const struct report_table *table = &report->tables[sections[i].kind];
		json_t *object, *totals;

		if (table->others == 0)
			continue;
		object = json_object();
		totals = json_object();
		put_number(writer, object, "rows", (int64_t)table->others);
		put_counts(writer, totals, table->others_counts);
		put(writer, object, "totals", totals);
		put(writer, others, sections[i].key, object);
	}
	return others;
}

static json_t *window_json(struct writer *writer, const struct report_window *window)
{
	json_t *object = json_object();

	put_number(writer, object, "views", window->views);
	put_number(writer, object, "sessions", window->sessions);
	put_number(writer, object, "visible_ms", window->visible_ms);
	put_number(writer, object, "clicks_human", window->clicks);
	put_number(writer, object, "clicks_machine", window->clicks_machine);
	put_number(writer, object, "opens", window->opens);
	put_number(writer, object, "downloads", window->downloads);
	put_number(writer, object, "searches", window->searches);
	put_number(writer, object, "submits", window->submits);
	put_number(writer, object, "logins", window->logins);
	put_number(writer, object, "purchases", window->purchases);
	return object;
}

static json_t *touch_json(struct writer *writer, const struct report_touch *touch)
{
	json_t *object;

	if (touch->time == 0)
		return json_null();
	object = json_object();
	put_time(writer, object, "time", touch->time);
	put_text(writer, object, "source", touch->class);
	put_text(writer, object, "name", touch->name);
	return object;
}

static json_t *last_json(struct writer *writer, const struct report_person *person)
{
	json_t *object;

	if (person->last.time == 0)
		return json_null();
	object = json_object();
	put_time(writer, object, "time", person->last.time);
	put_text(writer, object, "type", person->last.type);
	put_text(writer, object, "where", person->last.where);
	put_text(writer, object, "campaign", person->last.campaign);
	put_number(writer, object, "seq", (int64_t)person->last.sequence);
	return object;
}

static json_t *evidence_json(struct writer *writer, const struct report_person *person)
{
	json_t *list = json_array();

	for (size_t i = 0; i < person->evidence_count; i++) {
		const struct report_evidence *evidence = &person->evidence[i];
		json_t *object = json_object();

		put_text(writer, object, "what", evidence->what);
		put_text(writer, object, "where", evidence->where);
		put_day(writer, object, "day", evidence->day);
		put_points(writer, object, "points", evidence->points);
		put_number(writer, object, "seq", (int64_t)evidence->sequence);
		append(writer, list, object);
	}
	return list;
}

static json_t *categories_json(struct writer *writer, const struct report_person *person)
{
	json_t *list = json_array();

	for (size_t i = 0; i < person->category_count; i++) {
		json_t *object = json_object();

		put_text(writer, object, "name", person->categories[i].name);
		put_points(writer, object, "points", person->categories[i].points);
		append(writer, list, object);
	}
	return list;
}

static json_t *person_json(struct writer *writer, const struct report_person *person)
{
	static const char *const names[REPORT_WINDOWS] = {"7", "30", "all"};
	json_t *object = json_object(), *windows = json_object();

	put_text(writer, object, "prospect", person->id);
	if (person->address.data)
		put_text(writer, object, "email", person->address);
	if (person->company.data)
		put_text(writer, object, "company", person->company);
	put_number(writer, object, "likelihood", person->likelihood);
	put_text(writer, object, "why", person->why);
	put_points(writer, object, "score", person->score);
	put(writer, object, "grade", person->grade[0] ? json_string(person->grade) : json_null());
	put(writer, object, "last_interaction", last_json(writer, person));
	put(writer, object, "first_touch", touch_json(writer, &person->first_touch));
	put(writer, object, "last_touch", touch_json(writer, &person->last_touch));
	for (int i = 0; i < REPORT_WINDOWS; i++)
		put(writer, windows, names[i], window_json(writer, &person->windows[i]));
	put(writer, object, "windows", windows);
	put(writer, object, "categories", categories_json(writer, person));
	put(writer, object, "evidence", evidence_json(writer, person));
	return object;
}

static json_t *people_json(struct writer *writer, const struct report *report)
{
	json_t *people = json_array();

	for (size_t i = 0; i < report->people_count; i++)
		append(writer, people, person_json(writer, &report->people[i]));
	return people;
}

static json_t *companies_json(struct writer *writer, const struct report *report)
{
	json_t *companies = json_array();

	for (size_t i = 0; i < report->company_count; i++) {
		const struct report_company *company = &report->companies[i];
		json_t *object = json_object();

		put_text(writer, object, "name", company->name);
		put_number(writer, object, "people", (int64_t)company->people);
		put_points(writer, object, "score", company->score);
		put_time(writer, object, "last_interaction", company->last);
		put(writer, object, "window_30", window_json(writer, &company->window));
		append(writer, companies, object);
	}
	return companies;
}

static json_t *account_json(struct writer *writer, const struct report_account *account)
{
	json_t *object = json_object();

	put(writer, object, "read", json_boolean(account->is_read));
	put_number(writer, object, "received", (int64_t)account->received);
	put_number(writer, object, "stored", (int64_t)account->stored);
	put_number(writer, object, "dropped", (int64_t)account->dropped);
	put_number(writer, object, "rejected", (int64_t)account->rejected);
	put_number(writer, object, "lost", (int64_t)account->lost);
	put_number(writer, object, "pending", (int64_t)account->pending);
	put_number(writer, object, "late", (int64_t)account->late);
	put_number(writer, object, "accounts", (int64_t)account->accounts);
	put_number(writer, object, "unclean", (int64_t)account->unclean);
	put_number(writer, object, "missing", (int64_t)account->missing);
	put(writer, object, "adds_up", json_boolean(account->adds_up));
	put_text(writer, object, "problem", account->problem);
	return object;
}

static json_t *period_json(struct writer *writer, const struct report *report)
{
	json_t *object = json_object();

	if (report->day_count > 0) {
		put_day(writer, object, "from", report->from);
		put_day(writer, object, "to", report->to);
	} else {
		put(writer, object, "from", json_null());
		put(writer, object, "to", json_null());
	}
	put_number(writer, object, "days", (int64_t)report->day_count);
	put_text(writer, object, "time_zone", report->time_zone);
	put(writer, object, "whole", json_boolean(report->whole));
	return object;
}

static json_t *before_json(struct writer *writer, const struct report *report)
{
	json_t *object;

	if (!report->has_before)
		return json_null();
	object = json_object();
	put_counts(writer, object, report->before);
	return object;
}

json_t *report_json(const struct report *report)
{
	struct writer writer = {false};
	json_t *object = json_object();
	size_t count;
	const struct report_section *sections = report_sections(&count);

	put_number(&writer, object, "v", 1);
	put(&writer, object, "period", period_json(&writer, report));
	put_time(&writer, object, "as_of", report->as_of);
	put_time(&writer, object, "made", report->made);
	put_number(&writer, object, "position", (int64_t)report->position);
	put_number(&writer, object, "last", (int64_t)report->last);
	put(&writer, object, "totals", totals_json(&writer, report));
	put(&writer, object, "rates", rates_json(&writer, report->totals));
	put(&writer, object, "before", before_json(&writer, report));
	put(&writer, object, "days", days_json(&writer, report));
	for (size_t i = 0; i < count; i++)
		put(&writer, object, sections[i].key,
		    rows_json(&writer, &report->tables[sections[i].kind]));
	put(&writer, object, "currencies",
	    rows_json(&writer, &report->tables[TOTAL_KIND_currency]));
	put(&writer, object, "reasons", rows_json(&writer, &report->tables[TOTAL_KIND_reason]));
	put(&writer, object, "others", others_json(&writer, report));
	put(&writer, object, "people", people_json(&writer, report));
	put_number(&writer, object, "people_all", (int64_t)report->people_all);
	put(&writer, object, "companies", companies_json(&writer, report));
	put(&writer, object, "account", account_json(&writer, &report->account));
	if (!writer.failed)
		return object;
	json_decref(object);
	return NULL;
}
