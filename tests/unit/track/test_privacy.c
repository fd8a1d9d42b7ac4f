/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded addresses keep what counts visits and lose what names people: queries but for the list,
 * users, fragments, and e-mail addresses in whatever spelling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "text/url.h"
#include "track/privacy.h"
#include "world.h"

#include <jansson.h>

struct pair {
	const char *in, *out;
};

static const struct pair pages[] = {
	{"https://www.example.com/a/b?utm_source=x&secret=1&gclid=2#top",
	 "https://www.example.com/a/b?utm_source=x&gclid=2"},
	{"https://www.example.com", "https://www.example.com/"},
	{"https://www.example.com:8443/a?utm_id", "https://www.example.com:8443/a?utm_id"},
	{"https://u:p@www.example.com/a", "https://www.example.com/a"},
	{"https://www.example.com/u/ann@example.com/x", "https://www.example.com/u/[email]/x"},
	{"https://www.example.com/u/ann%40example.com", "https://www.example.com/u/[email]"},
	{"https://www.example.com/u/%61nn%2540example%2Ecom", "https://www.example.com/u/[email]"},
	{"https://www.example.com/?utm_term=ann%40example.com&utm_id=a@b.example",
	 "https://www.example.com/?utm_term=[email]&utm_id=[email]"},
	{"https://www.example.com/npm/pkg@1.2.3/x.js",
	 "https://www.example.com/npm/pkg@1.2.3/x.js"},
	{"https://www.example.com/@ann/post", "https://www.example.com/@ann/post"},
	{"https://www.example.com/100%25", "https://www.example.com/100%25"},
	{"https://www.example.com/a?b#c@d.example", "https://www.example.com/a"},
	{"https://www.example.com/ann@b.e,x%00@c.example", "https://www.example.com/[email]"},
	{"https://www.example.com/profile/ann+news@example.com/x",
	 "https://www.example.com/profile/[email]/x"},
	{"https://www.example.com/profile/Ann%2BNews%40Example.Com",
	 "https://www.example.com/profile/[email]"},
	{"https://www.example.com/go/mailto:ann@example.com?subject=x",
	 "https://www.example.com/go/mailto:[email]"},
	{"https://www.example.com/go/mailto%3Aann%40example.com",
	 "https://www.example.com/go/mailto%3A[email]"},
	{"https://www.example.com/a;email=ann@example.com/b",
	 "https://www.example.com/a;email=[email]/b"},
	{"https://www.example.com/?utm_term=ann+b@example.com&utm_id=Ann%20%3Cann%40example.com%3E",
	 "https://www.example.com/?utm_term=[email]&utm_id=Ann%20%3C[email]%3E"},
	{"https://www.example.com/ann＠example.com/x", "https://www.example.com/[email]/x"},
	{"https://www.example.com/ann%EF%BC%A0example%EF%BC%8Ecom",
	 "https://www.example.com/[email]"},
	{"https://www.example.com/%E6%9D%B1%E4%BA%AC",
	 "https://www.example.com/%E6%9D%B1%E4%BA%AC"},
	{"mailto:ann@example.com", ""},
	{"/relative", ""},
	{"", ""},
};

static const struct pair referrers[] = {
	{"https://search.example.net/find?q=me", "https://search.example.net"},
	{"https://www.example.com/a?utm_source=x&b=1#c", "https://www.example.com/a?utm_source=x"},
	{"https://www.example.com:8443/a", "https://www.example.com:8443"},
	{"about:blank", ""},
	{"android-app://com.example/", ""},
};

/* Titles and properties: an address as a whole is read as one, anything else keeps its words. */
static const struct pair values[] = {
	{"https://www.example.com/a?utm_source=x&mail=ann@example.com#top",
	 "https://www.example.com/a"},
	{" https://other.example/reset?token=secret ", "https://other.example/reset"},
	{"http://u:p@other.example", "http://other.example/"},
	{"Sign up", "Sign up"},
	{"Welcome ann@example.com!", "Welcome [email]!"},
	{"mailto:ann@example.com?subject=x", "mailto:[email]?subject=x"},
	{"検索 ann＠example．com", "検索 [email]"},
	{"ａｎｎ＠ｅｘａｍｐｌｅ。ｃｏｍ", "[email]"},
	{"全角　．。 100%", "全角　．。 100%"},
	{"/a?b=c", "/a?b=c"},
	{"", ""},
};

