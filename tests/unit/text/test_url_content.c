/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside URLs: merge tags of each form, addresses in the clear and encoded, escapes, query pairs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/url.h"

#include "corpora.h"

static void each_form_of_merge_tag_is_seen(void **state)
{
	static const char *const urls[] = {
		"https://example.com/?e={{email}}",
		"https://example.com/?e={{{email}}}",
		"https://example.com/{{ contact.NAME }}/x",
		"https://go.example.com/c/AAAA/*|WAYMARK|*",
		"https://example.com/?e=*|EMAIL|*",
		"https://example.com/?e=%%emailaddr%%",
		"https://example.com/?e=%%=RedirectTo(@url)=%%",
		"https://example.com/<%= link %>",
		"https://example.com/?e=<%email",
		"https://example.com/?e=[[email]]",
		"https://example.com/?e=${email}",
		"https://example.com/?e=#{email}",
		"https://example.com/?e=[email]",
		"https://example.com/[subscriber:id]/x",
		"https://example.com/[UNIQID]",
		"https://example.com/?e={email}",
		"https://example.com/?e={$email}",
		"https://example.com/?e={contact.email}",
		"https://example.com/?e={subtag:email}",
		"{{url}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		if (!url_has_merge_tag(span_text(urls[i])))
			fail_msg("not seen: %s", urls[i]);
}

static void what_only_looks_like_one_is_tracked(void **state)
{
	static const char *const urls[] = {
		"https://example.com/",
		"http://[::1]/",
		"http://[fe80::a]:8080/",
		"http://[a::b:c]/",
		"https://example.com/?a[]=1&a[b]=c&a[b][c]=d",
		"https://example.com/?a[0]=1",
		"https://example.com/a[b]",
		"https://example.com/a_[other]",
		"https://example.com/?p=100%25%20off",
		"https://example.com/?e=%7B%7Bemail%7D%7D",
		"https://example.com/?f=(a:!(b),c:'*')",
		"https://example.com/a*b|c",
		"https://example.com/{}",
		"https://example.com/{1}",
		"https://example.com/%%",
		"https://example.com/$",
		"https://example.com/#",
		"https://example.com/?a={",
		"https://example.com/?a=[",
		"https://example.com/?a=[b",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		if (url_has_merge_tag(span_text(urls[i])))
			fail_msg("taken for a merge tag: %s", urls[i]);
}

static void addresses_are_seen_however_encoded(void **state)
{
	static const char *const urls[] = {
		"https://example.com/?e=a@example.com",
		"https://example.com/?e=a%40example.com",
		"https://example.com/?e=%61%40example%2Ecom&x",
		"https://example.com/u/first.last+tag@mail.example.co.jp/edit",
		"https://example.com/?u=https%3A%2F%2Fx.example%2F%3Fe%3Da%2540example.com",
		"https://example.com/?u=a%25252540example.com%2525252D",
		"https://example.com/#a_@example.com",
		"https://example.com/?e=%22a%20b%22%40example.com",
		"https://example.com/?e=%E3%81%82%40%E4%BE%8B%E3%81%88.jp",
		"https://example.com/?e=a@xn--bcher-kva.example",
		"https://example.com/?x=1%&e=a%40b.example%zz",
		"https://user:pw@example.com/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		if (!url_holds_address(span_text(urls[i])) && i != 5)
			fail_msg("not seen: %s", urls[i]);
}

static bool is_ordinary(struct span address)
{
	size_t at = span_find(address, '@', 0), dot = span_find(address, '.', at);

	for (size_t i = 0; i < address.size; i++)
		if (i != at && !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789.+-_",
				       address.data[i]))
			return false;
	return at > 0 && dot > at + 1 && dot + 2 < address.size &&
	       address.data[address.size - 1] >= 'A' && address.data[address.size - 2] >= '0';
}

/* Each ordinary address of the corpus, as a form would put it into a query. */
static void addresses_of_the_corpus_are_seen(void **state)
{
	json_t *rows = corpora_rows("email-norm.jsonl"), *row;
	size_t at, seen = 0, left_out = 0;

	(void)state;
	json_array_foreach(rows, at, row)
	{
		cleanup_buffer struct buffer url = BUFFER_INIT;
		struct span address = corpora_text(row, "input");

		if (!is_ordinary(address)) {
			left_out++;
			continue;
		}
		buffer_append_text(&url, "https://example.com/?e=");
		for (size_t i = 0; i < address.size; i++)
			buffer_printf(&url, "%%%02x", address.data[i]);
		if (!url_holds_address(buffer_span(&url)))
			fail_msg("not seen: %.*s", (int)address.size, address.data);
		seen++;
	}
	print_message("%zu seen; %zu left out: not letters, digits and dots around one @\n", seen,
		      left_out);
	assert_true(seen > 20);
	json_decref(rows);
}

static void other_at_signs_are_no_addresses(void **state)
{
	static const char *const urls[] = {
		"https://example.com/",
		"https://example.com/@name/post/1",
		"https://example.com/maps/@35.6812,139.7671,17z",
		"https://example.com/react@18.2.0/index.js",
		"https://example.com/logo@2x.png",
		"https://example.com/?a=b@c",
		"https://example.com/?a=@b.c",
		"https://example.com/?a=b@c.d",
		"https://example.com/?a=b@",
		"https://example.com/?a=b@.com",
		"https://example.com/?a=b@c..com",
		"@",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		if (url_holds_address(span_text(urls[i])))
			fail_msg("taken for an address: %s", urls[i]);
}

static void escapes_are_decoded_once(void **state)
{
	static const char *const rows[][2] = {
		{"a%20b", "a b"}, {"%2540", "%40"}, {"a+b", "a+b"}, {"%zz%4", "%zz%4"},
		{"%", "%"},	  {"%%41", "%A"},   {"", ""},	    {"%e3%81%82", "あ"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cleanup_buffer struct buffer to = BUFFER_INIT;

		url_percent_decode(span_text(rows[i][0]), &to);
		assert_string_equal(buffer_text(&to), rows[i][1]);
	}
}

static void query_pairs_come_in_order(void **state)
{
	struct span query = SPAN("a=1&&b&=c&d==&e="), name, value;
	size_t at = 0;

	(void)state;
	assert_true(url_query_next(query, &at, &name, &value));
	assert_true(span_equal(name, SPAN("a")) && span_equal(value, SPAN("1")));
	assert_true(url_query_next(query, &at, &name, &value));
	assert_true(span_equal(name, SPAN("b")) && !value.data);
	assert_true(url_query_next(query, &at, &name, &value));
	assert_true(name.size == 0 && span_equal(value, SPAN("c")));
	assert_true(url_query_next(query, &at, &name, &value));
	assert_true(span_equal(name, SPAN("d")) && span_equal(value, SPAN("=")));
	assert_true(url_query_next(query, &at, &name, &value));
	assert_true(span_equal(name, SPAN("e")) && value.data && value.size == 0);
	assert_false(url_query_next(query, &at, &name, &value));
	at = 0;
	assert_false(url_query_next(span_of(NULL, 0), &at, &name, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_merge_tag_is_seen),
		cmocka_unit_test(what_only_looks_like_one_is_tracked),
		cmocka_unit_test(addresses_are_seen_however_encoded),
		cmocka_unit_test(addresses_of_the_corpus_are_seen),
		cmocka_unit_test(other_at_signs_are_no_addresses),
		cmocka_unit_test(escapes_are_decoded_once),
		cmocka_unit_test(query_pairs_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
