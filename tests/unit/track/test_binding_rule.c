/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What evidence does to a browser: every cell of the table, what keeps a claim from counting, and
 * when a link has leaked.
 */
#include "track/binding_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static enum binding_action ask(enum evidence known, bool same, enum evidence evidence)
{
	const struct binding_situation situation = {.known = known,
						    .same_person = same,
						    .evidence = evidence,
						    .navigation = true};

	return binding_rule(&situation);
}

static void test_a_browser_that_is_nobodys_takes_any_evidence(void **state)
{
	(void)state;
	assert_int_equal(ask(EVIDENCE_NONE, false, EVIDENCE_CLAIM), BINDING_BIND);
	assert_int_equal(ask(EVIDENCE_NONE, false, EVIDENCE_DECLARATION), BINDING_BIND);
	assert_int_equal(ask(EVIDENCE_NONE, false, EVIDENCE_PROOF), BINDING_BIND);
	assert_int_equal(ask(EVIDENCE_NONE, false, EVIDENCE_NONE), BINDING_NOTHING);
}

static void test_the_same_person_again_binds_only_when_stronger(void **state)
{
	(void)state;
	for (enum evidence known = EVIDENCE_CLAIM; known <= EVIDENCE_PROOF; known++)
		for (enum evidence new = EVIDENCE_CLAIM; new <= EVIDENCE_PROOF; new ++)
			assert_int_equal(ask(known, true, new),
					 new > known ? BINDING_BIND : BINDING_NOTHING);
}

static void test_a_claim_on_a_known_browser_is_a_conflict(void **state)
{
	(void)state;
	assert_int_equal(ask(EVIDENCE_CLAIM, false, EVIDENCE_CLAIM), BINDING_CONFLICT);
	assert_int_equal(ask(EVIDENCE_DECLARATION, false, EVIDENCE_CLAIM), BINDING_CONFLICT);
	assert_int_equal(ask(EVIDENCE_PROOF, false, EVIDENCE_CLAIM), BINDING_CONFLICT);
}

static void test_a_claim_gives_way_to_somebody_who_tells_who_they_are(void **state)
{
	(void)state;
	assert_int_equal(ask(EVIDENCE_CLAIM, false, EVIDENCE_DECLARATION), BINDING_BIND);
	assert_int_equal(ask(EVIDENCE_CLAIM, false, EVIDENCE_PROOF), BINDING_BIND);
}

/* Who was erased is known to nobody, and the id of their browser is nobody else's. */
static void test_an_erased_persons_browser_begins_anew(void **state)
{
	struct binding_situation situation = {.retired = true, .navigation = true};

	(void)state;
	situation.evidence = EVIDENCE_CLAIM;
	assert_int_equal(binding_rule(&situation), BINDING_NOTHING);
	situation.evidence = EVIDENCE_DECLARATION;
	assert_int_equal(binding_rule(&situation), BINDING_NEW_VISITOR);
	situation.evidence = EVIDENCE_PROOF;
	assert_int_equal(binding_rule(&situation), BINDING_NEW_VISITOR);
}

static void test_two_known_people_are_never_merged(void **state)
{
	(void)state;
	assert_int_equal(ask(EVIDENCE_DECLARATION, false, EVIDENCE_DECLARATION),
			 BINDING_NEW_VISITOR);
	assert_int_equal(ask(EVIDENCE_DECLARATION, false, EVIDENCE_PROOF), BINDING_NEW_VISITOR);
	assert_int_equal(ask(EVIDENCE_PROOF, false, EVIDENCE_PROOF), BINDING_NEW_VISITOR);
	assert_int_equal(ask(EVIDENCE_PROOF, false, EVIDENCE_DECLARATION), BINDING_CONFLICT);
}

/* An image, a machine, a leaked link and one whose claim was undone claim nothing and are in
 * conflict with nobody. */
static void test_what_keeps_a_claim_from_counting(void **state)
{
	(void)state;
	for (enum evidence known = EVIDENCE_NONE; known <= EVIDENCE_PROOF; known++)
		for (unsigned hindrance = 0; hindrance < 4; hindrance++) {
			struct binding_situation situation = {
				.known = known,
				.evidence = EVIDENCE_CLAIM,
				.navigation = hindrance != 0,
				.machine = hindrance == 1,
				.quarantined = hindrance == 2,
				.undone = hindrance == 3,
			};

			assert_int_equal(binding_rule(&situation), BINDING_NOTHING);
		}
}

/* Forms are posted by scripts, too, and a leaked link says nothing about who types. */
static void test_they_keep_nothing_else_from_counting(void **state)
{
	struct binding_situation situation = {.machine = true, .quarantined = true};

	(void)state;
	situation.evidence = EVIDENCE_DECLARATION;
	assert_int_equal(binding_rule(&situation), BINDING_BIND);
	situation.evidence = EVIDENCE_PROOF;
	assert_int_equal(binding_rule(&situation), BINDING_BIND);
}

static void test_when_a_link_has_leaked(void **state)
{
	(void)state;
	assert_false(binding_rule_leaked(1, 1));
	assert_false(binding_rule_leaked(7, 7));
	assert_false(binding_rule_leaked(8, 3));
	assert_true(binding_rule_leaked(8, 4));
	assert_true(binding_rule_leaked(9, 4));
	assert_false(binding_rule_leaked(31, 0));
	assert_true(binding_rule_leaked(32, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_browser_that_is_nobodys_takes_any_evidence),
		cmocka_unit_test(test_the_same_person_again_binds_only_when_stronger),
		cmocka_unit_test(test_a_claim_on_a_known_browser_is_a_conflict),
		cmocka_unit_test(test_a_claim_gives_way_to_somebody_who_tells_who_they_are),
		cmocka_unit_test(test_an_erased_persons_browser_begins_anew),
		cmocka_unit_test(test_two_known_people_are_never_merged),
		cmocka_unit_test(test_what_keeps_a_claim_from_counting),
		cmocka_unit_test(test_they_keep_nothing_else_from_counting),
		cmocka_unit_test(test_when_a_link_has_leaked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
