/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookie headers as browsers send them, and as nobody should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/cookie.h"
#include "text/url.h"

#include "corpora.h"

static void pairs_of_the_corpus_are_exact(void **state)
{
	json_t *rows = corpora_rows("cookies.jsonl"), *row, *pair;
	size_t index, i, seen = 0;

	(void)state;
	json_array_foreach(rows, index, row)
	{
		struct span header = corpora_text(row, "cookie_header"), name, value;
		const json_t *pairs = json_object_get(row, "pairs");
		size_t at = 0;

		if (!pairs)
			continue;
		json_array_foreach(pairs, i, pair)
		{
			assert_true(cookie_next(header, &at, &name, &value));
			if (!span_equal(name,
					span_text(json_string_value(json_array_get(pair, 0)))) ||
			    !span_equal(value,
					span_text(json_string_value(json_array_get(pair, 1)))))
				fail_msg("%.*s: %.*s / %.*s", (int)header.size, header.data,
					 (int)name.size, name.data, (int)value.size, value.data);
		}
		assert_false(cookie_next(header, &at, &name, &value));
		seen++;
	}
	assert_true(seen > 50);
	json_decref(rows);
}

/* The first value of @wanted, percent-decoded, as the rows of decoded maps have it. */
static void expect_first(struct span header, const char *wanted, const char *expected)
{
	cleanup_buffer struct buffer decoded = BUFFER_INIT;
	struct span name, value;
	size_t at = 0;

	while (cookie_next(header, &at, &name, &value))
		if (span_equal(name, span_text(wanted))) {
			url_percent_decode(value, &decoded);
			assert_string_equal(buffer_text(&decoded), expected);
			return;
		}
	fail_msg("%.*s: no %s", (int)header.size, header.data, wanted);
}

static void maps_of_the_corpus_are_exact(void **state)
{
	json_t *rows = corpora_rows("cookies.jsonl"), *row, *value;
	const char *name;
	size_t index;

	(void)state;
	json_array_foreach(rows, index, row)
	{
		json_object_foreach(json_object_get(row, "decoded_map"), name, value)
			expect_first(corpora_text(row, "cookie_header"), name,
				     json_string_value(value));
	}
	json_decref(rows);
}

static void odd_headers_end_and_lose_nothing(void **state)
{
	struct span header = SPAN(";;  a ;b=; =c; wm=\"x\"=y ;"), name, value;
	size_t at = 0;

	(void)state;
	assert_true(cookie_next(header, &at, &name, &value));
	assert_true(!name.data && span_equal(value, SPAN("a")));
	assert_true(cookie_next(header, &at, &name, &value));
	assert_true(span_equal(name, SPAN("b")) && value.size == 0);
	assert_true(cookie_next(header, &at, &name, &value));
	assert_true(name.data && name.size == 0 && span_equal(value, SPAN("c")));
	assert_true(cookie_next(header, &at, &name, &value));
	assert_true(span_equal(name, SPAN("wm")) && span_equal(value, SPAN("\"x\"=y")));
	assert_false(cookie_next(header, &at, &name, &value));
	at = 0;
	assert_false(cookie_next(span_of(NULL, 0), &at, &name, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_the_corpus_are_exact),
		cmocka_unit_test(maps_of_the_corpus_are_exact),
		cmocka_unit_test(odd_headers_end_and_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
