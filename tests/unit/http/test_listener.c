/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener over real sockets: answers, waiting, leaving, bodies, long locations, deadlines.
 */
#include "wire.h"

#include "http/reply.h"

#include <sys/stat.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static enum handled ok(struct request *request)
{
	struct wire_server *server = request->context;

	server->calls++;
	server->client = request->client;
	server->through_proxy = request->through_proxy;
	return reply_body(request, COUNT_OK, 200, "text/plain", "no-store",
			  request->body.size ? request->body : request->path);
}

static void free_state(struct request *request)
{
	struct wire_server *server = request->context;

	assert_ptr_equal(request->state, server);
	server->freed++;
}

static enum handled wait_for_release(struct request *request)
{
	struct wire_server *server = request->context;

	server->calls++;
	request->state = server;
	request->state_free = free_state;
	return server->release ? ok(request) : WAITING;
}

static enum handled redirect(struct request *request)
{
	struct wire_server *server = request->context;

	return reply_redirect(request, COUNT_OK, server->location, server->cookie);
}

static const struct route routes[] = {
	{.path = "/ok", .get = ok, .counter = COUNT_OK},
	{.path = "/wait", .get = wait_for_release, .counter = COUNT_OK},
	{.path = "/r/*", .get = redirect, .counter = COUNT_OK},
	{.path = "/post", .post = ok, .body_limit = 20000, .counter = COUNT_OK},
	{.path = "/own", .get = ok, .access = ACCESS_SOCKET_OWNER, .counter = COUNT_OK},
};

static int start(void **state)
{
	struct wire_server *server = calloc(1, sizeof(*server));

	wire_start(server, routes, sizeof(routes) / sizeof(routes[0]), NULL, 0);
	*state = server;
	return 0;
}

static int start_impatient(void **state)
{
	struct wire_server *server = calloc(1, sizeof(*server));

	server->request_timeout_s = 1;
	wire_start(server, routes, sizeof(routes) / sizeof(routes[0]), NULL, 0);
	*state = server;
	return 0;
}

static int stop(void **state)
{
	struct wire_server *server = *state;
	unsigned sum = 0;

	listener_close(server->listener);
	for (size_t i = 0; i < COUNT_KINDS; i++)
		sum += server->counts[i];
	assert_int_equal(sum, server->completed);
	free(server);
	return 0;
}

static struct wire *ask(struct wire_server *server, const char *text)
{
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, text);
	wire_until(server, &client, wire_is_answered);
	return &client;
}

