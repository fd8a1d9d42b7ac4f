/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was posted, judged field by field: tidied values, reasons by field, and no more in all than
 * an event holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "track/form_answer.h"

/* One form with one field of the given JSON, named "f". */
static struct form *form_of(const char *field)
{
	struct buffer text = BUFFER_INIT;
	struct form *form = NULL;
	struct error error = {0};
	int code;

	buffer_printf(&text,
		      "{\"name\":\"a\",\"honeypot\":\"url\",\"fields\":[{\"name\":\"f\"%s}]}",
		      field);
	code = form_parse("form.json", buffer_span(&text), NULL, &form, &error);
	buffer_finish(&text);
	if (code)
		fail_msg("%s", error.text);
	return form;
}

static void judge(const struct form *form, struct form_pair *pairs, size_t count,
		  struct arena *arena, struct form_answer *answer)
{
	const struct form_body body = {.pairs = pairs, .count = count};

	assert_int_equal(form_answer_judge(form, &body, NULL, arena, answer), 0);
}

static const struct judged {
	const char *field, *typed, *value;
	enum form_reason reason;
} judged[] = {
	{"", " a \t b ", "a   b", FORM_REASON_NONE},
	{"", "a\r\nb\rc\nd", "a b c d", FORM_REASON_NONE},
	{"", "\xE3\x80\x80山田 太郎\xE3\x80\x80 ", "山田 太郎", FORM_REASON_NONE},
	{"",
	 "a\x01"
	 "b\x7F"
	 "c\xC2\x85"
	 "d",
	 "abcd", FORM_REASON_NONE},
	{",\"multiline\":true", "a\r\nb\rc", "a\nb\nc", FORM_REASON_NONE},
	{",\"required\":true", "", NULL, FORM_REASON_MISSING},
	{",\"required\":true", " \r\n\xE3\x80\x80 ", NULL, FORM_REASON_MISSING},
	{"", "", NULL, FORM_REASON_NONE},
	{",\"max_length\":3", "日本語", "日本語", FORM_REASON_NONE},
	{",\"max_length\":3", "日本語だ", "日本語", FORM_REASON_TOO_LONG},
	{",\"max_length\":1", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", FORM_REASON_NONE},
	{",\"type\":\"email\"", " A@Example.COM ", "A@Example.COM", FORM_REASON_NONE},
	{",\"type\":\"email\"", "ａｂｃ＠ｅｘａｍｐｌｅ．ｃｏｍ", "abc@example.com",
	 FORM_REASON_NONE},
	{",\"type\":\"email\"", "a@bücher.example", "a@xn--bcher-kva.example", FORM_REASON_NONE},
	{",\"type\":\"email\"", "a@localhost", "a@localhost", FORM_REASON_NONE},
	{",\"type\":\"email\"", "a b@example.com", "a b@example.com", FORM_REASON_NOT_AN_EMAIL},
	{",\"type\":\"email\"", "山田@example.com", "山田@example.com", FORM_REASON_NOT_AN_EMAIL},
	{",\"type\":\"email\"", "a@example.com,b@example.com", "a@example.com,b@example.com",
	 FORM_REASON_NOT_AN_EMAIL},
	{",\"type\":\"email\"", "a@gmail.com", "a@gmail.com", FORM_REASON_NONE},
	{",\"type\":\"business_email\"", "a@Gmail.com", "a@Gmail.com", FORM_REASON_FREE_MAIL},
	{",\"type\":\"business_email\"", "a@mail.gmail.com", "a@mail.gmail.com",
	 FORM_REASON_FREE_MAIL},
	{",\"type\":\"business_email\"", "a@notgmail.com", "a@notgmail.com", FORM_REASON_NONE},
	{",\"type\":\"number\"", "１２．５", "12.5", FORM_REASON_NONE},
	{",\"type\":\"number\"",
	 "\xE2\x88\x92"
	 "3e2",
	 "-3e2", FORM_REASON_NONE},
	{",\"type\":\"number\"", "1,000", "1,000", FORM_REASON_NOT_A_NUMBER},
	{",\"type\":\"number\"", "1.", "1.", FORM_REASON_NOT_A_NUMBER},
	{",\"type\":\"number\"", "0x10", "0x10", FORM_REASON_NOT_A_NUMBER},
	{",\"type\":\"number\"", "nan", "nan", FORM_REASON_NOT_A_NUMBER},
	{",\"type\":\"number\",\"minimum\":5", "4.9", "4.9", FORM_REASON_TOO_SMALL},
	{",\"type\":\"number\",\"maximum\":5", "1e999", "1e999", FORM_REASON_TOO_LARGE},
	{",\"type\":\"tel\"", "０３ー１２３４－５６７８", "03-1234-5678", FORM_REASON_NONE},
	{",\"type\":\"tel\"", "+81 (0)3 1234 5678 ext. 9", "+81 (0)3 1234 5678 ext. 9",
	 FORM_REASON_NONE},
	{",\"type\":\"tel\"", "12", "12", FORM_REASON_NOT_A_PHONE},
	{",\"type\":\"tel\"", "call me", "call me", FORM_REASON_NOT_A_PHONE},
	{",\"type\":\"tel\"", "03+1234", "03+1234", FORM_REASON_NOT_A_PHONE},
	{",\"choices\":[\"a\",\"b\"]", " b ", "b", FORM_REASON_NONE},
	{",\"choices\":[\"a\",\"b\"]", "c", "c", FORM_REASON_NOT_A_CHOICE},
	{",\"choices\":[\"a\",\"b\"]", "B", "B", FORM_REASON_NOT_A_CHOICE},
};

static void values_are_tidied_and_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		struct form_pair pair = {SPAN("f"), span_text(judged[i].typed)};
		struct form *form = form_of(judged[i].field);
		struct arena arena = ARENA_INIT(0);
		struct form_answer answer;

		judge(form, &pair, 1, &arena, &answer);
		if (answer.reasons[0] != judged[i].reason)
			fail_msg("%s, typed %s: %s", judged[i].field, judged[i].typed,
				 form_reason_text(answer.reasons[0]));
		assert_int_equal(answer.errors, judged[i].reason != FORM_REASON_NONE);
		if (!judged[i].value)
			assert_null(answer.values[0].data);
		else if (!span_equal(answer.values[0], span_text(judged[i].value)))
			fail_msg("%s became %.*s", judged[i].typed, (int)answer.values[0].size,
				 (const char *)answer.values[0].data);
		arena_finish(&arena);
		form_release(form);
	}
}

