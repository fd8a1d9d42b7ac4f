/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept says what reading says, for any bytes; what comes often is kept, what comes once is
 * not, and nothing that is sent makes it larger than it says.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/header_cache.h"
#include "base/encode.h"
#include "store/event.h"
#include "track/privacy.h"

#include <sodium.h>

struct fixture {
	struct header_cache *cache;
	struct config *config, *other;
	struct verdict_rules *rules;
};

#define TRACKERS                                                \
	"{\"trackers\": [{\"url\": \"https://go.example.com\"," \
	"\"sites\": [\"https://www.example.com\"], \"campaign\": \"website\"}]"
#define OURS  TRACKERS ", \"full_referrers\": [\"https://partner.example\"]}"
#define OTHER TRACKERS "}"

static int set_up(void **state)
{
	static struct fixture fixture;
	struct error error = {""};

	assert_true(sodium_init() >= 0);
	assert_int_equal(config_parse("waymark.json", SPAN(OURS), &fixture.config, &error), 0);
	assert_int_equal(config_parse("waymark.json", SPAN(OTHER), &fixture.other, &error), 0);
	assert_int_equal(verdict_rules_new(NULL, &fixture.rules, &error), 0);
	fixture.cache = header_cache_new(fixture.config, fixture.rules);
	assert_non_null(fixture.cache);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	header_cache_free(fixture->cache);
	verdict_rules_free(fixture->rules);
	config_free(fixture->other);
	config_free(fixture->config);
	return 0;
}

/* What is recorded of @value, read without any cache. */
static void expect_text(struct span got, struct buffer *rule, enum event_field field)
{
	struct buffer clean = BUFFER_INIT;

	utf8_append_clean(&clean, buffer_span(rule), event_field_row(field)->max_bytes);
	assert_int_equal(got.data == NULL, clean.size == 0);
	assert_int_equal(got.size, clean.size);
	assert_true(got.size == 0 || memcmp(got.data, clean.data, got.size) == 0);
	buffer_finish(&clean);
	buffer_finish(rule);
}

static void check_agent(const struct fixture *fixture, struct span value)
{
	const struct header_reading *reading = header_cache_agent(fixture->cache, value);
	struct buffer rule = BUFFER_INIT;
	struct verdict_agent agent;

	verdict_read_agent(fixture->rules, value, &agent);
	assert_int_equal(reading->agent.absent, agent.absent);
	assert_int_equal(reading->agent.known, agent.known);
	assert_int_equal(reading->agent.bare, agent.bare);
	assert_int_equal(reading->agent.modern, agent.modern);
	privacy_text(value, &rule);
	expect_text(reading->text, &rule, EVENT_FIELD_agent);
}

static void check_referrer(const struct fixture *fixture, struct span value)
{
	const struct header_reading *reading =
		header_cache_referrer(fixture->cache, fixture->config, value);
	struct buffer rule = BUFFER_INIT;

	privacy_referrer(fixture->config, value, &rule);
	expect_text(reading->text, &rule, EVENT_FIELD_referrer);
}

static void check_page(const struct fixture *fixture, struct span value)
{
	const struct header_reading *reading =
		header_cache_page(fixture->cache, fixture->config, value);
	struct buffer rule = BUFFER_INIT;

	privacy_page_url(fixture->config, value, &rule);
	expect_text(reading->text, &rule, EVENT_FIELD_url);
}

/* First read, then read and kept, then found: each time the same. */
static void check_thrice(const struct fixture *fixture, struct span value)
{
	for (int i = 0; i < 3; i++) {
		check_agent(fixture, value);
		check_referrer(fixture, value);
		check_page(fixture, value);
	}
}

