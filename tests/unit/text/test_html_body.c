/* SPDX-License-Identifier: Apache-2.0 */
/* Where the body of a document begins; the mark '|' stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/html_links.h"

static void the_body_begins_where_browsers_open_it(void **state)
{
	static const char *const rows[] = {
		"<!doctype html><html><head><title><body></title></head><body class=x>|<p>x",
		"<html><head></head>\n<BODY>|\n<table>",
		"|<p>a fragment</p>",
		"|text",
		"<!-- <body> -->|<table><tr><td>x",
		"<style>body { }</style>\n|<div>",
		"<head><meta charset=utf-8></head>| words",
		"<body>|",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer document = BUFFER_INIT;
		struct span row = span_text(rows[i]);
		size_t mark = span_find(row, '|', 0), at = 0;

		buffer_append_span(&document, span_slice(row, 0, mark));
		buffer_append_span(&document, span_slice(row, mark + 1, row.size));
		assert_int_equal(html_body_start(buffer_span(&document), &at), 0);
		if (at != mark)
			fail_msg("%s: at %zu", rows[i], at);
	}
}

static void without_a_body_there_is_no_place(void **state)
{
	static const char *const rows[] = {
		"<html><frameset><frame></frameset></html>", "<title>x</title>", "", "<p", "<!-- x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at;

		assert_int_equal(html_body_start(span_text(rows[i]), &at), HTML_E_BODY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_body_begins_where_browsers_open_it),
		cmocka_unit_test(without_a_body_there_is_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
