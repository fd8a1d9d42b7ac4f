/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multipart/form-data of browsers and of programs, and what looks like it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/multipart.h"

#include "corpora.h"

#define TYPE "multipart/form-data; boundary=b"
#define PART "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"

/* Base64 with padding, as the corpus writes it. */
static size_t decode_base64(const char *text, uint8_t *to)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t size = 0, count = 0;
	uint32_t bits = 0;

	for (; *text && *text != '='; text++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, *text) - digits);
		if (++count % 4 != 1)
			to[size++] = (uint8_t)(bits >> (6 - 2 * ((count - 1) % 4)));
	}
	return size;
}

static void expect_data(const char *id, const struct multipart_part *part, const char *numbers)
{
	size_t i = 0;

	while (*numbers) {
		char *end;
		unsigned long byte = strtoul(numbers, &end, 10);

		if (i >= part->data.size || part->data.data[i] != byte)
			fail_msg("%s: the data differs at %zu", id, i);
		numbers = *end == ',' ? end + 1 : end;
		i++;
	}
	if (i != part->data.size)
		fail_msg("%s: %zu bytes, not %zu", id, part->data.size, i);
}

static void expect_parts(const char *id, const struct multipart *multipart, const json_t *parts)
{
	if (multipart->count != json_array_size(parts))
		fail_msg("%s: %zu parts", id, multipart->count);
	for (size_t i = 0; i < multipart->count; i++) {
		const json_t *expected = json_array_get(parts, i);
		const struct multipart_part *part = &multipart->parts[i];
		const char *type = json_string_value(json_object_get(expected, "type"));

		if (!span_equal(part->name, corpora_text(expected, "name")))
			fail_msg("%s: the name %.*s", id, (int)part->name.size, part->name.data);
		assert_int_equal(part->is_file, strcmp(type, "file") == 0);
		expect_data(id, part, json_string_value(json_object_get(expected, "data")));
	}
}

static void rows_of_the_corpus_are_exact(void **state)
{
	json_t *rows = corpora_rows("multipart.jsonl"), *row;
	size_t index, exact = 0;

	(void)state;
	json_array_foreach(rows, index, row)
	{
		const char *id = json_string_value(json_object_get(row, "id"));
		const json_t *expect = json_object_get(row, "expect");
		const char *text = json_string_value(json_object_get(row, "body_b64"));
		uint8_t *body = malloc(strlen(text) + 1);
		struct arena arena = ARENA_INIT(0);
		struct multipart multipart;
		int code = multipart_parse(corpora_text(row, "content_type"),
					   span_of(body, decode_base64(text, body)), &arena,
					   &multipart);

		if (json_object_get(expect, "error_at") && code != MULTIPART_E_FORM)
			fail_msg("%s: %d", id, code);
		if (json_object_get(expect, "parts")) {
			if (code)
				fail_msg("%s: refused", id);
			expect_parts(id, &multipart, json_object_get(expect, "parts"));
		}
		exact += !json_object_get(expect, "see");
		assert_true(code == 0 || code == MULTIPART_E_FORM);
		assert_true(arena.used_bytes <= 8 * strlen(text) + 65536);
		arena_finish(&arena);
		free(body);
	}
	assert_true(exact >= 18);
	json_decref(rows);
}

static const struct taken {
	const char *type, *body, *name, *data;
	bool is_file;
} taken[] = {
	{TYPE, PART "\r\nx\r\n--b--\r\n", "a", "x", false},
	{TYPE, PART "\r\nx\r\n--b--", "a", "x", false},
	{TYPE, PART "\r\n\r\n--b--", "a", "", false},
	{TYPE, PART "\r\n--b--", "a", "", false},
	{TYPE, PART "\r\nx\r\n--b  \t\r\nX: y\r\n\r\nunnamed\r\n--b--", "a", "x", false},
	{TYPE, PART "\r\n\r\n\r\nx\r\n\r\n\r\n--b--", "a", "\r\n\r\nx\r\n\r\n", false},
	{TYPE, PART "\r\n--b\n--bx\r\n--bb\r\n--b-\r\n--b--", "a", "--b\n--bx\r\n--bb\r\n--b-",
	 false},
	{TYPE, PART "\r\nx\r\n--b--\r\n--b\r\nafter", "a", "x", false},
	{TYPE, PART "Content-Type: multipart/mixed; boundary=c\r\n\r\nx\r\n--b--", "a", "x", true},
	{TYPE, "--b\r\ncontent-disposition:form-data;name=a b;filename=\"\"\r\n\r\n\r\n--b--",
	 "a b", "", true},
	{TYPE,
	 "--b\r\nContent-Disposition: form-data; name=\"a%22%0D%0a%20\\\"\\\\\\x\"\r\n\r\nx\r\n--b--",
	 "a\"\r\n%20\"\\\\x", "x", false},
	{TYPE, PART "Content-Transfer-Encoding: base64\r\n\r\neHl6\r\neA==\r\n--b--", "a", "xyzx",
	 false},
	{TYPE, PART "Content-Transfer-Encoding: Quoted-Printable\r\n\r\na=3Db=\r\nc=zz=\r\n--b--",
	 "a", "a=bc=zz=", false},
	{"Multipart/Form-Data; Boundary=\"a b:c\"; x=y",
	 "--a b:c\r\nContent-Disposition: form-data; name=n\r\n\r\nx\r\n--a b:c--", "n", "x",
	 false},
	{"multipart/form-data; boundary=--b", PART "\r\nx\r\n--b--", "a", "x", false},
	{"multipart/form-data; boundary=----",
	 "------\r\nContent-Disposition: form-data; name=n"
	 "\r\n\r\nx\r\n--------",
	 "n", "x", false},
};

