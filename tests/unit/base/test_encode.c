/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodings: one text for each value, and valid UTF-8 out of any bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"

static void integers_are_big_endian(void **state)
{
	uint8_t bytes[8];

	(void)state;
	put_u64(bytes, UINT64_C(0x0102030405060708));
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(bytes[i], i + 1);
	assert_true(get_u64(bytes) == UINT64_C(0x0102030405060708));
	put_u32(bytes, UINT32_C(0xFFFEFDFC));
	assert_true(get_u32(bytes) == UINT32_C(0xFFFEFDFC));
	put_u16(bytes, 0xABCD);
	assert_int_equal(get_u16(bytes), 0xABCD);
}

static void hex_both_ways(void **state)
{
	uint8_t bytes[3] = {9, 9, 9};
	char text[7];

	(void)state;
	assert_int_equal(hex_parse(SPAN("00fFa1"), bytes, 3), 0);
	assert_memory_equal(bytes, "\x00\xFF\xA1", 3);
	hex_format(bytes, 3, text);
	assert_string_equal(text, "00ffa1");
	assert_int_equal(hex_parse(SPAN("00ff"), bytes, 3), ENCODE_E_FORM);
	assert_int_equal(hex_parse(SPAN("00ffg1"), bytes, 3), ENCODE_E_FORM);
	assert_memory_equal(bytes, "\x00\xFF\xA1", 3);
}

static void base64url_round_trips_every_length(void **state)
{
	uint8_t bytes[70], back[70];
	char text[BASE64URL_CHARS(70) + 1];
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + 13);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		base64url_format(bytes, length, text);
		assert_int_equal(strlen(text), BASE64URL_CHARS(length));
		assert_int_equal(base64url_parse(span_text(text), back, sizeof(back), &size), 0);
		assert_int_equal(size, length);
		assert_memory_equal(back, bytes, length);
	}
}

static void base64url_is_canonical_only(void **state)
{
	static const char *const bad[] = {"A",	 "AAAAA", "AA==", "AA=",  "AAA=", "AB",	     "AAB",
					  "A A", "AA\n",  "A+AA", "A/AA", "AA.A", "\xC3\xA4"};
	uint8_t bytes[16];
	size_t size = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64url_parse(span_text(bad[i]), bytes, 16, &size),
				 ENCODE_E_FORM);
	assert_int_equal(base64url_parse(SPAN("AAAAAAAA"), bytes, 5, &size), ENCODE_E_LONG);
	assert_int_equal(size, 99);
}

static void base64url_knows_its_digits_and_no_others(void **state)
{
	uint8_t bytes[3];
	char text[5] = "AAAA";
	size_t size;

	(void)state;
	for (unsigned value = 0; value < 256; value++) {
		bytes[0] = bytes[1] = 0;
		bytes[2] = (uint8_t)(value & 63);
		base64url_format(bytes, 3, text);
		assert_int_equal(base64url_parse(span_text(text), bytes, 3, &size), 0);
		assert_int_equal(bytes[2], value & 63);
		text[3] = (char)value;
		assert_int_equal(base64url_parse(span_of(text, 4), bytes, 3, &size) == 0,
				 memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789-_",
					(int)value, 64) != NULL);
	}
}

static void utf8_is_cleaned_like_a_browser(void **state)
{
	static const struct {
		struct span in, out;
	} rows[] = {
		{SPAN("abc"), SPAN("abc")},
		{SPAN("\xE6\x97\xA5"), SPAN("\xE6\x97\xA5")},
		{SPAN("caf\xE9"), SPAN("caf\xEF\xBF\xBD")},
		{SPAN("\xE6\x97"), SPAN("\xEF\xBF\xBD")},
		{SPAN("\xC0\xAF"), SPAN("\xEF\xBF\xBD\xEF\xBF\xBD")},
		{SPAN("\xED\xA0\x80"), SPAN("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
		{SPAN("\xF0\x9F\x98\x80"), SPAN("\xF0\x9F\x98\x80")},
		{SPAN("\xF4\x90\x80\x80"),
		 SPAN("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
		{SPAN("\xF0\x9F\x98"
		      "a"),
		 SPAN("\xEF\xBF\xBD"
		      "a")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer clean = BUFFER_INIT;

		utf8_append_clean(&clean, rows[i].in, 1000);
		assert_true(span_equal(buffer_span(&clean), rows[i].out));
		assert_true(utf8_valid(buffer_span(&clean)));
		assert_int_equal(utf8_valid(rows[i].in), span_equal(rows[i].in, rows[i].out));
		buffer_finish(&clean);
	}
	assert_true(utf8_valid(SPAN("\xEF\xBF\xBD")));
}

static void utf8_is_cut_between_characters(void **state)
{
	struct buffer clean = BUFFER_INIT;

	(void)state;
	utf8_append_clean(&clean, SPAN("a\xE6\x97\xA5\xE6\x9C\xAC"), 6);
	assert_true(span_equal(buffer_span(&clean), SPAN("a\xE6\x97\xA5")));
	buffer_finish(&clean);
}

/* ASCII is copied in runs: wherever a run ends, and wherever the limit falls, nothing changes. */
static void utf8_runs_end_where_they_should(void **state)
{
	uint8_t text[40], expected[48];

	(void)state;
	for (size_t before = 0; before <= 20; before++)
		for (size_t limit = 0; limit <= 45; limit++) {
			struct buffer clean = BUFFER_INIT;
			size_t wanted = before + 3 <= limit ? before + 3 + 19 : before;

			memset(text, 'a', sizeof(text));
			text[before] = 0xE9;
			memset(expected, 'a', sizeof(expected));
			memcpy(expected + before, "\xEF\xBF\xBD", 3);
			utf8_append_clean(&clean, span_of(text, before + 20), limit);
			wanted = wanted < limit ? wanted : limit;
			if (before <= limit && limit < before + 3)
				wanted = before;
			assert_int_equal(clean.size, wanted);
			assert_int_equal(memcmp(clean.size > 0 ? clean.data : expected, expected,
						clean.size),
					 0);
			assert_false(utf8_valid(span_of(text, before + 20)));
			assert_true(utf8_valid(span_of(text, before)));
			buffer_finish(&clean);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(base64url_round_trips_every_length),
		cmocka_unit_test(base64url_is_canonical_only),
		cmocka_unit_test(base64url_knows_its_digits_and_no_others),
		cmocka_unit_test(utf8_is_cleaned_like_a_browser),
		cmocka_unit_test(utf8_is_cut_between_characters),
		cmocka_unit_test(utf8_runs_end_where_they_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
