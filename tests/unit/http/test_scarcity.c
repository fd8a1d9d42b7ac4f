/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener when something runs out: memory for an answer, or connections. A request then ends
 * without an answer or with a 500, never with what was refused, and the listener goes on.
 */
#include "wire.h"

#include "http/reply.h"

#include <sys/resource.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static enum handled ok(struct request *request)
{
	struct wire_server *server = request->context;

	server->calls++;
	return reply_body(request, COUNT_OK, 200, "text/plain", "no-store", request->path);
}

/* From here on the request's arena has nothing left. */
static bool exhaust(struct request *request)
{
	request->arena.limit_bytes = request->arena.used_bytes;
	return false;
}

static enum handled ok_without_memory(struct request *request)
{
	(void)exhaust(request);
	return ok(request);
}

static const struct route routes[] = {
	{.path = "/ok", .get = ok, .counter = COUNT_OK},
	{.path = "/own", .get = ok, .access = ACCESS_SOCKET_OWNER, .counter = COUNT_OK},
	{.path = "/poor", .get = ok_without_memory, .counter = COUNT_OK},
	{.path = "/post", .post = ok, .body_limit = 1000, .counter = COUNT_OK},
};

static void start(struct wire_server *server)
{
	wire_start(server, routes, sizeof(routes) / sizeof(routes[0]), NULL, 0);
}

static struct wire *ask(struct wire_server *server, const char *text)
{
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, text);
	wire_until(server, &client, wire_is_answered);
	return &client;
}

static bool has_no_connection(struct wire_server *server, struct wire *client)
{
	struct listener_figures figures;

	(void)client;
	listener_figures(server->listener, &figures);
	return figures.connections == 0;
}

static void without_memory_for_an_answer_the_connection_ends(void **state)
{
	struct wire_server server = {.calls = 0};
	struct wire *client;

	(void)state;
	start(&server);
	client = ask(&server, GET("/poor"));
	assert_true(client->ended || wire_status(client) == 500);
	wire_until(&server, client, wire_is_completed);
	wire_close(client);
	assert_int_equal(server.counts[COUNT_ERROR], 1);
	listener_close(server.listener);
}

/* A refusal that cannot be said is still a refusal: no handler runs in its place. */
static void without_memory_for_a_refusal_no_handler_runs(void **state)
{
	static const char *const refused[] = {GET("/none"), GET("/own"), GET("/post"),
					      "OPTIONS /ok HTTP/1.1\r\nHost: a\r\n\r\n"};
	struct wire_server server = {.gate = exhaust};

	(void)state;
	start(&server);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct wire *client = ask(&server, refused[i]);

		assert_true(client->ended || wire_status(client) == 500);
		wire_close(client);
	}
	assert_int_equal(server.calls, 0);
	listener_close(server.listener);
}

/* As the loop does: run only when the listener says so. False: it would sleep for good. */
static bool turn(struct wire_server *server)
{
	struct pollfd fd = {.fd = listener_fd(server->listener), .events = POLLIN};
	const int timeout = listener_timeout_ms(server->listener);

	if (poll(&fd, 1, timeout < 0 ? 500 : timeout) == 0 && timeout < 0)
		return false;
	listener_run(server->listener);
	return true;
}

static void more_connections_than_the_limit_are_accepted_in_the_end(void **state)
{
	static struct wire clients[80], last;
	struct wire_server server = {.calls = 0};
	struct listener_figures figures;

	(void)state;
	start(&server);
	for (size_t i = 0; i < 80; i++)
		wire_open(&server, &clients[i]);
	do {
		assert_true(turn(&server));
		listener_figures(server.listener, &figures);
	} while (figures.connections < 64);
	for (size_t i = 0; i < 80; i++)
		wire_close(&clients[i]);
	wire_open(&server, &last);
	wire_send(&last, GET("/ok"));
	while (server.completed == 0)
		assert_true(turn(&server));
	wire_close(&last);
	listener_close(server.listener);
}

static void without_a_descriptor_it_neither_spins_nor_stays_deaf(void **state)
{
	struct wire_server server = {.calls = 0};
	struct rlimit limit, none;
	struct wire *client;
	int spare;

	(void)state;
	start(&server);
	client = ask(&server, GET("/ok"));
	wire_close(client);
	wire_until(&server, client, has_no_connection);
	wire_open(&server, client);
	wire_send(client, GET("/ok"));
	spare = dup(0);
	close(spare);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)spare;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int i = 0; i < 4; i++) {
		struct pollfd fd = {.fd = listener_fd(server.listener), .events = POLLIN};

		listener_run(server.listener);
		assert_true(listener_timeout_ms(server.listener) > 0);
		assert_int_equal(poll(&fd, 1, 0), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	wire_until(&server, client, wire_is_answered);
	assert_int_equal(wire_status(client), 200);
	wire_close(client);
	listener_close(server.listener);
}

static void a_listener_without_a_descriptor_closes(void **state)
{
	struct wire_server server = {.calls = 0};
	struct rlimit limit, none;
	static struct wire client;
	int spare;

	(void)state;
	start(&server);
	wire_open(&server, &client);
	spare = dup(0);
	close(spare);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)spare;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	listener_run(server.listener);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	listener_close(server.listener);
	wire_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_for_an_answer_the_connection_ends),
		cmocka_unit_test(without_memory_for_a_refusal_no_handler_runs),
		cmocka_unit_test(without_a_descriptor_it_neither_spins_nor_stays_deaf),
		cmocka_unit_test(a_listener_without_a_descriptor_closes),
		cmocka_unit_test(more_connections_than_the_limit_are_accepted_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