static void a_connection_serves_many_requests(void **state)
{
	struct wire_server *server = *state;
	struct wire *client = ask(server, GET("/ok"));

	assert_int_equal(wire_status(client), 200);
	assert_non_null(strstr(client->data, "X-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(client->data, "\r\n\r\n/ok"));
	assert_null(strstr(client->data, "Connection: close"));
	client->size = 0;
	wire_send(client, GET("/ok?x") GET("/none"));
	while (wire_answers(client) < 2 && !client->ended)
		wire_crank(server, client, 100);
	assert_int_equal(wire_answers(client), 2);
	assert_int_equal(wire_status(client), 200);
	assert_non_null(strstr(client->data, "HTTP/1.1 404 "));
	wire_until(server, client, wire_is_completed);
	wire_close(client);
	assert_int_equal(server->counts[COUNT_OK], 2);
	assert_int_equal(server->counts[COUNT_NOT_FOUND], 1);
}

static void head_has_the_headers_of_get(void **state)
{
	struct wire *client = ask(*state, "HEAD /ok HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_int_equal(wire_status(client), 200);
	assert_non_null(strstr(client->data, "Content-Length: 3\r\n"));
	assert_string_equal(strstr(client->data, "\r\n\r\n"), "\r\n\r\n");
	wire_close(client);
}

static void methods_follow_from_the_table(void **state)
{
	struct wire *client = ask(*state, "OPTIONS /ok HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_int_equal(wire_status(client), 204);
	assert_non_null(strstr(client->data, "Allow: GET, HEAD, OPTIONS\r\n"));
	wire_close(client);
	client = ask(*state, GET("/post"));
	assert_int_equal(wire_status(client), 405);
	assert_non_null(strstr(client->data, "Allow: POST, OPTIONS\r\n"));
	wire_close(client);
	client = ask(*state, "TRACE /ok HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(wire_status(client), 405);
	wire_close(client);
	client = ask(*state, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
	assert_int_equal(wire_status(client), 405);
	assert_non_null(strstr(client->data, "Allow: "));
	wire_close(client);
}

static bool is_waiting(struct wire_server *server, struct wire *client)
{
	struct listener_figures figures;

	(void)client;
	listener_figures(server->listener, &figures);
	return figures.waiting > 0 && listener_timeout_ms(server->listener) > 0;
}

static void a_waiting_handler_is_called_again_without_spinning(void **state)
{
	struct wire_server *server = *state;
	static struct wire client;
	unsigned calls;

	wire_open(server, &client);
	wire_send(&client, GET("/wait"));
	wire_until(server, &client, is_waiting);
	assert_int_equal(client.size, 0);
	/* The pause grows, and stays bounded. */
	for (int i = 0; i < 8; i++)
		listener_run(server->listener);
	assert_int_equal(listener_timeout_ms(server->listener), 16);
	calls = server->calls;
	listener_run(server->listener);
	assert_int_equal(server->calls - calls, 2); /* the ready list, and the oldest connection */
	server->release = true;
	wire_until(server, &client, wire_is_answered);
	assert_int_equal(wire_status(&client), 200);
	wire_until(server, &client, wire_is_completed);
	assert_int_equal(server->freed, 1);
	wire_close(&client);
}

static void a_waiting_handler_is_not_called_for_arrivals(void **state)
{
	struct wire_server *server = *state;
	static struct wire client, other;
	struct pollfd sent = {.events = POLLIN};
	unsigned calls;

	wire_open(server, &client);
	sent.fd = client.fd;
	wire_send(&client, GET("/wait"));
	wire_until(server, &client, is_waiting);
	calls = server->calls;
	server->release = true;
	wire_open(server, &other);
	wire_send(&other, GET("/ok"));
	for (const usec_t end = clock_monotonic() + WIRE_PATIENCE_S * USEC_PER_SEC;
	     !wire_is_answered(server, &other) && clock_monotonic() < end; wire_read(&other))
		listener_run_arrivals(server->listener);
	assert_int_equal(wire_status(&other), 200);
	assert_int_equal(server->calls, calls + 1);
	assert_int_equal(client.size, 0);
	/* One run answers and sends. */
	listener_run(server->listener);
	assert_int_equal(server->calls, calls + 3);
	assert_int_equal(poll(&sent, 1, WIRE_PATIENCE_S * 1000), 1);
	wire_read(&client);
	assert_int_equal(wire_status(&client), 200);
	wire_close(&other);
	wire_close(&client);
}

static void a_client_that_leaves_while_its_handler_waits(void **state)
{
	struct wire_server *server = *state;
	const struct linger reset = {.l_onoff = 1};
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, GET("/wait"));
	wire_until(server, &client, is_waiting);
	setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	wire_close(&client);
	client.ended = true;
	server->release = true;
	wire_until(server, &client, wire_is_completed);
	assert_int_equal(server->freed, 1);
	assert_int_equal(server->completed, 1);
}

static void a_waiting_handler_is_not_cut_at_the_deadline(void **state)
{
	struct wire_server *server = *state;
	const usec_t end = clock_monotonic() + 1300 * USEC_PER_MS;
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, GET("/wait"));
	while (clock_monotonic() < end)
		wire_crank(server, &client, 100);
	assert_false(client.ended);
	server->release = true;
	wire_until(server, &client, wire_is_answered);
	assert_int_equal(wire_status(&client), 200);
	wire_close(&client);
}

static void bodies_up_to_the_limit(void **state)
{
	struct wire_server *server = *state;
	static char text[24000];
	struct wire *client;

	client = ask(server, "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 20001\r\n"
			     "Expect: 100-continue\r\n\r\n");
	assert_int_equal(wire_status(client), 413);
	assert_null(strstr(client->data, "100 Continue"));
	wire_until(server, client, wire_is_ended);
	wire_close(client);
	(void)snprintf(text, sizeof(text),
		       "POST /post HTTP/1.1\r\nHost: a\r\n"
		       "Content-Length: 20000\r\n\r\n");
	memset(text + strlen(text), 'x', 20000);
	client = ask(server, text);
	assert_int_equal(wire_status(client), 200);
	while (client->size < 20000 && !client->ended)
		wire_crank(server, client, 100);
	assert_non_null(strstr(client->data, "Content-Length: 20000\r\n"));
	wire_close(client);
	assert_int_equal(server->counts[COUNT_TOO_LARGE], 1);
}

static void a_body_of_a_get_is_dropped_and_ends_the_connection(void **state)
{
	struct wire_server *server = *state;
	struct wire *client =
		ask(server, "GET /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 29\r\n\r\n" GET("/ok"));

	assert_int_equal(wire_status(client), 200);
	wire_until(server, client, wire_is_ended);
	assert_int_equal(wire_answers(client), 1);
	assert_int_equal(server->calls, 1);
	wire_close(client);
}

static char *long_location(struct wire_server *server, size_t size)
{
	char *location = malloc(size + 1);

	strcpy(location, "https://www.example.com/?");
	for (size_t i = strlen(location); i < size; i++)
		location[i] = (char)('!' + i % ('~' - '!'));
	location[size] = '\0';
	server->location = span_of(location, size);
	return location;
}

static void a_location_goes_out_byte_for_byte(void **state)
{
	static const size_t heads[] = {10, 500, 2800, 4000};
	struct wire_server *server = *state;
	char *location = long_location(server, 8192);
	static char text[16000];

	server->cookie = "wm=abc; Path=/; HttpOnly";
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct wire *client;
		const char *at;

		(void)snprintf(text, sizeof(text),
			       "GET /r/%0*d HTTP/1.1\r\nHost: a\r\n"
			       "Cookie: %0*d\r\n\r\n",
			       (int)heads[i], 0, 1000, 0);
		client = ask(server, text);
		wire_until(server, client, wire_is_answered);
		assert_int_equal(wire_status(client), 302);
		at = strstr(client->data, "\r\nLocation: ");
		assert_non_null(at);
		assert_memory_equal(at + 12, location, 8192);
		assert_memory_equal(at + 12 + 8192, "\r\n", 2);
		assert_non_null(strstr(client->data, "Set-Cookie: wm=abc; Path=/; HttpOnly\r\n"));
		assert_non_null(strstr(client->data, "Content-Length: 0\r\n"));
		assert_non_null(strstr(client->data, "Date: "));
		wire_close(client);
	}
	assert_int_equal(server->counts[COUNT_OK], 4);
	free(location);
}

static void a_location_that_would_break_is_an_error_page(void **state)
{
	static const char *const bad[] = {"",
					  "https://a/\r\nX: y",
					  "https://a/\t",
					  "https://a/\x7f",
					  "https://a/\xc3\xa9",
					  " https://a/"};
	struct wire_server *server = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wire *client;

		server->location = span_text(bad[i]);
		client = ask(server, GET("/r/x"));
		assert_int_equal(wire_status(client), 500);
		assert_null(strstr(client->data, "Location"));
		wire_close(client);
	}
	server->location = span_text("https://a/");
	server->cookie = "wm=a\r\nX: y";
	assert_int_equal(wire_status(ask(server, GET("/r/x"))), 500);
	assert_int_equal(server->counts[COUNT_ERROR], 7);
}

static void a_trickle_is_cut_at_the_deadline(void **state)
{
	struct wire_server *server = *state;
	const usec_t begin = clock_monotonic();
	struct listener_figures figures;
	static struct wire client;
	usec_t next = begin;

	wire_open(server, &client);
	wire_send(&client, "GET /ok HTTP/1.1\r\nHost: a\r\nX: ");
	while (!client.ended) {
		if (clock_monotonic() >= next) {
			(void)send(client.fd, "x", 1, MSG_NOSIGNAL);
			next += 100 * USEC_PER_MS;
		}
		assert_true(clock_monotonic() < begin + WIRE_PATIENCE_S * USEC_PER_SEC);
		wire_crank(server, &client, 20);
	}
	assert_true(clock_monotonic() - begin >= 1 * USEC_PER_SEC);
	listener_figures(server->listener, &figures);
	assert_int_equal(figures.timed_out, 1);
	assert_int_equal(server->counts[COUNT_ABORTED], 1);
	wire_close(&client);
}

static void a_quiesced_listener_finishes_what_is_open(void **state)
{
	struct wire_server *server = *state;
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, GET("/wait"));
	wire_until(server, &client, is_waiting);
	listener_quiesce(server->listener);
	assert_false(listener_is_idle(server->listener));
	server->release = true;
	wire_until(server, &client, wire_is_ended);
	assert_int_equal(wire_status(&client), 200);
	assert_non_null(strstr(client.data, "Connection: close\r\n"));
	assert_true(listener_is_idle(server->listener));
	wire_close(&client);
}

static void closing_ends_what_waits(void **state)
{
	struct wire_server *server = *state;
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, GET("/wait"));
	wire_until(server, &client, is_waiting);
	listener_close(server->listener);
	server->listener = NULL;
	assert_int_equal(server->freed, 1);
	assert_int_equal(server->counts[COUNT_ABORTED], 1);
	wire_close(&client);
}

