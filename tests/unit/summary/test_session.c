/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one visit ends and the next begins: by the cases that other trackers test theirs with
 * (peers.json of the corpora, kind "session"), by rows of our own, and by the two rules that they
 * do not have: campaigns, and a pause of exactly the limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "summary/session.h"

#include <jansson.h>

enum { SESSIONS_MAX = 16, EVENTS_MAX = 16, SESSION_ROWS = 7 };

struct cut {
	struct session sessions[SESSIONS_MAX];
	size_t count;
};

static void cut_add(struct cut *cut, usec_t second, bool is_view, uint8_t campaign)
{
	struct session_event event = {.time = second * USEC_PER_SEC, .is_view = is_view};

	memset(&event.campaign, campaign, sizeof(event.campaign));
	if (cut->count > 0 && session_add(&cut->sessions[cut->count - 1], &event))
		return;
	assert_true(cut->count < SESSIONS_MAX);
	assert_true(session_add(&cut->sessions[cut->count++], &event));
}

static void our_own_cases(void **state)
{
	static const struct {
		usec_t seconds[EVENTS_MAX]; /* a day at least; 0 ends them */
		size_t sessions;
		usec_t duration; /* of the first */
	} rows[] = {
		{{86400}, 1, 0},
		{{86400, 86400}, 1, 0},
		{{86400, 88200}, 1, 1800},
		{{86400, 88201}, 2, 0},
		{{86400, 88200, 90000, 91800}, 1, 5400},
		{{88200, 86400}, 1, 1800},
		{{88201, 86400}, 2, 0},
		{{86400, 87000, 86700}, 1, 600},
		{{86400, 90000, 93600}, 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cut cut = {.count = 0};

		for (size_t j = 0; rows[i].seconds[j]; j++)
			cut_add(&cut, rows[i].seconds[j], true, 0);
		if (cut.count != rows[i].sessions ||
		    session_duration(&cut.sessions[0]) != rows[i].duration * USEC_PER_SEC)
			fail_msg("row %zu: %zu sessions, the first of %llu µs", i, cut.count,
				 (unsigned long long)session_duration(&cut.sessions[0]));
	}
}

static void another_campaign_is_another_visit(void **state)
{
	struct cut cut = {.count = 0};

	(void)state;
	cut_add(&cut, 86400, false, 1);
	cut_add(&cut, 86401, true, 0);
	cut_add(&cut, 86460, false, 1);
	assert_int_equal(cut.count, 1);
	cut_add(&cut, 86470, false, 2);
	cut_add(&cut, 86471, true, 0);
	assert_int_equal(cut.count, 2);
	assert_int_equal(cut.sessions[0].events, 3);
	assert_int_equal(cut.sessions[1].views, 1);
}

static void who_came_without_a_campaign_begins_anew_with_one(void **state)
{
	struct cut cut = {.count = 0};

	(void)state;
	cut_add(&cut, 86400, true, 0);
	cut_add(&cut, 86410, false, 1);
	assert_int_equal(cut.count, 2);
	assert_true(session_is_bounce(&cut.sessions[0]));
	assert_false(session_is_bounce(&cut.sessions[1]));
}

static void a_leave_prolongs_and_is_nothing_done(void **state)
{
	struct session session = {0};

	(void)state;
	assert_false(session_add(&session, &(struct session_event){.time = 1, .is_leave = true}));
	assert_int_equal(session.events, 0);
	assert_true(session_add(&session, &(struct session_event){.time = 86400 * USEC_PER_SEC,
								  .is_arrival = true}));
	assert_false(session_is_bounce(&session));
	assert_true(session_add(&session, &(struct session_event){.time = 86401 * USEC_PER_SEC,
								  .is_view = true}));
	assert_true(session_add(&session, &(struct session_event){.time = 88201 * USEC_PER_SEC,
								  .is_leave = true}));
	assert_true(session_is_bounce(&session));
	assert_int_equal(session_duration(&session), 1801 * USEC_PER_SEC);
	assert_false(session_add(&session, &(struct session_event){.time = 90002 * USEC_PER_SEC,
								   .is_leave = true}));
	assert_true(session_add(&session, &(struct session_event){.time = 90001 * USEC_PER_SEC}));
	assert_false(session_is_bounce(&session));
}

static void compare(const char *id, const json_t *expect, const struct cut *cut)
{
	const struct session *first = &cut->sessions[0];
	const json_t *value;

	if ((value = json_object_get(expect, "sessions")) &&
	    json_integer_value(value) != (json_int_t)cut->count)
		fail_msg("%s: %zu sessions", id, cut->count);
	if ((value = json_object_get(expect, "duration")) &&
	    (usec_t)json_integer_value(value) * USEC_PER_SEC != session_duration(first))
		fail_msg("%s: the first lasts %llu µs", id,
			 (unsigned long long)session_duration(first));
	if ((value = json_object_get(expect, "bounce")) &&
	    json_is_true(value) != session_is_bounce(first))
		fail_msg("%s: not the same bounce", id);
	if ((value = json_object_get(expect, "pageviews")) &&
	    json_integer_value(value) != (json_int_t)first->views)
		fail_msg("%s: %u views", id, first->views);
}

/* Their times begin at zero; ours a day later, so that none is before the first second. */
static void run(const json_t *row)
{
	const json_t *events = json_object_get(json_object_get(row, "input"), "events"), *second;
	struct cut cut = {.count = 0};
	size_t i;

	json_array_foreach(events, i, second)
		cut_add(&cut, 86400 + (usec_t)json_integer_value(second), true, 0);
	compare(json_string_value(json_object_get(row, "id")), json_object_get(row, "expect"),
		&cut);
}

/* The rows of one peer name a file of visits instead of listing them; the corpora do not hold it.
 */
static size_t run_rows(const json_t *rows)
{
	const json_t *row;
	size_t i, count = 0;

	json_array_foreach(rows, i, row)
	{
		const char *kind = json_string_value(json_object_get(row, "kind"));

		if (!kind || strcmp(kind, "session") != 0)
			continue;
		count++;
		if (json_object_get(json_object_get(row, "input"), "events"))
			run(row);
		else
			print_message("left out: %s, whose visits are not in the corpora\n",
				      json_string_value(json_object_get(row, "id")));
	}
	return count;
}

static void the_cases_of_the_peers(void **state)
{
	const char *folder = getenv("WAYMARK_CORPORA"), *source = getenv("WAYMARK_SOURCE");
	const char *required = getenv("WAYMARK_CORPORA_REQUIRED");
	char path[1024];
	json_t *rows;

	(void)state;
	if (folder && *folder)
		(void)snprintf(path, sizeof(path), "%s/peers.json", folder);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/corpora/peers.json",
			       source ? source : ".");
	rows = json_load_file(path, 0, NULL);
	if (!rows) {
		if (required && strcmp(required, "1") == 0)
			fail_msg("peers.json is missing, and must not be");
		print_message("left out: peers.json is not there\n");
		return;
	}
	assert_int_equal(run_rows(rows), SESSION_ROWS);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_cases),
		cmocka_unit_test(another_campaign_is_another_visit),
		cmocka_unit_test(who_came_without_a_campaign_begins_anew_with_one),
		cmocka_unit_test(a_leave_prolongs_and_is_nothing_done),
		cmocka_unit_test(the_cases_of_the_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
