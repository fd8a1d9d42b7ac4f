/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a URL of ours says, and that no URL says anything that we did not sign: every purpose in
 * every path, every bit flipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "track/rewrite.h"
#include "world.h"

static struct world world;

static const struct {
	enum purpose purpose;
	const char *format; /* of the URL around its token */
} routes[] = {
	{PURPOSE_CLICK, "https://go.example.com/c/%s"},
	{PURPOSE_SELF_CONTAINED, "https://go.example.com/u/%s"},
	{PURPOSE_OPEN, "https://go.example.com/o/%s.gif"},
	{PURPOSE_SUBSCRIPTION, "https://go.example.com/s/%s"},
	{PURPOSE_HANDOVER, "https://go.example.com/h/%s"},
	{PURPOSE_STAFF, "https://go.example.com/staff/%s"},
	{PURPOSE_CONFIRM, "https://go.example.com/v/%s"},
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

static int set_up(void **state)
{
	(void)state;
	world_make(&world);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_finish(&world);
	return 0;
}

static void mint(enum purpose purpose, char *ret_text)
{
	struct token token = {.url = SPAN("https://a.example/?b=1")};

	memset(&token.link, 1, sizeof(token.link));
	memset(&token.prospect, 2, sizeof(token.prospect));
	assert_int_equal(token_mint(world.keyring, purpose, 0, &token, ret_text), 0);
}

static void url_of(size_t route, const char *token, char *ret_url, size_t size)
{
	const char *mark = strstr(routes[route].format, "%s");

	(void)snprintf(ret_url, size, "%.*s%s%s", (int)(mark - routes[route].format),
		       routes[route].format, token, mark + 2);
}

static int explain(const char *url, struct rewrite_explained *ret_explained, struct error *error)
{
	return rewrite_explain_any(world.trackers, world.keyring, span_text(url), ret_explained,
				   error);
}

static void each_path_takes_the_token_of_its_purpose_only(void **state)
{
	(void)state;
	for (size_t route = 0; route < ROUTES; route++)
		for (int purpose = 1; purpose < PURPOSE_COUNT; purpose++) {
			struct rewrite_explained explained;
			struct error error = {""};
			char token[TOKEN_MAX_CHARS + 1], url[TOKEN_MAX_CHARS + 64];
			int r;

			if (purpose == PURPOSE_VISITOR)
				continue;
			mint((enum purpose)purpose, token);
			url_of(route, token, url, sizeof(url));
			r = explain(url, &explained, &error);
			if (purpose != (int)routes[route].purpose) {
				assert_int_equal(r, REWRITE_E_FORGED);
				assert_true(error.text[0]);
				continue;
			}
			assert_int_equal(r, 0);
			assert_int_equal(explained.purpose, purpose);
			assert_ptr_equal(explained.tracker, world.trackers->primary);
			if (purpose < PURPOSE_HANDOVER || purpose == PURPOSE_CONFIRM)
				assert_int_equal(explained.token.prospect.bytes[11], 2);
		}
}

static void a_hand_over_shows_its_page_and_is_no_link_of_a_mail(void **state)
{
	struct rewrite_explained explained;
	char token[TOKEN_MAX_CHARS + 1], url[TOKEN_MAX_CHARS + 64];

	(void)state;
	mint(PURPOSE_HANDOVER, token);
	(void)snprintf(url, sizeof(url), "https://go.example.com/h/%s", token);
	assert_int_equal(explain(url, &explained, NULL), 0);
	assert_true(span_equal(explained.token.url, SPAN("https://a.example/?b=1")));
	assert_int_equal(explained.token.second, 0);
	assert_int_equal(rewrite_explain(world.trackers, world.keyring, span_text(url), &explained,
					 NULL),
			 REWRITE_E_NOT_OURS);
}

static void a_self_contained_link_shows_its_destination(void **state)
{
	char token[TOKEN_MAX_CHARS + 1], url[TOKEN_MAX_CHARS + 64];
	struct rewrite_explained explained;

	(void)state;
	mint(PURPOSE_SELF_CONTAINED, token);
	url_of(1, token, url, sizeof(url));
	assert_int_equal(explain(url, &explained, NULL), 0);
	assert_ptr_equal(explained.token.url.data, explained.token.url_bytes);
	assert_true(span_equal(explained.token.url, SPAN("https://a.example/?b=1")));
}

static void no_flipped_bit_is_accepted(void **state)
{
	(void)state;
	for (size_t route = 0; route < ROUTES; route++) {
		char token[TOKEN_MAX_CHARS + 1], url[TOKEN_MAX_CHARS + 64];
		uint8_t bytes[TOKEN_MAX_BYTES];
		size_t size;

		mint(routes[route].purpose, token);
		assert_int_equal(base64url_parse(span_text(token), bytes, sizeof(bytes), &size), 0);
		for (size_t bit = 0; bit < size * 8; bit++) {
			struct rewrite_explained explained;

			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			base64url_format(bytes, size, token);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			url_of(route, token, url, sizeof(url));
			assert_int_equal(explain(url, &explained, NULL), REWRITE_E_FORGED);
		}
	}
}

static void two_part_links_say_whether_the_second_part_verifies(void **state)
{
	char link[TOKEN_MAX_CHARS + 1], person[TOKEN_MAX_CHARS + 1], url[3 * TOKEN_MAX_CHARS];
	struct rewrite_explained explained;

	(void)state;
	mint(PURPOSE_LINK_PART, link);
	mint(PURPOSE_PROSPECT_PART, person);
	(void)snprintf(url, sizeof(url), "https://go.example.com/c/%s/%s?utm=1#x", link, person);
	assert_int_equal(explain(url, &explained, NULL), 0);
	assert_true(explained.has_second && explained.second_valid);
	assert_int_equal(explained.token.link.bytes[0], 1);
	assert_int_equal(explained.second.prospect.bytes[0], 2);
	(void)snprintf(url, sizeof(url), "https://go.example.com/c/%s/*|WAYMARK|*", link);
	assert_int_equal(explain(url, &explained, NULL), 0);
	assert_true(explained.has_second && !explained.second_valid);
	(void)snprintf(url, sizeof(url), "https://go.example.com/c/%s/%s", person, person);
	assert_int_equal(explain(url, &explained, NULL), REWRITE_E_FORGED);
	(void)snprintf(url, sizeof(url), "https://go.example.com/c/%s", link);
	assert_int_equal(explain(url, &explained, NULL), REWRITE_E_FORGED);
}

static void what_holds_no_token_is_not_ours(void **state)
{
	static const char *const urls[] = {"https://www.example.com/c/x",
					   "https://go.example.com/",
					   "https://go.example.com/c/",
					   "https://go.example.com/l/spring",
					   "https://go.example.com/o/x.png",
					   "x",
					   "",
					   "mailto:a@go.example.com",
					   "https://go.example.com/C/x"};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct rewrite_explained explained;
		struct error error = {""};

		assert_int_equal(explain(urls[i], &explained, &error), REWRITE_E_NOT_OURS);
		assert_true(error.text[0]);
	}
}

