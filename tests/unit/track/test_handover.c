/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hand-over leads to a page on a site of one of the trackers, as a browser would read its
 * address, and nowhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/token.h"
#include "track/handover.h"
#include "world.h"

#define TWO_TRACKERS                                                                      \
	"{\"trackers\": [{\"url\": \"https://go.example.com\", \"primary\": true, "       \
	"\"sites\": [\"https://www.example.com\", \"https://shop.example.com:8443\"]}, "  \
	"{\"url\": \"https://go.example.net\", \"sites\": [\"https://www.example.net\", " \
	"\"https://xn--bcher-kva.example.net\"]}]}"

enum { NONE = -1 };

static void expect(const struct world *world, unsigned from, const char *url, int tracker,
		   const char *page)
{
	cleanup_buffer struct buffer found = BUFFER_INIT;
	const struct tracker *to = handover_find(world->trackers, &world->trackers->trackers[from],
						 span_text(url), &found);

	if (tracker == NONE) {
		if (to)
			fail_msg("%s leads to %s", url, to->host);
		return;
	}
	assert_ptr_equal(to, &world->trackers->trackers[tracker]);
	assert_string_equal(buffer_text(&found), page ? page : url);
}

static void a_page_of_a_site_is_found(void **state)
{
	struct world world;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	expect(&world, 0, "https://www.example.net/a?b=c#d", 1, NULL);
	expect(&world, 0, "https://www.example.net", 1, NULL);
	expect(&world, 0, "https://www.example.net:443/x", 1, NULL);
	expect(&world, 0, " https://WWW.Example.NET/\xC3\xA4\n", 1,
	       "https://www.example.net/%C3%A4");
	expect(&world, 0,
	       "https://b\xC3\xBC"
	       "cher.example.net/",
	       1, "https://xn--bcher-kva.example.net/");
	expect(&world, 0, "https://www.example.com/a", 0, NULL);
	expect(&world, 1, "https://shop.example.com:8443/a", 0, NULL);
	world_finish(&world);
}

static void nothing_else_is(void **state)
{
	static const char *const urls[] = {
		"",
		"/a",
		"//www.example.net/",
		"javascript:alert(1)//https://www.example.net/",
		"http://www.example.net/",
		"https://www.example.net:8443/",
		"https://www.example.net.evil.example/",
		"https://evil.example/https://www.example.net/",
		"https://evil.example\\@www.example.net/",
		"https://www.example.net@evil.example/",
		"https://www.example.net\\@evil.example/",
		"https://www.example.net/a\\b",
		"https://user@www.example.net/",
		"https://user:secret@www.example.net/",
		"https://example.net/",
		"https://go.example.net/h/x",
		"https://other.example.net/",
		"https://shop.example.com/",
	};
	struct world world;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		expect(&world, 0, urls[i], NONE, NULL);
	world_finish(&world);
}

static void a_page_that_no_token_takes_is_not(void **state)
{
	char url[TOKEN_URL_MAX_BYTES + 2] = "https://www.example.net/";
	struct world world;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	memset(url + 24, 'x', TOKEN_URL_MAX_BYTES - 24);
	expect(&world, 0, url, 1, NULL);
	url[TOKEN_URL_MAX_BYTES] = 'x';
	expect(&world, 0, url, NONE, NULL);
	world_finish(&world);
}

static void a_token_leads_to_a_site_of_its_tracker_only(void **state)
{
	const struct tracker *one, *other;
	struct world world;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	one = &world.trackers->trackers[0];
	other = &world.trackers->trackers[1];
	assert_true(handover_leads_to(one, SPAN("https://www.example.com/a")));
	assert_false(handover_leads_to(other, SPAN("https://www.example.com/a")));
	assert_false(handover_leads_to(one, SPAN("https://a@www.example.com/a")));
	assert_false(handover_leads_to(one, SPAN("https://www.example.com.evil.example/")));
	assert_false(handover_leads_to(one, SPAN("")));
	world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_of_a_site_is_found),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(a_page_that_no_token_takes_is_not),
		cmocka_unit_test(a_token_leads_to_a_site_of_its_tracker_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
