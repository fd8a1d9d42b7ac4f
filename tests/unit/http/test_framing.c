/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads cut into pieces as the library cuts them: in place, at the first colon, with white space
 * before a value skipped and nothing else. Every leniency shows as a gap between the pieces.
 */
#include "http/framing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

struct cut {
	char text[8192];
	struct field fields[128];
	struct head head;
	struct framing framing;
};

static struct span up_to(char **at, const char *stop)
{
	char *begin = *at;
	size_t size = strcspn(begin, stop);

	*at = begin + size;
	return span_of(begin, size);
}

static void cut(struct cut *cut, const char *text)
{
	char *at = cut->text;

	assert_true(strlen(text) < sizeof(cut->text));
	strcpy(cut->text, text);
	cut->head = (struct head){.fields = cut->fields};
	cut->head.method = up_to(&at, " ");
	at += *at == ' ';
	cut->head.target = up_to(&at, " ");
	cut->head.target_at = cut->head.target.data;
	at += *at == ' ';
	cut->head.version = up_to(&at, "\r\n");
	at += *at == '\r' ? 2 : 1;
	while (*at && *at != '\r' && *at != '\n') {
		struct field *field = &cut->fields[cut->head.field_count++];

		assert_true(cut->head.field_count <= 128);
		field->name = up_to(&at, ":");
		at++;
		at += strspn(at, " \t");
		field->value = span_of(at, strcspn(at, "\n"));
		if (field->value.size > 0 && at[field->value.size - 1] == '\r')
			field->value.size--;
		at += field->value.size;
		at += *at == '\r' ? 2 : 1;
	}
	at += *at == '\r' ? 2 : 1;
	cut->head.end = (const uint8_t *)at;
}

static unsigned status_of(const char *text)
{
	static struct cut one;

	cut(&one, text);
	framing_check(&one.head, &one.framing);
	if (one.framing.status)
		assert_non_null(one.framing.sentence);
	return one.framing.status;
}

#define HEAD(rest) status_of("GET / HTTP/1.1\r\nHost: go.example.com\r\n" rest "\r\n")

static void a_plain_head_is_read(void **state)
{
	static struct cut one;

	(void)state;
	cut(&one, "POST /f/contact?a=1?b HTTP/1.1\r\nHost:go.example.com:8080\r\n"
		  "Content-Length: \t12 \r\nX-Empty:\r\n\r\n");
	framing_check(&one.head, &one.framing);
	assert_int_equal(one.framing.status, 0);
	assert_int_equal(one.framing.method, METHOD_POST);
	assert_int_equal(one.framing.content_length, 12);
	assert_true(span_equal(one.framing.host, SPAN("go.example.com:8080")));
	assert_true(span_equal(one.framing.path, SPAN("/f/contact")));
	assert_true(span_equal(one.framing.query, SPAN("a=1?b")));
	assert_true(span_equal(one.fields[1].value, SPAN("12")));
	assert_true(span_equal(one.fields[2].value, SPAN("")));
}

static void a_path_without_a_query_has_an_absent_one(void **state)
{
	static struct cut one;

	(void)state;
	cut(&one, "GET /l/x? HTTP/1.0\r\n\r\n");
	framing_check(&one.head, &one.framing);
	assert_int_equal(one.framing.status, 0);
	assert_non_null(one.framing.query.data);
	assert_int_equal(one.framing.query.size, 0);
	cut(&one, "GET /l/x HTTP/1.0\r\n\r\n");
	framing_check(&one.head, &one.framing);
	assert_null(one.framing.query.data);
	assert_null(one.framing.host.data);
}