#define PRIVACY_CONFIG                                                      \
	"{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": " \
	"[\"https://www.example.com\"]}], \"full_referrers\": [\"https://WWW.example.com/\"]}"

static void check(const struct pair *pair, const struct buffer *got)
{
	assert_int_equal(got->error, 0);
	if (!span_equal(buffer_span(got), span_text(pair->out)))
		fail_msg("'%s' became '%.*s', not '%s'", pair->in, (int)got->size,
			 (const char *)buffer_span(got).data, pair->out);
}

static void pages_lose_what_names_people(void **state)
{
	struct world world;

	(void)state;
	world_make_with(&world, PRIVACY_CONFIG);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		cleanup_buffer struct buffer to = BUFFER_INIT;

		privacy_page_url(world.config, span_text(pages[i].in), &to);
		check(&pages[i], &to);
	}
	world_finish(&world);
}

static void referrers_are_origins_unless_listed(void **state)
{
	struct world world;

	(void)state;
	world_make_with(&world, PRIVACY_CONFIG);
	for (size_t i = 0; i < sizeof(referrers) / sizeof(referrers[0]); i++) {
		cleanup_buffer struct buffer to = BUFFER_INIT;

		privacy_referrer(world.config, span_text(referrers[i].in), &to);
		check(&referrers[i], &to);
	}
	world_finish(&world);
}

static void what_a_site_says_is_read_as_an_address_where_it_is_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		cleanup_buffer struct buffer to = BUFFER_INIT;

		privacy_value(span_text(values[i].in), &to);
		check(&values[i], &to);
	}
}

static void no_spelling_of_an_address_survives(void **state)
{
	static const char *const spellings[] = {"ann@example.com",
						"ann%40example.com",
						"%61%6e%6e%40%65xample%2ecom",
						"ann%2540example.com",
						"a+b@x.example",
						"ann@sub.example.co.jp",
						"\"a\"@example.com",
						"ann@example.com.",
						"x;ann@example.com,bob@example.com",
						"ann@b\xC3\xBC"
						"ro.example"};
	static const char *const places[] = {"https://x.example/%s", "https://x.example/a/%s/b",
					     "https://x.example/?utm_source=%s",
					     "https://x.example/a;%s=1?utm_id=%s"};
	struct world world;

	(void)state;
	world_make(&world);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		for (size_t j = 0; j < sizeof(places) / sizeof(places[0]); j++) {
			cleanup_buffer struct buffer to = BUFFER_INIT, in = BUFFER_INIT;
			const char *at = places[j];

			for (const char *mark; (mark = strstr(at, "%s")); at = mark + 2) {
				buffer_append(&in, at, (size_t)(mark - at));
				buffer_append_text(&in, spellings[i]);
			}
			buffer_append_text(&in, at);
			privacy_page_url(world.config, buffer_span(&in), &to);
			assert_int_equal(to.error, 0);
			if (url_holds_address(buffer_span(&to)) || memmem(to.data, to.size, "@", 1))
				fail_msg("'%s' became '%s'", buffer_text(&in), buffer_text(&to));
		}
	world_finish(&world);
}

static void real_urls_come_out_without_addresses(void **state)
{
	FILE *file = corpus_open("entity_href.jsonl");
	char line[65536];
	struct world world;
	size_t count = 0;

	(void)state;
	if (!file)
		return;
	world_make(&world);
	while (fgets(line, sizeof(line), file)) {
		cleanup_buffer struct buffer to = BUFFER_INIT;
		json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);
		json_t *value = json_object_get(row, "value");

		privacy_page_url(world.config,
				 span_of(json_string_value(value), json_string_length(value)), &to);
		assert_int_equal(to.error, 0);
		if (url_holds_address(buffer_span(&to)) ||
		    (to.size > 0 && !span_starts(buffer_span(&to), SPAN("http"))))
			fail_msg("'%s' became '%s'", line, buffer_text(&to));
		count += value != NULL;
		json_decref(row);
	}
	assert_true(count > 1000);
	(void)fclose(file);
	world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_lose_what_names_people),
		cmocka_unit_test(referrers_are_origins_unless_listed),
		cmocka_unit_test(what_a_site_says_is_read_as_an_address_where_it_is_one),
		cmocka_unit_test(no_spelling_of_an_address_survives),
		cmocka_unit_test(real_urls_come_out_without_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
