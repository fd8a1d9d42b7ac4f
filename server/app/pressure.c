/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pressure.h"

#include "base/log.h"
#include "config/config.h"

/*
 * From half a queue on a click costs 64 tokens, from three quarters on 512: by default an address
 * then has 312 at once and 3 a second, or 39 and one in 3 seconds.
 */
static unsigned squeeze_at(uint64_t queued, uint64_t limit)
{
	if (queued * 2 < limit)
		return 0;
	return queued * 4 < limit * 3 ? 6 : 9;
}

static void say(enum disk_level level)
{
	static const char *const sentences[] = {
		[DISK_AMPLE] = "there is room on the disk again: everything is stored",
		[DISK_LOW] = "free disk is below disk_reserve_percent: opens, probes and beacons "
			     "are no longer stored",
		[DISK_SCARCE] = "free disk is below half of disk_reserve_percent: clicks redirect "
				"and are no longer stored either",
	};

	if (level == DISK_AMPLE)
		log_info("disk", "reason", sentences[level]);
	else
		log_warning("disk", "reason", sentences[level]);
}

static void notice_retention(struct app *app, const struct event_writer_pressure *pressure)
{
	if (pressure->readers_passed_over != app->readers_passed_over)
		log_warning("retention", "reason",
			    "a registered reader was passed over: events that it has not read were "
			    "removed after reader_lag_days; see waymark events --readers");
	if (pressure->retention_held && !app->retention_held)
		log_warning("retention", "reason",
			    "the wall clock is more than an hour ahead of the log: nothing is "
			    "removed by it until it has stayed there for a day; is it right?");
	app->readers_passed_over = pressure->readers_passed_over;
	app->retention_held = pressure->retention_held;
}

void pressure_notice(struct app *app)
{
	struct event_writer_pressure pressure;

	event_writer_pressure(app->writer, &pressure);
	app->admission.squeeze = squeeze_at(pressure.clicks, app->config->queue_clicks);
	if (pressure.disk != app->disk)
		say(pressure.disk);
	app->disk = pressure.disk;
	notice_retention(app, &pressure);
}
