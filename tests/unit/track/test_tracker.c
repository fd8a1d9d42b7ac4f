/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration's trackers are normalised, found by Host, and refused by name when their cookie
 * could not be first-party or when two of them could not be told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static void trackers_are_normalised(void **state)
{
	struct world world;
	const struct tracker *tracker;

	(void)state;
	world_make_with(&world, "{\"trackers\": [{\"url\": \"HTTPS://Go.Example.COM:443/\", "
				"\"sites\": [\"https://WWW.example.com\", "
				"\"https://shop.example.com:8443\"]}]}");
	tracker = world.trackers->primary;
	assert_ptr_equal(tracker, &world.trackers->trackers[0]);
	assert_true(tracker->https);
	assert_string_equal(tracker->host, "go.example.com");
	assert_string_equal(tracker->origin, "https://go.example.com");
	assert_string_equal(world.trackers->hosts[0], "go.example.com");
	assert_int_equal(tracker->site_count, 2);
	assert_string_equal(tracker->sites[0], "https://www.example.com");
	assert_string_equal(tracker->sites[1], "https://shop.example.com:8443");
	assert_string_equal(tracker->fallback, "https://www.example.com/");
	assert_string_equal(tracker->campaign, "website");
	assert_string_equal(tracker->cookie_name, "__Host-Http-wm");
	assert_int_equal(world.trackers->proxy_count, 2);
	world_finish(&world);
}

static void localhost_and_addresses_need_no_https(void **state)
{
	static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]", "go.localhost",
					    "192.168.1.7"};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char text[512];
		struct world world;

		(void)snprintf(text, sizeof(text),
			       "{\"trackers\": [{\"url\": \"http://%s:8080\", "
			       "\"sites\": [\"http://%s:8090\"]}]}",
			       hosts[i], hosts[i]);
		world_make_with(&world, text);
		assert_false(world.trackers->primary->https);
		assert_string_equal(world.trackers->primary->cookie_name, "wm");
		assert_string_equal(world.trackers->primary->host, hosts[i]);
		world_finish(&world);
	}
}

/* Each with what the message must name. The line is the one that the value stands on. */
static const struct refusal {
	const char *text, *place, *key, *what;
} refusals[] = {
	{"{\"trackers\": [{\"url\": \"go.example.com\",\n\"sites\": [\"https://a.example.com\"]}]}",
	 "waymark.json:1:", "trackers[0].url", "not an http"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com/t\",\n\"sites\": "
	 "[\"https://a.example.com\"]}]}",
	 "waymark.json:1:", "trackers[0].url", "path"},
	{"{\"trackers\": [{\"url\": \"https://u@go.example.com\",\n\"sites\": "
	 "[\"https://a.example.com\"]}]}",
	 "waymark.json:1:", "trackers[0].url", "user"},
	{"{\"trackers\": [{\"url\": \"http://go.example.com\",\n\"sites\": "
	 "[\"http://a.example.com\"]}]}",
	 "waymark.json:1:", "trackers[0].url", "https"},
	{"{\"trackers\": [{\"url\": \"https://co.uk\",\n\"sites\": [\"https://a.co.uk\"]}]}",
	 "waymark.json:1:", "trackers[0].url", "registrable"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\",\n\"sites\": "
	 "[\"https://www.example.com\",\n\"https://www.example.net\"]}]}",
	 "waymark.json:3:", "trackers[0].sites[1]", "third-party"},
	{"{\"trackers\": [{\"url\": \"https://go.a.co.uk\",\n\"sites\": "
	 "[\"https://www.b.co.uk\"]}]}",
	 "waymark.json:2:", "trackers[0].sites[0]", "a.co.uk"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\",\n\"sites\": "
	 "[\"http://www.example.com\"]}]}",
	 "waymark.json:2:", "trackers[0].sites[0]", "scheme"},
	{"{\"trackers\": [{\"url\": \"http://localhost:1\",\n\"sites\": "
	 "[\"http://127.0.0.1:2\"]}]}",
	 "waymark.json:2:", "trackers[0].sites[0]", "share the host"},
	{"{\"trackers\": [{\"url\": \"http://127.0.0.1:1\",\n\"sites\": "
	 "[\"http://127.0.0.2:2\"]}]}",
	 "waymark.json:2:", "trackers[0].sites[0]", "share the host"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\",\n\"sites\": "
	 "[\"https://www.example.com/x\"]}]}",
	 "waymark.json:2:", "trackers[0].sites[0]", "path"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
	 "[\"https://www.example.com\"],\n\"fallback\": \"mailto:a@example.com\"}]}",
	 "waymark.json:2:", "trackers[0].fallback", "http"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\", \"primary\": true, \"sites\": "
	 "[\"https://www.example.com\"]},\n{\"url\": \"https://GO.example.com:8443\", \"sites\": "
	 "[\"https://www.example.com\"]}]}",
	 "waymark.json:2:", "trackers[1].url", "already"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
	 "[\"https://www.example.com\"]},\n{\"url\": \"https://go.example.net\", \"sites\": "
	 "[\"https://www.example.net\"]}]}",
	 "waymark.json:1:", "trackers", "exactly one"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\", \"primary\": true, \"sites\": "
	 "[\"https://www.example.com\"]},\n{\"url\": \"https://go.example.net\", \"primary\": true, "
	 "\"sites\": [\"https://www.example.net\"]}]}",
	 "waymark.json:2:", "trackers[1].primary", "exactly one"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
	 "[\"https://www.example.com\"]}],\n\"trusted_proxies\": [\"127.0.0.1/32\", "
	 "\"10.0.0.1/8\"]}",
	 "waymark.json:2:", "trusted_proxies[1]", "network"},
	{"{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
	 "[\"https://www.example.com\"]}],\n\"full_referrers\": [\"www.example.com\"]}",
	 "waymark.json:2:", "full_referrers[0]", "http"},
};

