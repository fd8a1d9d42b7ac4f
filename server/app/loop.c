/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn: note the time, settle what the writer has finished, let the listeners work (which calls
 * waiting handlers again), hand the writer what this turn has queued in one exchange, sleep until
 * something is ready or a deadline comes.
 *
 * Nothing here is a busy loop: a waiting request adds no readiness of its own. It is called again
 * because the writer's eventfd woke the loop, or because the first deadline of its queue came. The
 * time-out is rounded up to whole milliseconds, since waking before the deadline would turn the
 * last millisecond into a spin.
 */
#include "app/loop.h"

#include "app/drain.h"
#include "app/pressure.h"
#include "app/store_health.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

struct loop {
	struct app *app;
	struct listener *listeners[3];
	int epoll_fd, signal_fd;
	struct drain drain;
	usec_t watchdog_due; /* monotonic, of whoever started us */
	usec_t control_due;  /* monotonic: the next attempt at a control socket that is missing */
	usec_t settle_due;   /* of the log */
};

enum { CONTROL_PAUSE_MS = 1000 };

static void signals_of_interest(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void loop_block_signals(void)
{
	sigset_t set;

	signals_of_interest(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static int watch(const struct loop *loop, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int loop_init(struct loop *loop, struct app *app)
{
	sigset_t set;
	int code;

	*loop = (struct loop){
		.app = app,
		.listeners = {app->public, app->admin, app->control},
		.signal_fd = -1,
	};
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	signals_of_interest(&set);
	loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signal_fd < 0)
		return -errno;
	code = watch(loop, loop->signal_fd);
	if (!code)
		code = watch(loop, event_writer_fd(app->writer));
	if (!code && app->answers_fd)
		code = watch(loop, app->answers_fd);
	for (size_t i = 0; i < 3 && !code; i++)
		if (loop->listeners[i])
			code = watch(loop, listener_fd(loop->listeners[i]));
	return code;
}

static void loop_finish(struct loop *loop)
{
	if (loop->signal_fd >= 0)
		(void)close(loop->signal_fd);
	if (loop->epoll_fd >= 0)
		(void)close(loop->epoll_fd);
}

static void reload(struct app *app)
{
	cleanup_buffer struct buffer kept = BUFFER_INIT;
	struct error error = {0};

	service_notify(&app->service, "RELOADING=1\nMONOTONIC_USEC=%llu",
		       (unsigned long long)clock_monotonic());
	if (app_reload(app, &kept, &error))
		log_error("reload", "result", "refused", "reason", error.text, "settings",
			  "unchanged");
	else if (kept.size > 0)
		log_warning("reload", "result", "done", "restart_needed_for", buffer_text(&kept),
			    "until_then", "their old values");
	else
		log_info("reload", "result", "done");
	service_notify(&app->service, "READY=1\nSTATUS=%s",
		       error.text[0] ? "Answering; a reload was refused, see the log."
				     : "Answering.");
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(loop->app);
		else
			drain_start(&loop->drain, loop->app);
	}
}

static int until(usec_t deadline, usec_t now)
{
	usec_t wait = deadline > now ? deadline - now : 0;

	if (wait > 3600 * USEC_PER_SEC)
		wait = 3600 * USEC_PER_SEC;
	return (int)((wait + USEC_PER_MS - 1) / USEC_PER_MS);
}

static int sooner(int a, int b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

static int sleep_ms(const struct loop *loop)
{
	const struct app *app = loop->app;
	usec_t now = clock_monotonic();
	int wait = -1;

	for (size_t i = 0; i < 3; i++)
		if (loop->listeners[i])
			wait = sooner(wait, listener_timeout_ms(loop->listeners[i]));
	if (!loop->listeners[2] && !app->draining)
		wait = sooner(wait, until(loop->control_due, now));
	if (app->health.due)
		wait = sooner(wait, until(app->health.due, now));
	if (app->clicks.first)
		wait = sooner(wait, until(app->clicks.first->deadline, now));
	if (app->operations.first)
		wait = sooner(wait, until(app->operations.first->deadline, now));
	if (drain_deadline(&loop->drain))
		wait = sooner(wait, until(drain_deadline(&loop->drain), now));
	wait = sooner(wait, until(loop->settle_due, now));
	if (app->service.watchdog)
		wait = sooner(wait, until(loop->watchdog_due, now));
	return wait;
}

/*
 * That this runs shows that the loop turns. No commit is waited for: on a disk that is full or does
 * not answer redirects still leave, and a restart would end that.
 */
static void watch_over(struct loop *loop)
{
	struct app *app = loop->app;

	if (!app->service.watchdog || app->now < loop->watchdog_due)
		return;
	loop->watchdog_due = app->now + app->service.watchdog;
	if (event_writer_alive(app->writer))
		service_notify(&app->service, "WATCHDOG=1");
	else
		log_error("watchdog", "reason", "the event writer's thread does not work any more");
}

/* The disk did not let the control socket be made; commands wait until it does. */
static void listen_again(struct loop *loop)
{
	struct app *app = loop->app;

	if (app->control || app->draining || app->now < loop->control_due)
		return;
	loop->control_due = app->now + CONTROL_PAUSE_MS * USEC_PER_MS;
	if (app_listen_control(app, NULL))
		return;
	if (watch(loop, listener_fd(app->control))) {
		listener_close(app->control);
		app->control = NULL;
		return;
	}
	loop->listeners[2] = app->control;
	log_info("control", "result", "listening");
}

/* In public, handlers wait for commits and answers; elsewhere for one another, too. */
static void run_listeners(struct loop *loop, bool settled)
{
	struct app *app = loop->app;

	for (size_t i = 0; i < 3; i++) {
		struct listener *listener = loop->listeners[i];

		if (listener == app->public && !settled &&
		    !commit_queue_is_late(&app->clicks, app->now))
			listener_run_arrivals(listener);
		else if (listener)
			listener_run(listener);
	}
}

/* Has a thread that handlers wait for found something out? */
static bool take_answers(const struct app *app)
{
	uint64_t count;

	return app->answers_fd && read(app->answers_fd, &count, sizeof(count)) == sizeof(count);
}

static void turn(struct loop *loop)
{
	struct app *app = loop->app;
	bool settled;

	app->now = clock_monotonic();
	take_signals(loop);
	settled = commit_wait_settle(app->writer, posts_settle, &app->posts);
	settled |= take_answers(app);
	pressure_notice(app);
	store_health_watch(app);
	listen_again(loop);
	run_listeners(loop, settled);
	event_writer_kick(app->writer);
	watch_over(loop);
	if (app->now >= loop->settle_due) {
		loop->settle_due = app->now + USEC_PER_SEC;
		log_settle();
	}
	metrics_add(&app->metrics, METRIC_TURNS, 1);
}

int loop_run(struct app *app, bool *ret_cut, struct error *error)
{
	struct loop loop;
	int code = loop_init(&loop, app);
	enum drain_state drain = DRAIN_NONE;

	while (!code) {
		struct epoll_event events[8];

		turn(&loop);
		drain = drain_step(&loop.drain, app);
		if (drain == DRAIN_DONE || drain == DRAIN_CUT)
			break;
		if (epoll_wait(loop.epoll_fd, events, 8, sleep_ms(&loop)) < 0 && errno != EINTR)
			code = -errno;
	}
	loop_finish(&loop);
	if (code)
		return error_set(error, APP_E_FAILED, "the event loop stopped: %s",
				 strerror(-code));
	*ret_cut = drain == DRAIN_CUT;
	return 0;
}
