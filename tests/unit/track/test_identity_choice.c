/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a choice makes of a browser: from every state to every state, with the cookie that remembers
 * it, and whether the id goes along.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include "scene.h"

enum { NONE, KEPT, FRESH, ZERO, DROPPED };

static struct identity choose(const struct scene *scene, enum consent choice, enum consent before)
{
	struct identity identity;

	memset(&identity, 0xAA, sizeof(identity));
	assert_int_equal(identity_choose(&scene->request, choice, &identity), before);
	return identity;
}

static void check(const struct scene *scene, const struct identity *identity, uint8_t choice,
		  int expected)
{
	uint8_t flags = choice | (identity->navigation ? VISITOR_BY_NAVIGATION : 0);

	assert_int_equal(identity->drop_cookie, expected == DROPPED);
	assert_int_equal(identity->is_new, expected == FRESH);
	assert_int_equal(has_visitor(identity), expected == KEPT || expected == FRESH);
	assert_int_equal(identity->set_cookie, expected != NONE && expected != DROPPED);
	if (identity->set_cookie)
		check_minted(scene, identity, flags);
	if (expected == KEPT)
		assert_int_equal(identity->visitor.bytes[0], 7);
	if (expected == FRESH)
		assert_int_not_equal(identity->visitor.bytes[0] << 8 | identity->visitor.bytes[1],
				     0x0707);
}

/* The cookie that the browser sends, by its flags; none with -1. */
static void every_state_leads_to_every_state(void **state)
{
	static const struct {
		const char *text; /* the default */
		int cookie;
		uint8_t visitor;
		enum consent before;
		int pending, denied, measure, identify;
	} rows[] = {
		{"pending", -1, 0, CONSENT_PENDING, DROPPED, ZERO, FRESH, FRESH},
		{"denied", -1, 0, CONSENT_DENIED, DROPPED, ZERO, FRESH, FRESH},
		{"measure", -1, 0, CONSENT_MEASURE, DROPPED, ZERO, FRESH, FRESH},
		{"identify", -1, 0, CONSENT_IDENTIFY, DROPPED, ZERO, FRESH, FRESH},
		{"identify", 1, 0, CONSENT_DENIED, DROPPED, ZERO, FRESH, FRESH},
		{"pending", 2, 7, CONSENT_MEASURE, DROPPED, ZERO, KEPT, KEPT},
		{"pending", 3, 7, CONSENT_IDENTIFY, DROPPED, ZERO, FRESH, KEPT},
		{"pending", 7, 7, CONSENT_IDENTIFY, DROPPED, ZERO, FRESH, KEPT},
		/* the default's cookie, and the same after the default became another */
		{"measure", 4, 7, CONSENT_MEASURE, DROPPED, ZERO, KEPT, KEPT},
		{"identify", 4, 7, CONSENT_IDENTIFY, DROPPED, ZERO, FRESH, KEPT},
		{"pending", 4, 7, CONSENT_PENDING, DROPPED, ZERO, FRESH, KEPT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int choice = 0; choice < 4; choice++) {
			const int expected[] = {rows[i].pending, rows[i].denied, rows[i].measure,
						rows[i].identify};
			struct scene scene;
			struct identity identity;

			scene_make(&scene, rows[i].text);
			if (rows[i].cookie >= 0)
				send_cookie(&scene, rows[i].visitor, 1, (uint8_t)rows[i].cookie);
			identity = choose(&scene, (enum consent)choice, rows[i].before);
			check(&scene, &identity, (uint8_t)choice, expected[choice]);
			if (choice != CONSENT_PENDING) {
				assert_int_equal(identity.consent, choice);
				assert_int_equal(identity.reason, CONSENT_BY_COOKIE);
			} else {
				assert_string_equal(consent_text(identity.consent), rows[i].text);
				assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
			}
			scene_finish(&scene);
		}
}

static void a_script_sets_a_cookie_that_a_navigation_refreshes(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	scene.request.sec_fetch_mode = SPAN("cors");
	scene.request.sec_fetch_dest = SPAN("empty");
	identity = choose(&scene, CONSENT_IDENTIFY, CONSENT_PENDING);
	assert_false(identity.navigation);
	check(&scene, &identity, VISITOR_CONSENT_IDENTIFY, FRESH);
	scene_finish(&scene);
}

static void while_the_browser_says_no_only_denied_is_taken(void **state)
{
	static const int expected[] = {DROPPED, ZERO, NONE, NONE};

	(void)state;
	for (int choice = 0; choice < 4; choice++)
		for (int dnt = 0; dnt < 2; dnt++) {
			struct scene scene;
			struct identity identity;
			bool remembered = choice == CONSENT_DENIED;

			scene_make(&scene, "identify");
			scene.world.config->consent_dnt = true;
			if (dnt)
				scene.request.dnt = SPAN("1");
			else
				scene.request.sec_gpc = SPAN("1");
			send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
			identity = choose(&scene, (enum consent)choice, CONSENT_DENIED);
			check(&scene, &identity, (uint8_t)choice, expected[choice]);
			assert_int_equal(identity.consent, CONSENT_DENIED);
			assert_int_equal(identity.reason, remembered ? CONSENT_BY_COOKIE
							  : dnt	     ? CONSENT_BY_DNT
								     : CONSENT_BY_GPC);
			scene_finish(&scene);
		}
}

static void two_cookies_are_neither(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 8, 1, VISITOR_CONSENT_IDENTIFY);
	identity = choose(&scene, CONSENT_IDENTIFY, CONSENT_IDENTIFY);
	assert_true(identity.conflicting_cookies);
	check(&scene, &identity, VISITOR_CONSENT_IDENTIFY, FRESH);
	scene_finish(&scene);
}

