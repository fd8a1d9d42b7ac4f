/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_CLOCK_H
#define WAYMARK_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* The only unit of time: microseconds. Wall times count from 1970-01-01 UTC. */
typedef uint64_t usec_t;

#define USEC_PER_MS  ((usec_t)1000)
#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_DAY ((usec_t)86400 * USEC_PER_SEC)

usec_t clock_wall(void);      /* now, UTC; may jump */
usec_t clock_monotonic(void); /* for intervals and deadlines only */

/* Replace clock_wall() in tests; NULL restores the real one. Not thread-safe. */
void clock_override(usec_t (*wall)(void));

enum { CLOCK_TEXT_BYTES = 28 }; /* "2026-11-21T12:00:00.123456Z" and NUL */

/* RFC 3339 in UTC with six digits. */
void clock_format(usec_t time, char ret_text[CLOCK_TEXT_BYTES]);

/*
 * Parse RFC 3339 ("T", seconds, optional fraction of up to 9 digits, "Z" or offset).
 * Return: 0, or CLOCK_E_FORM.
 */
enum { CLOCK_E_FORM = 1 };
int clock_parse(const char *text, usec_t *ret_time);

#endif
