/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Responses are used again: each redirect and each 204 must carry its own Location, its own cookie
 * or none, and nothing of the ones before it.
 */
#include "wire.h"

#include "http/reply.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static enum handled redirect(struct request *request)
{
	struct wire_server *server = request->context;

	return reply_redirect(request, COUNT_OK, server->location, server->cookie);
}

static enum handled done(struct request *request)
{
	struct wire_server *server = request->context;

	return reply_done(request, COUNT_OK, server->cookie);
}

static enum handled done_with_more(struct request *request)
{
	const enum handled handled = done(request);

	reply_header(request, "Access-Control-Allow-Credentials", "true");
	return handled;
}

static enum handled redirect_with_more(struct request *request)
{
	const enum handled handled = redirect(request);

	reply_header(request, "Retry-After", "5");
	return handled;
}

static enum handled redirect_then_page(struct request *request)
{
	(void)redirect(request);
	return reply_page(request, COUNT_OK, 404, "Not found", "Nothing.", NULL);
}

static const struct route routes[] = {
	{.path = "/done", .get = done, .counter = COUNT_OK},
	{.path = "/done-more", .get = done_with_more, .counter = COUNT_OK},
	{.path = "/r", .get = redirect, .counter = COUNT_OK},
	{.path = "/more", .get = redirect_with_more, .counter = COUNT_OK},
	{.path = "/page", .get = redirect_then_page, .counter = COUNT_OK},
};

