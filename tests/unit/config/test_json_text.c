/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places in a JSON text by path: the value itself, or the nearest that there is; and no path, well
 * formed or not, is read past its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/json_text.h"

static const char text[] = " {\"a\": 1, \"b\": [2, {\"c\": 3}], \"a]\": 4}";

/* The path on the heap, in exactly its size, so that reading further is seen. */
static void check(const char *path, const char *expected)
{
	char *copy = span_dup(span_text(path));
	size_t at;

	assert_non_null(copy);
	at = json_text_find(span_text(text), copy);
	free(copy);
	assert_memory_equal(text + at, expected, strlen(expected));
}

static void a_path_leads_to_its_value(void **state)
{
	(void)state;
	check("", "{\"a\"");
	check("a", "1");
	check("b", "[2");
	check("b[0]", "2");
	check("b[1].c", "3");
}

static void what_is_not_there_leads_to_what_is_around_it(void **state)
{
	(void)state;
	check("x", "{\"a\"");
	check("b[2]", "[2");
	check("b.c", "[2");
	check("a[0]", "1");
	check("b[1].x.y", "{\"c\"");
}

static void a_path_without_its_end_is_not_read_past_it(void **state)
{
	(void)state;
	check("b[", "2");
	check("b[1", "{\"c\"");
	check("b[1].", "{\"c\"");
	check("[", "{\"a\"");
	check("]", "{\"a\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_leads_to_its_value),
		cmocka_unit_test(what_is_not_there_leads_to_what_is_around_it),
		cmocka_unit_test(a_path_without_its_end_is_not_read_past_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
