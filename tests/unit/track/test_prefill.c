/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What opens a field: every level under every evidence, and each condition of a claim taken away by
 * itself.
 */
#include "track/prefill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const usec_t noon = 1700000000 * USEC_PER_SEC, minute = 60 * USEC_PER_SEC;

/* A reader who has just followed the link in their own mail. */
static struct prefill_situation reader(void)
{
	return (struct prefill_situation){.evidence = EVIDENCE_CLAIM,
					  .claimed = noon - minute,
					  .only = true,
					  .now = noon};
}

/*
 * What is shown: a letter for each level from never to confirmed, first of a field that this
 * browser has sent, then of one that it has not: '-', 't' typed, 'k' known.
 */
static void expect(const struct prefill_situation *situation, const char *sent, const char *unsent)
{
	static const char letters[] = {'-', 't', 'k'};
	struct prefill_rights rights;
	char found[2][5] = {{0}};

	prefill_judge(situation, &rights);
	for (enum form_level level = FORM_LEVEL_NEVER; level <= FORM_LEVEL_CONFIRMED; level++) {
		found[0][level] = letters[prefill_choose(&rights, level, true)];
		found[1][level] = letters[prefill_choose(&rights, level, false)];
	}
	assert_string_equal(found[0], sent);
	assert_string_equal(found[1], unsent);
}

static void test_a_stranger_is_shown_nothing(void **state)
{
	struct prefill_situation nobody = {.now = noon};

	(void)state;
	expect(&nobody, "----", "----");
	nobody.only = nobody.typed = true;
	nobody.claimed = noon;
	expect(&nobody, "----", "----");
}

static void test_a_fresh_claim_opens_what_a_click_may(void **state)
{
	struct prefill_situation situation = reader();

	(void)state;
	expect(&situation, "-k--", "-k--");
	situation.evidence = EVIDENCE_DECLARATION;
	expect(&situation, "-k--", "-k--");
}

static void test_a_claim_needs_each_of_its_conditions(void **state)
{
	struct prefill_situation situation = reader();

	(void)state;
	situation.only = false;
	expect(&situation, "----", "----");
	situation = reader();
	situation.claimed = 0;
	expect(&situation, "----", "----");
	situation.claimed = noon - 30 * minute;
	expect(&situation, "-k--", "-k--");
	situation.claimed = noon - 30 * minute - 1;
	expect(&situation, "----", "----");
	/* A clock that was set back leaves claims of a time to come. */
	situation.claimed = noon + 1;
	expect(&situation, "----", "----");
}

static void test_what_was_typed_here_opens_up_to_own(void **state)
{
	struct prefill_situation situation = {.evidence = EVIDENCE_DECLARATION,
					      .typed = true,
					      .now = noon};

	(void)state;
	expect(&situation, "-tt-", "----");
	situation.claimed = noon;
	situation.only = true;
	expect(&situation, "-tt-", "-k--");
}

static void test_what_was_typed_as_somebody_else_is_not_shown(void **state)
{
	struct prefill_situation situation = {.evidence = EVIDENCE_DECLARATION, .now = noon};

	(void)state;
	expect(&situation, "----", "----");
}

static void test_a_proof_opens_all_but_never(void **state)
{
	struct prefill_situation situation = {.evidence = EVIDENCE_PROOF, .now = noon};

	(void)state;
	expect(&situation, "-kkk", "-kkk");
	situation.typed = true;
	expect(&situation, "-ttt", "-kkk");
}

static bool fits(const struct form_field *field, const char *value)
{
	return prefill_fits(field, span_text(value));
}

static void test_what_is_no_choice_stays_where_it_is(void **state)
{
	static const struct form_choice choices[] = {{.value = "one"}, {.value = "two"}};
	struct form_field field = {.choices = choices, .choice_count = 2};

	(void)state;
	assert_true(fits(&field, "two"));
	assert_false(fits(&field, "One"));
	assert_false(fits(&field, "one;two"));
	assert_false(fits(&field, "a remark of ours"));
	field.multiple = true;
	assert_true(fits(&field, "one"));
	assert_true(fits(&field, "two;one"));
	assert_false(fits(&field, "two;three"));
	assert_false(fits(&field, "two;"));
	assert_false(fits(&field, ";"));
	assert_false(fits(&field, ""));
	field = (struct form_field){.type = FORM_TYPE_NUMBER};
	assert_true(fits(&field, "-1.5e3"));
	assert_false(fits(&field, "12 of them"));
	assert_false(prefill_fits(&field, span_of("1\0", 2)));
	field.type = FORM_TYPE_TEXT;
	assert_true(fits(&field, "anything"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stranger_is_shown_nothing),
		cmocka_unit_test(test_a_fresh_claim_opens_what_a_click_may),
		cmocka_unit_test(test_a_claim_needs_each_of_its_conditions),
		cmocka_unit_test(test_what_was_typed_here_opens_up_to_own),
		cmocka_unit_test(test_what_was_typed_as_somebody_else_is_not_shown),
		cmocka_unit_test(test_a_proof_opens_all_but_never),
		cmocka_unit_test(test_what_is_no_choice_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
