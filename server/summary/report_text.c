/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words and numbers of a report.
 *
 * Both languages write thousands with a comma and decimals with a
 * point, so that a number can be compared between them; days and durations differ.
 */
#include "summary/report_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { SECONDS_PER_DAY = 86400, NUMBER_BYTES = 32 };

static const char *const tags[REPORT_LANGUAGES] = {"en", "ja"};

static const char *const texts[REPORT_TEXT_COUNT][REPORT_LANGUAGES] = {
#define TEXT(id, english, japanese) [REPORT_TEXT_##id] = {english, japanese},
#include "summary/report_texts_table.h"
#undef TEXT
};

static const struct report_figure_row figures[FIGURE_COUNT] = {
#define FIGURE(id, form, count, of, beside, heading, definition, heading_ja, definition_ja) \
	[FIGURE_##id] = {#id,                                                               \
			 REPORT_##form,                                                     \
			 TOTAL_##count,                                                     \
			 TOTAL_##of,                                                        \
			 TOTAL_##beside,                                                    \
			 {heading, heading_ja},                                             \
			 {definition, definition_ja}},
#include "summary/report_figures_table.h"
#undef FIGURE
};

static const char dash[] = "–";

const char *report_language_tag(enum report_language language)
{
	return tags[language];
}

enum report_language report_language_find(struct span tag)
{
	enum report_language language = REPORT_EN;

	while (language < REPORT_LANGUAGES && !span_equal(tag, span_text(tags[language])))
		language++;
	return language;
}

const char *report_text(enum report_text id, enum report_language language)
{
	return texts[id][language];
}

static const char *find_value(const struct report_value *values, struct span name)
{
	for (; values && values->name; values++)
		if (span_equal(name, span_text(values->name)))
			return values->value;
	return NULL;
}

void report_say(struct buffer *to, enum report_text id, enum report_language language,
		const struct report_value *values)
{
	struct span text = span_text(texts[id][language]);

	while (text.size > 0) {
		size_t open = span_find(text, '{', 0), close = span_find(text, '}', open);
		const char *value = NULL;

		buffer_append_span(to, span_slice(text, 0, open));
		if (close < text.size)
			value = find_value(values, span_slice(text, open + 1, close - open - 1));
		if (value)
			buffer_append_text(to, value);
		else
			buffer_append_span(to, span_slice(text, open, close + 1 - open));
		text = span_slice(text, close + 1, text.size);
	}
}

struct span report_type_text(struct span type, enum report_language language)
{
	static const struct {
		const char *type;
		enum report_text text;
	} rows[] = {
		{"click", REPORT_TEXT_type_click},
		{"open", REPORT_TEXT_type_open},
		{"view", REPORT_TEXT_type_view},
		{"leave", REPORT_TEXT_type_leave},
		{"event", REPORT_TEXT_type_event},
		{"search", REPORT_TEXT_type_search},
		{"download", REPORT_TEXT_type_download},
		{"purchase", REPORT_TEXT_type_purchase},
		{"submit", REPORT_TEXT_type_submit},
		{"submit_error", REPORT_TEXT_type_submit_error},
		{"login", REPORT_TEXT_type_login},
		{"confirm", REPORT_TEXT_type_confirm},
		{"unsubscribe", REPORT_TEXT_type_unsubscribe},
		{"resubscribe", REPORT_TEXT_type_resubscribe},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (span_equal(type, span_text(rows[i].type)))
			return span_text(report_text(rows[i].text, language));
	return type;
}

struct span report_reason_text(struct span name, enum report_language language)
{
	static const struct {
		const char *name;
		enum report_text text;
	} rows[] = {
#define ROW(rule) {#rule, REPORT_TEXT_reason_##rule}
		ROW(head),	   ROW(prefetch),	 ROW(trap),	    ROW(known_agent),
		ROW(no_agent),	   ROW(bare_agent),	 ROW(no_sec_fetch), ROW(no_language),
		ROW(own_agent),	   ROW(scanner_net),	 ROW(probable_net), ROW(weak_net),
		ROW(burst),	   ROW(burst_fast),	 ROW(pair_fast),    ROW(after_sent),
		ROW(second_click), ROW(machine_address), ROW(near_trap),    ROW(no_landing),
		ROW(its_click),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (span_equal(name, span_text(rows[i].name)))
			return span_text(report_text(rows[i].text, language));
	return name;
}

void report_name_append(struct buffer *to, struct span name)
{
	static const struct span scheme = SPAN("https://");

	if (span_starts(name, scheme) && name.size > scheme.size)
		name = span_slice(name, scheme.size, name.size);
	buffer_append_span(to, name);
}

const struct report_figure_row *report_figure(enum report_figure figure)
{
	return &figures[figure];
}

void report_figure_append(struct buffer *to, enum report_figure figure, const int64_t *counts,
			  enum report_language language)
{
	const struct report_figure_row *row = &figures[figure];
	int64_t count = counts[row->count], of = counts[row->of];

