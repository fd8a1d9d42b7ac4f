/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Destinations: what goes out byte for byte, what becomes what a browser would request, and what is
 * refused, each as the URL Standard says; then parsing, origins and registrable domains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/url.h"

#include "corpora.h"

static void expect(const char *input, enum url_class class, const char *location)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;
	enum url_refusal refusal;
	enum url_class got = url_classify(span_text(input), true, &to, &refusal);

	if (got != class || (location && strcmp(buffer_text(&to), location)))
		fail_msg("%s: class %d, refusal %d, location %s", input, (int)got, (int)refusal,
			 buffer_text(&to));
	if (class != URL_SERIALISED)
		assert_int_equal(to.size, 0);
	assert_int_equal(refusal == URL_OK, class != URL_NONE);
}

static void expect_refusal(const char *input, enum url_refusal expected)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;
	enum url_refusal refusal;

	assert_int_equal(url_classify(span_text(input), true, &to, &refusal), URL_NONE);
	if (refusal != expected)
		fail_msg("%s: refused as %d, not %d", input, (int)refusal, (int)expected);
	assert_int_equal(to.size, 0);
	assert_non_null(url_refusal_text(refusal));
}

static void printable_ascii_is_never_touched(void **state)
{
	static const char *const urls[] = {
		"http://example.com",	"HTTPS://Example.COM:443/%7Ea/../b?x=%zz&y=[1]#a#b",
		"http://evil\\@ok/",	"http://user:pa:ss@example.com/",
		"http://0x7f.1/",	"http://[::1]:8080/",
		"http://x/{a}|b^`",	"http:///example.com/",
		"https://xn--ls8h.la/", "http://a_b.example/",
		"http://a..b/",		"http://example.com./",
		"http://f:0/",		"http://ho%73t/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		expect(urls[i], URL_EXACT, NULL);
}

static void others_become_what_a_browser_requests(void **state)
{
	(void)state;
	expect("  https://example.com/a b\n", URL_SERIALISED, "https://example.com/a%20b");
	expect("ht\ntp://exa\tmple.com/\r", URL_SERIALISED, "http://example.com/");
	expect("http:foo.com", URL_SERIALISED, "http://foo.com/");
	expect("http:/foo.com", URL_SERIALISED, "http://foo.com/");
	expect("http:\\\\evil\\@ok", URL_SERIALISED, "http://evil/@ok");
	expect("HTTP:\\EXAMPLE.com:080\\a", URL_SERIALISED, "http://example.com/a");
	expect("https://fa\u00DF.de/\u00E9?\u00E9'#\u00E9`", URL_SERIALISED,
	       "https://xn--fa-hia.de/%C3%A9?%C3%A9%27#%C3%A9%60");
	expect("https://\U0001F4A9.la/", URL_SERIALISED, "https://xn--ls8h.la/");
	expect("http:a/./b/%2E%2e/c/..", URL_SERIALISED, "http://a/");
	expect("http:a//b//../c/.", URL_SERIALISED, "http://a//b/c/");
	expect("http:u:p:q@h", URL_SERIALISED, "http://u:p%3Aq@h/");
	expect("http:@h", URL_SERIALISED, "http://h/");
	expect("http::@h", URL_SERIALISED, "http://h/");
	expect("http:a@b@h?#", URL_SERIALISED, "http://a%40b@h/?#");
	expect("http:h/^|\"", URL_SERIALISED, "http://h/%5E|%22");
	expect("http:\xEF\xBC\x91.2.3.4", URL_SERIALISED, "http://1.2.3.4/");
	expect("http:h/\xFF\xE3\x81", URL_SERIALISED, "http://h/%EF%BF%BD%EF%BF%BD");
}

static void addresses_are_read_as_browsers_do(void **state)
{
	static const char *const rows[][2] = {
		{"http:127.1", "http://127.0.0.1/"},
		{"http:0x7F.0.0.01.", "http://127.0.0.1/"},
		{"http:4294967295", "http://255.255.255.255/"},
		{"http:017700000001", "http://127.0.0.1/"},
		{"http:1.0x", "http://1.0.0.0/"},
		{"http:[2001:DB8::0:1]", "http://[2001:db8::1]/"},
		{"http:[1:0:0:2:0:0:0:3]", "http://[1:0:0:2::3]/"},
		{"http:[0:0:1:1:1:1:0:0]", "http://[::1:1:1:1:0:0]/"},
		{"http:[1:2:3:4:5:6:7::]", "http://[1:2:3:4:5:6:7:0]/"},
		{"http:[::ffff:1.2.3.4]:80", "http://[::ffff:102:304]/"},
		{"http:[::]", "http://[::]/"},
	};
	static const char *const bad[] = {
		"http://1.2.3.256/",
		"http://4294967296/",
		"http://1.2.3.4.5/",
		"http://1.2.3.08/",
		"http://1..2/",
		"http://a.1/",
		"http://a.0x1/",
		"http://[1::2::3]/",
		"http://[1:2:3:4:5:6:7]/",
		"http://[1:2:3:4:5:6:7:8::]",
		"http://[:1]/",
		"http://[12345::]/",
		"http://[::1.2.3]/",
		"http://[::1.2.3.04]/",
		"http://[1:2:3:4:5:6:7:1.2.3.4]",
		"http://[::1/",
		"http://[::1]x/",
		"http://[]/",
		"http://[1:]/",
		"http://[::g]/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect(rows[i][0], URL_SERIALISED, rows[i][1]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_refusal(bad[i], URL_HOST);
}

static void refusals_say_why(void **state)
{
	(void)state;
	expect_refusal("", URL_EMPTY);
	expect_refusal(" \t\n", URL_EMPTY);
	expect_refusal("#top", URL_FRAGMENT);
	expect_refusal("/path", URL_RELATIVE);
	expect_refusal("//host/path", URL_RELATIVE);
	expect_refusal("www.example.com", URL_RELATIVE);
	expect_refusal("1http://x/", URL_RELATIVE);
	expect_refusal("mailto:a@example.com", URL_SCHEME);
	expect_refusal("java\nscript:alert(1)", URL_SCHEME);
	expect_refusal("httpx://x/", URL_SCHEME);
	expect_refusal("http://", URL_HOST);
	expect_refusal("http://user@/", URL_HOST);
	expect_refusal("http://:80/", URL_HOST);
	expect_refusal("http://?", URL_HOST);
	expect_refusal("http://a b/", URL_HOST);
	expect_refusal("http://a%00b/", URL_HOST);
	expect_refusal("http://a%2Fb/", URL_HOST);
	expect_refusal("http://%zz/", URL_HOST);
	expect_refusal("http://%ff/", URL_HOST);
	expect_refusal("http://a<b/", URL_HOST);
	expect_refusal("http://a|b/", URL_HOST);
	expect_refusal("http://\u00AD/", URL_HOST);
	expect_refusal("http://xn--/", URL_HOST);
	expect_refusal("http://fa\u00DF&/", URL_HOST);
	expect_refusal("http://a\u05D0b/", URL_HOST);
	expect_refusal("http://1a.\u05D0/", URL_HOST);
	expect_refusal("http://a:65536/", URL_PORT);
	expect_refusal("http://a:99999999999999999999/", URL_PORT);
	expect_refusal("http://a:8o/", URL_PORT);
	expect_refusal("http://a:-1/", URL_PORT);
}

static void the_length_limit_is_on_what_goes_out(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT, url = BUFFER_INIT;
	enum url_refusal refusal;

	(void)state;
	buffer_append_text(&url, "http://example.com/");
	while (url.size < URL_MAX_BYTES)
		buffer_append_byte(&url, 'a');
	assert_int_equal(url_classify(buffer_span(&url), true, &to, &refusal), URL_EXACT);
	buffer_append_byte(&url, 'a');
	assert_int_equal(url_classify(buffer_span(&url), true, &to, &refusal), URL_NONE);
	assert_int_equal(refusal, URL_TOO_LONG);
	/* Short enough as written, too long once every space is three characters. */
	memset(url.data + 20, ' ', 4000);
	url.size = 4020;
	assert_int_equal(url_classify(buffer_span(&url), true, &to, &refusal), URL_SERIALISED);
	assert_int_equal(to.size, 20);
	memset(url.data + 20, ' ', 4000);
	url.data[4020] = 'b';
	url.size = 4021;
	buffer_clear(&to);
	assert_int_equal(url_classify(buffer_span(&url), true, &to, &refusal), URL_NONE);
	assert_int_equal(refusal, URL_TOO_LONG);
	assert_int_equal(to.size, 0);
}

/* Browsers follow what no name server knows; url_parse() need not. */
static void long_hosts_are_exact(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT, text = BUFFER_INIT;
	enum url_refusal refusal;
	struct url url;

	(void)state;
	buffer_append_text(&text, "http://");
	while (text.size < 300)
		buffer_append_text(&text, "label.");
	buffer_append_text(&text, "example/");
	assert_int_equal(url_classify(buffer_span(&text), true, &to, &refusal), URL_EXACT);
	assert_int_equal(url_parse(buffer_span(&text), &url), URL_E_INVALID);
}

static void other_charsets_are_left_alone(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;
	enum url_refusal refusal;

	(void)state;
	assert_int_equal(url_classify(SPAN("http://x/?q=\xE9"), false, &to, &refusal), URL_NONE);
	assert_int_equal(refusal, URL_CHARSET);
	assert_int_equal(url_classify(SPAN("http://x/?q=a"), false, &to, &refusal), URL_EXACT);
}

static void corpus_rows_pass(void **state)
{
	json_t *rows = corpora_rows("urls.json");
	size_t at, exact = 0, serialised = 0, refused = 0;
	json_t *row;

	(void)state;
	json_array_foreach(rows, at, row)
	{
		cleanup_buffer struct buffer to = BUFFER_INIT;
		struct span input = corpora_text(row, "input");
		const json_t *id = json_object_get(row, "id");
		enum url_refusal refusal;
		enum url_class class = url_classify(input, true, &to, &refusal);
		bool must = span_equal(corpora_text(row, "class"), SPAN("exact"));

		/* What is exact must be; with a quote or angle bracket it may be (DESIGN.md 3). */
		if ((must && class != URL_EXACT) ||
		    (class == URL_SERIALISED &&
		     !span_equal(buffer_span(&to), corpora_text(row, "whatwg_href"))))
			fail_msg("row %lld: %.*s: class %d, %s", json_integer_value(id),
				 (int)input.size, input.data, (int)class, buffer_text(&to));
		exact += class == URL_EXACT;
		serialised += class == URL_SERIALISED;
		refused += class == URL_NONE;
	}
	print_message("%zu rows: %zu exact, %zu serialised, %zu left alone\n", at, exact,
		      serialised, refused);
	json_decref(rows);
}

/* @name as a host is written: the corpus has names in Unicode. */
static const char *host_of(const char *name)
{
	static struct url url;
	cleanup_buffer struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "http://%s/", name);
	assert_int_equal(url_parse(buffer_span(&text), &url), 0);
	return url.host;
}

static void corpus_domains_agree(void **state)
{
	json_t *rows = corpora_rows("urls.json"), *row;
	size_t at, seen = 0;

	(void)state;
	json_array_foreach(rows, at, row)
	{
		const json_t *expected = json_object_get(row, "registrable_domain");
		struct url url;
		const char *domain;

		if (!expected)
			continue;
		seen++;
		assert_int_equal(url_parse(corpora_text(row, "input"), &url), 0);
		domain = url_registrable_domain(url.host, url.host_is_address);
		if (!json_string_value(expected) != !domain)
			fail_msg("%s: %s", url.host, domain ? domain : "none");
		if (domain)
			assert_string_equal(domain, host_of(json_string_value(expected)));
	}
	assert_true(seen > 20);
	json_decref(rows);
}

static void pieces_are_slices_of_the_input(void **state)
{
	struct span text = SPAN(" https://u@WWW.Example.com:8443/a/./b?c=d#e ");
	char origin[URL_HOST_MAX_BYTES + 16];
	struct url url;

	(void)state;
	assert_int_equal(url_parse(text, &url), 0);
	assert_true(url.https && url.has_userinfo && !url.host_is_address);
	assert_string_equal(url.host, "www.example.com");
	assert_int_equal(url.port, 8443);
	assert_true(span_equal(url.path, SPAN("/a/./b")));
	assert_true(span_equal(url.query, SPAN("c=d")) && span_equal(url.fragment, SPAN("e")));
	assert_ptr_equal(url.path.data, text.data + 31);
	url_origin(&url, origin);
	assert_string_equal(origin, "https://www.example.com:8443");

	assert_int_equal(url_parse(SPAN("http://[::1]?"), &url), 0);
	assert_true(url.host_is_address && !url.has_userinfo && url.path.size == 0);
	assert_true(url.query.data && url.query.size == 0 && !url.fragment.data);
	url_origin(&url, origin);
	assert_string_equal(origin, "http://[::1]");
	assert_int_equal(url_parse(SPAN("https://a:443"), &url), 0);
	url_origin(&url, origin);
	assert_string_equal(origin, "https://a");
}

static void parse_leaves_the_output_alone_on_failure(void **state)
{
	struct url url = {.port = 7};

	(void)state;
	assert_int_equal(url_parse(SPAN("ftp://a/"), &url), URL_E_INVALID);
	assert_int_equal(url_parse(SPAN("/a"), &url), URL_E_INVALID);
	assert_int_equal(url_parse(SPAN("http://a\nb/"), &url), URL_E_INVALID);
	assert_int_equal(url_parse(SPAN("http://a:x/"), &url), URL_E_INVALID);
	assert_int_equal(url.port, 7);
}

static void registrable_domains(void **state)
{
	(void)state;
	assert_string_equal(url_registrable_domain("go.example.co.jp", false), "example.co.jp");
	assert_string_equal(url_registrable_domain("go.example.com.", false), "example.com.");
	assert_null(url_registrable_domain("127.0.0.1", true));
	assert_null(url_registrable_domain("localhost", false));
	assert_null(url_registrable_domain("co.jp", false));
	assert_null(url_registrable_domain("", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_ascii_is_never_touched),
		cmocka_unit_test(others_become_what_a_browser_requests),
		cmocka_unit_test(addresses_are_read_as_browsers_do),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(the_length_limit_is_on_what_goes_out),
		cmocka_unit_test(long_hosts_are_exact),
		cmocka_unit_test(other_charsets_are_left_alone),
		cmocka_unit_test(corpus_rows_pass),
		cmocka_unit_test(corpus_domains_agree),
		cmocka_unit_test(pieces_are_slices_of_the_input),
		cmocka_unit_test(parse_leaves_the_output_alone_on_failure),
		cmocka_unit_test(registrable_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
