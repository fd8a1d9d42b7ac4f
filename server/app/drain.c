/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that keeps its connection learns from the answer to its next request that it has to make
 * a new one; closing the connection under it could cross with that request. So idle connections are
 * given DRAIN_IDLE_MS to be used once more, and are closed only when the kernel has nothing of them
 * that is unread. What is on its way at that very moment meets a closed connection, as HTTP allows
 * at any time, and clients that keep connections send it again.
 *
 * A connection on which nothing was ever asked is the other way round: its client has just made it,
 * and its request is on the way.
 *
 * While nothing is accepted, those who come wait in the backlog of a socket that was handed over
 * until the next server accepts. That server waits for data/lock, so the time from step 2 to the
 * end is what they wait for, and step 1 comes before it.
 */
#include "app/drain.h"

#include "base/log.h"

static void each(const struct app *app, void (*what)(struct listener *listener))
{
	what(app->public);
	what(app->admin);
	if (app->control)
		what(app->control);
}

static uint64_t connections(const struct app *app)
{
	const struct listener *listeners[] = {app->public, app->admin, app->control};
	struct listener_figures figures;
	uint64_t sum = 0;

	for (size_t i = 0; i < 3 && listeners[i]; i++) {
		listener_figures(listeners[i], &figures);
		sum += figures.connections;
	}
	return sum;
}

static void quiesce(struct drain *drain, const struct app *app)
{
	each(app, listener_quiesce);
	drain->quiesced = true;
}

void drain_start(struct drain *drain, struct app *app)
{
	if (drain->until) {
		log_warning("draining", "asked", "again", "seconds", "0");
		drain->until = app->now;
		return;
	}
	log_info("draining", "seconds", "10");
	service_notify(&app->service, "STOPPING=1\nSTATUS=Finishing what is open.");
	app->draining = true;
	drain->until = app->now + DRAIN_SECONDS * USEC_PER_SEC;
	drain->idle_until = app->now + DRAIN_IDLE_MS * USEC_PER_MS;
	each(app, listener_part);
	if (!app->service.public_fd)
		quiesce(drain, app);
}

static bool is_idle(const struct app *app)
{
	return listener_is_idle(app->public) && listener_is_idle(app->admin) &&
	       (!app->control || listener_is_idle(app->control));
}

static bool hang_up(const struct app *app)
{
	/* Each of them, whatever the one before it says. */
	const bool public = listener_hang_up(app->public), admin = listener_hang_up(app->admin),
		   control = !app->control || listener_hang_up(app->control);

	return public && admin && control;
}

enum drain_state drain_step(struct drain *drain, struct app *app)
{
	bool waits;

	if (!drain->until)
		return DRAIN_NONE;
	if (app->now >= drain->until)
		return DRAIN_CUT;
	waits = app->now < drain->idle_until && connections(app) > 0;
	if (!waits && !drain->quiesced)
		quiesce(drain, app);
	if (waits || !is_idle(app))
		return DRAIN_GOES_ON;
	return hang_up(app) ? DRAIN_DONE : DRAIN_GOES_ON;
}

usec_t drain_deadline(const struct drain *drain)
{
	return drain->idle_until > 0 && !drain->quiesced ? drain->idle_until : drain->until;
}