static void what_the_parser_tolerated_is_refused(void **state)
{
	static struct cut one;

	(void)state;
	assert_int_equal(status_of("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n"), 400);
	/* Two spaces before the target: skipped by the library, and a gap to us. */
	cut(&one, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	one.head.target_at++;
	framing_check(&one.head, &one.framing);
	assert_int_equal(one.framing.status, 400);
	/* A value cut at a NUL is shorter than the line. */
	cut(&one, "GET / HTTP/1.1\r\nHost: a\r\nX: bcd\r\n\r\n");
	one.fields[1].value.size = 1;
	framing_check(&one.head, &one.framing);
	assert_int_equal(one.framing.status, 400);
	/* A folded header was moved. */
	cut(&one, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n");
	one.fields[1].name = SPAN("X");
	framing_check(&one.head, &one.framing);
	assert_int_equal(one.framing.status, 400);
}

static void header_names_are_tokens(void **state)
{
	(void)state;
	assert_int_equal(HEAD("X!#$%&'*+-.^_`|~1: a\r\n"), 0);
	assert_int_equal(HEAD("Content-Length : 3\r\n"), 400);
	assert_int_equal(HEAD("Content Length: 3\r\n"), 400);
	assert_int_equal(HEAD("Content\rLength: 3\r\n"), 400);
	assert_int_equal(HEAD(" Content-Length: 3\r\n"), 400);
	assert_int_equal(HEAD("Fo@: 3\r\n"), 400);
	assert_int_equal(HEAD("Transf\x82r-Encoding: chunked\r\n"), 400);
	assert_int_equal(HEAD(": 3\r\n"), 400);
}

static void values_hold_no_controls(void **state)
{
	(void)state;
	assert_int_equal(HEAD("X: a\tb caf\xc3\xa9 \r\n"), 0);
	assert_int_equal(HEAD("X: a\x01\r\n"), 400);
	assert_int_equal(HEAD("X: a\x1f"
			      "b\r\n"),
			 400);
	assert_int_equal(HEAD("X: a\x7f\r\n"), 400);
	assert_int_equal(HEAD("X: a\rb\r\n"), 400);
	assert_int_equal(HEAD("X: a\r\r\n"), 400);
}

static void one_well_formed_host(void **state)
{
	(void)state;
	assert_int_equal(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.0\r\n\r\n"), 0);
	assert_int_equal(HEAD("Host: go.example.com\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: 0.0.0.0=5000\r\n\r\n"), 0);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a:808080\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), 400);
}

static void the_length_is_stated_once_and_plainly(void **state)
{
	(void)state;
	assert_int_equal(HEAD("Content-Length: 0\r\n"), 0);
	assert_int_equal(HEAD("Content-Length: 3\r\nContent-Length: 3\r\n"), 400);
	assert_int_equal(HEAD("Content-Length: 3, 3\r\n"), 400);
	assert_int_equal(HEAD("Content-Length: +3\r\n"), 400);
	assert_int_equal(HEAD("Content-Length: -0\r\n"), 400);
	assert_int_equal(HEAD("Content-Length: 0x3\r\n"), 400);
	assert_int_equal(HEAD("Content-Length: 3 2\r\n"), 400);
	assert_int_equal(HEAD("Content-Length:\r\n"), 400);
	assert_int_equal(HEAD("Content-Length: 99999999999999999999\r\n"), 400);
	assert_int_equal(HEAD("Transfer-Encoding: chunked\r\n"), 411);
	assert_int_equal(HEAD("TRANSFER-ENCODING: cow\r\n"), 411);
	assert_int_equal(HEAD("Transfer-Encoding:\r\n"), 411);
	assert_int_equal(HEAD("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400);
	assert_int_equal(HEAD("Expect: 100-Continue\r\n"), 0);
	assert_int_equal(HEAD("Expect: gold\r\n"), 417);
}

static void methods_and_versions_are_exact(void **state)
{
	(void)state;
	assert_int_equal(status_of("PATCH / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_int_equal(status_of("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
	assert_int_equal(status_of("ANNOUNCE / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
	assert_int_equal(status_of("bla:rgh / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(status_of("GET\xc3\x9f / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
	assert_int_equal(status_of("GET / http/1.1\r\nHost: a\r\n\r\n"), 505);
	assert_int_equal(status_of("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 505);
}

static unsigned target_status(const char *target)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: go.example.com:8080\r\n\r\n",
		       target);
	return status_of(text);
}

static void targets(void **state)
{
	char path[FRAMING_TARGET_MAX_BYTES + 2] = "/";

	(void)state;
	assert_int_equal(target_status("/%zz?%00"), 0);
	assert_int_equal(target_status("http://GO.example.com/x?y"), 0);
	assert_int_equal(target_status("https://go.example.com:443"), 0);
	assert_int_equal(target_status("http://evil.example/x"), 400);
	assert_int_equal(target_status("http://go.example.com@evil.example/"), 400);
	assert_int_equal(target_status("http://u@go.example.com/"), 400);
	assert_int_equal(target_status("http://go.example.com?x"), 400);
	assert_int_equal(target_status("ftp://go.example.com/"), 400);
	assert_int_equal(target_status("foo/bar"), 400);
	assert_int_equal(target_status("go.example.com:443"), 400);
	assert_int_equal(target_status("*"), 400);
	assert_int_equal(target_status("/a\x7f"), 400);
	assert_int_equal(target_status("/caf\xc3\xa9"), 400);
	assert_int_equal(target_status("/a\tb"), 400);
	assert_int_equal(target_status("/a#b"), 400);
	memset(path + 1, 'a', sizeof(path) - 2);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(target_status(path), 414);
	path[sizeof(path) - 2] = '\0';
	assert_int_equal(target_status(path), 0);
	assert_int_equal(status_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_int_equal(status_of("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), 0);
}

static void an_absolute_target_gives_its_path(void **state)
{
	static struct cut one;

	(void)state;
	cut(&one, "GET http://[::1]:8080/foo?q HTTP/1.1\r\nHost: [::1]\r\n\r\n");
	framing_check(&one.head, &one.framing);
	assert_int_equal(one.framing.status, 0);
	assert_true(span_equal(one.framing.path, SPAN("/foo")));
	assert_true(span_equal(one.framing.query, SPAN("q")));
	cut(&one, "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n");
	framing_check(&one.head, &one.framing);
	assert_true(span_equal(one.framing.path, SPAN("/")));
}

static void too_many_headers(void **state)
{
	char text[4096] = "GET / HTTP/1.1\r\nHost: a\r\n";

	(void)state;
	for (int i = 1; i < FRAMING_FIELDS_MAX; i++)
		strcat(text, "X: a\r\n");
	strcat(text, "\r\n");
	assert_int_equal(status_of(text), 0);
	text[strlen(text) - 2] = '\0';
	strcat(text, "X: a\r\n\r\n");
	assert_int_equal(status_of(text), 431);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_head_is_read),
		cmocka_unit_test(a_path_without_a_query_has_an_absent_one),
		cmocka_unit_test(what_the_parser_tolerated_is_refused),
		cmocka_unit_test(header_names_are_tokens),
		cmocka_unit_test(values_hold_no_controls),
		cmocka_unit_test(one_well_formed_host),
		cmocka_unit_test(the_length_is_stated_once_and_plainly),
		cmocka_unit_test(methods_and_versions_are_exact),
		cmocka_unit_test(targets),
		cmocka_unit_test(an_absolute_target_gives_its_path),
		cmocka_unit_test(too_many_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