	switch (row->form) {
	case REPORT_COUNT:
		report_count_append(to, count);
		return;
	case REPORT_RATE:
		report_percent_append(to, count, of);
		return;
	case REPORT_TIME:
		report_duration_append(to, count, language);
		return;
	case REPORT_MEAN:
		if (of > 0)
			report_duration_append(to, count / of, language);
		else
			buffer_append_text(to, dash);
		return;
	case REPORT_PER:
		if (of > 0)
			buffer_printf(to, "%.1f", (double)count / (double)of);
		else
			buffer_append_text(to, dash);
		return;
	}
}

void report_count_append(struct buffer *to, int64_t count)
{
	char digits[NUMBER_BYTES];
	size_t size;

	if (count < 0)
		buffer_append_byte(to, '-');
	size = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64,
				count < 0 ? -(uint64_t)count : (uint64_t)count);
	for (size_t i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0)
			buffer_append_byte(to, ',');
		buffer_append_byte(to, (uint8_t)digits[i]);
	}
}

void report_percent_append(struct buffer *to, int64_t part, int64_t whole)
{
	double percent = 100 * report_share(part, whole);

	if (whole <= 0)
		buffer_append_text(to, dash);
	else if (part > 0 && percent < 0.05)
		buffer_append_text(to, "<0.1%");
	else if (part < whole && percent > 99.9)
		buffer_append_text(to, ">99.9%");
	else
		buffer_printf(to, percent < 99.95 && percent > 0 ? "%.1f%%" : "%.0f%%", percent);
}

void report_duration_append(struct buffer *to, int64_t milliseconds, enum report_language language)
{
	int64_t seconds = (milliseconds + 500) / 1000, minutes = seconds / 60;

	if (minutes < 1) {
		buffer_printf(to, language == REPORT_JA ? "%" PRId64 "秒" : "%" PRId64 " s",
			      seconds);
	} else if (minutes < 60) {
		buffer_printf(to,
			      language == REPORT_JA ? "%" PRId64 "分%02" PRId64 "秒"
						    : "%" PRId64 " min %02" PRId64 " s",
			      minutes, seconds % 60);
	} else {
		report_count_append(to, minutes / 60);
		buffer_printf(to,
			      language == REPORT_JA ? "時間%02" PRId64 "分"
						    : " h %02" PRId64 " min",
			      minutes % 60);
	}
}

void report_points_append(struct buffer *to, int64_t hundredths)
{
	int64_t whole = hundredths / 100, rest = hundredths % 100;

	if (hundredths < 0 && whole == 0)
		buffer_append_byte(to, '-');
	report_count_append(to, whole);
	rest = rest < 0 ? -rest : rest;
	if (rest % 10 > 0)
		buffer_printf(to, ".%02" PRId64, rest);
	else if (rest > 0)
		buffer_printf(to, ".%" PRId64, rest / 10);
}

void report_day_append(struct buffer *to, int64_t day, enum report_day_form form,
		       enum report_language language)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const days_ja[] = {"日", "月", "火", "水", "木", "金", "土"};
	time_t seconds = (time_t)(day * SECONDS_PER_DAY);
	struct tm date;

	if (!gmtime_r(&seconds, &date))
		return;
	if (form == REPORT_DAY_ISO)
		buffer_printf(to, "%04d-%02d-%02d", date.tm_year + 1900, date.tm_mon + 1,
			      date.tm_mday);
	else if (form == REPORT_DAY_SHORT && language == REPORT_JA)
		buffer_printf(to, "%d/%d", date.tm_mon + 1, date.tm_mday);
	else if (form == REPORT_DAY_SHORT)
		buffer_printf(to, "%d %s", date.tm_mday, months[date.tm_mon]);
	else if (language == REPORT_JA)
		buffer_printf(to, "%d年%d月%d日（%s）", date.tm_year + 1900, date.tm_mon + 1,
			      date.tm_mday, days_ja[date.tm_wday]);
	else
		buffer_printf(to, "%s %d %s %d", days[date.tm_wday], date.tm_mday,
			      months[date.tm_mon], date.tm_year + 1900);
}

void report_time_append(struct buffer *to, usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(time, text);
	buffer_printf(to, "%.10s %.5s UTC", text, text + 11);
}

void report_finish(struct report *report)
{
	if (report)
		arena_finish(&report->arena);
}
