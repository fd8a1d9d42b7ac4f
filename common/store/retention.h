/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_RETENTION_H
#define WAYMARK_STORE_RETENTION_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct event;

/* How long the log keeps what (config_table.h). */
struct retention {
	uint32_t days;		  /* 0: nothing is ever removed, as by commands */
	uint32_t anonymous_days;  /* of events that carry no prospect; 0: like all others */
	uint32_t reader_lag_days; /* how much longer a reader that is behind keeps an event */
};

/*
 * Is @event of the class of anonymous_days? What a client did where no person is known, and nothing
 * else rests on: then a tombstone takes its place.
 */
bool retention_is_anonymous(const struct event *event);

/*
 * The time that retention goes by. A wall clock that jumps ahead by years would make all of the log
 * old at once, so it is not believed at once:
 *
 *   - While the wall clock is at most RETENTION_SLACK ahead of this clock, or behind it, this clock
 *     is the wall clock.
 *   - Further ahead, this clock goes on by itself, as fast as the monotonic clock. When the server
 *     has run for RETENTION_BELIEVE and the wall clock was ahead all the time, it is believed.
 *   - A start goes on from where the last run left this clock (events/meta), and from the newest
 *     event of a log that has none; never from the wall clock alone. So a server that was stopped
 *     for a week removes nothing more for its first day than it would have a week ago.
 */
struct retention_clock {
	usec_t time;
	usec_t held; /* for how long the wall clock has been too far ahead */
	usec_t last; /* monotonic, of the last step */
};

#define RETENTION_SLACK	  (3600 * USEC_PER_SEC)
#define RETENTION_BELIEVE USEC_PER_DAY

/* @kept and @held as the last run left them; @newest: when the newest event was stored; 0: none. */
void retention_clock_start(struct retention_clock *clock, usec_t kept, usec_t held, usec_t newest,
			   usec_t wall, usec_t monotonic);
void retention_clock_step(struct retention_clock *clock, usec_t wall, usec_t monotonic);

#endif
