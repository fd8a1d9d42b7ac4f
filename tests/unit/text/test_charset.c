/* SPDX-License-Identifier: Apache-2.0 */
/* How charsets are treated, and the mask of ISO-2022-JP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/charset.h"
#include "text/html_links.h"

static void labels(void **state)
{
	static const struct {
		const char *label;
		enum charset_treatment treatment;
	} rows[] = {
		{"UTF-8", CHARSET_UTF8},
		{" utf8 ", CHARSET_UTF8},
		{"Shift_JIS", CHARSET_ASCII_SAFE},
		{"windows-1252", CHARSET_ASCII_SAFE},
		{"ISO-8859-1", CHARSET_ASCII_SAFE},
		{"EUC-KR", CHARSET_ASCII_SAFE},
		{"gb18030", CHARSET_ASCII_SAFE},
		{"ISO-2022-JP", CHARSET_ISO_2022_JP},
		{"iso-2022-jp-ms", CHARSET_ISO_2022_JP},
		{"cp50221", CHARSET_ISO_2022_JP},
		{"ISO-2022-KR", CHARSET_UNTOUCHABLE},
		{"utf-16le", CHARSET_UNTOUCHABLE},
		{"UTF-7", CHARSET_UNTOUCHABLE},
		{"hz-gb-2312", CHARSET_UNTOUCHABLE},
		{"UTF-32", CHARSET_UNTOUCHABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(charset_treatment_of(span_text(rows[i].label), SPAN("\xFF")),
				 rows[i].treatment);
}

static void bytes_without_a_label(void **state)
{
	struct span none = {0};

	(void)state;
	assert_int_equal(charset_treatment_of(none, SPAN("ascii")), CHARSET_UTF8);
	assert_int_equal(charset_treatment_of(none, SPAN("\xE3\x81\x82")), CHARSET_UTF8);
	assert_int_equal(charset_treatment_of(none, SPAN("\x82\xA0")), CHARSET_ASCII_SAFE);
	assert_int_equal(charset_treatment_of(none, SPAN("\x1B$B$\"\x1B(B")), CHARSET_ISO_2022_JP);
	assert_int_equal(charset_treatment_of(none, SPAN("\x1B$)C\x0E!!")), CHARSET_UNTOUCHABLE);
	assert_int_equal(charset_treatment_of(SPAN("x-none"), SPAN("\xFF")), CHARSET_ASCII_SAFE);
	assert_int_equal(charset_treatment_of(SPAN("us-ascii"), SPAN("\xFF")), CHARSET_ASCII_SAFE);
}

static void a_byte_order_mark_decides(void **state)
{
	(void)state;
	assert_int_equal(charset_treatment_of(SPAN("latin1"), SPAN("\xEF\xBB\xBFx")), CHARSET_UTF8);
	assert_int_equal(charset_treatment_of(SPAN("utf-8"), SPAN("\xFF\xFEx")),
			 CHARSET_UNTOUCHABLE);
}

static void expect_mask(struct span document, struct span mask)
{
	struct buffer to = BUFFER_INIT;

	charset_mask_iso_2022_jp(document, &to);
	assert_true(span_equal(buffer_span(&to), mask));
	buffer_finish(&to);
}

static void mask(void **state)
{
	(void)state;
	expect_mask(SPAN("a<b"), SPAN("a<b"));
	expect_mask(SPAN("<\x1B$B\"<\n>&\x1B(B>"), SPAN("<\x1B$Bxx\nxx\x1B(B>"));
	expect_mask(SPAN("\x1B(I<>\x1B(J<>"), SPAN("\x1B(Ixx\x1B(J<>"));
	expect_mask(SPAN("\x1B$@<\x1B$B>\x1B(B>"), SPAN("\x1B$@x\x1B$Bx\x1B(B>"));
	expect_mask(SPAN("\x1B$(D<\x1B$(Q>"), SPAN("\x1B$(Dx\x1B$(Qx"));
	expect_mask(SPAN("\x1B<a>\x1B"), SPAN("\x1B<a>\x1B"));
	expect_mask(SPAN(""), SPAN(""));
}

static int count(void *context, const struct html_link *link)
{
	(void)link;
	++*(size_t *)context;
	return 0;
}

/* Every two-byte character in text and in an attribute, before a link that must be the only one. */
static void every_character(void **state)
{
	uint8_t document[] = "\x1B$B..\x1B(B<a title=\"\x1B$B..\x1B(B\" href=u>";
	struct buffer masked = BUFFER_INIT;
	size_t broken = 0;

	(void)state;
	for (unsigned int pair = 0; pair < 94 * 94; pair++) {
		size_t links = 0;

		document[3] = document[21] = (uint8_t)(0x21 + pair / 94);
		document[4] = document[22] = (uint8_t)(0x21 + pair % 94);
		buffer_clear(&masked);
		charset_mask_iso_2022_jp(span_of(document, sizeof(document) - 1), &masked);
		assert_int_equal(html_links_find(buffer_span(&masked), count, &links), 0);
		assert_int_equal(links, 1);
		links = 0;
		(void)html_links_find(span_of(document, sizeof(document) - 1), count, &links);
		broken += links != 1;
	}
	assert_true(broken > 0); /* without the mask */
	buffer_finish(&masked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),
		cmocka_unit_test(bytes_without_a_label),
		cmocka_unit_test(a_byte_order_mark_decides),
		cmocka_unit_test(mask),
		cmocka_unit_test(every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
