/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what one client sends to a real listener over loopback. The first byte says how: its
 * low six bits are the size of the pieces (0: all at once), 0x40 that the client ends its side
 * behind them. An independent reading of the same bytes says which requests are in them; those that
 * the listener hands on must be these, in this order, each counted exactly once, and of the rest at
 * most one refusal: two readers that disagree here are how a request is smuggled. Which requests
 * they are is not asked where framing.c and head.c say what they cannot see.
 *
 * The client always ends with a reset, so that no port is left waiting, however many inputs run.
 */
#include "http/listener.h"

#include "base/cleanup.h"
#include "http/reply.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	INPUT_MAX_BYTES = 16384,
	REQUESTS_MAX = INPUT_MAX_BYTES / 16,
	UNCOUNTED_MAX_BYTES = 3, /* a line end, and what a reset makes of the count */
	PATIENCE_MS = 40000,
	SIZE_BITS = 0x3f,
	ENDS = 0x40
};

static struct listener *listener;
static struct span found[REQUESTS_MAX]; /* targets, by our own reading */
static size_t found_count;
static size_t handed_on, completed; /* by the listener */
static bool has_unseen_end;

static bool gate(struct request *request)
{
	struct span raw;

	handed_on++;
	if (has_unseen_end)
		return false;
	assert(handed_on <= found_count);
	raw = found[handed_on - 1];
	/* An absolute target is handed on from its path, which is "/" when it has none. */
	assert(span_equal(request->target, raw) ||
	       (raw.data[0] != '/' &&
		(span_equal(request->target, SPAN("/")) ||
		 (raw.size > request->target.size &&
		  span_equal(span_slice(raw, raw.size - request->target.size, raw.size),
			     request->target)))));
	return false;
}

static void count(struct request *request)
{
	assert(request->counted);
	completed++;
}

static enum handled echo(struct request *request)
{
	return reply_body(request, 0, 200, "text/plain", "no-store", request->body);
}

static enum handled redirect(struct request *request)
{
	return reply_redirect(request, 0, SPAN("https://www.example.com/"),
			      request->query.size > 0 ? "wm=a" : NULL);
}

static enum handled wait_once(struct request *request)
{
	if (request->state)
		return echo(request);
	request->state = listener;
	return WAITING;
}

static const struct route routes[] = {
	{.path = "/c/*", .get = redirect},
	{.path = "/e", .post = echo, .body_limit = 1000},
	{.path = "/ok", .get = echo, .post = echo, .body_limit = 1000},
	{.path = "/wait", .get = wait_once},
};

static void start(void)
{
	const struct listener_options options = {
		.address = "127.0.0.1:0",
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
		.connection_limit = 16,
		.gate = gate,
		.completed = count,
	};
	struct error error;

	if (listener_open(&options, &listener, &error))
		abort();
}

static size_t open_connections(void)
{
	struct listener_figures figures;

	listener_figures(listener, &figures);
	return figures.connections;
}

/* As long as there is something to do at once. */
static void crank(void)
{
	struct pollfd fd = {.fd = listener_fd(listener), .events = POLLIN};

	do
		listener_run(listener);
	while (listener_timeout_ms(listener) == 0 || poll(&fd, 1, 0) > 0);
}

/* Until the connection is closed; handlers that wait are called again meanwhile. */
static void crank_to_the_end(void)
{
	const usec_t end = clock_monotonic() + PATIENCE_MS * USEC_PER_MS;

	while (open_connections() > 0) {
		struct pollfd fd = {.fd = listener_fd(listener), .events = POLLIN};
		const int wait = listener_timeout_ms(listener);

		assert(clock_monotonic() < end);
		(void)poll(&fd, 1, wait < 0 || wait > 100 ? 100 : wait);
		listener_run(listener);
	}
}

static int connect_client(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					    .sin_port = htons(listener_port(listener))};
	const struct linger reset = {.l_onoff = 1};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		abort();
	return fd;
}

