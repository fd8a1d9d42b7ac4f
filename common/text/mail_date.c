/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates of mails, word by word: a day, a month, a year, a time, a zone, with commas and comments
 * wherever they may stand. Lenient in the white space alone, since a date that is misread is worse
 * than one that is missing.
 *
 * Seconds since 1970 are counted from the calendar and not by timegm(), which would take the 31st
 * of February.
 */
#include "text/mail_date.h"

enum { YEAR_MIN = 1970, YEAR_MAX = 9999 };

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == ',';
}

/* Behind the comment at @at; comments may be in each other. */
static size_t skip_comment(struct span text, size_t at)
{
	size_t depth = 0;

	for (; at < text.size; at++) {
		if (text.data[at] == '\\')
			at++;
		else if (text.data[at] == '(')
			depth++;
		else if (text.data[at] == ')' && --depth == 0)
			return at + 1;
	}
	return text.size;
}

/* The next word; empty at the end. */
static struct span next_word(struct span text, size_t *at)
{
	size_t from;

	while (*at < text.size && (is_space(text.data[*at]) || text.data[*at] == '('))
		*at = text.data[*at] == '(' ? skip_comment(text, *at) : *at + 1;
	from = *at;
	while (*at < text.size && !is_space(text.data[*at]) && text.data[*at] != '(')
		++*at;
	return span_slice(text, from, *at - from);
}

/* @min to @max digits at *at, which moves behind them. */
static bool read_number(struct span word, size_t *at, size_t min, size_t max, unsigned *ret_number)
{
	size_t count = 0;
	unsigned number = 0;

	while (count < max && *at + count < word.size && is_digit(word.data[*at + count]))
		number = number * 10 + (word.data[*at + count++] - '0');
	if (count < min)
		return false;
	*at += count;
	*ret_number = number;
	return true;
}

static bool read_whole(struct span word, size_t min, size_t max, unsigned *ret_number)
{
	size_t at = 0;

	return read_number(word, &at, min, max, ret_number) && at == word.size;
}

/* 1 to 12; 0: none. */
static unsigned month_of(struct span word)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (word.size != 3)
		return 0;
	for (unsigned month = 0; month < 12; month++)
		if (span_equal_nocase(word, span_of(months + (size_t)3 * month, 3)))
			return month + 1;
	return 0;
}

static bool read_year(struct span word, unsigned *ret_year)
{
	unsigned year;

	if (!read_whole(word, 2, 4, &year))
		return false;
	/* RFC 5322 section 4.3. */
	if (word.size == 2)
		year += year < 50 ? 2000 : 1900;
	else if (word.size == 3)
		year += 1900;
	*ret_year = year;
	return year >= YEAR_MIN && year <= YEAR_MAX;
}

static bool read_time(struct span word, unsigned *ret_seconds)
{
	unsigned hour, minute, second = 0;
	size_t at = 0;

	if (!read_number(word, &at, 1, 2, &hour) || at >= word.size || word.data[at++] != ':' ||
	    !read_number(word, &at, 2, 2, &minute))
		return false;
	if (at < word.size && (word.data[at++] != ':' || !read_number(word, &at, 2, 2, &second)))
		return false;
	*ret_seconds = hour * 3600 + minute * 60 + second;
	return at == word.size && hour < 24 && minute < 60 && second <= 60;
}

/* Seconds east of Greenwich. */
static bool read_zone(struct span word, int *ret_seconds)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
		     {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	unsigned number;

	*ret_seconds = 0;
	if (word.size > 0 && (word.data[0] == '+' || word.data[0] == '-')) {
		if (!read_whole(span_slice(word, 1, word.size), 4, 4, &number) ||
		    number % 100 >= 60 || number >= 2400)
			return false;
		*ret_seconds = (int)(number / 100 * 3600 + number % 100 * 60);
		if (word.data[0] == '-')
			*ret_seconds = -*ret_seconds;
		return true;
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (span_equal_nocase(word, span_text(zones[i].name)))
			*ret_seconds = zones[i].hours * 3600;
	return true;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01; false: there is no such day. */
static bool count_days(unsigned year, unsigned month, unsigned day, int64_t *ret_days)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned past = year - 1;
	int64_t days = (int64_t)past * 365 + past / 4 - past / 100 + past / 400 - 719162;

	for (unsigned i = 0; i + 1 < month; i++)
		days += lengths[i] + (i == 1 && is_leap(year));
	*ret_days = days + day - 1;
	return day >= 1 && day <= lengths[month - 1] + (unsigned)(month == 2 && is_leap(year));
}

int mail_date_parse(struct span text, usec_t *ret_time)
{
	unsigned day, month, year, seconds;
	int64_t days, time;
	size_t at = 0;
	struct span word = next_word(text, &at);
	int zone;

	if (word.size > 0 && !is_digit(word.data[0]))
		word = next_word(text, &at);
	if (!read_whole(word, 1, 2, &day))
		return MAIL_DATE_E_FORM;
	month = month_of(next_word(text, &at));
	if (month == 0 || !read_year(next_word(text, &at), &year) ||
	    !read_time(next_word(text, &at), &seconds) || !read_zone(next_word(text, &at), &zone) ||
	    !count_days(year, month, day, &days))
		return MAIL_DATE_E_FORM;
	time = days * 86400 + seconds - zone;
	if (time < 0)
		return MAIL_DATE_E_FORM;
	*ret_time = (usec_t)time * USEC_PER_SEC;
	return 0;
}
