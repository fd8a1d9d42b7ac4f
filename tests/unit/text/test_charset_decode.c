/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoders of the Encoding Standard. Their tables were compared with Chromium's, sequence by
 * sequence; the digests below hold what all sequences of one, two, and where there are such of
 * three and four bytes gave then, so that another version of Python cannot change them unseen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "crypto/digest.h"
#include "text/charset_decode.h"

static const struct decoded {
	const char *label, *bytes, *text;
} decoded[] = {
	{"utf-8", "a\xE6\x97\xA5\xF0\x9F\x98\x80", "a日\xF0\x9F\x98\x80"},
	{"utf-8",
	 "\xFF"
	 "a\xE6\x97"
	 "b",
	 "\uFFFDa\uFFFDb"},
	{"Shift_JIS", "\x93\xFA\x96{\xB1\\~\x81\x60", "日本ｱ\\~～"},
	{"ms932", "\xED\x40\xFA\x54\x87\x40", "纊￢①"},
	{"sjis", "\x93\"<\x80\xFD", "\uFFFD\"<\xC2\x80\uFFFD"},
	{"sjis", "a\x93", "a\uFFFD"},
	{"sjis", "\xF0\x40", "\uE000"},
	{"EUC-JP", "\xC6\xFC\xCB\xDC\x8E\xB1\x8F\xB0\xA1", "日本ｱ丂"},
	{"euc-jp", "\xC6\"\x8F\xB0<\x8E", "\uFFFD\"\uFFFD<\uFFFD"},
	{"iso-2022-jp", "a\x1B$BF|K\\\x1B(Bb\x1B(J\\\x1B(I1", "a日本b¥ｱ"},
	{"iso-2022-jp", "\x1B$BF\x1B(Ba\x1B(B\x1B(Bb\x1B$Z", "\uFFFDa\uFFFDb\uFFFD$Z"},
	{"big5", "\xA4\xA4\xA4\xE5\x88\x62", "中文Ê\u0304"},
	{"euc-kr", "\xC7\xD1\xB1\xDB\x81\x41", "한글갂"},
	{"gbk", "\xD6\xD0\x80\x81\x30\x81\x30", "中€\xC2\x80"},
	{"gb18030", "\x94\x39\xFC\x36\x81\x30\x22\x84\x31\xA5\x30",
	 "\xF0\x9F\x98\x80\uFFFD0\"\uFFFD"},
	{"latin1", "\x80\xE4\x81", "€ä\xC2\x81"},
	{"iso-8859-9", "\xFD", "ı"},
	{"windows-1253", "\xAA\xE1", "\uFFFDα"},
	{"koi8-u", "\xAE", "ў"},
};

static void bytes_become_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++) {
		const struct charset *charset = charset_find(span_text(decoded[i].label));
		struct buffer text = BUFFER_INIT;

		assert_non_null(charset);
		charset_decode(charset, span_text(decoded[i].bytes), &text);
		if (strcmp(buffer_text(&text), decoded[i].text) != 0)
			fail_msg("%s: %s, not %s", decoded[i].label, buffer_text(&text),
				 decoded[i].text);
		buffer_finish(&text);
	}
}

static void labels_are_those_of_the_standard(void **state)
{
	static const char *const none[] = {
		"",	  " ",	     "utf-7", "iso-2022-kr",   "hz-gb-2312",
		"utf-16", "no such", "8859",  "csbig5 cn-big5"};

	(void)state;
	assert_string_equal(charset_name(charset_find(SPAN(" \tX-SJIS\n"))), "Shift_JIS");
	assert_string_equal(charset_name(charset_find(SPAN("us-ascii"))), "windows-1252");
	assert_string_equal(charset_name(charset_find(SPAN("UTF8"))), "UTF-8");
	assert_true(charset_is_utf8(charset_find(SPAN("utf-8"))));
	assert_true(charset_is_seven_bit(charset_find(SPAN("csiso2022jp"))));
	assert_false(charset_is_seven_bit(charset_find(SPAN("euc-jp"))));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(charset_find(span_text(none[i])));
	assert_null(charset_find(span_of("sjis\0", 5)));
}