static int start(void **state)
{
	struct wire_server *server = calloc(1, sizeof(*server));

	wire_start(server, routes, sizeof(routes) / sizeof(routes[0]), NULL, 0);
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

static void ask(struct wire_server *server, struct wire *client, const char *text)
{
	memset(client->data, 0, sizeof(client->data));
	client->size = 0;
	wire_send(client, text);
	wire_until(server, client, wire_is_answered);
}

static unsigned count_of(const struct wire *client, const char *text)
{
	unsigned count = 0;

	for (const char *at = client->data; (at = strstr(at, text)); at++)
		count++;
	return count;
}

static void assert_redirect(const struct wire *client, const char *location, const char *cookie)
{
	char line[3000];

	assert_int_equal(wire_status(client), 302);
	(void)snprintf(line, sizeof(line), "\r\nLocation: %s\r\n", location);
	assert_int_equal(count_of(client, line), 1);
	assert_int_equal(count_of(client, "\r\nLocation: "), 1);
	(void)snprintf(line, sizeof(line), "\r\nSet-Cookie: %s\r\n", cookie ? cookie : "");
	assert_int_equal(count_of(client, line), cookie != NULL);
	assert_int_equal(count_of(client, "\r\nSet-Cookie: "), cookie != NULL);
	assert_int_equal(count_of(client, "\r\nX-Content-Type-Options: nosniff\r\n"), 1);
	assert_int_equal(count_of(client, "\r\nCache-Control: no-store\r\n"), 1);
	assert_int_equal(count_of(client, "\r\nReferrer-Policy: no-referrer\r\n"), 1);
	assert_int_equal(count_of(client, "\r\nDate: "), 1);
	assert_int_equal(count_of(client, "\r\nContent-Length: 0\r\n"), 1);
}

static void each_redirect_has_its_own_location_and_cookie(void **state)
{
	static const char *const locations[] = {"https://a.example/", "https://a.example/",
						"https://b.example/?x=y", "https://a.example/"};
	static const char *const cookies[] = {NULL, "wm=a; Path=/", "wm=bb; Path=/"};
	struct wire_server *server = *state;
	static struct wire client;

	wire_open(server, &client);
	for (size_t i = 0; i < 24; i++) {
		const char *location = locations[i % 4], *cookie = cookies[i % 3];

		server->location = span_text(location);
		server->cookie = cookie;
		ask(server, &client, GET("/r"));
		assert_redirect(&client, location, cookie);
	}
	wire_close(&client);
}

static void a_long_location_leaves_nothing_behind(void **state)
{
	struct wire_server *server = *state;
	static char location[2001] = "https://a.example/";
	static struct wire client;

	memset(location + strlen(location), 'x', 2000 - strlen(location));
	wire_open(server, &client);
	for (size_t i = 0; i < 6; i++) {
		const char *text = i % 2 ? "https://a.example/" : location;

		server->location = span_text(text);
		ask(server, &client, GET("/r"));
		assert_redirect(&client, text, NULL);
	}
	wire_close(&client);
}

static void what_one_answer_adds_is_not_in_the_next(void **state)
{
	static const char *const others[] = {GET("/more"), GET("/page"), GET("/none")};
	struct wire_server *server = *state;
	static struct wire client;

	server->location = SPAN("https://a.example/");
	server->cookie = "wm=a";
	wire_open(server, &client);
	for (size_t i = 0; i < 9; i++) {
		ask(server, &client, others[i % 3]);
		assert_int_equal(count_of(&client, "Retry-After: 5\r\n"), i % 3 == 0);
		assert_int_equal(count_of(&client, "Location: "), i % 3 == 0);
		assert_int_equal(count_of(&client, "X-Content-Type-Options: "), 1);
		ask(server, &client, GET("/r"));
		assert_redirect(&client, "https://a.example/", "wm=a");
		assert_int_equal(count_of(&client, "Retry-After: "), 0);
	}
	wire_close(&client);
	wire_open(server, &client);
	ask(server, &client, "GET /r HTTP/1.0\r\nHost: a\r\n\r\n");
	assert_redirect(&client, "https://a.example/", "wm=a");
	wire_until(server, &client, wire_is_ended);
	wire_close(&client);
}

static void what_is_refused_leaves_nothing_behind(void **state)
{
	struct wire_server *server = *state;
	static struct wire client;

	wire_open(server, &client);
	for (size_t i = 0; i < 4; i++) {
		server->location = SPAN("https://a.example/");
		server->cookie = NULL;
		ask(server, &client, GET("/r"));
		assert_redirect(&client, "https://a.example/", NULL);
		server->cookie = i % 2 ? "wm=a\r\nX: y" : NULL;
		server->location = i % 2 ? SPAN("https://a.example/") : SPAN("https://b\t/");
		ask(server, &client, GET("/r"));
		assert_int_equal(wire_status(&client), 500);
		assert_int_equal(count_of(&client, "Location: "), 0);
	}
	assert_int_equal(server->counts[COUNT_ERROR], 4);
	wire_close(&client);
}

static void assert_done(const struct wire *client, const char *cookie)
{
	char line[100];

	assert_int_equal(wire_status(client), 204);
	(void)snprintf(line, sizeof(line), "\r\nSet-Cookie: %s\r\n", cookie ? cookie : "");
	assert_int_equal(count_of(client, line), cookie != NULL);
	assert_int_equal(count_of(client, "\r\nSet-Cookie: "), cookie != NULL);
	assert_int_equal(count_of(client, "Location: "), 0);
	assert_int_equal(count_of(client, "\r\nX-Content-Type-Options: nosniff\r\n"), 1);
	assert_int_equal(count_of(client, "\r\nCache-Control: no-store\r\n"), 1);
}

static void an_answer_without_location_has_none_of_the_last(void **state)
{
	static const char *const cookies[] = {NULL, "wm=a; Path=/", "wm=bb; Path=/"};
	struct wire_server *server = *state;
	static struct wire client;

	server->location = SPAN("https://a.example/");
	wire_open(server, &client);
	for (size_t i = 0; i < 12; i++) {
		server->cookie = cookies[i % 3];
		for (size_t again = 0; again < i % 4; again++) {
			ask(server, &client, GET("/done"));
			assert_done(&client, server->cookie);
			assert_int_equal(count_of(&client, "Access-Control"), 0);
		}
		ask(server, &client, GET("/r"));
		assert_redirect(&client, "https://a.example/", server->cookie);
		ask(server, &client, GET("/done-more"));
		assert_done(&client, server->cookie);
		assert_int_equal(count_of(&client, "Access-Control-Allow-Credentials: true"), 1);
	}
	server->cookie = "wm=a\r\nX: y";
	ask(server, &client, GET("/done"));
	assert_int_equal(wire_status(&client), 500);
	wire_close(&client);
}

static void many_at_once_do_not_mix(void **state)
{
	struct wire_server *server = *state;
	static struct wire clients[8];
	char location[40];

	for (size_t i = 0; i < 8; i++)
		wire_open(server, &clients[i]);
	for (size_t round = 0; round < 8; round++) {
		for (size_t i = 0; i < 8; i++) {
			(void)snprintf(location, sizeof(location), "https://%zu.example/", i);
			server->location = span_text(location);
			server->cookie = (i + round) % 2 ? "wm=a" : NULL;
			ask(server, &clients[(i + round) % 8], GET("/r"));
			assert_redirect(&clients[(i + round) % 8], location, server->cookie);
		}
	}
	for (size_t i = 0; i < 8; i++)
		wire_close(&clients[i]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_redirect_has_its_own_location_and_cookie),
		CASE(a_long_location_leaves_nothing_behind),
		CASE(what_one_answer_adds_is_not_in_the_next),
		CASE(what_is_refused_leaves_nothing_behind),
		CASE(an_answer_without_location_has_none_of_the_last),
		CASE(many_at_once_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
