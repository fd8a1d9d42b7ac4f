/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_HTTP_WIRE_H
#define WAYMARK_TESTS_HTTP_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * A listener and its raw clients in one thread: the test turns the listener's crank and sees what
 * came back. Nothing sleeps; a wait ends with bytes, with the end of the connection, or fails after
 * WIRE_PATIENCE_S. A header, and long because it is all that the tests of this folder share.
 */
enum { WIRE_PATIENCE_S = 20, WIRE_ROOM = 65536 };

enum wire_counter {
	COUNT_NONE,
	COUNT_OK,
	COUNT_BAD,
	COUNT_NOT_FOUND,
	COUNT_METHOD,
	COUNT_TOO_LARGE,
	COUNT_ABORTED,
	COUNT_LIMITED,
	COUNT_REFUSED,
	COUNT_ERROR,
	COUNT_KINDS
};

struct wire_server {
	struct listener *listener;
	unsigned counts[COUNT_KINDS], completed, freed, calls;
	bool release; /* waiting handlers answer */
	bool (*gate)(struct request *request);
	struct span location;
	const char *cookie;
	struct address client;
	bool through_proxy;
	char path[64]; /* of a Unix socket */
	/* 0: as wire_start() says */
	unsigned connection_limit, connections_per_address, request_timeout_s;
};

struct wire {
	int fd;
	char data[WIRE_ROOM];
	size_t size;
	bool ended; /* by the server */
};

static inline void wire_completed(struct request *request)
{
	struct wire_server *server = request->context;

	assert_true(request->counted);
	assert_in_range(request->counter, COUNT_OK, COUNT_ERROR);
	server->counts[request->counter]++;
	server->completed++;
	request->arena.limit_bytes = 0;
}

/* What has arrived, if anything. */
static inline void wire_read(struct wire *client)
{
	while (!client->ended) {
		ssize_t got = recv(client->fd, client->data + client->size,
				   sizeof(client->data) - 1 - client->size, MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0)
			client->ended = true;
		else
			client->size += (size_t)got;
		client->data[client->size] = '\0';
		assert_true(client->size < sizeof(client->data) - 1);
	}
}

static inline void wire_crank(struct wire_server *server, struct wire *client, int most_ms)
{
	struct pollfd fds[2] = {{.fd = listener_fd(server->listener), .events = POLLIN},
				{.fd = client ? client->fd : -1, .events = POLLIN}};
	int timeout = listener_timeout_ms(server->listener);

	if (timeout < 0 || timeout > most_ms)
		timeout = most_ms;
	(void)poll(fds, 2, client && client->ended ? 0 : timeout);
	listener_run(server->listener);
	if (client)
		wire_read(client);
}

static inline void wire_open_from(struct wire_server *server, struct wire *client, uint32_t host)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = htons(listener_port(server->listener))};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
	struct sockaddr_un local = {.sun_family = AF_UNIX};

	client->size = 0;
	client->ended = false;
	if (server->path[0]) {
		strcpy(local.sun_path, server->path);
		client->fd = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(client->fd, (void *)&local, sizeof(local)), 0);
	} else {
		client->fd = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(bind(client->fd, (void *)&from, sizeof(from)), 0);
		assert_int_equal(connect(client->fd, (void *)&address, sizeof(address)), 0);
	}
	assert_true(client->fd >= 0);
}

static inline void wire_open(struct wire_server *server, struct wire *client)
{
	wire_open_from(server, client, INADDR_LOOPBACK);
}

static inline void wire_close(struct wire *client)
{
	(void)close(client->fd);
	client->fd = -1;
}

static inline void wire_send_bytes(struct wire *client, const void *data, size_t size)
{
	assert_int_equal(send(client->fd, data, size, MSG_NOSIGNAL), size);
}

static inline void wire_send(struct wire *client, const char *text)
{
	wire_send_bytes(client, text, strlen(text));
}

static inline unsigned wire_answers(const struct wire *client)
{
	unsigned count = 0;

	for (const char *at = client->data; client->size && (at = strstr(at, "HTTP/1.1 ")); at++)
		count += atoi(at + 9) >= 200;
	return count;
}

static inline unsigned wire_status(const struct wire *client)
{
	return client->size > 12 ? (unsigned)atoi(client->data + 9) : 0;
}

/* Until @done says so. */
static inline void wire_until(struct wire_server *server, struct wire *client,
			      bool (*done)(struct wire_server *server, struct wire *client))
{
	const usec_t end = clock_monotonic() + WIRE_PATIENCE_S * USEC_PER_SEC;

	while (!done(server, client)) {
		assert_true(clock_monotonic() < end);
		wire_crank(server, client, 100);
	}
}

static inline bool wire_is_ended(struct wire_server *server, struct wire *client)
{
	(void)server;
	return client->ended;
}

static inline bool wire_is_answered(struct wire_server *server, struct wire *client)
{
	(void)server;
	return client->ended || (wire_answers(client) > 0 && strstr(client->data, "\r\n\r\n"));
}

static inline bool wire_is_completed(struct wire_server *server, struct wire *client)
{
	(void)client;
	return server->completed > 0 && listener_is_idle(server->listener);
}

static inline void wire_start(struct wire_server *server, const struct route *routes,
			      size_t route_count, const struct network *proxies, size_t proxy_count)
{
	const struct listener_options options = {
		.address = server->path[0] ? NULL : "127.0.0.1:0",
		.routes = routes,
		.route_count = route_count,
		.proxies = proxies,
		.proxy_count = proxy_count,
		.connection_limit = server->connection_limit ? server->connection_limit : 64,
		.connections_per_address = server->connections_per_address,
		.request_timeout_s = server->request_timeout_s ? server->request_timeout_s
							       : WIRE_PATIENCE_S + 10,
		.socket_mode = 0600,
		.gate = server->gate,
		.context = server,
		.completed = wire_completed,
		.counter_bad_request = COUNT_BAD,
		.counter_not_found = COUNT_NOT_FOUND,
		.counter_method = COUNT_METHOD,
		.counter_too_large = COUNT_TOO_LARGE,
		.counter_aborted = COUNT_ABORTED,
		.counter_limited = COUNT_LIMITED,
		.counter_refused = COUNT_REFUSED,
		.counter_error = COUNT_ERROR,
	};
	struct listener_options local = options;
	char address[80];
	struct error error;

	if (server->path[0]) {
		(void)snprintf(address, sizeof(address), "unix:%s", server->path);
		local.address = address;
	}
	if (listener_open(&local, &server->listener, &error))
		fail_msg("%s", error.text);
}

#endif
