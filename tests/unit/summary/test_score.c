/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points: by the closest rule, capped by day, fading by day, and with the events behind them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "summary/score.h"

static const char rules_text[] =
	"{\"daily_caps\": {\"view\": 5, \"session\": 6},"
	" \"groups\": ["
	"  {\"name\": \"prices\", \"pages\": [\"/prices\"], \"points\": {\"view\": 10},"
	"   \"daily_cap\": 20, \"category\": \"umbrellas\", \"important\": true},"
	"  {\"name\": \"careers\", \"pages\": [\"/careers\"], \"points\": {\"view\": -10},"
	"   \"daily_cap\": 25}],"
	" \"forms\": [{\"name\": \"contact\", \"points\": {\"submit\": 80}, \"category\": \"sales\"}],"
	" \"campaigns\": [{\"name\": \"autumn\", \"points\": {\"click\": 7}}],"
	" \"events\": [{\"name\": \"demo\", \"points\": {\"event\": 15}, \"category\": \"umbrellas\"}]}";

enum { PRICES = 0, CAREERS = 1, TODAY = 20000 };

struct fixture {
	struct summary_rules *rules;
	struct score score;
	uint64_t sequence;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	struct error error = {0};

	fixture = (struct fixture){0};
	*state = &fixture;
	if (rules_parse("rules.json", span_text(rules_text), &fixture.rules, &error) != 0)
		fail_msg("%s", error.text);
	score_init(&fixture.score, fixture.rules, TODAY);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	rules_free(fixture->rules);
	return 0;
}

static struct score_item item_of(struct fixture *fixture, enum score_kind kind, uint16_t day)
{
	return (struct score_item){.kind = kind,
				   .day = day,
				   .sequence = ++fixture->sequence,
				   .group = RULES_NONE};
}

static void add(struct fixture *fixture, enum score_kind kind, uint16_t day, int group,
		unsigned times)
{
	while (times-- > 0) {
		struct score_item item = item_of(fixture, kind, day);

		item.group = group;
		score_add(&fixture->score, &item);
	}
}

static int32_t total(struct fixture *fixture)
{
	score_finish(&fixture->score);
	return fixture->score.total;
}

static void kinds_have_their_points(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, SCORE_submit, TODAY, RULES_NONE, 1);
	add(fixture, SCORE_submit_error, TODAY, RULES_NONE, 1);
	add(fixture, SCORE_redirect, TODAY, RULES_NONE, 1);
	add(fixture, SCORE_event, TODAY, RULES_NONE, 1);
	assert_int_equal(total(fixture), 50 - 5 + 3);
	assert_int_equal(fixture->score.items, 3);
}

static void the_closest_rule_gives_the_points(void **state)
{
	struct fixture *fixture = *state;
	struct score_item form = item_of(fixture, SCORE_submit, TODAY);
	struct score_item click = item_of(fixture, SCORE_click, TODAY);
	struct score_item event = item_of(fixture, SCORE_event, TODAY);

	id_of_name(NAME_FORM, SPAN("contact"), &form.form);
	form.group = CAREERS;
	score_add(&fixture->score, &form);
	id_of_name(NAME_CAMPAIGN, SPAN("autumn"), &click.campaign);
	score_add(&fixture->score, &click);
	event.name = SPAN("demo");
	score_add(&fixture->score, &event);
	event.name = SPAN("demo2");
	score_add(&fixture->score, &event);
	assert_int_equal(total(fixture), 80 - 55 + 7 + 15);
}

/* Caps of careers took 55 of the form's 80 above: a group's cap binds whatever is on its pages. */
static void caps_hold_for_a_day(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, SCORE_view, TODAY - 1, RULES_NONE, 9);
	assert_int_equal(total(fixture), 5);
	assert_int_equal(fixture->score.capped, 4);
	add(fixture, SCORE_view, TODAY, RULES_NONE, 9);
	assert_int_equal(total(fixture), 10);
	add(fixture, SCORE_session, TODAY, RULES_NONE, 9);
	assert_int_equal(total(fixture), 16);
}

