/* SPDX-License-Identifier: Apache-2.0 */
#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum handled answer(struct request *request)
{
	(void)request;
	return HANDLED;
}

static const struct route routes[] = {
	{.path = "/healthz", .get = answer},
	{.path = "/c/*", .get = answer},
	{.path = "/f/*", .get = answer, .post = answer},
	{.path = "/e", .post = answer},
};

static const struct route *find(const char *path, struct span *ret_tail)
{
	return router_find(routes, sizeof(routes) / sizeof(routes[0]), span_text(path), ret_tail);
}

static void exact_paths_match_exactly(void **state)
{
	struct span tail;

	(void)state;
	assert_ptr_equal(find("/healthz", &tail), &routes[0]);
	assert_int_equal(tail.size, 0);
	assert_null(find("/healthz/", &tail));
	assert_null(find("/health", &tail));
	assert_null(find("/Healthz", &tail));
	assert_null(find("", &tail));
}

static void prefixes_give_the_tail(void **state)
{
	struct span tail;

	(void)state;
	assert_ptr_equal(find("/c/abc/d%2Fe", &tail), &routes[1]);
	assert_true(span_equal(tail, SPAN("abc/d%2Fe")));
	assert_ptr_equal(find("/c/", &tail), &routes[1]);
	assert_int_equal(tail.size, 0);
	assert_null(find("/c", &tail));
	assert_null(find("/%63/abc", &tail));
}

static void allow_follows_from_the_row(void **state)
{
	char text[64];

	(void)state;
	router_allow(&routes[0], text, sizeof(text));
	assert_string_equal(text, "GET, HEAD, OPTIONS");
	router_allow(&routes[2], text, sizeof(text));
	assert_string_equal(text, "GET, HEAD, POST, OPTIONS");
	router_allow(&routes[3], text, sizeof(text));
	assert_string_equal(text, "POST, OPTIONS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_paths_match_exactly),
		cmocka_unit_test(prefixes_give_the_tail),
		cmocka_unit_test(allow_follows_from_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