static void the_address_is_there_only_when_it_is_good(void **state)
{
	struct form *form = form_of(",\"type\":\"business_email\"");
	struct form_pair good = {SPAN("f"), SPAN("a@example.com")};
	struct form_pair bad = {SPAN("f"), SPAN("a@gmail.com")};
	struct arena arena = ARENA_INIT(0);
	struct form_answer answer;

	(void)state;
	judge(form, &good, 1, &arena, &answer);
	assert_true(span_equal(answer.address, SPAN("a@example.com")));
	form_answer_refuse(&answer, form, 0, FORM_REASON_NO_MX);
	assert_null(answer.address.data);
	assert_int_equal(answer.errors, 1);
	form_answer_refuse(&answer, form, 0, FORM_REASON_TOO_LONG);
	assert_int_equal(answer.reasons[0], FORM_REASON_NO_MX);
	judge(form, &bad, 1, &arena, &answer);
	assert_null(answer.address.data);
	arena_finish(&arena);
	form_release(form);
}

static void the_first_value_that_is_not_empty_counts(void **state)
{
	struct form *form = form_of("");
	struct form_pair pairs[] = {{SPAN("f"), SPAN(" ")},
				    {SPAN("other"), SPAN("x")},
				    {SPAN("f"), SPAN("one")},
				    {SPAN("f"), SPAN("two")}};
	struct arena arena = ARENA_INIT(0);
	struct form_answer answer;

	(void)state;
	judge(form, pairs, 4, &arena, &answer);
	assert_true(span_equal(answer.values[0], SPAN("one")));
	assert_false(answer.trapped);
	arena_finish(&arena);
	form_release(form);
}