static void a_group_has_a_cap_of_its_own_and_may_take(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, SCORE_view, TODAY, CAREERS, 9);
	assert_int_equal(total(fixture), -25);
	add(fixture, SCORE_view, TODAY, RULES_NONE, 2);
	assert_int_equal(total(fixture), -23);
}

static void a_kinds_cap_binds_groups_too(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, SCORE_view, TODAY, PRICES, 3);
	assert_int_equal(total(fixture), 5);
	assert_int_equal(fixture->score.by_category[0], 5);
	assert_string_equal(fixture->rules->categories[0], "umbrellas");
}

static void points_fade_by_days(void **state)
{
	struct fixture *fixture = *state;
	struct summary_rules *fading = NULL;
	struct error error;

	assert_int_equal(rules_parse("r", SPAN("{\"half_life_days\": 10}"), &fading, &error), 0);
	score_init(&fixture->score, fading, TODAY);
	add(fixture, SCORE_submit, TODAY - 20, RULES_NONE, 1);
	assert_int_equal(total(fixture), 13);
	add(fixture, SCORE_submit, TODAY - 10, RULES_NONE, 1);
	add(fixture, SCORE_submit, TODAY, RULES_NONE, 1);
	/* What is said to be of tomorrow is of today. */
	add(fixture, SCORE_submit, TODAY + 1, RULES_NONE, 1);
	assert_int_equal(total(fixture), 138);
	assert_int_equal(fixture->score.sum, 12500 + 25000 + 50000 + 50000);
	add(fixture, SCORE_submit, 1, RULES_NONE, 1);
	assert_int_equal(total(fixture), 138);
	rules_free(fading);
}

static void what_is_recent_is_known(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, SCORE_submit, TODAY - 30, RULES_NONE, 1);
	add(fixture, SCORE_view, TODAY - 29, PRICES, 1);
	add(fixture, SCORE_view, TODAY, PRICES, 1);
	add(fixture, SCORE_click, TODAY, RULES_NONE, 1);
	(void)total(fixture);
	assert_int_equal(fixture->score.recent, 5000 + 5000 + 3000);
	assert_int_equal(fixture->score.important, 2);
	assert_int_equal(fixture->score.active_days, 2);
	assert_int_equal(fixture->score.first_day, TODAY - 30);
	assert_int_equal(fixture->score.last_day, TODAY);
}

static void the_strongest_events_stay(void **state)
{
	struct fixture *fixture = *state;
	const struct score_evidence *rows = fixture->score.strongest;

	for (uint16_t day = 0; day < 40; day++)
		add(fixture, SCORE_click, (uint16_t)(TODAY - 40 + day), RULES_NONE, 1);
	add(fixture, SCORE_submit, TODAY, RULES_NONE, 1);
	assert_int_equal(fixture->score.strongest_count, SCORE_EVIDENCE_MAX);
	assert_int_equal(rows[0].kind, SCORE_submit);
	assert_int_equal(rows[0].sequence, 41);
	assert_int_equal(rows[0].points, 50000);
	for (unsigned i = 1; i < SCORE_EVIDENCE_MAX; i++)
		assert_int_equal(rows[i].sequence, 41 - i);
}

static void events_have_kinds(void **state)
{
	(void)state;
	assert_int_equal(score_kind_of(EVENT_click, true), SCORE_click);
	assert_int_equal(score_kind_of(EVENT_click, false), SCORE_redirect);
	assert_int_equal(score_kind_of(EVENT_view, false), SCORE_view);
	assert_int_equal(score_kind_of(EVENT_open, true), RULES_NONE);
	assert_int_equal(score_kind_of(EVENT_sent, true), RULES_NONE);
	assert_int_equal(score_kind_of(EVENT_leave, false), RULES_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kinds_have_their_points, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_closest_rule_gives_the_points, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(caps_hold_for_a_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_group_has_a_cap_of_its_own_and_may_take, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_kinds_cap_binds_groups_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(points_fade_by_days, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_recent_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_strongest_events_stay, set_up, tear_down),
		cmocka_unit_test(events_have_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
