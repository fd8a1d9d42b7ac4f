/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows come out in order, each as often as it was put in, whether they fit into memory or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/row_sort.h"

#include <string.h>

struct row {
	uint64_t key;
	uint8_t rest[24]; /* made of the key */
};

static int compare(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	return (one->key > other->key) - (one->key < other->key);
}

static uint64_t draw(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *random >> 33;
}

static void sort(size_t count, uint64_t distinct)
{
	uint64_t random = count + 1, sum = 0, last = 0;
	struct row_sort *rows;
	struct error error;
	const void *next;
	size_t found = 0;

	assert_int_equal(row_sort_new(sizeof(struct row), compare, &rows, &error), 0);
	for (size_t i = 0; i < count; i++) {
		struct row row = {.key = draw(&random) % distinct};

		memset(row.rest, (int)(row.key % 251), sizeof(row.rest));
		sum += row.key;
		assert_int_equal(row_sort_add(rows, &row), 0);
	}
	for (;; found++) {
		const struct row *row;

		assert_int_equal(row_sort_next(rows, &next), 0);
		row = next;
		if (!row)
			break;
		assert_true(row->key >= last);
		assert_int_equal(row->rest[23], row->key % 251);
		last = row->key;
		sum -= row->key;
	}
	assert_int_equal(found, count);
	assert_int_equal(sum, 0);
	assert_int_equal(row_sort_next(rows, &next), 0);
	assert_null(next);
	row_sort_free(rows);
}

static void what_fits_into_memory(void **state)
{
	(void)state;
	sort(0, 1);
	sort(1, 1);
	sort(1000, 50);
	sort(ROW_SORT_ROWS, UINT64_MAX);
}

static void what_does_not(void **state)
{
	(void)state;
	sort(ROW_SORT_ROWS + 1, UINT64_MAX);
	sort(2 * ROW_SORT_ROWS, 7);
	sort(5 * ROW_SORT_ROWS + 12345, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_into_memory),
		cmocka_unit_test(what_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