static void several_choices_are_joined_in_the_forms_order(void **state)
{
	struct form *form =
		form_of(",\"multiple\":true,\"choices\":[\"a\",\"b\",\"c\"],\"required\":true");
	struct form_pair pairs[] = {{SPAN("f"), SPAN("c")},
				    {SPAN("f"), SPAN("a")},
				    {SPAN("f"), SPAN("c")}};
	struct form_pair wrong[] = {{SPAN("f"), SPAN("a")}, {SPAN("f"), SPAN("d")}};
	struct arena arena = ARENA_INIT(0);
	struct form_answer answer;

	(void)state;
	judge(form, pairs, 3, &arena, &answer);
	assert_true(span_equal(answer.values[0], SPAN("a;c")));
	assert_int_equal(answer.errors, 0);
	judge(form, wrong, 2, &arena, &answer);
	assert_int_equal(answer.reasons[0], FORM_REASON_NOT_A_CHOICE);
	judge(form, wrong, 0, &arena, &answer);
	assert_int_equal(answer.reasons[0], FORM_REASON_MISSING);
	arena_finish(&arena);
	form_release(form);
}

static void a_filled_honeypot_is_told(void **state)
{
	struct form *form = form_of("");
	struct form_pair pairs[] = {{SPAN("f"), SPAN("x")}, {SPAN("url"), SPAN("http://x")}};
	struct form_pair empty[] = {{SPAN("url"), SPAN("")}};
	struct arena arena = ARENA_INIT(0);
	struct form_answer answer;

	(void)state;
	judge(form, pairs, 2, &arena, &answer);
	assert_true(answer.trapped);
	judge(form, empty, 1, &arena, &answer);
	assert_false(answer.trapped);
	arena_finish(&arena);
	form_release(form);
}

/* Sixty-four fields of 4,000 characters that JSON doubles. */
static void all_values_together_fit_into_an_event(void **state)
{
	struct buffer text = BUFFER_INIT, value = BUFFER_INIT;
	struct form_pair pairs[FORM_FIELDS_MAX];
	char names[FORM_FIELDS_MAX][8];
	struct arena arena = ARENA_INIT(0);
	struct form_answer answer;
	struct form *form = NULL;
	size_t total = 2;

	(void)state;
	buffer_append_text(&text, "{\"name\":\"a\",\"fields\":[");
	for (int i = 0; i < FORM_LONG_TEXT_MAX_CHARACTERS; i++)
		buffer_append_byte(&value, '"');
	for (int i = 0; i < FORM_FIELDS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "f%d", i);
		buffer_printf(&text, "%s{\"name\":\"%s\",\"multiline\":true}", i ? "," : "",
			      names[i]);
		pairs[i] = (struct form_pair){span_text(names[i]), buffer_span(&value)};
	}
	buffer_append_text(&text, "]}");
	assert_int_equal(form_parse("", buffer_span(&text), NULL, &form, &(struct error){0}), 0);
	judge(form, pairs, FORM_FIELDS_MAX, &arena, &answer);
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		total += 2 * answer.values[i].size + strlen(names[i]) + 6;
	assert_true(total <= 16384);
	assert_int_equal(answer.reasons[0], FORM_REASON_NONE);
	assert_int_equal(answer.reasons[1], FORM_REASON_TOO_LONG);
	buffer_finish(&value);
	buffer_finish(&text);
	arena_finish(&arena);
	form_release(form);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_tidied_and_judged),
		cmocka_unit_test(the_address_is_there_only_when_it_is_good),
		cmocka_unit_test(the_first_value_that_is_not_empty_counts),
		cmocka_unit_test(several_choices_are_joined_in_the_forms_order),
		cmocka_unit_test(a_filled_honeypot_is_told),
		cmocka_unit_test(all_values_together_fit_into_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
