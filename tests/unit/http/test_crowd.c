/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds connections, and who has to make room: clients of several addresses of loopback.
 */
#include "wire.h"

#include "http/reply.h"

#include <sys/syscall.h>
#include <time.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

enum {
	LIMIT = 16,
	PER_ADDRESS = 4,
	ATTACKER = INADDR_LOOPBACK + 1,
	CLIENT = INADDR_LOOPBACK + 2,
	PROXY = INADDR_LOOPBACK + 3
};

static struct wire crowd[LIMIT], client;
static bool clock_stands;

/* The listener's clock, too: what is young stays so while it stands, on a busy machine as well. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
	static struct timespec last;

	if (clock == CLOCK_MONOTONIC && clock_stands) {
		*time = last;
		return 0;
	}
	if (syscall(SYS_clock_gettime, clock, time))
		return -1;
	if (clock == CLOCK_MONOTONIC)
		last = *time;
	return 0;
}

static enum handled ok(struct request *request)
{
	return reply_body(request, COUNT_OK, 200, "text/plain", "no-store", SPAN("ok"));
}

static enum handled wait_for_release(struct request *request)
{
	struct wire_server *server = request->context;

	server->calls++;
	return server->release ? ok(request) : WAITING;
}

static const struct route routes[] = {
	{.path = "/ok", .get = ok, .counter = COUNT_OK},
	{.path = "/wait", .get = wait_for_release, .counter = COUNT_OK},
};

static struct wire_server *start(unsigned per_address)
{
	static struct wire_server server;
	static const struct network proxy = {
		.address = {.bytes = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 4},
			    .known = true},
		.prefix_bits = 128};

	server = (struct wire_server){.connection_limit = LIMIT,
				      .connections_per_address = per_address,
				      .request_timeout_s = 60};
	wire_start(&server, routes, sizeof(routes) / sizeof(routes[0]), &proxy, 1);
	return &server;
}

static void stop(struct wire_server *server, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		wire_close(&crowd[i]);
	listener_close(server->listener);
}

static struct listener_figures figures_of(struct wire_server *server)
{
	struct listener_figures figures;

	listener_figures(server->listener, &figures);
	return figures;
}

static unsigned expected_connections;

static bool are_open(struct wire_server *server, struct wire *unused)
{
	(void)unused;
	return figures_of(server).accepted >= expected_connections;
}

/* @count connections from @host, each of which has said @text. */
static void gather(struct wire_server *server, unsigned count, uint32_t host, const char *text)
{
	for (unsigned i = 0; i < count; i++) {
		wire_open_from(server, &crowd[i], host);
		if (text[0])
			wire_send(&crowd[i], text);
	}
	expected_connections = count;
	wire_until(server, NULL, are_open);
}

static unsigned ended(struct wire_server *server, unsigned count)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < count; i++) {
		wire_crank(server, &crowd[i], 0);
		sum += crowd[i].ended;
	}
	return sum;
}

static void expect_answer(struct wire_server *server, uint32_t host)
{
	wire_open_from(server, &client, host);
	wire_send(&client, GET("/ok"));
	wire_until(server, &client, wire_is_answered);
	assert_int_equal(wire_status(&client), 200);
	wire_close(&client);
}

static void test_room_is_made_among(const char *text)
{
	struct wire_server *server = start(0);
	usec_t began = clock_monotonic();

	gather(server, LIMIT, ATTACKER, text);
	expect_answer(server, CLIENT);
	assert_true(clock_monotonic() - began > 400 * USEC_PER_MS);
	assert_in_range(figures_of(server).evicted, 1, LIMIT);
	assert_int_equal(figures_of(server).timed_out, 0);
	assert_in_range(ended(server, LIMIT), 1, LIMIT / 2);
	for (unsigned i = 0; i + 1 < LIMIT; i++)
		assert_true(crowd[i].ended >= crowd[i + 1].ended);
	stop(server, LIMIT);
}

static void test_idle_connections_make_room_oldest_first(void **state)
{
	(void)state;
	test_room_is_made_among("");
}

static void test_unfinished_requests_make_room(void **state)
{
	(void)state;
	test_room_is_made_among("GET /ok HTTP/1.1\r\nHost: a\r\nX: ");
}

/* Until what is open now is no longer young. */
static void wait_until_old(struct wire_server *server)
{
	const usec_t end = clock_monotonic() + 800 * USEC_PER_MS;

	while (clock_monotonic() < end)
		wire_crank(server, NULL, 100);
}

static bool are_called(struct wire_server *server, struct wire *unused)
{
	(void)unused;
	return server->calls >= LIMIT;
}

static void test_what_a_handler_works_on_stays(void **state)
{
	struct wire_server *server = start(0);

	(void)state;
	gather(server, LIMIT, ATTACKER, GET("/wait"));
	wire_until(server, NULL, are_called);
	wait_until_old(server);
	assert_int_equal(figures_of(server).evicted, 0);
	server->release = true;
	for (unsigned i = 0; i < LIMIT; i++) {
		wire_until(server, &crowd[i], wire_is_answered);
		assert_int_equal(wire_status(&crowd[i]), 200);
	}
	stop(server, LIMIT);
}

static void test_proxies_keep_theirs(void **state)
{
	struct wire_server *server = start(PER_ADDRESS);

	(void)state;
	gather(server, LIMIT, PROXY, "");
	wait_until_old(server);
	assert_int_equal(ended(server, LIMIT), 0);
	assert_int_equal(figures_of(server).refused, 0);
	stop(server, LIMIT);
}

static void test_an_address_gives_one_for_one(void **state)
{
	struct wire_server *server = start(PER_ADDRESS);

	(void)state;
	clock_stands = true;
	gather(server, PER_ADDRESS, ATTACKER, "");
	/* All of them are young: there is nothing to give yet. */
	wire_open_from(server, &client, ATTACKER);
	wire_until(server, &client, wire_is_ended);
	wire_close(&client);
	assert_int_equal(figures_of(server).refused, 1);
	expect_answer(server, CLIENT);
	clock_stands = false;
	wait_until_old(server);
	expect_answer(server, ATTACKER);
	assert_int_equal(figures_of(server).evicted, 1);
	assert_int_equal(figures_of(server).refused, 1);
	assert_int_equal(ended(server, PER_ADDRESS), 1);
	assert_true(crowd[0].ended);
	stop(server, PER_ADDRESS);
}

/* Those that are used make way later than those that are not. */
static void test_a_used_connection_is_not_the_oldest(void **state)
{
	struct wire_server *server = start(PER_ADDRESS);

	(void)state;
	gather(server, PER_ADDRESS, ATTACKER, "");
	wire_send(&crowd[0], GET("/ok"));
	wire_until(server, &crowd[0], wire_is_answered);
	wait_until_old(server);
	expect_answer(server, ATTACKER);
	assert_int_equal(ended(server, PER_ADDRESS), 1);
	assert_true(crowd[1].ended);
	stop(server, PER_ADDRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_connections_make_room_oldest_first),
		cmocka_unit_test(test_unfinished_requests_make_room),
		cmocka_unit_test(test_what_a_handler_works_on_stays),
		cmocka_unit_test(test_proxies_keep_theirs),
		cmocka_unit_test(test_an_address_gives_one_for_one),
		cmocka_unit_test(test_a_used_connection_is_not_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
