/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and networks in both families, and the walk to the client through trusted proxies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/address.h"

static struct address address_of(const char *text)
{
	struct address address = {0};

	if (address_parse(span_text(text), &address))
		fail_msg("not an address: %s", text);
	return address;
}

static struct network network_of(const char *text)
{
	struct network network = {0};

	if (network_parse(span_text(text), &network))
		fail_msg("not a network: %s", text);
	return network;
}

static void expect(const char *text, const char *formatted, bool v4)
{
	struct address address = address_of(text);
	char back[ADDRESS_TEXT_BYTES];

	address_format(&address, back);
	assert_string_equal(back, formatted);
	assert_int_equal(address_is_v4(&address), v4);
}

static void addresses_are_read_in_each_form(void **state)
{
	(void)state;
	expect("203.0.113.7", "203.0.113.7", true);
	expect("203.0.113.7:4711", "203.0.113.7", true);
	expect("2001:DB8::1", "2001:db8::1", false);
	expect("[2001:db8::1]", "2001:db8::1", false);
	expect("[2001:db8::1]:443", "2001:db8::1", false);
	expect("::ffff:203.0.113.7", "203.0.113.7", true);
	expect("[::ffff:203.0.113.7]:80", "203.0.113.7", true);
	expect("::ffff:cb00:7107", "203.0.113.7", true);
	/* Without brackets the last group is part of the address. */
	expect("2001:db8::1:443", "2001:db8::1:443", false);
	expect("::", "::", false);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {
		"",	     "unknown",	 "_hidden",	 "localhost", "1.2.3",	  "1.2.3.4.5",
		"1.2.3.256", "01.2.3.4", "0x7f.0.0.1",	 "127.1",     "1.2.3.4:", "1.2.3.4:123456",
		"1.2.3.4:x", "[::1",	 "::1]",	 "[]",	      "[::1]x",	  "[::1]:",
		"[1.2.3.4]", ":80",	 "fe80::1%eth0", " 1.2.3.4",  "1.2.3.4 ", "12345::",
		"1::2::3",   "[::1]80",	 "1.2.3.4/32",	 "\"[::1]\"",
	};
	struct address address = {.known = false};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (address_parse(span_text(bad[i]), &address) != ADDRESS_E_FORM || address.known)
			fail_msg("read as an address: %s", bad[i]);
	assert_int_equal(address_parse(SPAN("1.2.3.4\0"), &address), ADDRESS_E_FORM);
}

static bool holds(const char *network, const char *address)
{
	struct network parsed = network_of(network);
	struct address candidate = address_of(address);

	return network_holds(&parsed, &candidate);
}

static void networks_hold_what_they_say(void **state)
{
	struct network any = network_of("::/0");
	struct address unknown = {0};

	(void)state;
	assert_true(holds("127.0.0.1/32", "127.0.0.1"));
	assert_true(holds("127.0.0.1", "127.0.0.1"));
	assert_false(holds("127.0.0.1", "127.0.0.2"));
	assert_true(holds("10.0.0.0/9", "10.127.255.255"));
	assert_false(holds("10.0.0.0/9", "10.128.0.0"));
	assert_true(holds("0.0.0.0/0", "255.1.2.3"));
	assert_false(holds("0.0.0.0/0", "2001:db8::1"));
	assert_true(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(holds("::/0", "2001:db8::1"));
	assert_false(holds("::/0", "203.0.113.7"));
	assert_false(network_holds(&any, &unknown));
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.1/8",
		"10.0.0.0/08",
		"10.0.0.0/-1",
		"2001:db8::/129",
		"2001:db8::1/64",
		"10.0.0.0:80/8",
		"[::1]/128",
		"10.0.0.0/8 ",
		"/8",
		"localhost/8",
		"10.0.0.0/8/8",
		"10.0.0.0/999999999999",
	};
	struct network network = {.prefix_bits = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (network_parse(span_text(bad[i]), &network) != ADDRESS_E_FORM)
			fail_msg("read as a network: %s", bad[i]);
	assert_int_equal(network.prefix_bits, 7);
}

static void truncation_keeps_the_network_only(void **state)
{
	struct address v4 = address_of("203.0.113.7"), v6 = address_of("2001:db8:1:2:3:4:5:6");
	char text[ADDRESS_TEXT_BYTES];

	(void)state;
	address_truncate(&v4);
	address_format(&v4, text);
	assert_string_equal(text, "203.0.113.0");
	address_truncate(&v6);
	address_format(&v6, text);
	assert_string_equal(text, "2001:db8:1::");
}

static void expect_client(const char *peer, bool peer_is_trusted, const char *forwarded_for,
			  const char *expected)
{
	struct network trusted[] = {network_of("127.0.0.1/32"), network_of("10.0.0.0/8"),
				    network_of("2001:db8:aaaa::/48")};
	struct address unknown = {0}, client;
	char text[ADDRESS_TEXT_BYTES];

	client = address_of_client(peer ? address_of(peer) : unknown, peer_is_trusted,
				   span_text(forwarded_for), trusted, 3);
	address_format(&client, text);
	if (strcmp(text, expected))
		fail_msg("peer %s, \"%s\": %s", peer ? peer : "unix", forwarded_for, text);
}

static void the_client_is_the_right_most_untrusted_hop(void **state)
{
	(void)state;
	/* A stranger's header counts for nothing. */
	expect_client("198.51.100.9", false, "203.0.113.7", "198.51.100.9");
	expect_client("127.0.0.1", false, "203.0.113.7", "203.0.113.7");
	expect_client("127.0.0.1", false, "192.0.2.1, 203.0.113.7", "203.0.113.7");
	expect_client("127.0.0.1", false, "192.0.2.1, 203.0.113.7, 10.1.2.3", "203.0.113.7");
	expect_client("127.0.0.1", false, "192.0.2.1,203.0.113.7:1234 ,\t10.1.2.3:80",
		      "203.0.113.7");
	expect_client("10.9.9.9", false, "[2001:db8::7]:443, [2001:db8:aaaa::1]", "2001:db8::7");
	/* All of them ours: the left-most one. */
	expect_client("127.0.0.1", false, "10.0.0.1, 10.0.0.2", "10.0.0.1");
	/* A Unix socket, with and without a header. */
	expect_client(NULL, true, "203.0.113.7", "203.0.113.7");
	expect_client(NULL, true, NULL, "");
	expect_client(NULL, false, "203.0.113.7", "");
	expect_client("127.0.0.1", false, NULL, "127.0.0.1");
	expect_client("127.0.0.1", false, "", "127.0.0.1");
}

static void an_unreadable_hop_ends_the_walk(void **state)
{
	(void)state;
	expect_client("127.0.0.1", false, "203.0.113.7, unknown", "127.0.0.1");
	expect_client("127.0.0.1", false, "203.0.113.7, unknown, 10.0.0.1", "10.0.0.1");
	expect_client("127.0.0.1", false, "203.0.113.7, , 10.0.0.1", "10.0.0.1");
	expect_client("127.0.0.1", false, "203.0.113.7,", "127.0.0.1");
	expect_client("127.0.0.1", false, ",", "127.0.0.1");
	expect_client("127.0.0.1", false, "203.0.113.7, 10.0.0.1 10.0.0.2", "127.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_in_each_form),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(networks_hold_what_they_say),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(truncation_keeps_the_network_only),
		cmocka_unit_test(the_client_is_the_right_most_untrusted_hop),
		cmocka_unit_test(an_unreadable_hop_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
