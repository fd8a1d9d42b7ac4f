/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is the owner's own: networks by their bits, pages by whole segments of their path in
 * whatever spelling, and a sentence with the place of a row that is neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/internal.h"
#include "world.h"

#define INTERNAL_CONFIG                                                            \
	"{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "        \
	"[\"https://www.example.com\"]}], \"internal\": {\"networks\": "           \
	"[\"203.0.113.0/24\", \"2001:db8:1::/48\", \"198.51.100.7\"], \"pages\": " \
	"[\"/careers\", \"/press/2026/\", \"https://jobs.example.com\", "          \
	"\"/採用\", \"https://www.example.com/a b\"]}}"

static void networks_are_told_by_their_bits(void **state)
{
	static const struct {
		const char *address;
		bool holds;
	} rows[] = {
		{"203.0.113.0", true},	  {"203.0.113.255", true}, {"203.0.114.0", false},
		{"198.51.100.7", true},	  {"198.51.100.8", false}, {"2001:db8:1:ffff::1", true},
		{"2001:db8:2::1", false},
	};
	const struct address unknown = {.known = false};
	struct world world;

	(void)state;
	world_make_with(&world, INTERNAL_CONFIG);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address;

		assert_int_equal(address_parse(span_text(rows[i].address), &address), 0);
		if (internal_holds_address(&world.trackers->internal, &address) != rows[i].holds)
			fail_msg("%s", rows[i].address);
	}
	assert_false(internal_holds_address(&world.trackers->internal, &unknown));
	world_finish(&world);
}

static void pages_are_told_by_segments(void **state)
{
	static const struct {
		const char *url;
		bool holds;
	} rows[] = {
		{"https://www.example.com/careers", true},
		{"https://www.example.com/careers/", true},
		{"https://www.example.com/careers/42?utm_source=x", true},
		{"https://www.example.com/careers?utm_source=x", true},
		{"https://shop.example.com:8443/careers", true},
		{"https://www.example.com/%63ar%65ers/", true},
		{"https://www.example.com/careers-fair", false},
		{"https://www.example.com/Careers", false},
		{"https://www.example.com/about/careers", false},
		{"https://www.example.com/?utm_source=/careers", false},
		{"https://www.example.com/careers%", false},
		{"https://www.example.com/press/2026", true},
		{"https://www.example.com/press/2026/11", true},
		{"https://www.example.com/press/2025", false},
		{"https://jobs.example.com/", true},
		{"https://jobs.example.com/berlin", true},
		{"https://jobs.example.com:8443/", false},
		{"https://jobs.example.com.example.net/", false},
		{"https://www.example.com/%E6%8E%A1%E7%94%A8/1", true},
		{"https://www.example.com/%e6%8e%a1%e7%94%a8", true},
		{"https://www.example.com/a%20b", true},
		{"https://www.example.net/a%20b", false},
		{"https://www.example.com/", false},
		{"https://www.example.com", false},
		{"", false},
	};
	struct world world;

	(void)state;
	world_make_with(&world, INTERNAL_CONFIG);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (internal_holds_page(&world.trackers->internal, span_text(rows[i].url)) !=
		    rows[i].holds)
			fail_msg("%s", rows[i].url);
	world_finish(&world);
}

static void a_slash_alone_is_every_page(void **state)
{
	struct world world;

	(void)state;
	world_make_with(&world, "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
				"[\"https://www.example.com\"]}], \"internal\": {\"pages\": "
				"[\"/\"]}}");
	assert_true(internal_holds_page(&world.trackers->internal,
					SPAN("https://www.example.com/any/page")));
	world_finish(&world);
}

static void what_is_no_network_and_no_page_is_named(void **state)
{
	static const struct {
		const char *rows, *key;
	} wrong[] = {
		{"\"networks\": [\"203.0.113.0/24\", \"203.0.113.1/24\"]", "internal.networks[1]"},
		{"\"networks\": [\"office\"]", "internal.networks[0]"},
		{"\"pages\": [\"careers\"]", "internal.pages[0]"},
		{"\"pages\": [\"/a\", \"#\"]", "internal.pages[1]"},
		{"\"pages\": [\"/a?b=c\"]", "internal.pages[0]"},
		{"\"pages\": [\"/a#b\"]", "internal.pages[0]"},
		{"\"pages\": [\"https://ann@www.example.com/\"]", "internal.pages[0]"},
		{"\"pages\": [\"ftp://www.example.com/\"]", "internal.pages[0]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct tracker_set *set = NULL;
		struct config *config = NULL;
		struct error error = {""};
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
			       "[\"https://www.example.com\"]}], \"internal\": {%s}}",
			       wrong[i].rows);
		assert_int_equal(config_parse("waymark.json", span_text(text), &config, &error), 0);
		assert_int_equal(tracker_set_new(config, &set, &error), TRACKER_E_INVALID);
		if (!strstr(error.text, wrong[i].key))
			fail_msg("'%s' does not name %s", error.text, wrong[i].key);
		config_free(config);
	}
}

static void reasons_are_written_in_one_order(void **state)
{
	(void)state;
	assert_true(span_equal(internal_text(INTERNAL_NETWORK), SPAN("network")));
	assert_true(
		span_equal(internal_text(INTERNAL_PAGE | INTERNAL_NETWORK), SPAN("network,page")));
	assert_true(span_equal(internal_text(INTERNAL_PAGE | INTERNAL_STAFF | INTERNAL_NETWORK),
			       SPAN("network,staff,page")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_told_by_their_bits),
		cmocka_unit_test(pages_are_told_by_segments),
		cmocka_unit_test(a_slash_alone_is_every_page),
		cmocka_unit_test(what_is_no_network_and_no_page_is_named),
		cmocka_unit_test(reasons_are_written_in_one_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