static void what_is_kept_says_what_reading_says(void **state)
{
	static const char *const values[] = {
		"",
		" ",
		"Mozilla/5.0",
		"mozilla/5.0 ",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"ExampleBot/1.0 (+mailto:ann@example.com)",
		"curl/8.0",
		"caf\xE9",
		"\xE6\x97\xA5\xE6\x9C\xAC",
		"\xE6\x97",
		"a%40example.com",
		"https://mail.example.com/",
		"https://mail.example.com/inbox?user=ann@example.com",
		"https://partner.example/page/ann%40example.com?utm_source=x&secret=y",
		"https://PARTNER.example:443/%C3%A9",
		"http://[2001:DB8::1]/",
		"javascript:alert(1)",
		"android-app://com.example.mail/",
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		check_thrice(*state, span_text(values[i]));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		check_thrice(*state, span_text(values[i]));
	check_thrice(*state, span_of(NULL, 0));
	check_thrice(*state, span_of("a\0b", 3));
	check_thrice(*state, span_of("a\0c", 3));
}

static void any_bytes_of_any_length_are_read_alike(void **state)
{
	static const uint8_t alphabet[] = "az09@.%/:?&=4 \xC3\xA9\xFF\x80";
	uint8_t bytes[3000];

	for (size_t i = 0; i < 3000; i += i < 64 ? 1 : 61) {
		for (int kind = 0; kind < 2; kind++) {
			randombytes_buf(bytes, sizeof(bytes));
			for (size_t at = 0; kind == 1 && at < i; at++)
				bytes[at] = alphabet[bytes[at] % (sizeof(alphabet) - 1)];
			if (kind == 1 && i > 16)
				memcpy(bytes, "https://a.b/", 12);
			check_thrice(*state, span_of(bytes, i));
		}
	}
}

static const struct header_reading *read_number(const struct fixture *fixture, unsigned number)
{
	char text[600];
	int size = snprintf(text, sizeof(text), "Browser/%u %0480u", number, number);

	return header_cache_agent(fixture->cache, span_of(text, (size_t)size));
}

static void the_second_sight_is_kept_and_a_flood_of_firsts_is_not(void **state)
{
	const struct fixture *fixture = *state;
	const struct header_reading *first = read_number(fixture, 0), *kept;

	assert_ptr_equal(read_number(fixture, 0), first);
	kept = read_number(fixture, 0);
	assert_ptr_not_equal(kept, first);
	for (unsigned i = 1; i < 6000; i++)
		assert_ptr_equal(read_number(fixture, i), first);
	assert_ptr_equal(read_number(fixture, 0), kept);
}

static void referrers_are_kept_under_the_configuration_in_force(void **state)
{
	const struct span page = SPAN("https://partner.example/page");
	struct fixture *fixture = *state;

	check_thrice(fixture, page);
	header_cache_change(fixture->cache, fixture->other, fixture->rules);
	/* A request that began before, and one that begins now. */
	for (int i = 0; i < 3; i++) {
		const struct header_reading *before =
			header_cache_referrer(fixture->cache, fixture->config, page);

		assert_int_equal(before->text.size, page.size);
		assert_int_equal(
			header_cache_referrer(fixture->cache, fixture->other, page)->text.size,
			sizeof("https://partner.example") - 1);
	}
}

/* All of them together would take more. */
static void it_stays_within_its_bound(void **state)
{
	const struct fixture *fixture = *state;
	size_t before = mallinfo2().uordblks;
	const struct header_reading *first;
	unsigned kept = 0;

	for (unsigned i = 0; i < 6000; i++) {
		first = read_number(fixture, i);
		(void)read_number(fixture, i);
		kept += read_number(fixture, i) != first;
	}
	assert_int_equal(kept, 6000);
	assert_true(mallinfo2().uordblks - before < HEADER_CACHE_MAX_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_kept_says_what_reading_says, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(any_bytes_of_any_length_are_read_alike, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			the_second_sight_is_kept_and_a_flood_of_firsts_is_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(referrers_are_kept_under_the_configuration_in_force,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_stays_within_its_bound, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
