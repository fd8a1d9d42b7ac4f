/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Days of a zone: in UTC, where clocks change, east and west of Greenwich, and what is no zone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "summary/calendar.h"

#include <string.h>

static struct calendar *calendar_of(const char *zone)
{
	struct calendar *calendar = NULL;
	struct error error = {""};

	if (calendar_open(zone, &calendar, &error) != 0)
		fail_msg("%s: %s", zone, error.text);
	return calendar;
}

static usec_t at(const char *text)
{
	usec_t time;

	assert_int_equal(clock_parse(text, &time), 0);
	return time;
}

static void a_day_is_that_of_its_zone(void **state)
{
	static const struct {
		const char *zone, *time, *day;
		int offset;
	} rows[] = {
		{"UTC", "1970-01-01T00:00:00Z", "1970-01-01", 0},
		{"UTC", "2026-03-01T23:59:59.999999Z", "2026-03-01", 0},
		{"UTC", "2026-03-02T00:00:00Z", "2026-03-02", 0},
		{"Asia/Tokyo", "2026-03-01T14:59:59.999999Z", "2026-03-01", 32400},
		{"Asia/Tokyo", "2026-03-01T15:00:00Z", "2026-03-02", 32400},
		{"Europe/Berlin", "2026-03-28T22:59:59Z", "2026-03-28", 3600},
		{"Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29", 3600},
		{"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29", 3600},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29", 7200},
		{"Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30", 7200},
		{"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25", 3600},
		{"America/New_York", "2026-07-01T03:59:59Z", "2026-06-30", -14400},
		{"America/New_York", "1970-01-01T00:00:00Z", "1970-01-01", -18000},
		{"Asia/Kolkata", "2026-06-30T18:30:00Z", "2026-07-01", 19800},
		{"Europe/Berlin", "2090-07-01T12:00:00Z", "2090-07-01", 7200},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct calendar *calendar = calendar_of(rows[i].zone);
		char text[CALENDAR_TEXT_BYTES];

		calendar_format(calendar_day(calendar, at(rows[i].time)), text);
		if (strcmp(text, rows[i].day) != 0 ||
		    calendar_offset(calendar, at(rows[i].time)) != rows[i].offset)
			fail_msg("%s in %s is of %s, %d s ahead", rows[i].time, rows[i].zone, text,
				 calendar_offset(calendar, at(rows[i].time)));
		calendar_close(calendar);
	}
}

static void a_day_begins_with_its_first_instant(void **state)
{
	static const char *const zones[] = {"UTC", "Asia/Tokyo", "Europe/Berlin",
					    "America/New_York", "Africa/Cairo"};

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct calendar *calendar = calendar_of(zones[i]);

		for (uint16_t day = 20000; day < 22000; day++) {
			usec_t begin = calendar_day_begin(calendar, day);

			assert_int_equal(calendar_day(calendar, begin), day);
			assert_int_equal(calendar_day(calendar, begin - 1), day - 1);
		}
		calendar_close(calendar);
	}
}

static void dates_go_there_and_back(void **state)
{
	struct calendar_date date;

	(void)state;
	for (unsigned day = 0; day < 65000; day++) {
		char text[CALENDAR_TEXT_BYTES];
		uint16_t back;

		date = calendar_date((uint16_t)day);
		assert_int_equal(calendar_day_of_date(date.year, date.month, date.day), day);
		calendar_format((uint16_t)day, text);
		assert_true(calendar_parse(text, &back));
		assert_int_equal(back, day);
	}
	date = calendar_date(calendar_day_of_date(2026, 11, 21));
	assert_int_equal(date.weekday, 5);
	assert_int_equal(calendar_day_of_date(2024, 3, 1) - calendar_day_of_date(2024, 2, 28), 2);
}

static void what_is_no_date_is_refused(void **state)
{
	static const char *const rows[] = {"",		 "2026",       "2026-02-29", "2026-13-01",
					   "2026-00-01", "2026-1-01",  "26-01-01",   "2026-01-011",
					   "1969-12-31", "2026/01/01", "2149-01-01", "2026-01-00"};
	uint16_t day;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (calendar_parse(rows[i], &day))
			fail_msg("'%s' is taken for a date", rows[i]);
}

static void what_is_no_zone_is_refused(void **state)
{
	static const char *const rows[] = {"", "Nowhere/City", "../../etc/passwd", "/etc/passwd",
					   "JST"};
	struct calendar *calendar = NULL;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(calendar_open(rows[i], &calendar, &error), CALENDAR_E_ZONE);
		assert_non_null(strstr(error.text, "no time zone"));
	}
	assert_null(calendar);
}

static void the_zone_of_the_process_stays(void **state)
{
	struct calendar *calendar;

	(void)state;
	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	calendar = calendar_of("Europe/Berlin");
	assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	calendar_close(calendar);
	assert_int_equal(unsetenv("TZ"), 0);
	calendar = calendar_of("Europe/Berlin");
	assert_null(getenv("TZ"));
	calendar_close(calendar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_is_that_of_its_zone),
		cmocka_unit_test(a_day_begins_with_its_first_instant),
		cmocka_unit_test(dates_go_there_and_back),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(what_is_no_zone_is_refused),
		cmocka_unit_test(the_zone_of_the_process_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
