/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that two servers could read in two ways: each is answered once at most, with a refusal,
 * and the connection ends; no handler ever runs for what follows. Also the bounds of a head.
 */
#include "wire.h"

#include "http/reply.h"

#define HOST   "Host: a\r\n"
#define SECOND "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"

static enum handled ok(struct request *request)
{
	struct wire_server *server = request->context;

	server->calls++;
	return reply_body(request, COUNT_OK, 200, "text/plain", "no-store", SPAN("ok"));
}

static const struct route routes[] = {
	{.path = "/ok", .get = ok, .post = ok, .body_limit = 1000, .counter = COUNT_OK},
};

static int start(void **state)
{
	struct wire_server *server = calloc(1, sizeof(*server));

	wire_start(server, routes, 1, NULL, 0);
	*state = server;
	return 0;
}

static int stop(void **state)
{
	struct wire_server *server = *state;

	listener_close(server->listener);
	free(server);
	return 0;
}

static struct wire *talk(struct wire_server *server, const void *data, size_t size)
{
	static struct wire client;

	wire_open(server, &client);
	wire_send_bytes(&client, data, size);
	wire_until(server, &client, wire_is_ended);
	return &client;
}

#define RAW(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t size;
	unsigned status;
} refused[] = {
	{RAW("GET /ok HTTP/1.1\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST HOST "\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X: a\r\n\tContent-Length: 5\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n X: a\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X : a\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X\0: b\r\n\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n" SECOND), 400},
	{RAW("\0junk\r\n" SECOND), 400},
	{RAW("GET  /ok HTTP/1.1\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok  HTTP/1.1\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/1.1 \r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok\0 HTTP/1.1\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok x HTTP/1.1\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /\xff HTTP/1.1\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET http://b/ok HTTP/1.1\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok\r\n" HOST "\r\n" SECOND), 400},
	{RAW("GET /ok HTTP/2.0\r\n" HOST "\r\n" SECOND), 505},
	{RAW("GET /ok HTTP/1.9\r\n" HOST "\r\n" SECOND), 505},
	{RAW("GET /ok HTTP/11\r\n" HOST "\r\n" SECOND), 400},
	{RAW("get /ok HTTP/1.1\r\n" HOST "\r\n" SECOND), 501},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND),
	 411},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Transfer-Encoding: cow\r\n\r\n" SECOND), 411},
	{RAW("POST /ok HTTP/1.1\r\n" HOST
	     "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" SECOND),
	 400},
	{RAW("POST /ok HTTP/1.1\r\n" HOST
	     "Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd" SECOND),
	 400},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Content-Length: 4x\r\n\r\nabcd" SECOND), 400},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Content-Length: +4\r\n\r\nabcd" SECOND), 400},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\nabcd" SECOND), 400},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n" SECOND),
	 413},
	{RAW("PUT /ok HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd" SECOND), 405},
	{RAW("TRACE /ok HTTP/1.1\r\n" HOST "\r\n" SECOND), 405},
	{RAW("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n" SECOND), 405},
	{RAW("POST /no HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd" SECOND), 404},
	{RAW("POST /ok HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\nabcd" SECOND), 413},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabcd" SECOND), 413},
	{RAW("GET /ok HTTP/1.1\r\n" HOST "Expect: gold\r\n\r\n" SECOND), 417},
};

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
	struct wire_server *server = *state;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct wire *client = talk(server, refused[i].text, refused[i].size);

		if (wire_status(client) != refused[i].status)
			fail_msg("%s\nwas answered\n%s", refused[i].text, client->data);
		/* The library may write the head of its own refusal twice. */
		assert_true(wire_answers(client) == 1 ||
			    (wire_answers(client) == 2 && refused[i].status >= 400));
		assert_non_null(strstr(client->data, "Connection: close\r\n"));
		assert_int_equal(server->calls, 0);
		wire_close(client);
	}
	assert_int_equal(server->counts[COUNT_OK], 0);
}

static void a_line_that_is_no_request_ends_the_connection(void **state)
{
	static const char *const lines[] = {"GET\r\n\r\n" SECOND, "\x16\x03\x01\r\n" SECOND,
					    "/ok\r\n" SECOND};
	struct wire_server *server = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct wire *client = talk(server, lines[i], strlen(lines[i]));

		assert_int_equal(wire_answers(client), 0);
		assert_int_equal(server->calls, 0);
		wire_close(client);
	}
}

static void a_head_has_bounds(void **state)
{
	struct wire_server *server = *state;
	static char text[20000];
	struct wire *client;

	(void)snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", 5000, 0);
	client = talk(server, text, strlen(text));
	assert_int_equal(wire_status(client), 414);
	wire_close(client);
	(void)snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", 15000, 0);
	client = talk(server, text, strlen(text));
	assert_int_equal(wire_status(client), 414);
	wire_close(client);
	(void)snprintf(text, sizeof(text), "GET /ok HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n", 15000, 0);
	client = talk(server, text, strlen(text));
	assert_int_equal(wire_status(client), 431);
	wire_close(client);
	strcpy(text, "GET /ok HTTP/1.1\r\n" HOST);
	for (int i = 0; i < 2000; i++)
		strcat(text, "X:\r\n");
	strcat(text, "\r\n");
	client = talk(server, text, strlen(text));
	assert_int_equal(wire_status(client), 431);
	wire_close(client);
	assert_int_equal(server->calls, 0);
}