static void every_id_is_found_to_be_forgotten(void **state)
{
	struct visitor_id visitors[2];
	struct scene scene;

	(void)state;
	scene_make(&scene, "denied");
	assert_int_equal(identity_visitors(&scene.request, visitors, 2), 0);
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_DENIED);
	send_cookie(&scene, 7, 2, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 0, 1, VISITOR_CONSENT_DENIED);
	assert_int_equal(identity_visitors(&scene.request, visitors, 2), 1);
	assert_int_equal(visitors[0].bytes[15], 7);
	send_cookie(&scene, 8, 1, 0);
	assert_int_equal(identity_visitors(&scene.request, visitors, 2), 2);
	assert_int_equal(visitors[1].bytes[15], 8);
	assert_int_equal(identity_visitors(&scene.request, visitors, 1), 1);
	scene_finish(&scene);

	scene_make(&scene, "identify");
	scene.request.sec_gpc = SPAN("1");
	send_raw(&scene, "__Host-Http-wm", "forged");
	send_cookie(&scene, 9, 390, VISITOR_CONSENT_IDENTIFY);
	assert_int_equal(identity_visitors(&scene.request, visitors, 2), 1);
	scene_finish(&scene);
}

static struct identity read_by(const struct scene *scene, const char *choice)
{
	struct identity identity;

	memset(&identity, 0xAA, sizeof(identity));
	identity_of_reader(&scene->request, choice ? span_text(choice) : span_of(NULL, 0),
			   &identity);
	assert_false(has_visitor(&identity) || identity.set_cookie || identity.drop_cookie);
	return identity;
}

static void a_reader_is_asked_and_not_what_fetches_the_picture(void **state)
{
	static const char *const texts[] = {"pending", "denied", "measure", "identify"};

	(void)state;
	for (int general = 0; general < 4; general++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, texts[general]);
		send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
		scene.request.sec_gpc = scene.request.dnt = SPAN("1");
		identity = read_by(&scene, NULL);
		assert_int_equal(identity.consent, general);
		assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
		for (int choice = 1; choice < 4; choice++) {
			identity = read_by(&scene, texts[choice]);
			assert_int_equal(identity.consent, choice);
			assert_int_equal(identity.reason, CONSENT_BY_PROSPECT);
		}
		assert_int_equal(read_by(&scene, "").consent, CONSENT_PENDING);
		assert_int_equal(read_by(&scene, "Identify").consent, CONSENT_PENDING);
		scene_finish(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_leads_to_every_state),
		cmocka_unit_test(a_script_sets_a_cookie_that_a_navigation_refreshes),
		cmocka_unit_test(while_the_browser_says_no_only_denied_is_taken),
		cmocka_unit_test(two_cookies_are_neither),
		cmocka_unit_test(a_reader_is_asked_and_not_what_fetches_the_picture),
		cmocka_unit_test(every_id_is_found_to_be_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
