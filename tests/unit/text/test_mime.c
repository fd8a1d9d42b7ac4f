/* SPDX-License-Identifier: Apache-2.0 */
/* Where the texts of a mail stand, and which of them are the message's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/mime.h"

#include <stdio.h>

#define MULTIPART(type) "Content-Type: multipart/" type "; boundary=\"b\"\n\n"

static const char reach_marks[] = {
	[MIME_OWN] = 'o',      [MIME_SIGNED] = 's',   [MIME_ENCRYPTED] = 'e',
	[MIME_ATTACHED] = 'a', [MIME_EMBEDDED] = 'm',
};

/* The parts in one line: path, kind, reach, encoding, content. */
static void expect_parts(struct span message, const char *want)
{
	static const char kinds[] = {
		[MIME_PLAIN] = 't', [MIME_HTML] = 'h', [MIME_AMP] = 'a', [MIME_OPAQUE] = 'x'};
	static const char encodings[] = {[MIME_IDENTITY] = 'i',
					 [MIME_QUOTED_PRINTABLE] = 'q',
					 [MIME_BASE64] = 'b',
					 [MIME_UNKNOWN] = 'u'};
	cleanup_buffer struct buffer got = BUFFER_INIT;
	struct mime mime;

	assert_int_equal(mime_parse(message, &mime), 0);
	for (size_t i = 0; i < mime.count; i++) {
		const struct mime_part *part = &mime.parts[i];

		assert_true(part->content.data >= message.data);
		buffer_printf(&got, "%s%.*s %c-%c-%c '%.*s'", i ? "; " : "", (int)part->path.size,
			      (const char *)part->path.data, kinds[part->kind],
			      reach_marks[part->reach], encodings[part->encoding],
			      (int)part->content.size, (const char *)part->content.data);
	}
	mime_finish(&mime);
	if (!span_equal(buffer_span(&got), span_text(want)))
		fail_msg("got  %s\nwant %s", buffer_text(&got), want);
}

