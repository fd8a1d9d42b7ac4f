/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever goes into the sort comes out in the order of the keys, each once: subjects that share
 * the bits that it sorts by, times that go back, in memory and with many runs on disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "summary/fact_sort.h"
#include "summary/fact_store.h"

enum { FACTS = 40000, SUBJECTS = 700 };

static uint64_t drawn = 7;

static uint64_t draw(void)
{
	drawn = drawn * UINT64_C(6364136223846793005) + 1442695040888963407;
	return drawn >> 20;
}

/* Half of them differ in their last byte alone. */
static struct subject make_subject(uint64_t number)
{
	struct subject subject = {{(uint8_t)(number % 3)}};
	uint64_t mixed = (number + 1) * UINT64_C(0x9E3779B97F4A7C15);

	if (number % 2)
		memcpy(subject.bytes + 1, &mixed, sizeof(mixed));
	subject.bytes[12] = (uint8_t)number;
	subject.bytes[11] = (uint8_t)(number >> 8);
	return subject;
}

static void check(size_t memory_bytes, unsigned disorder)
{
	struct subject subject;
	uint8_t key[FACT_KEY_BYTES], last[FACT_KEY_BYTES] = {0};
	struct fact_sort *sort;
	struct fact fact;
	uint64_t sum = 0, expected = 0;
	unsigned count = 0;

	assert_int_equal(fact_sort_new(P_tmpdir, memory_bytes, &sort), 0);
	for (unsigned i = 0; i < FACTS; i++) {
		subject = make_subject(draw() % SUBJECTS);
		memset(&fact, 0, sizeof(fact));
		fact.type = EVENT_view;
		fact.sequence = i + 1;
		fact.time = 1000000 + (uint64_t)i * 10 - (disorder ? draw() % disorder : 0);
		fact.page = i % 300 + 1;
		fact.view = i * UINT64_C(0x9E3779B97F4A7C15);
		fact.bits = FACT_LANGUAGE;
		expected += fact.view ^ fact.time;
		assert_int_equal(fact_sort_add(sort, &subject, &fact, FACT_PRIMARY), 0);
		assert_int_equal(fact.bits, FACT_LANGUAGE);
	}
	assert_int_equal(fact_sort_finish(sort), 0);
	while (fact_sort_next(sort, &subject, &fact) == 0) {
		fact_key(&subject, fact.time, fact.sequence, key);
		assert_true(count == 0 || memcmp(last, key, sizeof(key)) < 0);
		assert_int_equal(fact.type, EVENT_view);
		assert_int_equal(fact.bits, FACT_PRIMARY);
		assert_int_equal(fact.page, (fact.sequence - 1) % 300 + 1);
		sum += fact.view ^ fact.time;
		memcpy(last, key, sizeof(last));
		count++;
	}
	assert_int_equal(count, FACTS);
	assert_true(sum == expected);
	fact_sort_free(sort);
}

static void in_memory(void **state)
{
	(void)state;
	check(16 << 20, 0);
	check(16 << 20, 5000);
}

static void by_runs(void **state)
{
	(void)state;
	check(200000, 0);
	check(200000, 100000);
}

static void nothing(void **state)
{
	struct fact_sort *sort;
	struct subject subject;
	struct fact fact;

	(void)state;
	assert_int_equal(fact_sort_new(P_tmpdir, 100000, &sort), 0);
	assert_int_equal(fact_sort_finish(sort), 0);
	assert_int_equal(fact_sort_next(sort, &subject, &fact), FACT_E_END);
	fact_sort_free(sort);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory),
		cmocka_unit_test(by_runs),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
