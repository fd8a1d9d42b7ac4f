/* SPDX-License-Identifier: Apache-2.0 */
/* Which network an address is in, the smaller before the larger, and what a mistake is told as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "track/scanner_networks.h"

static uint32_t find(const struct scanner_networks *networks, const char *text, unsigned bits)
{
	struct address address;

	assert_int_equal(address_parse(span_text(text), &address), 0);
	return scanner_networks_find(networks, &address, bits);
}

static void expect(const struct scanner_networks *networks, const char *address, const char *name)
{
	uint32_t number = find(networks, address, 128);

	if (!name) {
		assert_int_equal(number, 0);
		return;
	}
	assert_int_not_equal(number, 0);
	assert_true(span_equal(scanner_networks_name(networks, number), span_text(name)));
}

static struct scanner_networks *make(const char *text)
{
	struct scanner_networks *networks = scanner_networks_new();
	struct error error = {""};

	if (scanner_networks_parse(networks, "list", span_text(text), &error) != 0)
		fail_msg("%s", error.text);
	scanner_networks_finish(networks);
	return networks;
}

static void the_smallest_network_counts(void **state)
{
	struct scanner_networks *networks = make("# a list\n"
						 "date 2026-11-22\n"
						 "::/0 weak all-of-six\n"
						 "10.0.0.0/8 weak outer # of all\n"
						 "\t10.1.0.0/16\tprobable  middle\r\n"
						 "10.1.2.0/24 certain inner\n"
						 "10.1.2.128/32 weak outer\n"
						 "192.0.2.0/25 certain apart\n"
						 "\n"
						 "2001:db8::/32 certain six\n");

	(void)state;
	assert_int_equal(scanner_networks_count(networks), 7);
	assert_string_equal(scanner_networks_date(networks), "2026-11-22");
	expect(networks, "10.1.2.3", "inner");
	expect(networks, "10.1.2.128", "outer");
	expect(networks, "10.1.3.3", "middle");
	expect(networks, "10.2.3.3", "outer");
	expect(networks, "9.255.255.255", NULL);
	expect(networks, "11.0.0.0", NULL);
	expect(networks, "192.0.2.127", "apart");
	expect(networks, "192.0.2.128", NULL);
	expect(networks, "2001:db8::1", "six");
	expect(networks, "2001:db9::1", "all-of-six");
	assert_int_equal(scanner_networks_class(networks, find(networks, "10.1.2.3", 128)),
			 SCANNER_CERTAIN);
	/* What is kept of an address lies in a /16, but not wholly in a /25 or a /32. */
	assert_int_equal(find(networks, "192.0.2.0", 96 + 24), 0);
	assert_true(
		span_equal(scanner_networks_name(networks, find(networks, "10.1.2.128", 96 + 24)),
			   SPAN("inner")));
	scanner_networks_free(networks);
}

/* Beside a plain look at every row. */
static void any_list_is_searched_rightly(void **state)
{
	(void)state;
	srandom(11);
	for (int round = 0; round < 200; round++) {
		struct scanner_networks *networks = scanner_networks_new();
		struct network plain[40];
		struct error error;
		char name[8], text[32];

		for (unsigned i = 0; i < 40; i++) {
			unsigned bits = 24 + (unsigned)(random() % 9);
			unsigned low = (unsigned)(random() % 256) & (0xffu << (32 - bits));

			(void)snprintf(text, sizeof(text), "198.51.100.%u/%u", low, bits);
			(void)snprintf(name, sizeof(name), "n%u", i);
			assert_int_equal(network_parse(span_text(text), &plain[i]), 0);
			assert_int_equal(scanner_networks_add(networks, span_text(text),
							      SPAN("weak"), span_text(name),
							      &error),
					 0);
		}
		scanner_networks_finish(networks);
		for (unsigned low = 0; low < 256; low++) {
			struct address address;
			uint32_t best = 0;

			(void)snprintf(text, sizeof(text), "198.51.100.%u", low);
			assert_int_equal(address_parse(span_text(text), &address), 0);
			for (uint32_t i = 0; i < 40; i++)
				if (network_holds(&plain[i], &address) &&
				    (!best || plain[i].prefix_bits >= plain[best - 1].prefix_bits))
					best = i + 1;
			assert_int_equal(find(networks, text, 128), best);
		}
		scanner_networks_free(networks);
	}
}

static void refuse(const char *text, const char *sentence)
{
	struct scanner_networks *networks = scanner_networks_new();
	struct error error = {""};

	assert_int_equal(scanner_networks_parse(networks, "list", span_text(text), &error),
			 SCANNER_NETWORKS_E_INVALID);
	if (!strstr(error.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", error.text, sentence);
	scanner_networks_free(networks);
}

static void a_mistake_is_told_with_its_line(void **state)
{
	(void)state;
	refuse("10.0.0.0/8 weak a\n10.0.0.1/8 weak b\n", "list:2: \"10.0.0.1/8\" is not a network");
	refuse("10.0.0.0/8 sure a\n", "list:1: \"sure\" is not a class");
	refuse("10.0.0.0/8 weak A\n", "is no name");
	refuse("10.0.0.0/8 weak\n", "a line is a network");
	refuse("10.0.0.0/8 weak a b\n", "a line is a network");
	refuse("\n\ndate 22.11.2026\n", "list:3: a date");
	refuse("10.0.0.0/8 weak a\n11.0.0.0/8 certain a\n", "list:2: \"a\" is weak further up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_network_counts),
		cmocka_unit_test(any_list_is_searched_rightly),
		cmocka_unit_test(a_mistake_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
