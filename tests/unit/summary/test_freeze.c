/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts go and totals stay, also those of a unit of which a part waits to be counted, and of one
 * with a click that nobody has judged yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/config.h"
#include "summary/due.h"
#include "summary/erasure.h"
#include "summary/freeze.h"

#include <stdio.h>

enum { FACTS = 30, COUNTED = 20, EXPIRED = 10 };

#define START (USEC_PER_DAY * 20000)
#define LATER (START + USEC_PER_DAY)

static const struct subject unit = {{SUBJECT_VISITOR, 1, 2, 3}};

struct scene {
	char directory[64];
	struct summary_env *env;
	struct tally *tally;
	struct unit_fold *fold;
	void (*act)(struct scene *scene, struct txn *txn);
	int64_t totals[2]; /* of clicks: in all, and frozen */
};

static int set_up(void **state)
{
	struct config config = {
		.path = (char *)(uintptr_t) "waymark.json",
		.summary_time_zone = (char *)(uintptr_t) "UTC",
		.summary_rules_file = (char *)(uintptr_t) "",
		.verdict_rules_file = (char *)(uintptr_t) "",
		.verdict_networks_file = (char *)(uintptr_t) "",
	};
	struct scene *scene = calloc(1, sizeof(*scene));
	struct fold_sink sink = {.count = tally_count};
	struct error error;

	assert_non_null(scene);
	(void)snprintf(scene->directory, sizeof(scene->directory), "freeze-XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	assert_int_equal(summary_env_open(scene->directory, "summary", true, &scene->env, &error),
			 0);
	assert_int_equal(tally_new(&scene->tally), 0);
	sink.context = scene->tally;
	assert_int_equal(unit_fold_new(&config, &sink, &scene->fold, &error), 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	unit_fold_free(scene->fold);
	tally_free(scene->tally);
	summary_env_close(scene->env);
	assert_int_equal(summary_env_remove(scene->directory, "summary"), 0);
	assert_int_equal(rmdir(scene->directory), 0);
	free(scene);
	return 0;
}

static void insert(struct txn *txn, uint64_t first, uint64_t last)
{
	struct fact fact;

	for (uint64_t i = first; i <= last; i++) {
		fact_origin(&unit, &fact);
		fact.sequence = i;
		fact.time = START + i * 40 * 60 * USEC_PER_SEC;
		fact.type = EVENT_click;
		fact.bits = FACT_PRIMARY | FACT_BROWSER | FACT_IMPORTED;
		assert_true(fact_store_insert(txn, &unit, &fact));
	}
}

/* All that are there, as a run would. */
static void count(struct scene *scene, struct txn *txn, usec_t as_of)
{
	struct due due = {.as_of = as_of};

	tally_clear(scene->tally);
	tally_set_sign(scene->tally, 1);
	assert_int_equal(unit_fold_run(scene->fold, &unit, as_of, NULL, &due.time, NULL), 0);
	assert_int_equal(tally_write(scene->tally, txn, SUMMARY_TOTALS), 0);
	due_note(txn, &unit, &due);
}

static bool add_clicks(void *context, struct span key, struct span value)
{
	int64_t counts[TOTAL_COUNT], *clicks = context;
	struct span id;
	uint16_t day;

	if (tally_read_row(key, value, &id, &day, counts) && key.data[0] == TOTAL_KIND_all) {
		*clicks += counts[TOTAL_clicks];
		assert_int_equal(counts[TOTAL_clicks_pending], 0);
	}
	return true;
}

static void run(struct txn *txn, void *context)
{
	struct scene *scene = context;

	unit_fold_use(scene->fold, txn);
	scene->act(scene, txn);
	scene->totals[0] = scene->totals[1] = 0;
	summary_each(txn, SUMMARY_TOTALS, span_of(NULL, 0), add_clicks, &scene->totals[0]);
	summary_each(txn, SUMMARY_FROZEN, span_of(NULL, 0), add_clicks, &scene->totals[1]);
	assert_false(summary_failed(txn));
}

static void expect(struct scene *scene, void (*act)(struct scene *scene, struct txn *txn),
		   int64_t all, int64_t frozen)
{
	scene->act = act;
	assert_int_equal(summary_env_write(scene->env, run, scene), 0);
	assert_int_equal(scene->totals[0], all);
	assert_int_equal(scene->totals[1], frozen);
}

static void expire(struct txn *txn, const struct subject *subject, void *context)
{
	const struct fact_range range = {.pruned = EXPIRED};
	bool empty;

	(void)context;
	assert_int_equal(fact_store_expire(txn, subject, &range, &empty), EXPIRED);
	assert_false(empty);
}

static void expire_settled(struct scene *scene, struct txn *txn)
{
	const struct freeze freeze = {scene->fold, scene->tally, LATER, false, expire, NULL};

	insert(txn, 1, FACTS);
	count(scene, txn, LATER + USEC_PER_DAY);
	assert_int_equal(freeze_units(&freeze, txn, &unit, 1), 0);
}

static void expire_partial(struct scene *scene, struct txn *txn)
{
	const struct freeze freeze = {scene->fold, scene->tally, LATER + USEC_PER_DAY,
				      false,	   expire,	 NULL};
	struct due due = {.time = LATER, .as_of = LATER, .through = COUNTED};

	insert(txn, 1, COUNTED);
	count(scene, txn, LATER);
	insert(txn, COUNTED + 1, FACTS);
	due_note(txn, &unit, &due);
	assert_int_equal(freeze_units(&freeze, txn, &unit, 1), 0);
	assert_false(due_find(txn, &unit, &due));
}

/* A minute after the last click. */
static void erase_unsettled(struct scene *scene, struct txn *txn)
{
	struct erasure erasure = {
		.fold = scene->fold,
		.tally = scene->tally,
		.as_of = START + (FACTS * 40 + 1) * 60 * USEC_PER_SEC,
		.sequence = FACTS + 1,
	};
	struct subject its;
	struct due due;

	insert(txn, 1, FACTS);
	count(scene, txn, erasure.as_of);
	assert_true(due_find(txn, &unit, &due));
	assert_int_equal(erasure_run(&erasure, txn, &unit, true), 0);
	assert_int_equal(erasure.removed, FACTS);
	assert_false(due_find(txn, &unit, &due));
	assert_false(unit_find(txn, &unit, &its));
	assert_int_equal(erasure_run(&erasure, txn, &unit, true), 0);
	assert_int_equal(erasure.removed, FACTS);
	erasure_finish(&erasure);
}

static void what_is_settled_is_frozen(void **state)
{
	expect(*state, expire_settled, FACTS, EXPIRED);
}

static void what_waits_is_counted_first(void **state)
{
	expect(*state, expire_partial, FACTS, EXPIRED);
}

static void who_is_erased_is_judged_at_once(void **state)
{
	expect(*state, erase_unsettled, FACTS, FACTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_settled_is_frozen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_waits_is_counted_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_is_erased_is_judged_at_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
