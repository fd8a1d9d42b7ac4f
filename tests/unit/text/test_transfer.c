/* SPDX-License-Identifier: Apache-2.0 */
/* Quoted-printable and base64: read with a way back, and written in the style that is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/transfer.h"

static void expect(struct span got, const char *want)
{
	if (!span_equal(got, span_text(want)))
		fail_msg("got '%.*s', want '%s'", (int)got.size, (const char *)got.data, want);
}

static void quoted_printable_is_read_as_mail_programs_do(void **state)
{
	static const char *const rows[][2] = {
		{"a=3Db=3db", "a=b=b"},
		{"one=\r\ntwo", "onetwo"},
		{"one= \t\ntwo", "onetwo"},
		{"a=zz=4", "a=zz=4"},
		{"a==\nb", "a=b"},
		{"end=", "end"},
		{"=E7=A7=8B", "\xE7\xA7\x8B"},
		{"", ""},
		{"= x", "= x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT, at = BUFFER_INIT;
		const uint32_t *offsets;

		transfer_read_quoted(span_text(rows[i][0]), &text, &at);
		expect(buffer_span(&text), rows[i][1]);
		assert_int_equal(at.size, (text.size + 1) * sizeof(uint32_t));
		offsets = (const void *)at.data;
		assert_int_equal(offsets[text.size], strlen(rows[i][0]));
		for (size_t j = 0; j < text.size; j++)
			assert_true(offsets[j] < offsets[j + 1]);
	}
}

static void base64_is_read_up_to_its_padding(void **state)
{
	static const struct {
		const char *encoded, *text;
		size_t end;
	} rows[] = {
		{"YQ==", "a", 4},      {"YWI=\r\n", "ab", 4},
		{"YW\n Jj", "abc", 6}, {"YWJjZA==\n\n-- \nfooter", "abcd", 8},
		{"YWI", "ab", 3},      {"", "", 0},
	};
	static const char *const damaged[] = {"Y",    "Y===", "YQ=",	      "YW!j",
					      "YQ=a", "=",    "YWJj\nfooter."};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT;
		size_t end = 99;

		assert_int_equal(transfer_read_base64(span_text(rows[i].encoded), &text, &end), 0);
		expect(buffer_span(&text), rows[i].text);
		assert_int_equal(end, rows[i].end);
	}
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		cleanup_buffer struct buffer text = BUFFER_INIT;
		size_t end;

		if (transfer_read_base64(span_text(damaged[i]), &text, &end) != TRANSFER_E_DAMAGED)
			fail_msg("'%s' is not damaged", damaged[i]);
	}
}

static void the_style_is_that_of_the_part(void **state)
{
	struct transfer_style style;

	(void)state;
	transfer_style_of(SPAN("a=3d=\r\n"), TRANSFER_QUOTED_PRINTABLE, SPAN("\n"), &style);
	expect(style.line_end, "\r\n");
	assert_true(style.lower_hex);
	assert_int_equal(style.line_bytes, 76);
	transfer_style_of(SPAN("=3D 0123456789012345678901234567890123456789012345678901234567=\n"),
			  TRANSFER_QUOTED_PRINTABLE, SPAN("\r\n"), &style);
	expect(style.line_end, "\n");
	assert_false(style.lower_hex);
	assert_int_equal(style.line_bytes, 63);
	transfer_style_of(SPAN("YWJjYWJj\nYWJj\n"), TRANSFER_BASE64, SPAN("\r\n"), &style);
	assert_int_equal(style.line_bytes, 8);
	transfer_style_of(SPAN("YWJjYWJj"), TRANSFER_BASE64, SPAN("\r\n"), &style);
	assert_int_equal(style.line_bytes, 76);
	expect(style.line_end, "\r\n");
}

static void a_quoted_line_is_broken_where_it_must_be(void **state)
{
	struct transfer_style style = {.encoding = TRANSFER_QUOTED_PRINTABLE,
				       .line_bytes = 14,
				       .line_end = SPAN("\n")};
	cleanup_buffer struct buffer to = BUFFER_INIT;
	struct transfer_writer writer;

	(void)state;
	transfer_writer_init(&writer, &style, &to);
	transfer_copy(&writer, SPAN("first\nabcdef"));
	transfer_write(&writer, SPAN("12345=6"));
	transfer_copy_broken(&writer, SPAN("x=3Dy-z"));
	transfer_copy(&writer, SPAN("\nlast"));
	expect(buffer_span(&to), "first\nabcdef=\n12345=3D6x=3D=\ny-z\nlast");
	buffer_clear(&to);
	transfer_writer_init(&writer, &style, &to);
	transfer_write(&writer, SPAN("123456789abcd-efghijklmnop"));
	expect(buffer_span(&to), "123456789abcd=\n=2Defghijklmn=\nop");
}

static void base64_goes_on_over_pieces(void **state)
{
	struct transfer_style style = {.encoding = TRANSFER_BASE64,
				       .line_bytes = 8,
				       .line_end = SPAN("\r\n")};
	cleanup_buffer struct buffer to = BUFFER_INIT;
	struct transfer_writer writer;

	(void)state;
	transfer_writer_init(&writer, &style, &to);
	transfer_copy(&writer, SPAN("YWJjYWJj\r\n"));
	transfer_write(&writer, SPAN("a"));
	transfer_write(&writer, SPAN("bcde"));
	transfer_write(&writer, SPAN("fg"));
	transfer_flush(&writer);
	transfer_flush(&writer);
	transfer_copy(&writer, SPAN("\r\n"));
	expect(buffer_span(&to), "YWJjYWJj\r\nYWJjZGVm\r\nZw==\r\n");
}

static void base64_is_written_anew_from_a_line_that_begins_a_group(void **state)
{
	struct span encoded = SPAN("YWJjYWJj\nYWJjYWJj\nYWJjYW\nJjYQ==");
	size_t text;

	(void)state;
	assert_int_equal(transfer_base64_line(encoded, 0, &text), 0);
	assert_int_equal(text, 0);
	assert_int_equal(transfer_base64_line(encoded, 7, &text), 9);
	assert_int_equal(text, 6);
	assert_int_equal(transfer_base64_line(encoded, 17, &text), 18);
	assert_int_equal(text, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_printable_is_read_as_mail_programs_do),
		cmocka_unit_test(base64_is_read_up_to_its_padding),
		cmocka_unit_test(the_style_is_that_of_the_part),
		cmocka_unit_test(a_quoted_line_is_broken_where_it_must_be),
		cmocka_unit_test(base64_goes_on_over_pieces),
		cmocka_unit_test(base64_is_written_anew_from_a_line_that_begins_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
