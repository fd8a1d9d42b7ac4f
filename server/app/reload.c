/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changed settings in a running server, without losing a connection or a request.
 *
 * Whoever looks a setting up when it is needed sees the new one by itself. This file tells those
 * who keep a copy: the store its keyring and its periods, the listeners their proxies and their
 * time limit, the buckets their rates, the cache of headers its configuration and rules, the queue
 * of clicks how long it waits. A key whose keeper cannot be told is a CONFIG_FIXED row.
 */
#include "app/app.h"

#include "base/log.h"
#include "store/store.h"

static void tell_listener(struct listener *listener, const struct settings *settings)
{
	if (listener)
		listener_change(listener, settings->trackers->proxies,
				settings->trackers->proxy_count,
				settings->config->request_timeout_s);
}

static void put_in_force(struct app *app, struct settings *settings)
{
	struct settings *old = app->settings;

	app->settings = settings;
	app->config = settings->config;
	app->trackers = settings->trackers;
	app->keyring = settings->keyring;
	app->settings_alive++;
	if (app->store)
		store_set_keyring(app->store, settings->keyring);
	if (app->role == APP_SERVE)
		app_set_retention(app);
	tell_listener(app->public, settings);
	tell_listener(app->admin, settings);
	tell_listener(app->control, settings);
	if (app->headers)
		header_cache_change(app->headers, settings->config, settings->rules);
	admission_set(&app->admission, settings->config);
	if (app_set_mail(app))
		log_error("mail", "reason", "out of memory", "meaning", "no mail is sent");
	(void)posts_set_rate(&app->posts, settings->config->posts_per_minute);
	commit_queue_change(&app->clicks, settings->config->commit_wait_ms * USEC_PER_MS, app->now);
	if (settings_release(old))
		app->settings_alive--;
}

static int renew(struct app *app, bool keys_only, struct buffer *ret_kept, struct error *error)
{
	struct settings *settings;

	if (settings_renew(app->settings, keys_only, &settings, ret_kept, error))
		return APP_E_FAILED;
	put_in_force(app, settings);
	return 0;
}

static int count(struct app *app, int code)
{
	metrics_add(&app->metrics, code ? METRIC_RELOADS_REFUSED : METRIC_RELOADS, 1);
	return code;
}

int app_reload(struct app *app, struct buffer *ret_kept, struct error *error)
{
	return count(app, renew(app, false, ret_kept, error));
}

int app_renew_keyring(struct app *app, struct error *error)
{
	cleanup_buffer struct buffer kept = BUFFER_INIT;

	return renew(app, true, &kept, error);
}

int app_reload_keyring(struct app *app, struct error *error)
{
	return count(app, app_renew_keyring(app, error));
}