static struct span take_line(struct span *rest)
{
	for (size_t i = 0; i + 1 < rest->size; i++) {
		if (rest->data[i] == '\r' && rest->data[i + 1] == '\n') {
			const struct span line = span_slice(*rest, 0, i);

			*rest = span_slice(*rest, i + 2, rest->size);
			return line;
		}
	}
	return span_of(NULL, 0);
}

/* The size of the body that the head says, by its one Content-Length; SIZE_MAX: none can be. */
static size_t skip_fields(struct span *rest)
{
	static const struct span name = SPAN("content-length:");
	struct span line;
	size_t length = 0;

	while ((line = take_line(rest)).data && line.size > 0) {
		struct span value;

		if (!span_starts_nocase(line, name))
			continue;
		value = span_trim(span_slice(line, name.size, line.size));
		for (size_t i = 0; i < value.size && length < INPUT_MAX_BYTES; i++)
			length = length * 10 + (size_t)(value.data[i] - '0');
	}
	return line.data ? length : SIZE_MAX;
}

/* A NUL in the place of a CR, or at the beginning of a line: what http/ cannot always see. */
static bool holds_unseen_end(struct span bytes)
{
	bool bare = false, begins = false;

	for (size_t i = 0; i < bytes.size; i++) {
		const uint8_t before = i > 0 ? bytes.data[i - 1] : '\n';

		bare |= bytes.data[i] == '\n' && before != '\r';
		begins |= bytes.data[i] == '\0' && before == '\n';
	}
	return begins || (bare && memchr(bytes.data, '\0', bytes.size));
}

/* Ends of lines before it are passed over, also a CR or LF alone: whoever reads those otherwise
 * refuses what follows. */
static struct span take_request_line(struct span *rest)
{
	while (rest->size > 0 && (rest->data[0] == '\r' || rest->data[0] == '\n'))
		*rest = span_slice(*rest, 1, rest->size);
	return take_line(rest);
}

/* Every head that could be one; too lenient at most, as the listener checks more than this. */
static void find_requests(struct span rest)
{
	found_count = 0;
	while (found_count < REQUESTS_MAX) {
		struct span line = take_request_line(&rest);
		size_t from, to, body;

		from = line.data ? span_find(line, ' ', 0) : line.size;
		to = span_find(line, ' ', from + 1);
		if (to >= line.size)
			return;
		found[found_count] = span_slice(line, from + 1, to - from - 1);
		body = skip_fields(&rest);
		if (body == SIZE_MAX)
			return;
		found_count++;
		rest = span_slice(rest, body < rest.size ? body : rest.size, rest.size);
	}
}

static void send_pieces(int fd, struct span bytes, size_t piece)
{
	for (size_t at = 0; at < bytes.size; at += piece) {
		const struct span part = span_slice(bytes, at, piece);

		if (send(fd, part.data, part.size, MSG_NOSIGNAL) != (ssize_t)part.size)
			return;
		crank();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes;
	size_t piece;
	int fd;

	if (size < 2 || size > INPUT_MAX_BYTES)
		return 0;
	if (!listener)
		start();
	bytes = span_of(data + 1, size - 1);
	piece = data[0] & SIZE_BITS ? data[0] & SIZE_BITS : bytes.size;
	find_requests(bytes);
	has_unseen_end = holds_unseen_end(bytes);
	handed_on = completed = 0;
	fd = connect_client();
	send_pieces(fd, bytes, piece);
	if (data[0] & ENDS) {
		(void)shutdown(fd, SHUT_WR);
		crank_to_the_end();
	}
	(void)close(fd);
	crank_to_the_end();
	assert(listener_is_idle(listener));
	assert(completed == handed_on || completed == handed_on + 1);
	assert(handed_on > 0 || completed == 1 || bytes.size <= UNCOUNTED_MAX_BYTES);
	return 0;
}
