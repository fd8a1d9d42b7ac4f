/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consent x event: every cell of the table of DESIGN.md 5, and for each what its answer does with
 * the cookie, however the consent came about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/event.h"
#include "world.h"

#include "scene.h"

/*
 * "-" not stored, "s" stored, then "v" with the visitor and "p" with the person. The cookie: "n" a
 * navigation sets it, "b" a beacon does.
 */
static const struct cells {
	enum event_type type;
	char cookie;
	const char *by_consent[4]; /* pending, denied, measure, identify */
} table[] = {
	{EVENT_click, 'n', {"s", "s", "sv", "svp"}},
	{EVENT_open, '-', {"s", "s", "s", "sp"}},
	{EVENT_probe, '-', {"s", "s", "s", "sp"}},
	{EVENT_view, 'b', {"-", "-", "sv", "svp"}},
	{EVENT_leave, 'b', {"-", "-", "sv", "svp"}},
	{EVENT_event, 'b', {"-", "-", "sv", "svp"}},
	{EVENT_search, 'b', {"-", "-", "sv", "svp"}},
	{EVENT_download, 'b', {"-", "-", "sv", "svp"}},
	{EVENT_purchase, '-', {"-", "-", "sv", "svp"}},
	{EVENT_submit, 'n', {"sp", "sp", "sp", "svp"}},
	{EVENT_submit_error, '-', {"s", "s", "s", "svp"}},
	{EVENT_prefill, '-', {"-", "-", "-", "svp"}},
	{EVENT_conflict, '-', {"-", "-", "-", "svp"}},
	{EVENT_consent, '-', {"s", "s", "sv", "svp"}},
	{EVENT_unsubscribe, '-', {"sp", "sp", "sp", "svp"}},
	{EVENT_resubscribe, '-', {"sp", "sp", "sp", "svp"}},
	{EVENT_confirm, '-', {"sp", "sp", "sp", "svp"}},
	{EVENT_login, '-', {"sp", "sp", "sp", "svp"}},
	{EVENT_link, '-', {"svp", "svp", "svp", "svp"}},
	{EVENT_account, '-', {"svp", "svp", "svp", "svp"}},
};

enum { ROWS = sizeof(table) / sizeof(table[0]), WAYS = 6 };

static void every_cell_is_as_designed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (int consent = 0; consent < 4; consent++) {
			const struct consent_policy *policy =
				consent_policy((enum consent)consent, table[i].type);
			const char *cell = table[i].by_consent[consent];

			if (policy->stored != (strchr(cell, 's') != NULL) ||
			    policy->visitor != (strchr(cell, 'v') != NULL) ||
			    policy->person != (strchr(cell, 'p') != NULL))
				fail_msg("%s under %s is not '%s'",
					 event_type_row(table[i].type)->name,
					 consent_text((enum consent)consent), cell);
		}
}

static void no_type_is_left_out(void **state)
{
	(void)state;
	for (int type = 1; type <= EVENT_login; type++) {
		size_t i = 0;

		while (i < ROWS && table[i].type != (enum event_type)type)
			i++;
		if (i == ROWS && type != EVENT_bind && type != EVENT_unbind && type != EVENT_merge)
			fail_msg("%s has no row here", event_type_row((enum event_type)type)->name);
	}
}

static void without_consent_nothing_ties_a_browser_to_a_person(void **state)
{
	(void)state;
	for (int type = 1; type <= EVENT_login; type++)
		for (int consent = 0; consent < CONSENT_IDENTIFY; consent++) {
			const struct consent_policy *policy =
				consent_policy((enum consent)consent, (enum event_type)type);

			if (type != EVENT_bind && type != EVENT_unbind && type != EVENT_merge)
				assert_false(policy->visitor && policy->person);
		}
}

/*
 * The ways in which one consent can come about, by number: the default alone; a choice in a cookie
 * that a navigation set, or a beacon; the browser's own signal; a cookie without a choice. Return:
 * false where a way cannot lead to @consent.
 */
