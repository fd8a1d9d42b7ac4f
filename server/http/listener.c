/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libmicrohttpd daemon without threads, run by our loop when its epoll descriptor is readable or
 * when something that a handler waits for is done.
 *
 * Connections whose handler waits stay in the library's ready list, so that its own timeout is then
 * always zero: taken at its word it would make the loop spin. The library does not say whether the
 * list holds anything else. What else can be there is an answer to send, which we know of because
 * we gave it, the rest of a body, which we see too, or the rest of a long head. So after an answer
 * or a piece of a body we run again at once; otherwise, while handlers wait, only in a millisecond,
 * and then in twice the time up to PAUSE_MAX_MS, which bounds the harm of what we do not see. While
 * none waits, the library is believed for QUIET_RUNS_MAX runs.
 *
 * At its limit of connections, or out of descriptors, the library takes the listening socket out of
 * its epoll set; it puts it back at the beginning of the first run after one in which a connection
 * was closed. So such a run is followed by another, whatever is ready.
 *
 * Without a descriptor for the first connection the library says so and tries again in each run,
 * since no connection of its own can end and give one back: its epoll set stays ready. We take the
 * listening socket out of that set for DEAF_MS then, as the library itself does at its limits, and
 * put it back as the library put it there, before the library runs again.
 *
 * One thread: everything here belongs to the loop.
 */
#include "http/exchange.h"

#include "crypto/random.h"

#include <errno.h>
#include <sys/epoll.h>

enum {
	POOL_DEFAULT_BYTES = 10240,
	POOL_INCREMENT_BYTES = 1024,
	QUIET_RUNS_MAX = 256, /* a long head takes a run for each 128 bytes */
	PAUSE_MAX_MS = 16,
	DEAF_MS = 50,
	DRAIN_HEAD_MS = 1000 /* how long a drain waits for the rest of a head */
};

static int start_daemon(struct listener *listener, struct error *error)
{
	const struct listener_options *options = &listener->options;
	const union MHD_DaemonInfo *info;

	listener->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0, connection_admit, listener,
		exchange_continue, listener, MHD_OPTION_EXTERNAL_LOGGER, refusal_log, listener,
		MHD_OPTION_LISTEN_SOCKET, listener->socket_fd, MHD_OPTION_NOTIFY_COMPLETED,
		exchange_completed, listener, MHD_OPTION_NOTIFY_CONNECTION, connection_notify,
		listener, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, listener,
		MHD_OPTION_UNESCAPE_CALLBACK, exchange_keep_escaped, NULL,
		MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
		MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		options->memory_pool_bytes, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
		(size_t)POOL_INCREMENT_BYTES, MHD_OPTION_END);
	info = listener->daemon ? MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)
				: NULL;
	if (!info)
		return error_set(error, -EIO, "cannot serve on %s: the HTTP library did not start",
				 options->address);
	listener->epoll_fd = info->epoll_fd;
	return 0;
}

static int open_socket(struct listener *listener, struct error *error)
{
	const struct listener_options *options = &listener->options;
	int r;

	if (options->inherited_fd) {
		listener->socket_fd = options->inherited_fd;
		return socket_inherit(options->inherited_fd, &listener->is_local, &listener->port,
				      error);
	}
	r = socket_listen(options->address, options->socket_mode, &listener->socket_fd,
			  &listener->socket_path, &listener->port, error);
	listener->is_local = listener->socket_path != NULL;
	return r;
}

int listener_open(const struct listener_options *options, struct listener **ret_listener,
		  struct error *error)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int r;

	if (!listener)
		return -ENOMEM;
	listener->options = *options;
	if (listener->options.memory_pool_bytes == 0)
		listener->options.memory_pool_bytes = POOL_DEFAULT_BYTES;
	listener->now = clock_monotonic();
	random_take(listener->incident_random, sizeof(listener->incident_random));
	listener->socket_fd = -1;
	listener->epoll_fd = -1;
	r = crowd_init(&listener->crowd, options->connection_limit);
	if (r == 0)
		r = open_socket(listener, error);
	if (r == 0)
		r = start_daemon(listener, error);
	if (r) {
		listener_close(listener);
		return r;
	}
	*ret_listener = listener;
	return 0;
}

int listener_fd(const struct listener *listener)
{
	return listener->epoll_fd;
}

static bool is_ready(const struct listener *listener)
{
	MHD_UNSIGNED_LONG_LONG zero;

	/* The library has no timeouts of its own here: there is work now, or none. */
	return MHD_get_timeout(listener->daemon, &zero) == MHD_YES;
}

static void hear(struct listener *listener)
{
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = listener->daemon}};

	if (!listener->deaf)
		return;
	/* Out of memory it stays deaf, and this is tried again. */
	if (epoll_ctl(listener->epoll_fd, EPOLL_CTL_ADD, listener->socket_fd, &event) == 0)
		listener->deaf = false;
	else
		listener->deaf_until = listener->now + DEAF_MS * USEC_PER_MS;
}

