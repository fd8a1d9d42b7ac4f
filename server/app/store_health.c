/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common/ never logs, so the store keeps what fails and this file compares it with what was said.
 * A damaged page is told once per environment, which stays damaged until it is opened again.
 */
#include "app/store_health.h"

#include "base/log.h"
#include "store/store.h"

static const char *const meanings[STORE_ENVS] = {
	[STORE_EVENTS] = "links redirect; events wait, and are lost when the queue is full",
	[STORE_STATE] = "links that cannot be read get 503; new ones wait",
	[STORE_PEOPLE] = "clicks of new people wait, others are not held up",
};

static void say(struct store_health *health, enum store_env env, int error)
{
	if (error)
		log_warning("degraded", "store", store_env_name(env), "reason", strerror(-error),
			    "meaning", meanings[env]);
	else
		log_info("recovered", "store", store_env_name(env));
	health->said[env] = error;
}

static void watch(struct app *app, const struct event_writer_pressure *pressure, enum store_env env)
{
	struct store_health *health = &app->health;

	if (pressure->damaged[env] && !health->damage[env])
		log_error("damaged", "store", store_env_name(env), "reason",
			  "a page of it cannot be read; restore it from a backup");
	health->damage[env] = pressure->damaged[env];
	if (pressure->errors[env] == health->said[env])
		return;
	if (app->now < health->next[env]) {
		if (!health->due || health->next[env] < health->due)
			health->due = health->next[env];
		return;
	}
	health->next[env] = app->now + HEALTH_PAUSE_S * USEC_PER_SEC;
	say(health, env, pressure->errors[env]);
}

void store_health_watch(struct app *app)
{
	struct event_writer_pressure pressure;

	event_writer_pressure(app->writer, &pressure);
	app->health.due = 0;
	for (unsigned env = 0; env < STORE_ENVS; env++)
		watch(app, &pressure, (enum store_env)env);
}
