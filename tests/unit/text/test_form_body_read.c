/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form's body of any type and charset as the same list of pairs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/form_body.h"

#define URLENCODED	 "application/x-www-form-urlencoded"
#define MULTIPART	 "multipart/form-data; boundary=b"
#define PART(name, rest) "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n" rest "\r\n"

/* 日本 in each charset. */
#define SJIS   "%93%FA%96%7B"
#define EUC    "%C6%FC%CB%DC"
#define JIS    "%1B%24B%46%7C%4B%5C%1B%28B"
#define NIPPON "日本"

static const struct read_row {
	const char *type, *body, *page, *pairs; /* name=value, each with a newline behind */
} rows[] = {
	{URLENCODED, "a=1&b=%E6%97%A5%E6%9C%AC&c", "", "a=1\nb=" NIPPON "\nc=\n"},
	{"", "a=1", "", "a=1\n"},
	{URLENCODED "; charset=UTF-8", "a=%F0%9F%98%80", "", "a=\xF0\x9F\x98\x80\n"},
	{URLENCODED, "_charset_=Shift_JIS&a=" SJIS, "", "_charset_=Shift_JIS\na=" NIPPON "\n"},
	{URLENCODED, "a=" EUC "&_charset_=EUC-JP", "shift_jis", "a=" NIPPON "\n_charset_=EUC-JP\n"},
	{URLENCODED, "a=" JIS "&_charset_=ISO-2022-JP", "",
	 "a=" NIPPON "\n_charset_=ISO-2022-JP\n"},
	{URLENCODED "; charset=shift_jis", SJIS "=" SJIS, "", NIPPON "=" NIPPON "\n"},
	{URLENCODED "; charset=\"EUC-JP\"", "a=" EUC, "", "a=" NIPPON "\n"},
	{URLENCODED, "a=" SJIS, "sjis", "a=" NIPPON "\n"},
	{URLENCODED, "a=" EUC, "x-euc-jp", "a=" NIPPON "\n"},
	{URLENCODED, "a=" JIS, "iso-2022-jp", "a=" NIPPON "\n"},
	{URLENCODED, "a=%E6%97%A5%E6%9C%AC", "sjis", "a=" NIPPON "\n"},
	{URLENCODED, "a=x", "iso-2022-jp", "a=x\n"},
	{URLENCODED, "a=" SJIS, "", "a=\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD{\n"},
	{URLENCODED "; charset=no-such", "a=" SJIS, "sjis", "a=" NIPPON "\n"},
	{URLENCODED, "_charset_=no-such&a=" SJIS, "sjis", "_charset_=no-such\na=" NIPPON "\n"},
	{URLENCODED "; charset=shift_jis", "a=%26%23128512%3B%26%2326085%3B%26%230128512%3B", "",
	 "a=\xF0\x9F\x98\x80&#26085;&#0128512;\n"},
	{URLENCODED, "a=%26%23128512%3B", "", "a=&#128512;\n"},
	{URLENCODED "; charset=windows-1252", "a=%80%E4", "", "a=€ä\n"},
	{MULTIPART, PART("a", "\r\n1") PART(NIPPON, "\r\n2") "--b--", "", "a=1\n" NIPPON "=2\n"},
	{MULTIPART, PART("f", "Content-Type: x/y\r\n\r\n1") "--b--", "", "f=1\n"},
	{MULTIPART, PART("f\"; filename=\"x", "\r\n1") PART("a", "\r\n2") "--b--", "", "a=2\n"},
	{MULTIPART,
	 PART("\x93\xFA\x96{", "\r\n\x93\xFA\x96{") PART("_charset_", "\r\nShift_JIS") "--b--", "",
	 NIPPON "=" NIPPON "\n_charset_=Shift_JIS\n"},
	{MULTIPART,
	 PART("a", "Content-Type: text/plain; charset=euc-jp\r\n\r\n\xC6\xFC\xCB\xDC")
		 PART("b", "\r\n" NIPPON) "--b--",
	 "", "a=" NIPPON "\nb=" NIPPON "\n"},
	{"Application/JSON; charset=utf-8",
	 "{\"a\":\"\\u65e5\\u672c\",\"b\":[1,true,\"x\",null],\"c\":null,\"d\":-1.5,\"e\":\"\"}",
	 "", "a=" NIPPON "\nb=1\nb=true\nb=x\nd=-1.5\ne=\n"},
	{"application/json; charset=shift_jis", "{\"a\":\"\x93\xFA\"}", "", "a=日\n"},
};

