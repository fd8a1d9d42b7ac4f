/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts on disk: what comes in in any order comes out in the order of time, whole; by the sort of a
 * first run as by insertion; and a unit of several subjects is one stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "summary/fact_sort.h"
#include "summary/fact_store.h"

#include <stdio.h>

enum { FACTS = 1500 };

struct scene {
	char directory[64];
	struct summary_env *env;
	struct fact facts[FACTS];
	size_t order[FACTS];
	uint64_t random;
};

static uint64_t draw(struct scene *scene)
{
	scene->random = scene->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return scene->random >> 33;
}

static const struct subject visitor = {{SUBJECT_VISITOR, 1, 2, 3}};
static const struct subject person = {{SUBJECT_PERSON, 9, 9, 9}};

static void make_facts(struct scene *scene)
{
	usec_t time = USEC_PER_DAY;

	for (size_t i = 0; i < FACTS; i++) {
		struct fact *fact = &scene->facts[i];

		fact_origin(&visitor, fact);
		time += draw(scene) % 3 * USEC_PER_SEC;
		*fact = (struct fact){
			.sequence = i + 1,
			.time = time,
			.type = draw(scene) % 2 ? EVENT_view : EVENT_leave,
			.bits = FACT_PRIMARY | FACT_BROWSER,
			.visitor = fact->visitor,
			.page = (uint32_t)draw(scene) % 50,
			.view = draw(scene),
			.utm = {0, (uint32_t)draw(scene) % 2, 0, 0, 7},
			.amount = (int64_t)(draw(scene) % 5) - 2,
		};
		scene->order[i] = i;
	}
	for (size_t i = FACTS - 1; i > 0; i--) {
		size_t j = draw(scene) % (i + 1), swapped = scene->order[i];

		scene->order[i] = scene->order[j];
		scene->order[j] = swapped;
	}
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct error error;

	assert_non_null(scene);
	(void)snprintf(scene->directory, sizeof(scene->directory), "fact-store-XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	assert_int_equal(summary_env_open(scene->directory, "summary", true, &scene->env, &error),
			 0);
	scene->random = 42;
	make_facts(scene);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	summary_env_close(scene->env);
	assert_int_equal(summary_env_remove(scene->directory, "summary"), 0);
	assert_int_equal(rmdir(scene->directory), 0);
	free(scene);
	return 0;
}

static void expect_stream(struct scene *scene, struct txn *txn, const struct subject *unit)
{
	struct fact_stream stream = {0};
	struct fact fact;
	size_t count = 0;

	assert_int_equal(fact_stream_begin(&stream, txn, unit), 0);
	for (; fact_stream_next(&stream, &fact); count++)
		assert_memory_equal(&fact, &scene->facts[count], sizeof(fact));
	assert_int_equal(stream.error, 0);
	assert_int_equal(count, FACTS);
	fact_stream_finish(&stream);
}

static void insert_all(struct txn *txn, void *context)
{
	struct scene *scene = context;

	for (size_t i = 0; i < FACTS; i++)
		assert_true(fact_store_insert(txn, &visitor, &scene->facts[scene->order[i]]));
	assert_false(fact_store_insert(txn, &visitor, &scene->facts[FACTS / 2]));
	expect_stream(scene, txn, &visitor);
	assert_int_equal(fact_store_delete(txn, &visitor), FACTS);
}

static void any_order_comes_out_in_order_of_time(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(summary_env_write(scene->env, insert_all, scene), 0);
}

/* The person's copy of every third one beside the visitor's; then all of it counts with them. */
static void insert_two(struct txn *txn, void *context)
{
	struct scene *scene = context;

	for (size_t i = 0; i < FACTS; i++) {
		struct fact fact = scene->facts[scene->order[i]];

		fact.bits = i % 3 ? fact.bits : FACT_BROWSER;
		(void)fact_store_insert(txn, &visitor, &fact);
		fact.bits = FACT_PRIMARY;
		if (i % 3 == 0)
			(void)fact_store_insert(txn, &person, &fact);
	}
	unit_set(txn, &visitor, &person, 5);
	expect_stream(scene, txn, &person);
	unit_set(txn, &visitor, &visitor, 6);
	assert_int_equal(fact_store_delete(txn, &person), FACTS / 3);
	assert_int_equal(fact_store_delete(txn, &visitor), FACTS);
}

static void copies_of_a_unit_are_one(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(summary_env_write(scene->env, insert_two, scene), 0);
}

static void erase(struct txn *txn, void *context)
{
	struct subject unit;

	(void)context;
	unit_set(txn, &visitor, &person, 5);
	assert_true(unit_find(txn, &visitor, &unit));
	assert_memory_equal(&unit, &person, sizeof(unit));
	unit_set(txn, &visitor, NULL, 6);
	assert_false(unit_find(txn, &visitor, &unit));
}

static void who_is_erased_is_in_no_unit(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(summary_env_write(scene->env, erase, NULL), 0);
}

/* In memory, and through a file in many runs. */
static void a_sort_gives_the_same_order(void **state)
{
	static const size_t memories[] = {1 << 20, 8192};
	struct scene *scene = *state;

	for (size_t round = 0; round < 2; round++) {
		struct fact_sort *sort;
		struct subject subject;
		struct fact fact;
		size_t count = 0;
		int r;

		assert_int_equal(fact_sort_new(scene->directory, memories[round], &sort), 0);
		for (size_t i = 0; i < FACTS; i++) {
			const struct fact *next = &scene->facts[scene->order[i]];

			assert_int_equal(fact_sort_add(sort, i % 2 ? &visitor : &person, next,
						       next->bits),
					 0);
		}
		assert_int_equal(fact_sort_finish(sort), 0);
		for (struct fact before = {0}; !(r = fact_sort_next(sort, &subject, &fact));
		     count++) {
			bool first = count == 0 || count == FACTS / 2;

			assert_int_equal(subject.bytes[0],
					 count < FACTS / 2 ? SUBJECT_VISITOR : SUBJECT_PERSON);
			assert_true(first || fact_compare(&before, &fact) < 0);
			assert_memory_equal(&fact, &scene->facts[fact.sequence - 1], sizeof(fact));
			before = fact;
		}
		assert_int_equal(r, FACT_E_END);
		assert_int_equal(count, FACTS);
		fact_sort_free(sort);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_order_comes_out_in_order_of_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(copies_of_a_unit_are_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_is_erased_is_in_no_unit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sort_gives_the_same_order, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