static void what_programs_write_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct arena arena = ARENA_INIT(0);
		struct multipart multipart = {.count = 0};
		const struct multipart_part *part;

		if (multipart_parse(span_text(taken[i].type), span_text(taken[i].body), &arena,
				    &multipart) != 0 ||
		    multipart.count != 1)
			fail_msg("row %zu: %zu parts", i, multipart.count);
		part = &multipart.parts[0];
		if (!span_equal(part->name, span_text(taken[i].name)) ||
		    !span_equal(part->data, span_text(taken[i].data)) ||
		    part->is_file != taken[i].is_file)
			fail_msg("row %zu: %.*s = %.*s", i, (int)part->name.size,
				 (const char *)part->name.data, (int)part->data.size,
				 (const char *)part->data.data);
		arena_finish(&arena);
	}
}

static const struct refused {
	const char *type, *body;
} refused[] = {
	{TYPE, ""},
	{TYPE, "\r\n"},
	{TYPE, "--b"},
	{TYPE, "--b\r\n"},
	{TYPE, "--bx\r\n"},
	{TYPE, "before\r\n" PART "\r\nx\r\n--b--"},
	{TYPE, PART "\r\nx\r\n--b\r\n"},
	{TYPE, PART "\r\nx"},
	{TYPE, PART "x"},
	{TYPE, PART " folded\r\n\r\nx\r\n--b--"},
	{TYPE, PART "X y: z\r\n\r\nx\r\n--b--"},
	{TYPE, PART ": z\r\n\r\nx\r\n--b--"},
	{TYPE, PART "X: y\nZ: z\r\n\r\nx\r\n--b--"},
	{TYPE, "--b\nContent-Disposition: form-data; name=a\n\nx\n--b--"},
	{TYPE, PART "Content-Transfer-Encoding: base64\r\n\r\n****\r\n--b--"},
	{TYPE, PART "Content-Transfer-Encoding: base64\r\n\r\neHl6e\r\n--b--"},
	{TYPE, PART "Content-Transfer-Encoding: base64\r\n\r\neA==eA==\r\n--b--"},
	{"multipart/form-data", PART "\r\nx\r\n--b--"},
	{"multipart/form-data; boundary=", PART "\r\nx\r\n--b--"},
	{"multipart/form-data; boundary=\"", PART "\r\nx\r\n--b--"},
};

static void what_two_could_read_in_two_ways_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct arena arena = ARENA_INIT(0);
		struct multipart multipart;
		int code = multipart_parse(span_text(refused[i].type), span_text(refused[i].body),
					   &arena, &multipart);

		if (code != MULTIPART_E_FORM)
			fail_msg("row %zu: %d", i, code);
		arena_finish(&arena);
	}
}

static int parse_many(int parts, int headers)
{
	struct buffer body = BUFFER_INIT;
	struct arena arena = ARENA_INIT(0);
	struct multipart multipart;
	int code;

	for (int i = 0; i < parts; i++) {
		buffer_append_text(&body, PART);
		for (int header = 1; header < headers; header++)
			buffer_append_text(&body, "X: y\r\n");
		buffer_append_text(&body, "\r\nx\r\n");
	}
	buffer_append_text(&body, "--b--");
	code = multipart_parse(SPAN(TYPE), buffer_span(&body), &arena, &multipart);
	arena_finish(&arena);
	buffer_finish(&body);
	return code;
}

static void there_is_a_limit_to_parts_and_headers(void **state)
{
	(void)state;
	assert_int_equal(parse_many(MULTIPART_PARTS_MAX, 1), 0);
	assert_int_equal(parse_many(MULTIPART_PARTS_MAX + 1, 1), MULTIPART_E_PARTS);
	assert_int_equal(parse_many(1, MULTIPART_HEADERS_MAX), 0);
	assert_int_equal(parse_many(1, MULTIPART_HEADERS_MAX + 1), MULTIPART_E_FORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_the_corpus_are_exact),
		cmocka_unit_test(what_programs_write_is_taken),
		cmocka_unit_test(what_two_could_read_in_two_ways_is_refused),
		cmocka_unit_test(there_is_a_limit_to_parts_and_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
