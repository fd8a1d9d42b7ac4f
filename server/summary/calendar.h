/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_CALENDAR_H
#define WAYMARK_SUMMARY_CALENDAR_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>

/*
 * Days of a time zone, counted from 1970-01-01 there. A day has 23 or 25 hours where the clocks
 * change. From 1970 to 2149; what lies beyond is its last day.
 */
struct calendar;

/*
 * @zone is a name of the system's time zone database, such as "Asia/Tokyo"; "UTC" needs none. Sets
 * and restores the process's TZ, so only before there are threads.
 *
 * Return: 0; CALENDAR_E_ZONE with @error: there is no such zone; -ENOMEM.
 */
enum { CALENDAR_E_ZONE = 1 };
int calendar_open(const char *zone, struct calendar **ret_calendar, struct error *error);
void calendar_close(struct calendar *calendar); /* NULL allowed */

uint16_t calendar_day(const struct calendar *calendar, usec_t time);
usec_t calendar_day_begin(const struct calendar *calendar, uint16_t day); /* its first instant */
/* Seconds that the zone is ahead of UTC at @time. */
int calendar_offset(const struct calendar *calendar, usec_t time);

struct calendar_date {
	int year, month, day; /* from 1 */
	int weekday;	      /* 0: Monday */
};
struct calendar_date calendar_date(uint16_t day);
uint16_t calendar_day_of_date(int year, int month, int day);
enum { CALENDAR_TEXT_BYTES = 16 };
void calendar_format(uint16_t day, char ret_text[CALENDAR_TEXT_BYTES]); /* "2026-11-21" */
/* "2026-11-21"; false when it is no date from 1970 to 2149. */
bool calendar_parse(const char *text, uint16_t *ret_day);

#endif