static void any_type_and_charset_gives_the_same_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena = ARENA_INIT(0);
		struct buffer pairs = BUFFER_INIT;
		struct form_body form;

		if (form_body_read(span_text(rows[i].type), span_text(rows[i].body),
				   span_text(rows[i].page), &arena, &form) != 0)
			fail_msg("row %zu is refused", i);
		for (size_t at = 0; at < form.count; at++)
			buffer_printf(&pairs, "%.*s=%.*s\n", (int)form.pairs[at].name.size,
				      (const char *)form.pairs[at].name.data,
				      (int)form.pairs[at].value.size,
				      (const char *)form.pairs[at].value.data);
		if (strcmp(buffer_text(&pairs), rows[i].pairs) != 0)
			fail_msg("row %zu: %s", i, buffer_text(&pairs));
		buffer_finish(&pairs);
		arena_finish(&arena);
	}
}

static const struct refused_row {
	const char *type, *body;
	int code;
} refused[] = {
	{"text/plain", "a=1", FORM_BODY_E_TYPE},
	{"application/xml", "<a/>", FORM_BODY_E_TYPE},
	{"multipart/mixed; boundary=b", "--b--", FORM_BODY_E_TYPE},
	{MULTIPART, "a=1", FORM_BODY_E_FORM},
	{"application/json", "", FORM_BODY_E_FORM},
	{"application/json", "[1]", FORM_BODY_E_FORM},
	{"application/json", "{\"a\":1,\"a\":2}", FORM_BODY_E_FORM},
	{"application/json", "{\"a\":{\"b\":1}}", FORM_BODY_E_FORM},
	{"application/json", "{\"a\":[[1]]}", FORM_BODY_E_FORM},
	{"application/json", "{\"a\":\"\\u0000\"}", FORM_BODY_E_FORM},
	{"application/json", "{\"a\":\"x\"} x", FORM_BODY_E_FORM},
};

static void what_is_not_of_its_type_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct arena arena = ARENA_INIT(0);
		struct form_body form;
		int code = form_body_read(span_text(refused[i].type), span_text(refused[i].body),
					  SPAN(""), &arena, &form);

		if (code != refused[i].code)
			fail_msg("row %zu: %d", i, code);
		arena_finish(&arena);
	}
}

static int read_many(const char *type, const char *begin, const char *each, int count,
		     const char *end)
{
	struct buffer body = BUFFER_INIT;
	struct arena arena = ARENA_INIT(0);
	struct form_body form;
	int code;

	buffer_append_text(&body, begin);
	for (int i = 0; i < count; i++)
		buffer_append_text(&body, each);
	buffer_append_text(&body, end);
	code = form_body_read(span_text(type), buffer_span(&body), SPAN("sjis"), &arena, &form);
	arena_finish(&arena);
	buffer_finish(&body);
	return code;
}

static void there_is_a_limit_to_pairs_and_bytes(void **state)
{
	enum { MOST = FORM_BODY_PAIRS_MAX };

	(void)state;
	assert_int_equal(read_many(URLENCODED, "", "a=&", MOST, ""), 0);
	assert_int_equal(read_many(URLENCODED, "", "a=&", MOST + 1, ""), FORM_BODY_E_PAIRS);
	assert_int_equal(read_many(MULTIPART, "", PART("a", "\r\n1"), MOST, "--b--"), 0);
	assert_int_equal(read_many(MULTIPART, "", PART("a", "\r\n1"), MOST + 1, "--b--"),
			 FORM_BODY_E_PAIRS);
	assert_int_equal(read_many("application/json", "{\"a\":[", "1,", MOST - 1, "1]}"), 0);
	assert_int_equal(read_many("application/json", "{\"a\":[", "1,", MOST, "1]}"),
			 FORM_BODY_E_PAIRS);
	assert_int_equal(read_many(URLENCODED, "", "\x93", FORM_BODY_MAX_BYTES, ""), 0);
	assert_int_equal(read_many(URLENCODED, "", "x", FORM_BODY_MAX_BYTES + 1, ""),
			 FORM_BODY_E_SIZE);
	assert_int_equal(read_many("application/json", "", "[", FORM_BODY_MAX_BYTES, ""),
			 FORM_BODY_E_FORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_type_and_charset_gives_the_same_pairs),
		cmocka_unit_test(what_is_not_of_its_type_is_refused),
		cmocka_unit_test(there_is_a_limit_to_pairs_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