static const struct unescaped {
	const char *label, *text, *result;
} unescaped[] = {
	{"sjis", "a&#128512;b&#9829;",
	 "a\xF0\x9F\x98\x80"
	 "b♥"},
	{"sjis", "&#26085;&#65; &#12289; &#65393; &#165;",
	 "&#26085;&#65; &#12289; &#65393; &#165;"},
	{"sjis", "&#128512 &#x1F600; &#0128512; &#; &#1114112; &#55357; &amp;",
	 "&#128512 &#x1F600; &#0128512; &#; &#1114112; &#55357; &amp;"},
	{"euc-jp", "&#19970;", "丂"},
	{"windows-1252", "&#26085;&#8364;", "日&#8364;"},
	{"utf-8", "&#128512;&#26085;", "&#128512;&#26085;"},
	{"gb18030", "&#128512;", "&#128512;"},
};

static void references_of_what_a_charset_lacks_are_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unescaped) / sizeof(unescaped[0]); i++) {
		struct buffer text = BUFFER_INIT;

		charset_unescape(charset_find(span_text(unescaped[i].label)),
				 span_text(unescaped[i].text), &text);
		if (strcmp(buffer_text(&text), unescaped[i].result) != 0)
			fail_msg("%s: %s", unescaped[i].text, buffer_text(&text));
		buffer_finish(&text);
	}
}

static void add(struct digest *digest, const struct charset *charset, struct span bytes)
{
	struct buffer text = BUFFER_INIT;

	charset_decode(charset, bytes, &text);
	buffer_append_byte(&text, '\n');
	digest_add(digest, buffer_span(&text));
	buffer_finish(&text);
}

/* All of one and two bytes; behind 0x8F all of three, and all of four with digits, by step. */
static void add_all(struct digest *digest, const struct charset *charset, bool three, bool four)
{
	for (unsigned a = 0; a < 256; a++) {
		add(digest, charset, span_of((uint8_t[]){(uint8_t)a}, 1));
		for (unsigned b = 0; b < 256; b++)
			add(digest, charset, span_of((uint8_t[]){(uint8_t)a, (uint8_t)b}, 2));
	}
	for (unsigned b = 0xA0; three && b < 256; b++)
		for (unsigned c = 0xA0; c < 256; c++)
			add(digest, charset, span_of((uint8_t[]){0x8F, (uint8_t)b, (uint8_t)c}, 3));
	for (unsigned pointer = 0; four && pointer < 1587600; pointer += 1 + pointer / 39420)
		add(digest, charset,
		    span_of((uint8_t[]){(uint8_t)(0x81 + pointer / 12600),
					(uint8_t)('0' + pointer / 1260 % 10),
					(uint8_t)(0x81 + pointer / 10 % 126),
					(uint8_t)('0' + pointer % 10)},
			    4));
}

static const struct golden {
	const char *label, *digest;
} goldens[] = {
	{"shift_jis", "417d239e5eadef63"}, {"euc-jp", "e229903d5529fcf2"},
	{"big5", "240567c134b92ce7"},	   {"euc-kr", "450f8a6a39cd2fb6"},
	{"gb18030", "dde618fca0b8c56d"},
};

static void tables_are_what_browsers_have(void **state)
{
	char text[DIGEST_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		const struct charset *charset = charset_find(span_text(goldens[i].label));
		struct digest *digest = digest_new();

		add_all(digest, charset, i == 1, i == 4);
		digest_finish(digest, text);
		digest_free(digest);
		if (!span_starts(span_text(text), span_text(goldens[i].digest)))
			fail_msg("%s: %.16s", goldens[i].label, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_become_text),
		cmocka_unit_test(labels_are_those_of_the_standard),
		cmocka_unit_test(references_of_what_a_charset_lacks_are_undone),
		cmocka_unit_test(tables_are_what_browsers_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
