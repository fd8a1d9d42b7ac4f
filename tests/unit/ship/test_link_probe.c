/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To which addresses nobody is connected who may put any name into a link: everything that is not
 * the public internet, in both families and in the disguises of the newer one. And in which order
 * pages are asked for.
 */
#include "ship/link_probe.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

enum { PAGES = 6 };

struct site {
	int listening;
	char urls[PAGES][64];
	unsigned begun, ended, ahead; /* at most so many pages of it were begun and not ended */
};

/* One connection after another, each for one page. */
static void *answer_pages(void *context)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	const struct site *site = context;
	char request[4096];
	int fd;

	while ((fd = accept(site->listening, NULL, NULL)) >= 0) {
		if (read(fd, request, sizeof(request)) > 0)
			(void)!write(fd, answer, sizeof(answer) - 1);
		(void)close(fd);
	}
	return NULL;
}

static void open_site(struct site *site, pthread_t *ret_thread)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	site->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(site->listening, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(site->listening, PAGES), 0);
	assert_int_equal(getsockname(site->listening, (struct sockaddr *)&address, &size), 0);
	for (unsigned i = 0; i < PAGES; i++)
		(void)snprintf(site->urls[i], sizeof(site->urls[i]), "http://127.0.0.1:%u/%u",
			       ntohs(address.sin_port), i);
	assert_int_equal(pthread_create(ret_thread, NULL, answer_pages, site), 0);
}

static const char *next_page(void *context, void **ret_item)
{
	struct site *site = context;

	if (site->begun == PAGES)
		return NULL;
	*ret_item = site->urls[site->begun++];
	if (site->begun - site->ended > site->ahead)
		site->ahead = site->begun - site->ended;
	return *ret_item;
}

static void take_page(void *context, void *item, enum link_state state, unsigned status)
{
	struct site *site = context;

	assert_string_equal(item, site->urls[site->ended++]);
	assert_int_equal(state, LINK_OK);
	assert_int_equal(status, 200);
}

static bool never(void)
{
	return false;
}

/* One is under way, and one is known to be next: its own time does not pass meanwhile. */
static void test_a_page_of_a_slow_host_does_not_wait_within_its_time(void **state)
{
	struct network loopback;
	struct site site = {.begun = 0};
	const struct link_probe_options options = {
		.per_second = 1000000,
		.timeout_ms = 30000,
		.allowed = &loopback,
		.allowed_count = 1,
		.stopped = never,
		.next = next_page,
		.done = take_page,
		.context = &site,
	};
	pthread_t thread;

	(void)state;
	assert_int_equal(network_parse(SPAN("127.0.0.0/8"), &loopback), 0);
	open_site(&site, &thread);
	assert_int_equal(link_probe_run(&options), 0);
	assert_int_equal(site.ended, PAGES);
	assert_int_equal(site.ahead, 2);
	assert_int_equal(shutdown(site.listening, SHUT_RDWR), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(site.listening);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_addresses),
		cmocka_unit_test(test_addresses_that_are_not_connected_to),
		cmocka_unit_test(test_states_have_names),
		cmocka_unit_test(test_a_page_of_a_slow_host_does_not_wait_within_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
