/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose an event is: recorded, attached by a later binding, detached by an undone one.
 */
#include "track/attachment.h"

#include "crypto/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct handle alice = {"alice-handle"}, bob = {"bob---handle"};

static enum attachment ask(enum event_type type, const struct handle *recorded, bool has_visitor,
			   bool is_bound)
{
	struct event event;

	event_init(&event, type, 1);
	if (recorded)
		event_set(&event, EVENT_FIELD_prospect, span_of(recorded, sizeof(*recorded)));
	if (has_visitor)
		event_set(&event, EVENT_FIELD_visitor, span_of("0123456789abcdef", 16));
	return attachment_of(&event, recorded == &alice, is_bound);
}

static void test_views_follow_the_binding(void **state)
{
	(void)state;
	assert_int_equal(ask(EVENT_view, &alice, true, true), ATTACHMENT_RECORDED);
	/* Before the binding was made. */
	assert_int_equal(ask(EVENT_view, NULL, true, true), ATTACHMENT_LATER);
	/* A claim of another person was replaced. */
	assert_int_equal(ask(EVENT_leave, &bob, true, true), ATTACHMENT_LATER);
	/* The binding was undone. */
	assert_int_equal(ask(EVENT_view, &alice, true, false), ATTACHMENT_NONE);
	assert_int_equal(ask(EVENT_view, NULL, true, false), ATTACHMENT_NONE);
	assert_int_equal(ask(EVENT_view, &bob, true, false), ATTACHMENT_NONE);
}

static void test_what_names_its_person_stays_theirs(void **state)
{
	(void)state;
	assert_int_equal(ask(EVENT_click, &alice, true, true), ATTACHMENT_RECORDED);
	assert_int_equal(ask(EVENT_click, &alice, true, false), ATTACHMENT_RECORDED);
	assert_int_equal(ask(EVENT_submit, &alice, true, false), ATTACHMENT_RECORDED);
	assert_int_equal(ask(EVENT_open, &alice, false, false), ATTACHMENT_RECORDED);
	/* Somebody else's link, opened in this browser, counts for its owner. */
	assert_int_equal(ask(EVENT_click, &bob, true, true), ATTACHMENT_NONE);
	assert_int_equal(ask(EVENT_click, NULL, true, true), ATTACHMENT_LATER);
	assert_int_equal(ask(EVENT_click, NULL, true, false), ATTACHMENT_NONE);
}

/* An import knows the person and no browser. */
static void test_without_a_visitor_the_record_decides(void **state)
{
	(void)state;
	assert_int_equal(ask(EVENT_view, &alice, false, false), ATTACHMENT_RECORDED);
	assert_int_equal(ask(EVENT_view, &bob, false, false), ATTACHMENT_NONE);
	assert_int_equal(ask(EVENT_view, NULL, false, false), ATTACHMENT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views_follow_the_binding),
		cmocka_unit_test(test_what_names_its_person_stays_theirs),
		cmocka_unit_test(test_without_a_visitor_the_record_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
