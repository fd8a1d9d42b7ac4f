/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs in plain text end where a reader would end them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/text_links.h"

#include "corpora.h"

enum { FOUND_MAX = 16 };

struct list {
	struct text_link links[FOUND_MAX];
	size_t count;
};

static int collect(void *context, const struct text_link *link)
{
	struct list *list = context;

	assert_true(list->count < FOUND_MAX);
	list->links[list->count++] = *link;
	return 0;
}

/* The URLs expected in @text, separated by spaces. */
static void expect(const char *text, const char *expected)
{
	cleanup_buffer struct buffer got = BUFFER_INIT;
	struct list list = {.count = 0};

	assert_int_equal(text_links_find(span_text(text), collect, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		if (i > 0)
			buffer_append_byte(&got, ' ');
		buffer_append_span(&got, list.links[i].url);
	}
	if (strcmp(buffer_text(&got), expected))
		fail_msg("in \"%s\": \"%s\"", text, buffer_text(&got));
}

static void urls_end_where_readers_end_them(void **state)
{
	(void)state;
	expect("See http://example.com/a, or https://example.com/b.",
	       "http://example.com/a https://example.com/b");
	expect("(http://example.com/a_(b))", "http://example.com/a_(b)");
	expect("((http://example.com/a_(b_(c))))", "http://example.com/a_(b_(c))");
	expect("<http://example.com/a>.", "http://example.com/a");
	expect("<URL:http://example.com/a>", "http://example.com/a");
	expect("\"http://example.com/a\"", "http://example.com/a");
	expect("'http://example.com/a' 'http://example.com/it's",
	       "http://example.com/a http://example.com/it's");
	expect("[x](http://example.com/a)", "http://example.com/a");
	expect("http://example.com/a'b>c'd http://example.com/(a<b)",
	       "http://example.com/a'b http://example.com/");
	expect("http://example.com... and", "http://example.com");
	expect("http://example.com./a?", "http://example.com./a");
	expect("HTTP://EXAMPLE.COM:8080/?a[]=1&b=[c]#d!", "HTTP://EXAMPLE.COM:8080/?a[]=1&b=[c]#d");
	expect("http://u:p@example.com/", "http://u:p@example.com/");
	expect("http://example.com:/a", "http://example.com");
	expect("http://example.com/a\nhttp://example.com/b\r\n",
	       "http://example.com/a http://example.com/b");
	expect("http://a.example/http://b.example/", "http://a.example/http://b.example/");
}

static void japanese_text_around_stays_out(void **state)
{
	(void)state;
	expect("詳細はhttps://example.com/aをご覧ください。", "https://example.com/a");
	expect("「https://example.com/a」", "https://example.com/a");
	expect("https://example.com/a。次", "https://example.com/a");
	expect("http://example.com　a@example.org", "http://example.com");
	expect("https://example.com/a　次", "https://example.com/a");
	/* ISO-2022-JP with its shifted runs masked: the shift back to ASCII ends in a letter. */
	expect("\x1B$Bxxxx\x1B(Bhttp://example.com/a\x1B$Bxx\x1B(Jhttps://b.example",
	       "http://example.com/a https://b.example");
	expect("https://ja.example.org/wiki/電気通信", "https://ja.example.org/wiki/電気通信");
	expect("https://例え.jp/", "https://例え.jp/");
	expect("“https://example.com/a”", "https://example.com/a");
	expect("https://example.com/a… ", "https://example.com/a");
}

static void what_is_no_link_is_left_alone(void **state)
{
	static const char *const texts[] = {
		"example.com",
		"http:/example.com",
		"http:example.com",
		"http://",
		"http:// example.com",
		"xhttp://example.com",
		"_http://example.com",
		"http://-a.example/",
		"http://a-.example/",
		"http://a_b.example/",
		"http://.example/",
		"http://a.example:99999/",
		"mailto:a@b.example",
		"http://http://",
		"git+http://example.com/",
		"http://@example.com",
		"://example.com",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		expect(texts[i], "");
}

/* A cut-off URL would lead elsewhere; one that nobody can read is left alone by the caller. */
static void bytes_of_other_charsets_stay_in(void **state)
{
	(void)state;
	expect("http://example.com/caf\xE9 x", "http://example.com/caf\xE9");
}

static void lines_are_counted(void **state)
{
	struct list list = {.count = 0};

	(void)state;
	assert_int_equal(text_links_find(SPAN("\0http://a.example\n\r\nx http://b.example\n"),
					 collect, &list),
			 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.links[0].line, 1);
	assert_int_equal(list.links[1].line, 3);
}

static int stop(void *context, const struct text_link *link)
{
	(void)link;
	++*(size_t *)context;
	return -7;
}

static void a_negative_answer_ends_the_walk(void **state)
{
	size_t calls = 0;

	(void)state;
	assert_int_equal(text_links_find(SPAN("http://a.example http://b.example"), stop, &calls),
			 -7);
	assert_int_equal(calls, 1);
}

static int count(void *context, const struct text_link *link)
{
	(void)link;
	++*(size_t *)context;
	return 0;
}

static void hostile_text_takes_linear_time(void **state)
{
	static const char *const pieces[] = {"http://a/(", "http://a/'",  "http://a/\"x",
					     "http://a@",  "http://",	  "http://a.",
					     ":",	   "http://a/((", "https://[a"};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT;
		size_t calls = 0;

		while (text.size < 1 << 20)
			buffer_append_text(&text, pieces[i]);
		assert_int_equal(text_links_find(buffer_span(&text), count, &calls), 0);
	}
}

static bool is_ours(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static void corpus_rows_pass(void **state)
{
	json_t *rows = corpora_rows("autolink.jsonl"), *row, *url;
	size_t at, i, judged = 0, left_out = 0;

	(void)state;
	json_array_foreach(rows, at, row)
	{
		struct span text = corpora_text(row, "text");
		const json_t *urls = json_object_get(row, "urls");
		struct list list = {.count = 0};
		size_t ours = 0;

		if (!json_is_true(json_object_get(row, "consensus"))) {
			left_out++;
			continue;
		}
		assert_int_equal(text_links_find(text, collect, &list), 0);
		json_array_foreach(urls, i, url)
		{
			const char *expected = json_string_value(url);

			if (!is_ours(expected))
				continue;
			if (ours >= list.count ||
			    !span_equal(list.links[ours].url, span_text(expected)))
				fail_msg("%.*s: no %s", (int)text.size, text.data, expected);
			ours++;
		}
		if (list.count != ours)
			fail_msg("%.*s: one too many: %.*s", (int)text.size, text.data,
				 (int)list.links[ours].url.size, list.links[ours].url.data);
		judged++;
	}
	print_message("%zu rows judged; %zu left out: the libraries disagree there\n", judged,
		      left_out);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_end_where_readers_end_them),
		cmocka_unit_test(japanese_text_around_stays_out),
		cmocka_unit_test(what_is_no_link_is_left_alone),
		cmocka_unit_test(bytes_of_other_charsets_stay_in),
		cmocka_unit_test(lines_are_counted),
		cmocka_unit_test(a_negative_answer_ends_the_walk),
		cmocka_unit_test(hostile_text_takes_linear_time),
		cmocka_unit_test(corpus_rows_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
