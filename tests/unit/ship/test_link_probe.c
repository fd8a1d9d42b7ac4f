/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To which addresses nobody is connected who may put any name into a link: everything that is not
 * the public internet, in both families and in the disguises of the newer one.
 */
#include "ship/link_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *text, bool is_public)
{
	struct address address;

	assert_int_equal(address_parse(span_text(text), &address), 0);
	if (link_probe_is_public(&address) != is_public)
		fail_msg("%s is %spublic", text, is_public ? "not " : "");
}

static void test_public_addresses(void **state)
{
	static const char *const addresses[] = {
		"8.8.8.8",	   "1.1.1.1",	      "100.63.255.255",	 "100.128.0.0",
		"126.255.255.255", "128.0.0.1",	      "172.15.255.255",	 "172.32.0.0",
		"192.167.255.255", "193.0.6.139",     "223.255.255.255", "2001:4860:4860::8888",
		"2a00:1450::1",	   "2606:4700::1111",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		expect(addresses[i], true);
}

static void test_addresses_that_are_not_connected_to(void **state)
{
	static const char *const addresses[] = {
		"0.0.0.0",
		"10.0.0.1",
		"100.64.0.1",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.8",
		"192.0.2.1",
		"192.168.1.1",
		"198.18.0.1",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::7f00:1",
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"64:ff9b::a00:1",
		"64:ff9b:1::1",
		"2002:a00:1::",
		"2001::1",
		"2001:db8::1",
		"fc00::1",
		"fd12::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
	};
	struct address unknown = {.known = false};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		expect(addresses[i], false);
	assert_false(link_probe_is_public(&unknown));
}

static void test_states_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LINK_STATES; i++)
		assert_int_equal(link_state_find(link_state_text((enum link_state)i)), i);
	assert_int_equal(link_state_find("nothing"), LINK_UNCHECKED);
	assert_true(link_state_is_bad(LINK_MISSING));
	assert_false(link_state_is_bad(LINK_MOVED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_addresses),
		cmocka_unit_test(test_addresses_that_are_not_connected_to),
		cmocka_unit_test(test_states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
