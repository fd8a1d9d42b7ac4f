/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zone as a list of the instants at which its offset changes, which is asked by a binary search:
 * days are counted for every event. The list comes from the C library, which knows the files of the
 * system's database and the rule that stands for the years behind them: it is asked for the offset
 * at every fourth day of UTC, and between two that differ for the instant. A zone that changes
 * there and back again between two of them is none that there is.
 *
 * Invariant: changes[0] is at second 0, so every time lies behind one of them.
 */
#include "summary/calendar.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SECONDS_A_DAY = 86400,
	DAYS = 65536,
	STEP_DAYS = 4,
	CHANGES_MAX = 1024,
	ZONE_MAX_BYTES = 64,
	PATH_BYTES = 512
};

struct change {
	int64_t second; /* of UTC, from which on */
	int32_t offset; /* what a clock there is ahead, in seconds */
};

struct calendar {
	size_t count;
	struct change changes[CHANGES_MAX];
};

static int32_t offset_at(int64_t second)
{
	time_t time = (time_t)second;
	struct tm tm;

	return localtime_r(&time, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* The first second from which on the offset is that at @to; at @from it is another. */
static int64_t find_change(int64_t from, int64_t to)
{
	int32_t after = offset_at(to);

	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;

		if (offset_at(middle) == after)
			to = middle;
		else
			from = middle;
	}
	return to;
}

static void learn(struct calendar *calendar)
{
	int32_t offset = offset_at(0);

	calendar->changes[0] = (struct change){.offset = offset};
	calendar->count = 1;
	for (int64_t day = STEP_DAYS; day < DAYS && calendar->count < CHANGES_MAX;
	     day += STEP_DAYS) {
		int64_t second = day * SECONDS_A_DAY;

		if (offset_at(second) == offset)
			continue;
		offset = offset_at(second);
		calendar->changes[calendar->count++] =
			(struct change){.second = find_change(second - STEP_DAYS * SECONDS_A_DAY,
							      second),
					.offset = offset};
	}
}

/* The library takes a zone that it does not know for UTC and says nothing. */
static bool is_zone(const char *zone)
{
	const char *folder = getenv("TZDIR");
	char path[PATH_BYTES];

	if (!*zone || *zone == '/' || strstr(zone, "..") || strlen(zone) > ZONE_MAX_BYTES)
		return false;
	(void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : "/usr/share/zoneinfo", zone);
	return access(path, R_OK) == 0;
}

static void set_zone(const char *zone)
{
	if (zone)
		(void)setenv("TZ", zone, 1);
	else
		(void)unsetenv("TZ");
	tzset();
}

static int learn_zone(struct calendar *calendar, const char *zone)
{
	cleanup_free char *before = getenv("TZ") ? strdup(getenv("TZ")) : NULL;
	char name[ZONE_MAX_BYTES + 2];

	if (getenv("TZ") && !before)
		return -ENOMEM;
	(void)snprintf(name, sizeof(name), ":%s", zone);
	set_zone(name);
	learn(calendar);
	set_zone(before);
	return 0;
}

int calendar_open(const char *zone, struct calendar **ret_calendar, struct error *error)
{
	cleanup_free struct calendar *calendar = NULL;
	int r = 0;

	if (strcmp(zone, "UTC") != 0 && !is_zone(zone))
		return error_set(
			error, CALENDAR_E_ZONE,
			"there is no time zone '%s': give a name such as Asia/Tokyo or UTC, "
			"and install the system's time zones (tzdata)",
			zone);
	calendar = calloc(1, sizeof(*calendar));
	if (!calendar)
		return -ENOMEM;
	calendar->count = 1;
	if (strcmp(zone, "UTC") != 0)
		r = learn_zone(calendar, zone);
	if (r == 0)
		*ret_calendar = take_ptr(calendar);
	return r;
}

void calendar_close(struct calendar *calendar)
{
	free(calendar);
}

int calendar_offset(const struct calendar *calendar, usec_t time)
{
	int64_t second = (int64_t)(time / USEC_PER_SEC);
	size_t low = 0, high = calendar->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (calendar->changes[middle].second <= second)
			low = middle;
		else
			high = middle;
	}
	return calendar->changes[low].offset;
}

uint16_t calendar_day(const struct calendar *calendar, usec_t time)
{
	int64_t local = (int64_t)(time / USEC_PER_SEC) + calendar_offset(calendar, time);

	if (local < 0)
		return 0;
	return local / SECONDS_A_DAY < DAYS ? (uint16_t)(local / SECONDS_A_DAY) : DAYS - 1;
}

/* Midnight may not exist there, or twice: the first instant whose day it is. */
usec_t calendar_day_begin(const struct calendar *calendar, uint16_t day)
{
	int64_t low = ((int64_t)day - 2) * SECONDS_A_DAY, high = ((int64_t)day + 2) * SECONDS_A_DAY;

	if (low < 0)
		low = 0;
	if (day == 0)
		return 0;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (calendar_day(calendar, (usec_t)middle * USEC_PER_SEC) < day)
			low = middle;
		else
			high = middle;
	}
	return (usec_t)high * USEC_PER_SEC;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

struct calendar_date calendar_date(uint16_t day)
{
	struct calendar_date date = {.year = 1970, .month = 1, .weekday = (day + 3) % 7};
	int left = day;

	while (left >= 365 + is_leap(date.year))
		left -= 365 + is_leap(date.year++);
	while (left >= days_of_month(date.year, date.month))
		left -= days_of_month(date.year, date.month++);
	date.day = left + 1;
	return date;
}

uint16_t calendar_day_of_date(int year, int month, int day)
{
	int days = day - 1;

	for (int before = 1970; before < year; before++)
		days += 365 + is_leap(before);
	for (int before = 1; before < month; before++)
		days += days_of_month(year, before);
	return (uint16_t)days;
}

void calendar_format(uint16_t day, char ret_text[CALENDAR_TEXT_BYTES])
{
	struct calendar_date date = calendar_date(day);

	(void)snprintf(ret_text, CALENDAR_TEXT_BYTES, "%04u-%02u-%02u", (unsigned)date.year % 10000,
		       (unsigned)date.month % 100, (unsigned)date.day % 100);
}

bool calendar_parse(const char *text, uint16_t *ret_day)
{
	int digits[8] = {0};
	int year, month, day;

	for (int i = 0, at = 0; i < 10; i++) {
		if (i == 4 || i == 7) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			return false;
		digits[at++] = text[i] - '0';
	}
	year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
	month = digits[4] * 10 + digits[5];
	day = digits[6] * 10 + digits[7];
	if (text[10] || year < 1970 || year > 2148 || month < 1 || month > 12 || day < 1 ||
	    day > days_of_month(year, month))
		return false;
	*ret_day = calendar_day_of_date(year, month, day);
	return true;
}