static void the_failed_check_is_named_but_not_the_token(void **state)
{
	char token[TOKEN_MAX_CHARS + 1], url[256];
	struct rewrite_explained explained;
	struct error error = {""};
	uint8_t bytes[64];
	size_t size;

	(void)state;
	assert_int_equal(explain("https://go.example.com/c/x", &explained, &error),
			 REWRITE_E_FORGED);
	assert_non_null(strstr(error.text, "base64url"));
	mint(PURPOSE_CLICK, token);
	assert_int_equal(base64url_parse(span_text(token), bytes, sizeof(bytes), &size), 0);
	bytes[0] = 77;
	base64url_format(bytes, size, token);
	url_of(0, token, url, sizeof(url));
	assert_int_equal(explain(url, &explained, &error), REWRITE_E_FORGED);
	assert_non_null(strstr(error.text, "key 77"));
	assert_null(strstr(error.text, token));
	bytes[0] = 1;
	bytes[5] ^= 1;
	base64url_format(bytes, size, token);
	url_of(0, token, url, sizeof(url));
	assert_int_equal(explain(url, &explained, &error), REWRITE_E_FORGED);
	assert_non_null(strstr(error.text, "does not verify"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_takes_the_token_of_its_purpose_only),
		cmocka_unit_test(a_self_contained_link_shows_its_destination),
		cmocka_unit_test(a_hand_over_shows_its_page_and_is_no_link_of_a_mail),
		cmocka_unit_test(no_flipped_bit_is_accepted),
		cmocka_unit_test(two_part_links_say_whether_the_second_part_verifies),
		cmocka_unit_test(what_holds_no_token_is_not_ours),
		cmocka_unit_test(the_failed_check_is_named_but_not_the_token),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
