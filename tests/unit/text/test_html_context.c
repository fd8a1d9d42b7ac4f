/* SPDX-License-Identifier: Apache-2.0 */
/* Where in HTML a byte stands: '@' in each document is the byte that is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/html_context.h"

static void each_byte_stands_in_something(void **state)
{
	static const struct {
		const char *document;
		enum html_context context;
		size_t start;
	} rows[] = {
		{"a @ b", HTML_CONTEXT_TEXT, 0},
		{"<p>x@</p>", HTML_CONTEXT_TEXT, 3},
		{"<title>@</title>", HTML_CONTEXT_TEXT, 7},
		{"<textarea><p title=@></textarea>", HTML_CONTEXT_TEXT, 10},
		{"<p title=\"@\">", HTML_CONTEXT_TAG, 0},
		{"x</p @>", HTML_CONTEXT_TAG, 1},
		{"<p title=\"@", HTML_CONTEXT_COMMENT, 0},
		{"<!-- @ -->", HTML_CONTEXT_COMMENT, 0},
		{"<!doctype @>", HTML_CONTEXT_COMMENT, 0},
		{"<style>@</style>", HTML_CONTEXT_RAW, 7},
		{"<script>if (a<b) @</script>", HTML_CONTEXT_RAW, 8},
		{"<xmp><p>@</xmp>", HTML_CONTEXT_RAW, 5},
		{"<style></style>@", HTML_CONTEXT_TEXT, 15},
		{"<plaintext>@", HTML_CONTEXT_RAW, 11},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span document = span_text(rows[i].document);
		struct html_where where = {.at = span_find(document, '@', 0)};

		assert_int_equal(html_context_find(document, &where, 1), 0);
		if (where.context != rows[i].context || where.start != rows[i].start)
			fail_msg("%s: context %d, start %zu", rows[i].document, where.context,
				 where.start);
	}
}

static void a_value_has_an_attribute(void **state)
{
	static const struct {
		const char *tag, *name;
		size_t value;
	} rows[] = {
		{"<a href=\"x@\">", "href", 9},
		{"<a HREF='@'>", "HREF", 9},
		{"<a b c=d href=@>", "href", 14},
		{"<a b = \"@\">", "b", 8},
		{"<a b='>' c=\"@\"", "c", 12},
		{"<img/src=@/>", "src", 9},
		{"<a @>", NULL, 0},
		{"<a x@=1>", NULL, 0},
		{"<@ a=1>", NULL, 0},
		{"<a b=1 @>", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span tag = span_text(rows[i].tag), name = {.data = NULL};
		struct html_attributes attributes;
		size_t value = 0;
		bool found;

		html_attributes_init(&attributes, tag);
		found = html_attributes_find(&attributes, span_find(tag, '@', 0), &name, &value);
		if (found != (rows[i].name != NULL))
			fail_msg("%s: %d", rows[i].tag, found);
		if (!found)
			continue;
		assert_true(span_equal(name, span_text(rows[i].name)));
		assert_int_equal(value, rows[i].value);
	}
}

static void one_tag_is_asked_again(void **state)
{
	static const char text[] = "<a b='@@' @ c=@ d@ e=\"@\" @";
	static const char *const names[] = {"b", "b", NULL, "c", NULL, "e", NULL};
	struct span tag = span_text(text), name;
	struct html_attributes attributes;
	size_t at = 0, value;

	(void)state;
	html_attributes_init(&attributes, tag);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++, at++) {
		at = span_find(tag, '@', at);
		assert_int_equal(html_attributes_find(&attributes, at, &name, &value),
				 names[i] != NULL);
		if (names[i])
			assert_true(span_equal(name, span_text(names[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_stands_in_something),
		cmocka_unit_test(a_value_has_an_attribute),
		cmocka_unit_test(one_tag_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