static void many_arguments_and_cookies_are_no_trouble(void **state)
{
	struct wire_server *server = *state;
	char text[6000] = "GET /ok?";

	for (int i = 0; i < 3000; i++)
		strcat(text, "&");
	strcat(text, " HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	assert_int_equal(wire_status(talk(server, text, strlen(text))), 200);
	(void)snprintf(text, sizeof(text),
		       "GET /ok HTTP/1.1\r\n" HOST "Cookie: %0*d\r\nConnection: close\r\n\r\n",
		       3500, 0);
	assert_int_equal(wire_status(talk(server, text, strlen(text))), 200);
}

static void a_head_in_single_bytes_is_the_same_head(void **state)
{
	static const char text[] = "GET /ok?a HTTP/1.1\r\n" HOST "X-Y: b\r\n"
				   "Connection: close\r\n\r\n";
	struct wire_server *server = *state;
	static struct wire client;

	wire_open(server, &client);
	for (size_t i = 0; text[i]; i++) {
		wire_send_bytes(&client, text + i, 1);
		wire_crank(server, &client, 1);
	}
	wire_until(server, &client, wire_is_ended);
	assert_int_equal(wire_status(&client), 200);
	wire_close(&client);
}

/* The head is there when the listener first runs: it must not wait for anything then. */
static void a_long_head_is_read_without_a_pause(void **state)
{
	struct wire_server *server = *state;
	const usec_t end = clock_monotonic() + WIRE_PATIENCE_S * USEC_PER_SEC;
	static struct wire client;
	static char text[16000];

	for (int size = 6000; size < 16000; size += 2000) {
		(void)snprintf(text, sizeof(text), "GET /ok HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n",
			       size - 100, 0);
		wire_open(server, &client);
		wire_send(&client, text);
		listener_run(server->listener);
		while (!wire_is_answered(server, &client)) {
			struct pollfd fd = {.fd = listener_fd(server->listener), .events = POLLIN};

			assert_true(clock_monotonic() < end);
			assert_true(poll(&fd, 1, 0) > 0 ||
				    listener_timeout_ms(server->listener) == 0);
			listener_run(server->listener);
			wire_read(&client);
		}
		assert_int_equal(wire_status(&client), size > 11000 ? 431 : 200);
		wire_close(&client);
	}
}

static bool is_accepted(struct wire_server *server, struct wire *client)
{
	struct listener_figures figures;

	(void)client;
	listener_figures(server->listener, &figures);
	return figures.connections > 0 && listener_timeout_ms(server->listener) != 0;
}

/* Both arrive at once; the library sees the bytes only. */
static void half_a_head_and_the_end_are_the_end(void **state)
{
	static const char *const halves[] = {"GET /o", "GET /ok HTTP/1.1\r\nHost: a\r\n",
					     "POST /ok HTTP/1.1\r\n" HOST
					     "Content-Length: 9\r\n\r\nabc"};
	struct wire_server *server = *state;
	static struct wire client;

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		struct listener_figures figures;

		wire_open(server, &client);
		wire_until(server, &client, is_accepted);
		wire_send(&client, halves[i]);
		assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
		wire_until(server, &client, wire_is_ended);
		assert_int_equal(client.size, 0);
		wire_close(&client);
		listener_figures(server->listener, &figures);
		assert_int_equal(figures.timed_out, 0);
		assert_int_equal(server->counts[COUNT_ABORTED], i + 1);
		assert_int_equal(server->completed, i + 1);
	}
}

static void an_answer_still_goes_to_a_client_that_has_ended(void **state)
{
	struct wire_server *server = *state;
	static struct wire client;

	wire_open(server, &client);
	wire_send(&client, SECOND SECOND);
	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	wire_until(server, &client, wire_is_ended);
	assert_int_equal(wire_answers(&client), 2);
	wire_close(&client);
	assert_int_equal(server->counts[COUNT_OK], 2);
	assert_int_equal(server->completed, 2);
}

static void garbage_on_a_unix_socket_is_counted(void **state)
{
	struct wire_server server = {.path = "/tmp/waymark-wire-XXXXXX"};
	static struct wire client;

	(void)state;
	assert_non_null(mkdtemp(server.path));
	strcat(server.path, "/s");
	wire_start(&server, routes, 1, NULL, 0);
	wire_open(&server, &client);
	wire_send(&client, "\x16\x03\x01\r\n");
	wire_until(&server, &client, wire_is_ended);
	wire_close(&client);
	assert_int_equal(server.counts[COUNT_BAD], 1);
	wire_open(&server, &client);
	wire_send(&client, SECOND);
	wire_until(&server, &client, wire_is_answered);
	wire_close(&client);
	wire_open(&server, &client);
	wire_send(&client, SECOND);
	wire_until(&server, &client, wire_is_answered);
	assert_int_equal(server.counts[COUNT_OK], 2);
	listener_close(server.listener);
	assert_int_equal(server.completed, 3);
	wire_close(&client);
	*strrchr(server.path, '/') = '\0';
	assert_int_equal(rmdir(server.path), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_can_be_read_in_two_ways_is_refused),
		CASE(a_line_that_is_no_request_ends_the_connection),
		CASE(a_head_has_bounds),
		CASE(many_arguments_and_cookies_are_no_trouble),
		CASE(a_head_in_single_bytes_is_the_same_head),
		CASE(a_long_head_is_read_without_a_pause),
		CASE(half_a_head_and_the_end_are_the_end),
		CASE(an_answer_still_goes_to_a_client_that_has_ended),
		CASE(garbage_on_a_unix_socket_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
