/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One report in its three forms, with names that its reader chose and with an attacker's: no line
 * of a terminal is wider than it, no control reaches it; nothing of the page is a text's but the
 * text; JSON has the keys that its guide promises, and the numbers as they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "report_sample.h"
#include "summary/report_html.h"
#include "summary/report_json.h"
#include "summary/report_terminal.h"

static bool holds(struct span text, const char *piece)
{
	return memmem(text.data, text.size, piece, strlen(piece)) != NULL;
}

static void check_lines(struct span text, size_t width, bool plain_text)
{
	size_t at = 0;

	assert_true(utf8_valid(text));
	while (at < text.size) {
		size_t end = span_find(text, '\n', at);
		struct span line = span_slice(text, at, end - at);

		if (columns_of(line) > width)
			fail_msg("%zu cells, over %zu: %.*s", columns_of(line), width,
				 (int)line.size, (const char *)line.data);
		for (size_t i = 0; i < line.size; i++)
			if (line.data[i] < ' ' || line.data[i] == 0x7F)
				fail_msg("a control: %.*s", (int)line.size,
					 (const char *)line.data);
		at = end + 1;
	}
	if (plain_text && holds(text, "█"))
		fail_msg("a terminal that knows no blocks got some");
}

static void every_line_fits_the_terminal(void **state)
{
	static const size_t widths[] = {1, 40, 60, 80, 100, 160, 300};

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++)
		for (int form = 0; form < 8; form++) {
			cleanup_buffer struct buffer text = BUFFER_INIT;
			struct report_terminal_options options = {.language = form & 1,
								  .width = widths[i],
								  .rows = 5,
								  .plain_text = form & 2};
			struct report report;

			sample_report(&report, form & 4);
			report_terminal_append(&text, &report, &options);
			assert_int_equal(text.error, 0);
			check_lines(buffer_span(&text), widths[i] < 40 ? 40 : widths[i],
				    options.plain_text);
			report_finish(&report);
		}
}

static void a_page_escapes_every_name(void **state)
{
	static const char *const pieces[] = {"<script",
					     "<img",
					     "onerror=alert(1)>",
					     "javascript:alert(1)>",
					     "</title></style><svg",
					     "\x1B",
					     "\xE2\x80\xAE",
					     "{from} %s <"};

	(void)state;
	for (int language = 0; language < REPORT_LANGUAGES; language++) {
		cleanup_buffer struct buffer page = BUFFER_INIT;
		struct report_html_options options = {.language = (enum report_language)language,
						      .rows = 50};
		struct report report;

		sample_report(&report, true);
		report_html_append(&page, &report, &options);
		assert_int_equal(page.error, 0);
		assert_true(utf8_valid(buffer_span(&page)));
		for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
			if (holds(buffer_span(&page), pieces[i]))
				fail_msg("the page holds %s", pieces[i]);
		assert_true(holds(buffer_span(&page), "&lt;script&gt;alert(1)&lt;/script&gt;"));
		report_finish(&report);
	}
}

/* With nothing in it, too: somebody looks before anything has happened. */
static void an_empty_report_says_so(void **state)
{
	struct report report = {.to = -1};
	cleanup_buffer struct buffer text = BUFFER_INIT, page = BUFFER_INIT;
	json_t *object;

	(void)state;
	report_terminal_append(&text, &report,
			       &(struct report_terminal_options){.width = 80, .rows = 5});
	assert_true(holds(buffer_span(&text), "Nothing has been recorded yet"));
	report_html_append(&page, &report, &(struct report_html_options){.rows = 5});
	assert_true(holds(buffer_span(&page), "Nothing has been recorded yet"));
	object = report_json(&report);
	assert_non_null(object);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(object, "totals"), "views")),
			 0);
	json_decref(object);
	report_finish(&report);
}

static const json_t *at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		fail_msg("there is no key %s", key);
	return value;
}

static void json_has_every_number(void **state)
{
	struct report report;
	const json_t *totals, *row, *rate;
	json_t *object;

	(void)state;
	sample_report(&report, true);
	object = report_json(&report);
	assert_non_null(object);
	totals = at(object, "totals");
	for (enum total total = 0; total < TOTAL_COUNT; total++)
		if (total != TOTAL_visitors)
			assert_int_equal(json_integer_value(at(totals, total_name(total))),
					 report.totals[total]);
	assert_int_equal(json_integer_value(at(totals, "visitors")), report.visitors);
	assert_int_equal(json_integer_value(at(totals, "visitor_days")),
			 report.totals[TOTAL_visitors]);
	assert_int_equal(json_array_size(at(object, "days")), SAMPLE_DAYS);
	row = json_array_get(at(object, "campaigns"), 1);
	assert_string_equal(json_string_value(at(row, "name")),
			    (const char *)report.tables[TOTAL_KIND_campaign].rows[1].name.data);
	rate = at(at(row, "rates"), "click_rate");
	assert_int_equal(json_integer_value(at(rate, "of")),
			 json_integer_value(at(at(row, "totals"), "sent")));
	assert_int_equal(json_integer_value(at(rate, "with_machines")),
			 json_integer_value(at(at(row, "totals"), "clicks")));
	assert_int_equal(json_integer_value(at(at(object, "account"), "received")), 412900);
	json_decref(object);
	report_finish(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_fits_the_terminal),
		cmocka_unit_test(a_page_escapes_every_name),
		cmocka_unit_test(an_empty_report_says_so),
		cmocka_unit_test(json_has_every_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