/* Only ever without a connection, so that the library has nothing to do until then. */
static void be_deaf(struct listener *listener)
{
	listener->starved = false;
	if (listener->figures.connections > 0 || listener->quiesced ||
	    epoll_ctl(listener->epoll_fd, EPOLL_CTL_DEL, listener->socket_fd, NULL))
		return;
	listener->deaf = true;
	listener->deaf_until = listener->now + DEAF_MS * USEC_PER_MS;
}

static void run_library(struct listener *listener)
{
	const uint64_t before = listener->activity;

	(void)MHD_run(listener->daemon);
	/* A run that failed has called none, and the next one makes up for it. */
	if (listener->called_again)
		listener->settled = listener->called_again = false;
	if (listener->activity != before || !is_ready(listener))
		listener->quiet_runs = 0;
	else
		listener->quiet_runs++;
}

/*
 * The library calls every waiting handler in each run, and most runs are for what has just arrived.
 * Such a call ends at once, before it touches what the handler remembers.
 */
void listener_run_arrivals(struct listener *listener)
{
	listener->now = clock_monotonic();
	if (listener->deaf && listener->now >= listener->deaf_until)
		hear(listener);
	if (listener->deaf)
		return;
	connection_expire(listener);
	half_closed_look(listener);
	crowd_make_room(listener);
	listener->answered_late = listener->closed_some = false;
	run_library(listener);
	/* The library sends such an answer only in its next run. */
	if (listener->answered_late)
		run_library(listener);
	if (listener->starved)
		be_deaf(listener);
}

void listener_run(struct listener *listener)
{
	listener->settled = listener->figures.waiting > 0;
	listener_run_arrivals(listener);
}

static int until_expiry_ms(const struct listener *listener)
{
	const usec_t limit = listener->options.request_timeout_s * USEC_PER_SEC;
	usec_t now, due;

	if (limit == 0 || !listener->connections.oldest)
		return -1;
	now = clock_monotonic();
	due = listener->connections.oldest->since + limit;
	return due <= now ? 0 : (int)((due - now) / USEC_PER_MS + 1);
}

static int until_look_ms(const struct listener *listener)
{
	return half_closed_until_ms(listener, clock_monotonic(), PAUSE_MAX_MS);
}

static int until_next_run_ms(const struct listener *listener)
{
	const unsigned at_once = listener->figures.waiting > 0 ? 1 : QUIET_RUNS_MAX;
	unsigned doublings;

	if (listener->deaf)
		return DEAF_MS;
	if (listener->closed_some)
		return 0;
	if (!is_ready(listener))
		return -1;
	if (listener->quiet_runs < at_once)
		return 0;
	doublings = listener->quiet_runs - at_once;
	return doublings >= 4 ? PAUSE_MAX_MS : 1 << doublings;
}

/* While draining, when nothing but unfinished heads is waited for. */
static int until_heads_expire_ms(const struct listener *listener)
{
	if (!listener->quiesced || listener_is_idle(listener) || listener->heads > 0)
		return -1;
	return (int)((listener->draining + DRAIN_HEAD_MS * USEC_PER_MS - listener->now) /
			     USEC_PER_MS +
		     1);
}

static int sooner(int a, int b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

int listener_timeout_ms(const struct listener *listener)
{
	int wait = until_next_run_ms(listener);

	if (wait == 0)
		return 0;
	wait = sooner(wait, until_expiry_ms(listener));
	wait = sooner(wait, until_look_ms(listener));
	wait = sooner(wait, crowd_timeout_ms(listener));
	return sooner(wait, until_heads_expire_ms(listener));
}

void listener_change(struct listener *listener, const struct network *proxies, size_t proxy_count,
		     unsigned request_timeout_s)
{
	listener->options.proxies = proxies;
	listener->options.proxy_count = proxy_count;
	listener->options.request_timeout_s = request_timeout_s;
}

void listener_figures(const struct listener *listener, struct listener_figures *ret_figures)
{
	*ret_figures = listener->figures;
}

uint16_t listener_port(const struct listener *listener)
{
	return listener->port;
}

void listener_describe(const struct listener *listener, struct buffer *to)
{
	socket_describe(listener->socket_fd, to);
}

void listener_part(struct listener *listener)
{
	listener->parting = true;
}

void listener_quiesce(struct listener *listener)
{
	if (listener->quiesced)
		return;
	listener->parting = listener->quiesced = true;
	listener->draining = clock_monotonic();
	hear(listener);
	(void)MHD_quiesce_daemon(listener->daemon);
	(void)close(listener->socket_fd);
	listener->socket_fd = -1;
}

bool listener_is_idle(const struct listener *listener)
{
	if (listener->heads > 0)
		return false;
	return (listener->in_progress == 0 && listener->fresh == 0) ||
	       (listener->quiesced &&
		listener->now >= listener->draining + DRAIN_HEAD_MS * USEC_PER_MS);
}

bool listener_hang_up(struct listener *listener)
{
	return connection_hang_up(listener) == 0;
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	listener->closing = true;
	if (listener->daemon) {
		listener_quiesce(listener);
		MHD_stop_daemon(listener->daemon);
	}
	if (listener->socket_fd >= 0)
		(void)close(listener->socket_fd);
	if (listener->socket_path)
		(void)unlink(listener->socket_path);
	free(listener->socket_path);
	exchange_free_spares(listener);
	crowd_finish(&listener->crowd);
	free(listener);
}