static void parts_are_found(void **state)
{
	static const char *const rows[][2] = {
		{"Subject: x\n\nbody\n", "1 t-o-i 'body\n'"},
		{"Subject: x\r\n\r\nbody", "1 t-o-i 'body'"},
		{"Subject: x\n", "1 t-o-i ''"},
		{"   \n x\nSubject: x\n\nbody\n", "1 t-o-i 'body\n'"},
		{"no field\n\nbody\n", ""},
		{"Content-Type: text/html\nContent-Transfer-Encoding: Quoted-Printable\n\n<p>=\n",
		 "1 h-o-q '<p>=\n'"},
		{"Content-Type: text/html\nContent-Transfer-Encoding: x-zip\n\nx", "1 h-o-u 'x'"},
		{"Content-Type: image/png\n\nx", ""},
		{MULTIPART(
			 "alternative") "pre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\n",
		 "1 t-o-i 'one'; 2 h-o-i 'two'"},
		{MULTIPART(
			 "mixed") "--b\n"
				  "Content-Type: multipart/related; boundary=c\n\n"
				  "--c\nContent-Type: text/html\n\ninner\n--c--\n\n--b\n"
				  "Content-Disposition: attachment; filename=a.txt\n\nfile\n--b--\n",
		 "1.1 h-o-i 'inner'; 2 t-a-i 'file'"},
		{MULTIPART(
			 "mixed") "--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nit\n--b--\n",
		 "1.1 t-m-i 'it'"},
		{MULTIPART("digest") "--b\n\nSubject: inner\n\nit\n--b--\n", "1.1 t-m-i 'it'"},
		{MULTIPART(
			 "signed") "--b\n\nhello\n--b\nContent-Type: application/pgp-signature\n\n"
				   "x\n--b--\n",
		 "1 t-s-i 'hello'"},
		{"Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nMII\n",
		 "1 x-e-i 'MII\n'"},
		{MULTIPART("mixed") "--b\n\nnever closed\n", "1 t-o-i 'never closed\n'"},
		{MULTIPART(
			 "alternative") "--b\n\nt\n--b\nContent-Type: text/x-amp-html\n\na\n--b--\n",
		 "1 t-o-i 't'; 2 a-o-i 'a'"},
		{MULTIPART(
			 "mixed") "--b\nSubject: no header, content-type\nConTent-Type : text/html\n\n"
				  "To: \\\n--b--\n",
		 "1 h-o-i 'To: \\'"},
		{"From a@example.com\nTo: \"x\\\nContent-Type: text/html; a=\"\\\n\nx\n",
		 "1 h-o-i 'x\n'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_parts(span_text(rows[i][0]), rows[i][1]);
}

static void parameters_are_read(void **state)
{
	struct span message = SPAN("Content-Type: text/plain; charset=\"ISO-2022-JP\";\n"
				   " format=Flowed; DelSp=Yes\n\nx");
	struct mime mime;

	(void)state;
	assert_int_equal(mime_parse(message, &mime), 0);
	assert_int_equal(mime.count, 1);
	assert_true(span_equal_nocase(mime.parts[0].charset, SPAN("iso-2022-jp")));
	assert_true(mime.parts[0].flowed && mime.parts[0].delete_space);
	mime_finish(&mime);
}

static void boundaries_in_each_other_are_bounded(void **state)
{
	cleanup_buffer struct buffer message = BUFFER_INIT;
	struct mime mime;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buffer_printf(&message, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i,
			      i);
	for (int i = 0; i < 300000; i++)
		buffer_append_text(&message, "--x\n");
	assert_int_equal(mime_parse(buffer_span(&message), &mime), MIME_E_NESTED);
}

static void a_field_that_gmime_reads_is_bounded(void **state)
{
	struct mime mime;

	(void)state;
	for (size_t size = 60 << 10; size <= 64 << 20; size *= 2) {
		cleanup_buffer struct buffer message = BUFFER_INIT;

		buffer_append_text(&message, "Content-Type: text/html; charset*=");
		for (size_t i = 0; i < size; i += 8)
			buffer_append_text(&message, "aaaaaaaa");
		buffer_append_text(&message, "'x'y\n\nbody\n");
		assert_int_equal(message.error, 0);
		if (size > 60 << 10) {
			assert_int_equal(mime_parse(buffer_span(&message), &mime), MIME_E_FIELD);
			continue;
		}
		assert_int_equal(mime_parse(buffer_span(&message), &mime), 0);
		assert_int_equal(mime.count, 1);
		mime_finish(&mime);
	}
}

static void messages_in_each_other_are_bounded(void **state)
{
	cleanup_buffer struct buffer message = BUFFER_INIT;
	struct mime mime;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buffer_append_text(&message, "Content-Type: message/rfc822\n\n");
	buffer_append_text(&message, "Content-Type: text/html\n\nbody\n");
	assert_int_equal(mime_parse(buffer_span(&message), &mime), 0);
	mime_finish(&mime);
}

static void the_header_block_ends_at_the_empty_line(void **state)
{
	static const struct {
		const char *message;
		size_t size;
	} rows[] = {
		{"A: 1\nB: 2\n\nbody", 10},
		{"A: 1\r\n\r\nbody", 6},
		{"A: 1\n", 5},
		{"hello\n\nA: 1\n", 0},
		{"A: 1\n folded\n\n", 13},
		{"\nbody", 0},
		{" folded: 1\n\n", 0},
		{"  \nA: 1\n\n", 8},
		{"From a\nB: 2\n\n", 12},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mime_header_bytes(span_text(rows[i].message)), rows[i].size);
}

static void fields_are_found_by_name(void **state)
{
	struct span header = SPAN("A: 1\nDKIM-Signature: v=1;\n b=2\nab: 3\r\nA: 4"), field, value;
	size_t at = 0;

	(void)state;
	assert_true(mime_header_next(header, SPAN("dkim-signature"), &at, &field, &value));
	assert_true(span_equal(value, SPAN("v=1;\n b=2")));
	assert_true(span_equal(field, SPAN("DKIM-Signature: v=1;\n b=2\n")));
	assert_false(mime_header_next(header, SPAN("DKIM-Signature"), &at, &field, &value));
	at = 0;
	assert_true(mime_header_next(header, SPAN("A"), &at, &field, &value));
	assert_true(mime_header_next(header, SPAN("A"), &at, &field, &value));
	assert_true(span_equal(value, SPAN("4")));
}

static void a_mail_is_told_from_a_text(void **state)
{
	static const char *const mails[] = {
		"MIME-Version: 1.0\n\n",
		"Received: by x\nSubject: y\n\n<p>",
		"From: a@example.com\nTo: b@example.com\n\nhi",
		"From a Thu\nContent-Type: text/html\n",
	};
	static const char *const others[] = {
		"",
		"<p>x</p>",
		"Dear reader,\n\nFrom: us\n",
		"Subject: a poem\n\nroses",
		"\nMIME-Version: 1.0\n\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++)
		assert_true(mime_looks_whole(span_text(mails[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(mime_looks_whole(span_text(others[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(parameters_are_read),
		cmocka_unit_test(boundaries_in_each_other_are_bounded),
		cmocka_unit_test(a_field_that_gmime_reads_is_bounded),
		cmocka_unit_test(messages_in_each_other_are_bounded),
		cmocka_unit_test(the_header_block_ends_at_the_empty_line),
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(a_mail_is_told_from_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