static bool make_way(struct scene *scene, int way, enum consent consent, uint8_t *ret_visitor)
{
	static const uint8_t flags[] = {0, VISITOR_CONSENT_DENIED, VISITOR_CONSENT_MEASURE,
					VISITOR_CONSENT_IDENTIFY};
	enum consent other = consent == CONSENT_DENIED ? CONSENT_IDENTIFY : CONSENT_DENIED;

	*ret_visitor = 0;
	if ((way == 1 || way == 2) && consent == CONSENT_PENDING)
		return false;
	if (way == 3 && consent != CONSENT_DENIED)
		return false;
	scene_make(scene, consent_text(way == 1 || way == 2 || way == 3 ? other : consent));
	if (way == 3)
		scene->request.sec_gpc = SPAN("1");
	if (way == 1 || way == 2 || way == 4) {
		*ret_visitor = consent == CONSENT_DENIED ? 0 : 7;
		send_cookie(scene, *ret_visitor, 1,
			    (uint8_t)((way == 4 ? 0 : flags[consent]) |
				      (way == 2 ? 0 : VISITOR_BY_NAVIGATION)));
	}
	if (way == 5)
		send_raw(scene, "__Host-Http-wm", "forged");
	return true;
}

/* What the answer to one event does with the cookie, whether it is a navigation's or not. */
static void check_cookie(const struct cells *cells, int way, enum consent consent, bool navigation)
{
	bool allowed = strchr(cells->by_consent[consent], 'v') != NULL, sets;
	struct scene scene;
	struct identity identity;
	uint8_t visitor;

	if (!make_way(&scene, way, consent, &visitor))
		return;
	scene.request.sec_fetch_mode = navigation ? SPAN("navigate") : SPAN("no-cors");
	scene.request.sec_fetch_dest = navigation ? SPAN("document") : SPAN("empty");
	identity = resolve(&scene, cells->type);
	assert_int_equal(identity.consent, consent);
	assert_int_equal(identity.invalid_cookie, way == 5);
	sets = allowed && !visitor &&
	       (cells->cookie == 'b' || (cells->cookie == 'n' && navigation));
	assert_int_equal(identity.set_cookie, sets);
	assert_int_equal(identity.is_new, sets);
	assert_int_equal(has_visitor(&identity), allowed && (visitor || sets));
	if (allowed && visitor)
		assert_int_equal(identity.visitor.bytes[0], visitor);
	if (sets)
		check_minted(&scene, &identity, cells->cookie == 'n' ? VISITOR_BY_NAVIGATION : 0);
	scene_finish(&scene);
}

static void every_cell_does_with_the_cookie_what_is_designed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (int way = 0; way < WAYS; way++)
			for (int consent = 0; consent < 4; consent++)
				for (int navigation = 0; navigation < 2; navigation++)
					check_cookie(&table[i], way, (enum consent)consent,
						     navigation);
}

static void a_beacon_never_sends_a_cookie_again(void **state)
{
	static const uint8_t flags[] = {VISITOR_CONSENT_IDENTIFY, VISITOR_BY_NAVIGATION,
					VISITOR_CONSENT_IDENTIFY | VISITOR_BY_NAVIGATION};

	(void)state;
	for (size_t i = 0; i < sizeof(flags); i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "identify");
		send_cookie(&scene, 7, 395, flags[i]);
		identity = resolve(&scene, EVENT_view);
		assert_false(identity.set_cookie || identity.is_new || identity.navigation);
		assert_int_equal(identity.visitor.bytes[0], 7);
		scene_finish(&scene);
	}
}

static void a_probe_of_any_event_sets_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "identify");
		scene.request.probe = true;
		identity = resolve(&scene, table[i].type);
		assert_false(identity.set_cookie || has_visitor(&identity));
		scene_finish(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_as_designed),
		cmocka_unit_test(no_type_is_left_out),
		cmocka_unit_test(without_consent_nothing_ties_a_browser_to_a_person),
		cmocka_unit_test(every_cell_does_with_the_cookie_what_is_designed),
		cmocka_unit_test(a_beacon_never_sends_a_cookie_again),
		cmocka_unit_test(a_probe_of_any_event_sets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
