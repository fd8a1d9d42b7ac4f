/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. The wall clock can be replaced, so that tests of days and expiry need not wait; intervals
 * always use the monotonic clock, which a test has no reason to replace. Replacing is for a process
 * without threads yet: the pointer is not locked.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static usec_t (*wall_override)(void);

static usec_t read_clock(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / 1000;
}

usec_t clock_wall(void)
{
	return wall_override ? wall_override() : read_clock(CLOCK_REALTIME);
}

usec_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_override(usec_t (*wall)(void))
{
	wall_override = wall;
}

void clock_format(usec_t time, char ret_text[CLOCK_TEXT_BYTES])
{
	time_t seconds = (time_t)(time / USEC_PER_SEC);
	struct tm parts;
	char date[CLOCK_TEXT_BYTES];

	if (!gmtime_r(&seconds, &parts) || parts.tm_year + 1900 > 9999)
		parts = (struct tm){.tm_year = 9999 - 1900, .tm_mon = 11, .tm_mday = 31};
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(ret_text, CLOCK_TEXT_BYTES, "%.19s.%06uZ", date,
		       (unsigned)(time % USEC_PER_SEC));
}

static int digits(const char **text, int count, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return CLOCK_E_FORM;
		value = value * 10 + (**text - '0');
	}
	*ret_value = value;
	return 0;
}

static int parse_fraction(const char **text, usec_t *ret_usec)
{
	usec_t unit = USEC_PER_SEC / 10, usec = 0;
	int seen = 0;

	*ret_usec = 0;
	if (**text != '.')
		return 0;
	for ((*text)++; **text >= '0' && **text <= '9'; (*text)++, seen++) {
		usec += unit * (usec_t)(**text - '0');
		unit /= 10;
	}
	*ret_usec = usec;
	return seen >= 1 && seen <= 9 ? 0 : CLOCK_E_FORM;
}

static int parse_offset(const char **text, int *ret_minutes)
{
	int sign, hours, minutes;

	if (**text == 'Z') {
		(*text)++;
		*ret_minutes = 0;
		return 0;
	}
	if (**text != '+' && **text != '-')
		return CLOCK_E_FORM;
	sign = *(*text)++ == '+' ? 1 : -1;
	if (digits(text, 2, &hours) || *(*text)++ != ':' || digits(text, 2, &minutes))
		return CLOCK_E_FORM;
	if (hours > 23 || minutes > 59)
		return CLOCK_E_FORM;
	*ret_minutes = sign * (hours * 60 + minutes);
	return 0;
}

int clock_parse(const char *text, usec_t *ret_time)
{
	struct tm parts = {0}, check;
	int year, month, offset, leap;
	usec_t fraction;
	time_t seconds;

	if (digits(&text, 4, &year) || *text++ != '-' || digits(&text, 2, &month) ||
	    *text++ != '-' || digits(&text, 2, &parts.tm_mday) || *text++ != 'T' ||
	    digits(&text, 2, &parts.tm_hour) || *text++ != ':' || digits(&text, 2, &parts.tm_min) ||
	    *text++ != ':' || digits(&text, 2, &parts.tm_sec) || parse_fraction(&text, &fraction) ||
	    parse_offset(&text, &offset) || *text != '\0')
		return CLOCK_E_FORM;
	if (year < 1970 || month < 1 || month > 12 || parts.tm_hour > 23 || parts.tm_min > 59 ||
	    parts.tm_sec > 60)
		return CLOCK_E_FORM;
	parts.tm_year = year - 1900;
	parts.tm_mon = month - 1;
	leap = parts.tm_sec == 60;
	parts.tm_sec -= leap;
	check = parts;
	seconds = timegm(&check);
	/* timegm() normalises 31 February; a date that it changed was not one. */
	if (check.tm_mday != parts.tm_mday)
		return CLOCK_E_FORM;
	seconds += leap - (time_t)offset * 60;
	if (seconds < 0)
		return CLOCK_E_FORM;
	*ret_time = (usec_t)seconds * USEC_PER_SEC + fraction;
	return 0;
}