static void a_unix_socket_knows_its_owner(void **state)
{
	struct wire_server server = {.path = "/tmp/waymark-wire-XXXXXX"};
	struct stat status;
	struct wire *client = ask(*state, GET("/own"));

	assert_int_equal(wire_status(client), 403);
	wire_close(client);
	assert_non_null(mkdtemp(server.path));
	strcat(server.path, "/s");
	wire_start(&server, routes, sizeof(routes) / sizeof(routes[0]), NULL, 0);
	assert_int_equal(stat(server.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	client = ask(&server, "GET /own HTTP/1.1\r\nHost: a\r\n"
			      "X-Forwarded-For: 203.0.113.7\r\n\r\n");
	assert_int_equal(wire_status(client), 200);
	assert_true(server.through_proxy);
	assert_int_equal(server.client.bytes[15], 7);
	wire_close(client);
	listener_close(server.listener);
	assert_int_not_equal(stat(server.path, &status), 0);
	*strrchr(server.path, '/') = '\0';
	assert_int_equal(rmdir(server.path), 0);
}

static void the_client_is_the_hop_that_no_trusted_proxy_is(void **state)
{
	struct wire_server server = {0}, *plain = *state;
	struct network proxy;
	struct wire *client;

	assert_int_equal(network_parse(SPAN("127.0.0.0/8"), &proxy), 0);
	wire_start(&server, routes, sizeof(routes) / sizeof(routes[0]), &proxy, 1);
	client = ask(&server, "GET /ok HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n"
			      "X-Forwarded-For: 203.0.113.9, 127.0.0.2\r\n\r\n");
	assert_int_equal(server.client.bytes[15], 9);
	assert_true(server.through_proxy);
	wire_close(client);
	listener_close(server.listener);
	client = ask(plain, "GET /ok HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
	assert_int_equal(plain->client.bytes[12], 127);
	assert_false(plain->through_proxy);
	wire_close(client);
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, start, stop)
#define IMPATIENT(name) cmocka_unit_test_setup_teardown(name, start_impatient, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_connection_serves_many_requests),
		CASE(head_has_the_headers_of_get),
		CASE(methods_follow_from_the_table),
		CASE(a_waiting_handler_is_called_again_without_spinning),
		CASE(a_waiting_handler_is_not_called_for_arrivals),
		CASE(a_client_that_leaves_while_its_handler_waits),
		IMPATIENT(a_waiting_handler_is_not_cut_at_the_deadline),
		CASE(bodies_up_to_the_limit),
		CASE(a_body_of_a_get_is_dropped_and_ends_the_connection),
		CASE(a_location_goes_out_byte_for_byte),
		CASE(a_location_that_would_break_is_an_error_page),
		IMPATIENT(a_trickle_is_cut_at_the_deadline),
		CASE(a_quiesced_listener_finishes_what_is_open),
		CASE(closing_ends_what_waits),
		CASE(a_unix_socket_knows_its_owner),
		CASE(the_client_is_the_hop_that_no_trusted_proxy_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
