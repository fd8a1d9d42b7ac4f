/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client against our own listener in a second thread, over a Unix socket: status, body, both
 * bounds, and what it says when nobody is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "http/listener.h"
#include "ship/http.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

struct fixture {
	char folder[32], path[48];
	struct listener *listener;
	pthread_t thread;
	atomic_bool stop;
};

static enum handled echo(struct request *request)
{
	return reply_body(request, 0, 201, "application/json", "no-store", request->body);
}

static enum handled never(struct request *request)
{
	(void)request;
	return WAITING;
}

static enum handled moved(struct request *request)
{
	request->counted = true;
	return reply_redirect(request, 0, SPAN("http://localhost/echo"), NULL);
}

static const struct route routes[] = {
	{.path = "/echo", .post = echo, .body_limit = 100000},
	{.path = "/never", .post = never, .body_limit = 100},
	{.path = "/moved", .post = moved, .body_limit = 100},
};

static void *serve(void *of)
{
	struct fixture *fixture = of;

	while (!fixture->stop) {
		struct pollfd fd = {.fd = listener_fd(fixture->listener), .events = POLLIN};

		(void)poll(&fd, 1, 10);
		listener_run(fixture->listener);
	}
	return NULL;
}

static int start(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char address[64];
	const struct listener_options options = {
		.address = address,
		.socket_mode = 0600,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
		.connection_limit = 8,
		.request_timeout_s = 60,
	};

	strcpy(fixture->folder, "/tmp/waymark-ship-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/s", fixture->folder);
	(void)snprintf(address, sizeof(address), "unix:%s", fixture->path);
	assert_int_equal(listener_open(&options, &fixture->listener, NULL), 0);
	assert_int_equal(pthread_create(&fixture->thread, NULL, serve, fixture), 0);
	*state = fixture;
	return 0;
}

static int stop(void **state)
{
	struct fixture *fixture = *state;

	fixture->stop = true;
	(void)pthread_join(fixture->thread, NULL);
	listener_close(fixture->listener);
	(void)rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void a_body_comes_back(void **state)
{
	struct fixture *fixture = *state;
	cleanup_buffer struct buffer answer = {.limit = 60000};
	static uint8_t body[60000];
	struct error error;
	long status = 0;

	memset(body, 'x', sizeof(body));
	assert_int_equal(http_post_socket(fixture->path, "/echo", span_of(body, sizeof(body)),
					  30000, &status, &answer, &error),
			 0);
	assert_int_equal(status, 201);
	assert_true(span_equal(buffer_span(&answer), span_of(body, sizeof(body))));
	assert_true(http_socket_answers(fixture->path, &error));
}

static void an_answer_over_the_limit(void **state)
{
	struct fixture *fixture = *state;
	cleanup_buffer struct buffer answer = {.limit = 4};
	struct error error;
	long status = 0;

	assert_int_equal(http_post_socket(fixture->path, "/echo", SPAN("12345"), 30000, &status,
					  &answer, &error),
			 HTTP_E_LONG);
	assert_int_equal(status, 0);
	assert_non_null(strstr(error.text, "longer than 4 bytes"));
}

static void an_answer_that_does_not_come(void **state)
{
	struct fixture *fixture = *state;
	cleanup_buffer struct buffer answer = {.limit = 4};
	struct error error;
	long status;

	assert_int_equal(http_post_socket(fixture->path, "/never", SPAN("1"), 50, &status, &answer,
					  &error),
			 HTTP_E_TIMEOUT);
}

static void a_redirect_is_an_answer(void **state)
{
	struct fixture *fixture = *state;
	cleanup_buffer struct buffer answer = {.limit = 4};
	struct error error;
	long status = 0;

	assert_int_equal(http_post_socket(fixture->path, "/moved", SPAN("1"), 30000, &status,
					  &answer, &error),
			 0);
	assert_int_equal(status, 302);
}

static void nobody_there(void **state)
{
	struct fixture *fixture = *state;
	cleanup_buffer struct buffer answer = BUFFER_INIT;
	char path[128], longer[200];
	struct error error;
	long status;

	(void)snprintf(path, sizeof(path), "%s/none", fixture->folder);
	assert_false(http_socket_answers(path, &error));
	assert_non_null(strstr(error.text, path));
	assert_int_equal(http_post_socket(path, "/echo", SPAN(""), 30000, &status, &answer, &error),
			 HTTP_E_UNREACHABLE);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_false(http_socket_answers(longer, &error));
}

static void a_connection_that_ends_early(void **state)
{
	struct fixture *fixture = *state;
	cleanup_buffer struct buffer answer = BUFFER_INIT;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct error error;
	long status;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/e", fixture->folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
	assert_in_range(http_post_socket(address.sun_path, "/", SPAN(""), 30000, &status, &answer,
					 &error),
			HTTP_E_UNREACHABLE, HTTP_E_LOST);
	assert_int_equal(unlink(address.sun_path), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_body_comes_back),
		CASE(an_answer_over_the_limit),
		CASE(an_answer_that_does_not_come),
		CASE(a_redirect_is_an_answer),
		CASE(nobody_there),
		CASE(a_connection_that_ends_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
