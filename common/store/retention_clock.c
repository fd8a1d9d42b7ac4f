/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which time it is for retention: see retention.h for the rule. Pure arithmetic; the writer keeps
 * the result in events/meta, so that a wrong clock is not believed because it was wrong twice.
 *
 * Errors are on the side of keeping: the clock is never ahead of the wall clock, and behind it by
 * at most how long the server was stopped, until it has run for a day.
 */
#include "store/retention.h"

void retention_clock_step(struct retention_clock *clock, usec_t wall, usec_t monotonic)
{
	usec_t passed = monotonic > clock->last ? monotonic - clock->last : 0;

	clock->last = monotonic;
	clock->time += passed;
	if (wall > clock->time + RETENTION_SLACK) {
		clock->held += passed;
		if (clock->held < RETENTION_BELIEVE)
			return;
	}
	clock->time = wall;
	clock->held = 0;
}

void retention_clock_start(struct retention_clock *clock, usec_t kept, usec_t held, usec_t newest,
			   usec_t wall, usec_t monotonic)
{
	clock->time = kept ? kept : newest ? newest : wall;
	clock->held = held;
	clock->last = monotonic;
	retention_clock_step(clock, wall, monotonic);
}
