/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening in order, closing in reverse: settings, store with its writer, listeners. Each step needs
 * what stands before it and nothing behind it; app_close() accepts an app that was opened only in
 * part, so that a failed step needs no unwinding of its own.
 *
 * The control socket lies in data/. A socket address holds 107 bytes of path; a longer one is
 * reached through /proc/self/fd, which names the same file.
 */
#include "app/app.h"

#include "app/descriptors.h"
#include "app/erase.h"
#include "app/mail_login.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "config/config.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/un.h>

enum {
	OPERATION_WAIT_SECONDS = 10, /* how long the control socket waits for state/ */
	ADMIN_CONNECTIONS = 64,
	ACCOUNT_INTERVAL_SECONDS = 60,
	COMMAND_QUEUE_EVENTS = 65536 /* a command appends and waits: its queue never fills */
};

static int open_settings(struct app *app, const char *option, struct error *error)
{
	cleanup_free char *path = NULL;

	if (crypto_init() < 0)
		return error_set(error, APP_E_FAILED,
				 "libsodium does not start: no source of random numbers");
	if (config_find(option, &path, error) || settings_load(path, &app->settings, error))
		return APP_E_FAILED;
	if (app->role == APP_SERVE && settings_serve(app->settings, error))
		return APP_E_FAILED;
	app->config = app->settings->config;
	app->trackers = app->settings->trackers;
	app->keyring = app->settings->keyring;
	app->settings_alive = 1;
	return 0;
}

static int store_failure(struct app *app, int code, struct error *error)
{
	if (code == STORE_E_LOCKED)
		return APP_E_LOCKED;
	if (code == STORE_E_ABSENT)
		return APP_E_ABSENT;
	if (code < 0 && !error->text[0])
		return error_set(error, APP_E_FAILED, "%s: the store cannot be opened: %s",
				 app->config->data_dir, strerror(-code));
	return APP_E_FAILED;
}

bool app_is_told_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* Another server that stops, or a command: say so once, and give up when asked to stop. */
static bool wait_for_lock(void *context, long holder)
{
	struct app *app = context;
	char pid[24];

	if (!app->has_waited) {
		(void)snprintf(pid, sizeof(pid), "%ld", holder);
		log_info("waiting", "for", "data/lock", "held_by_process", holder > 0 ? pid : NULL);
		service_notify(&app->service, "STATUS=Waiting for process %ld to leave the data.",
			       holder);
		app->has_waited = true;
	}
	return !app_is_told_to_stop();
}

static struct retention retention_of(const struct config *config)
{
	return (struct retention){
		.days = config->retention_days,
		.anonymous_days = config->retention_anonymous_days,
		.reader_lag_days = config->reader_lag_days,
	};
}

void app_set_retention(struct app *app)
{
	const struct retention retention = retention_of(app->config);

	store_set_retention(app->store, &retention);
}

static int open_store(struct app *app, struct error *error)
{
	bool serves = app->role == APP_SERVE;
	struct store_options options = {
		.data_dir = app->config->data_dir,
		.node = app->config->node,
		.keyring = app->keyring,
		.queue_clicks = serves ? app->config->queue_clicks : COMMAND_QUEUE_EVENTS,
		.queue_bulk = serves ? app->config->queue_bulk : COMMAND_QUEUE_EVENTS,
		.disk_reserve_percent = serves ? app->config->disk_reserve_percent : 0,
		.account_interval_s = serves ? ACCOUNT_INTERVAL_SECONDS : 0,
		.lock_wait_ms = serves ? app->lock_wait_ms : 0,
		.lock_wait = serves ? wait_for_lock : NULL,
		.lock_wait_context = app,
		.degraded_start = serves,
	};
	int code;

	if (app->role == APP_OFFLINE)
		return 0;
	/* A command that owns the store for a moment removes nothing. */
	if (serves)
		options.retention = retention_of(app->config);
	code = app->role == APP_READER
		       ? store_open_reader(app->config->data_dir, &app->store, error)
		       : store_open(&options, &app->store, error);
	if (code)
		return store_failure(app, code, error);
	if (app->role == APP_READER)
		return 0;
	app->writer = store_writer(app->store);
	app->people_backup = people_backup_new(app->store, app->config->data_dir);
	return app->people_backup ? 0 : error_set(error, APP_E_FAILED, "out of memory");
}

