/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Urlencoded bodies as browsers send them and as nobody should, by the URL Standard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "text/form_body.h"

#include <errno.h>

/* @pairs: name, value, name, value, ..., NULL. */
static void check(const char *body, const char *const *pairs)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct form_body form;
	size_t count = 0;

	assert_int_equal(form_body_parse(span_text(body), &arena, &form), 0);
	for (; pairs[2 * count]; count++) {
		struct span name = span_text(pairs[2 * count]),
			    value = span_text(pairs[2 * count + 1]);

		assert_true(count < form.count);
		assert_true(span_equal(form.pairs[count].name, name));
		assert_true(span_equal(form.pairs[count].value, value));
	}
	if (count != form.count)
		fail_msg("%s: %zu pairs", body, form.count);
}

#define CHECK(body, ...) check(body, (const char *const[]){__VA_ARGS__, NULL})

static void pairs_come_in_order_and_decoded(void **state)
{
	(void)state;
	CHECK("a=1&b=2", "a", "1", "b", "2");
	CHECK("a=1&a=2", "a", "1", "a", "2");
	CHECK("first+name=A+B&e=a%40b.example", "first name", "A B", "e", "a@b.example");
	CHECK("a=b=c", "a", "b=c");
	CHECK("%61%3d=%26%3D", "a=", "&=");
	CHECK("a=1%2b1&b=%252B", "a", "1+1", "b", "%2B");
	CHECK("n=%E5%B1%B1%e7%94%b0", "n", "\xE5\xB1\xB1\xE7\x94\xB0");
	CHECK("t=line%0D%0Aline", "t", "line\r\nline");
}

static void what_the_library_loses_is_kept(void **state)
{
	(void)state;
	CHECK("=v&b=2", "", "v", "b", "2");
	CHECK("a;b&c=3", "a;b", "", "c", "3");
	CHECK("a=1;b=2&c=3", "a", "1;b=2", "c", "3");
	CHECK("a&b", "a", "", "b", "");
	CHECK("=", "", "");
	CHECK("a=&=b&==", "a", "", "", "b", "", "=");
}

static void empty_pieces_are_none(void **state)
{
	(void)state;
	CHECK("", NULL);
	CHECK("&", NULL);
	CHECK("&&a=1&&&b=2&", "a", "1", "b", "2");
}

static void what_is_no_escape_stays(void **state)
{
	(void)state;
	CHECK("a=100%&b=%4&c=%zz&d=%%41&%", "a", "100%", "b", "%4", "c", "%zz", "d", "%A", "%", "");
	CHECK("a=%4&1", "a", "%4", "1", "");
	CHECK("a%3", "a%3", "");
}

static void ill_formed_text_becomes_valid(void **state)
{
	(void)state;
	CHECK("a=%FF", "a", "\xEF\xBF\xBD");
	CHECK("a=x%E5%B1y&b=%C0%80", "a", "x\xEF\xBF\xBDy", "b", "\xEF\xBF\xBD\xEF\xBF\xBD");
	CHECK("\xE9t\xE9=1", "\xEF\xBF\xBDt\xEF\xBF\xBD", "1");
	CHECK("a=%ED%A0%80", "a", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void a_nul_is_a_byte_like_any_other(void **state)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct form_body form;

	(void)state;
	assert_int_equal(form_body_parse(SPAN("a=%00b\0c&d=1"), &arena, &form), 0);
	assert_int_equal(form.count, 2);
	assert_true(span_equal(form.pairs[0].value, SPAN("\0b\0c")));
}

static void the_first_of_a_name_is_found(void **state)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct form_body form;

	(void)state;
	assert_int_equal(form_body_parse(SPAN("a=1&a=2&b"), &arena, &form), 0);
	assert_true(span_equal(form_body_get(&form, SPAN("a")), SPAN("1")));
	assert_true(form_body_get(&form, SPAN("b")).data != NULL);
	assert_null(form_body_get(&form, SPAN("A")).data);
}

static void size_and_number_are_bounded(void **state)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	cleanup_buffer struct buffer body = BUFFER_INIT;
	struct form_body form = {.count = 7};

	(void)state;
	for (unsigned i = 0; i < FORM_BODY_PAIRS_MAX; i++)
		buffer_append_text(&body, "&n=1&");
	assert_int_equal(form_body_parse(buffer_span(&body), &arena, &form), 0);
	assert_int_equal(form.count, FORM_BODY_PAIRS_MAX);
	buffer_append_text(&body, "x");
	assert_int_equal(form_body_parse(buffer_span(&body), &arena, &form), FORM_BODY_E_PAIRS);
	buffer_clear(&body);
	while (body.size < FORM_BODY_MAX_BYTES)
		buffer_append_byte(&body, 0xFF);
	assert_int_equal(form_body_parse(buffer_span(&body), &arena, &form), 0);
	assert_int_equal(form.count, 1);
	assert_int_equal(form.pairs[0].name.size, 3 * FORM_BODY_MAX_BYTES);
	buffer_append_byte(&body, 'x');
	assert_int_equal(form_body_parse(buffer_span(&body), &arena, &form), FORM_BODY_E_SIZE);
	assert_int_equal(form.count, 1);
}

static void too_little_memory_is_an_error(void **state)
{
	static const char *const bodies[] = {"a=%FF%FF%FF%FF%FF", "a=1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
		struct form_body form;
		int r = -ENOMEM;

		for (arena.limit_bytes = 1; r == -ENOMEM; arena.limit_bytes++) {
			arena_reset(&arena);
			r = form_body_parse(span_text(bodies[i]), &arena, &form);
			assert_true(arena.limit_bytes < 1000);
		}
		assert_int_equal(r, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_come_in_order_and_decoded),
		cmocka_unit_test(what_the_library_loses_is_kept),
		cmocka_unit_test(empty_pieces_are_none),
		cmocka_unit_test(what_is_no_escape_stays),
		cmocka_unit_test(ill_formed_text_becomes_valid),
		cmocka_unit_test(a_nul_is_a_byte_like_any_other),
		cmocka_unit_test(the_first_of_a_name_is_found),
		cmocka_unit_test(size_and_number_are_bounded),
		cmocka_unit_test(too_little_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