static void what_is_wrong_is_named_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *row = &refusals[i];
		struct tracker_set *set = NULL;
		struct config *config = NULL;
		struct error error = {""};

		if (config_parse("waymark.json", span_text(row->text), &config, &error) != 0)
			fail_msg("%zu: the parser refused it: %s", i, error.text);
		if (tracker_set_new(config, &set, &error) != TRACKER_E_INVALID)
			fail_msg("%zu: accepted: %s", i, row->text);
		assert_null(set);
		if (strncmp(error.text, row->place, strlen(row->place)) != 0 ||
		    !strstr(error.text, row->key) || !strstr(error.text, row->what))
			fail_msg("%zu: '%s' names not all of '%s', '%s' and '%s'", i, error.text,
				 row->place, row->key, row->what);
		config_free(config);
	}
}

static void a_campaign_is_a_name(void **state)
{
	struct tracker_set *set = NULL;
	struct config *config = NULL;
	struct error error = {""};
	char name[300], text[600];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(text, sizeof(text),
		       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
		       "[\"https://www.example.com\"],\n\"campaign\": \"%s\"}]}",
		       name);
	assert_int_equal(config_parse("waymark.json", span_text(text), &config, &error), 0);
	assert_int_equal(tracker_set_new(config, &set, &error), TRACKER_E_INVALID);
	assert_non_null(strstr(error.text, "waymark.json:2:13: trackers[0].campaign: "));
	config_free(config);
	(void)snprintf(text, sizeof(text),
		       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
		       "[\"https://www.example.com\"],\n\"campaign\": \"ann@example.com\"}]}");
	assert_int_equal(config_parse("waymark.json", span_text(text), &config, &error), 0);
	assert_int_equal(tracker_set_new(config, &set, &error), TRACKER_E_INVALID);
	assert_non_null(strstr(error.text, "e-mail address"));
	config_free(config);
}

static void a_tracker_is_found_by_host_alone(void **state)
{
	static const char *const ours[] = {"go.example.com",	 "GO.Example.com",
					   "go.example.com:443", "go.example.com:9",
					   "go.example.com.",	 "go.example.com.:80"};
	static const char *const others[] = {"example.com",
					     "go.example.com.evil.example",
					     "",
					     "go.example.com:x",
					     "xgo.example.com",
					     "go.example.com..",
					     "go.example.com@evil.example"};
	struct world world;

	(void)state;
	world_make(&world);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		assert_ptr_equal(tracker_find(world.trackers, span_text(ours[i])),
				 world.trackers->primary);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(tracker_find(world.trackers, span_text(others[i])));
	world_finish(&world);
}

static void our_own_addresses_are_known(void **state)
{
	static const char *const ours[] = {"https://go.example.com/c/x", "https://GO.example.com",
					   "http://go.example.com/",
					   "https://go.example.com:443/l/a",
					   "https:\\\\go.example.com\\c"};
	static const char *const others[] = {"https://www.example.com/",
					     "https://go.example.com:8443/",
					     "mailto:a@go.example.com",
					     "https://go.example.com@evil.example/",
					     "/c/x",
					     ""};
	struct world world;

	(void)state;
	world_make(&world);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		assert_ptr_equal(tracker_of_url(world.trackers, span_text(ours[i])),
				 world.trackers->primary);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(tracker_of_url(world.trackers, span_text(others[i])));
	world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trackers_are_normalised),
		cmocka_unit_test(localhost_and_addresses_need_no_https),
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(a_campaign_is_a_name),
		cmocka_unit_test(a_tracker_is_found_by_host_alone),
		cmocka_unit_test(our_own_addresses_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