static int open_as(struct app *app, const char *option, struct error *error)
{
	int code = 0;

	if (app->role == APP_SERVE && service_init(&app->service, error))
		return APP_E_FAILED;
	code = open_settings(app, option, error);
	if (!code)
		code = open_store(app, error);
	/* Whoever had the lock until now may have changed the keys. */
	if (!code && app->writer)
		code = app_renew_keyring(app, error);
	if (!code && app->writer)
		code = erase_resume(app, error);
	if (!code && app->role == APP_SERVE) {
		app->headers = header_cache_new(app->config, app->settings->rules);
		if (!app->headers)
			code = error_set(error, APP_E_FAILED, "out of memory");
	}
	return code;
}

static int open_app(const char *option, enum app_role role, unsigned lock_wait_ms,
		    struct app **ret_app, struct error *error)
{
	cleanup(cleanup_app) struct app *app = calloc(1, sizeof(*app));
	int code;

	if (!app)
		return error_set(error, APP_E_FAILED, "out of memory");
	app->role = role;
	app->lock_wait_ms = lock_wait_ms;
	app->data_fd = -1;
	app->started = clock_wall();
	code = open_as(app, option, error);
	if (code)
		return code;
	app->clicks.limit = app->config->commit_wait_ms * USEC_PER_MS;
	app->operations.limit = OPERATION_WAIT_SECONDS * USEC_PER_SEC;
	app->now = clock_monotonic();
	metrics_set(&app->metrics, METRIC_STARTED, app->started / USEC_PER_SEC);
	*ret_app = take_ptr(app);
	return 0;
}

int app_open(const char *option, enum app_role role, struct app **ret_app, struct error *error)
{
	return open_app(option, role, 0, ret_app, error);
}

int app_open_server(const char *option, unsigned lock_wait_ms, struct app **ret_app,
		    struct error *error)
{
	return open_app(option, APP_SERVE, lock_wait_ms, ret_app, error);
}

void app_close(struct app *app)
{
	if (!app)
		return;
	listener_close(app->control);
	listener_close(app->admin);
	listener_close(app->public);
	admission_finish(&app->admission);
	if (app->data_fd >= 0)
		(void)close(app->data_fd);
	buffer_finish(&app->event_scratch);
	buffer_finish(&app->event_text);
	outbox_free(app->outbox);
	posts_finish(&app->posts);
	forms_finish(&app->forms);
	handovers_finish(&app->handovers);
	recent_claims_finish(&app->recent_claims);
	recent_tags_finish(&app->recent_tags);
	header_cache_free(app->headers);
	if (app->writer)
		(void)commit_wait_settle(app->writer, NULL, NULL);
	people_backup_free(app->people_backup);
	store_close(app->store);
	(void)settings_release(app->settings);
	free(app);
}

void cleanup_app(struct app **app)
{
	app_close(*app);
}

char *app_socket_path(const struct config *config, int data_fd)
{
	struct sockaddr_un address;
	char *path = NULL;

	if (asprintf(&path, "%s/waymark.sock", config->data_dir) < 0)
		return NULL;
	if (strlen(path) < sizeof(address.sun_path))
		return path;
	free(path);
	return asprintf(&path, "/proc/self/fd/%d/waymark.sock", data_fd) < 0 ? NULL : path;
}

static void begun(struct request *request)
{
	struct app *app = request->context;

	request->settings = settings_hold(app->settings);
}

static void completed(struct request *request)
{
	struct app *app = request->context;

	commit_wait_cancel(request->state);
	request->state = NULL;
	if (settings_release(request->settings))
		app->settings_alive--;
	request->settings = NULL;
	metrics_add(&app->metrics, request->counter, 1);
}

static int listen_at(struct app *app, const char *address, struct listener_options options,
		     struct listener **ret_listener, struct error *error)
{
	options.address = address;
	options.proxies = app->trackers->proxies;
	options.proxy_count = app->trackers->proxy_count;
	options.request_timeout_s = app->config->request_timeout_s;
	options.context = app;
	options.begun = begun;
	options.completed = completed;
	options.counter_bad_request = METRIC_REQUEST_BAD;
	options.counter_not_found = METRIC_REQUEST_NOT_FOUND;
	options.counter_method = METRIC_REQUEST_METHOD;
	options.counter_too_large = METRIC_REQUEST_TOO_LARGE;
	options.counter_aborted = METRIC_REQUEST_ABORTED;
	options.counter_limited = METRIC_REQUEST_LIMITED;
	options.counter_refused = METRIC_REQUEST_OPERATION_UNAUTHORISED;
	options.counter_error = METRIC_REQUEST_ERROR;
	return listener_open(&options, ret_listener, error) ? APP_E_FAILED : 0;
}

int app_listen_control(struct app *app, struct error *error)
{
	cleanup_free char *path = NULL;
	cleanup_free char *address = NULL;
	struct listener_options options = {
		.routes = app->routes->control_rows,
		.route_count = app->routes->control_count,
		.connection_limit = ADMIN_CONNECTIONS,
		.socket_mode = 0600,
	};

	if (app->data_fd < 0)
		app->data_fd = open(app->config->data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (app->data_fd < 0)
		return error_set(error, APP_E_FAILED, "%s: cannot be opened: %s",
				 app->config->data_dir, strerror(errno));
	path = app_socket_path(app->config, app->data_fd);
	if (!path || asprintf(&address, "unix:%s", path) < 0)
		return error_set(error, APP_E_FAILED, "out of memory");
	return listen_at(app, address, options, &app->control, error);
}

int app_set_mail(struct app *app)
{
	const struct mail_login *login = app->settings->mail_login;
	const struct outbox_server server = {
		.server = app->config->smtp_server,
		.hello = app->trackers->primary->host,
		.user = (char *)(uintptr_t)(login ? login->user : NULL),
		.password = (char *)(uintptr_t)(login ? login->password : NULL),
		.ca_file = *app->config->smtp_ca_file ? app->config->smtp_ca_file : NULL,
		.tls = app->config->smtp_tls,
	};

	if (!app->outbox)
		return 0;
	return outbox_set(app->outbox, *app->config->smtp_server ? &server : NULL);
}

int app_open_outbox(struct app *app, const struct outbox_sender *sender, struct error *error)
{
	app->outbox = outbox_new(sender);
	if (app->outbox && app_set_mail(app) == 0)
		return 0;
	return error_set(error, APP_E_FAILED, "the thread that sends mails cannot start");
}

/* Everything that is sized by the configuration, before the first client comes. */
static int prepare(struct app *app, unsigned *ret_connections, struct error *error)
{
	const unsigned wanted = app->config->connections;

	if (admission_init(&app->admission, app->config) ||
	    posts_set_rate(&app->posts, app->config->posts_per_minute))
		return error_set(error, APP_E_FAILED, "out of memory");
	if (descriptors_reserve(wanted, 2 * ADMIN_CONNECTIONS, ret_connections, error))
		return APP_E_FAILED;
	metrics_set(&app->metrics, METRIC_CONNECTIONS_LIMIT, *ret_connections);
	if (*ret_connections < wanted)
		log_warning("descriptors", "limit", "lowered", "reason",
			    "the limit of open files allows fewer connections than "
			    "limits.connections; raise it (LimitNOFILE of the unit, or ulimit -n)");
	return 0;
}

int app_listen(struct app *app, const struct app_routes *routes, struct error *error)
{
	struct listener_options public_options = {
		.routes = routes->public_rows,
		.route_count = routes->public_count,
		.otherwise = routes->public_otherwise,
		.connections_per_address = app->config->connections_per_address,
		.socket_mode = 0666,
		.gate = routes->gate,
	};
	struct listener_options admin_options = {
		.routes = routes->admin_rows,
		.route_count = routes->admin_count,
		.connection_limit = ADMIN_CONNECTIONS,
		.socket_mode = 0600,
		.gate = routes->admin_gate,
	};
	int code = prepare(app, &public_options.connection_limit, error);

	if (code)
		return code;
	public_options.inherited_fd = app->service.public_fd;
	admin_options.inherited_fd = app->service.admin_fd;
	code = listen_at(app, app->config->listen, public_options, &app->public, error);
	if (code) {
		error_prefix(error, "listen: ");
		return code;
	}
	code = listen_at(app, app->config->admin_listen, admin_options, &app->admin, error);
	if (code) {
		error_prefix(error, "admin_listen: ");
		return code;
	}
	app->routes = routes;
	if (app_listen_control(app, error))
		log_warning("control", "reason", error->text, "meaning",
			    "commands cannot reach this server; it is tried again");
	return 0;
}
