/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consent decides about a click: every way in which a cookie, a header or the configuration can
 * speak, with exactly the cookie that results. It is long because of these ways. The other events
 * are in test_identity_event.c, and what a choice makes of a browser in test_identity_choice.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include "scene.h"

static void a_first_click_gets_what_the_default_allows(void **state)
{
	static const struct {
		const char *text;
		enum consent consent;
		bool visitor;
	} rows[] = {{"pending", CONSENT_PENDING, false},
		    {"denied", CONSENT_DENIED, false},
		    {"measure", CONSENT_MEASURE, true},
		    {"identify", CONSENT_IDENTIFY, true}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, rows[i].text);
		identity = resolve(&scene, EVENT_click);
		assert_int_equal(identity.consent, rows[i].consent);
		assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
		assert_true(identity.navigation);
		assert_int_equal(identity.is_new, rows[i].visitor);
		assert_int_equal(has_visitor(&identity), rows[i].visitor);
		assert_int_equal(identity.set_cookie, rows[i].visitor);
		if (rows[i].visitor)
			check_minted(&scene, &identity, VISITOR_BY_NAVIGATION);
		scene_finish(&scene);
	}
}

static void the_cookie_speaks_before_the_default(void **state)
{
	static const char *const defaults[] = {"pending", "denied", "measure", "identify"};
	static const struct {
		uint8_t flags;
		enum consent consent;
		bool visitor;
	} cookies[] = {{VISITOR_CONSENT_DENIED, CONSENT_DENIED, false},
		       {VISITOR_CONSENT_MEASURE, CONSENT_MEASURE, true},
		       {VISITOR_CONSENT_IDENTIFY, CONSENT_IDENTIFY, true},
		       {VISITOR_CONSENT_IDENTIFY | VISITOR_BY_NAVIGATION, CONSENT_IDENTIFY, true}};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 4; j++) {
			struct scene scene;
			struct identity identity;

			scene_make(&scene, defaults[i]);
			send_cookie(&scene, 7, 1, cookies[j].flags);
			identity = resolve(&scene, EVENT_click);
			assert_int_equal(identity.consent, cookies[j].consent);
			assert_int_equal(identity.reason, CONSENT_BY_COOKIE);
			assert_int_equal(has_visitor(&identity), cookies[j].visitor);
			if (cookies[j].visitor)
				assert_int_equal(identity.visitor.bytes[15], 7);
			assert_false(identity.is_new || identity.set_cookie ||
				     identity.invalid_cookie || identity.conflicting_cookies);
			scene_finish(&scene);
		}
}

static void a_cookie_without_a_choice_leaves_the_default(void **state)
{
	static const struct {
		const char *text;
		enum consent consent;
		bool visitor;
	} defaults[] = {{"pending", CONSENT_PENDING, false},
			{"denied", CONSENT_DENIED, false},
			{"measure", CONSENT_MEASURE, true},
			{"identify", CONSENT_IDENTIFY, true}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, defaults[i].text);
		send_cookie(&scene, 7, 1, VISITOR_BY_NAVIGATION);
		identity = resolve(&scene, EVENT_click);
		assert_int_equal(identity.consent, defaults[i].consent);
		assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
		assert_int_equal(has_visitor(&identity), defaults[i].visitor);
		if (defaults[i].visitor)
			assert_int_equal(identity.visitor.bytes[15], 7);
		assert_false(identity.is_new || identity.set_cookie || identity.invalid_cookie ||
			     identity.conflicting_cookies);
		scene_finish(&scene);
	}
}

static void a_denial_is_remembered_without_an_id(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "identify");
	send_cookie(&scene, 0, 300, VISITOR_CONSENT_DENIED);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_DENIED);
	assert_int_equal(identity.reason, CONSENT_BY_COOKIE);
	assert_false(has_visitor(&identity) || identity.set_cookie || identity.invalid_cookie);
	scene_finish(&scene);
}

static void privacy_signals_speak_before_the_cookie(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		bool gpc_on = bits & 1, dnt_on = bits & 2, gpc = bits & 4, dnt = bits & 8;
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "identify");
		scene.world.config->consent_gpc = gpc_on;
		scene.world.config->consent_dnt = dnt_on;
		scene.request.sec_gpc = gpc ? SPAN("1") : SPAN("0");
		scene.request.dnt = dnt ? SPAN("1") : SPAN("0");
		send_cookie(&scene, 7, 200, VISITOR_CONSENT_IDENTIFY);
		identity = resolve(&scene, EVENT_click);
		if ((gpc_on && gpc) || (dnt_on && dnt)) {
			assert_int_equal(identity.consent, CONSENT_DENIED);
			assert_int_equal(identity.reason,
					 gpc_on && gpc ? CONSENT_BY_GPC : CONSENT_BY_DNT);
			assert_false(has_visitor(&identity) || identity.set_cookie);
		} else {
			assert_int_equal(identity.consent, CONSENT_IDENTIFY);
			assert_int_equal(identity.reason, CONSENT_BY_COOKIE);
			assert_true(has_visitor(&identity) && identity.set_cookie);
		}
		scene_finish(&scene);
	}
}

enum { CHOSEN = VISITOR_CONSENT_IDENTIFY | VISITOR_BY_NAVIGATION };

static void only_a_navigation_refreshes_an_old_cookie(void **state)
{
	static const struct {
		unsigned age;
		uint8_t flags;
		bool navigation, refreshed;
	} rows[] = {
		{0, CHOSEN, true, false},
		{98, CHOSEN, true, false},
		{99, CHOSEN, true, true},
		{395, CHOSEN, true, true},
		{300, CHOSEN, false, false},
		{99, VISITOR_CONSENT_MEASURE | VISITOR_BY_NAVIGATION, true, false},
		{395, VISITOR_CONSENT_MEASURE | VISITOR_BY_NAVIGATION, true, false},
		/* set by a beacon, which a browser may keep for a week */
		{1, VISITOR_CONSENT_IDENTIFY, true, false},
		{2, VISITOR_CONSENT_IDENTIFY, true, true},
		{2, VISITOR_CONSENT_IDENTIFY, false, false},
		{2, VISITOR_CONSENT_MEASURE, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "pending");
		send_cookie(&scene, 7, rows[i].age, rows[i].flags);
		scene.request.sec_fetch_mode = rows[i].navigation ? SPAN("navigate") : SPAN("cors");
		scene.request.sec_fetch_dest =
			rows[i].navigation ? SPAN("document") : SPAN("empty");
		identity = resolve(&scene, EVENT_click);
		assert_int_equal(identity.visitor.bytes[0], 7);
		assert_false(identity.is_new);
		assert_int_equal(identity.navigation, rows[i].navigation);
		assert_int_equal(identity.set_cookie, rows[i].refreshed);
		if (rows[i].refreshed)
			check_minted(&scene, &identity, CHOSEN);
		scene_finish(&scene);
	}
}

static void a_refresh_makes_no_choice_of_the_default(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "identify");
	send_cookie(&scene, 7, 99, VISITOR_BY_NAVIGATION);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
	assert_int_equal(identity.visitor.bytes[0], 7);
	check_minted(&scene, &identity, VISITOR_BY_NAVIGATION);
	scene_finish(&scene);
}

static void a_cookie_past_its_age_counts_for_nothing(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	send_cookie(&scene, 7, 396, VISITOR_CONSENT_IDENTIFY);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_PENDING);
	assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
	assert_false(has_visitor(&identity));
	scene_finish(&scene);
}

static void what_is_not_a_navigation_creates_no_visitor(void **state)
{
	static const struct {
		const char *mode, *dest;
		bool navigation;
	} rows[] = {{NULL, NULL, true},
		    {"navigate", "document", true},
		    {"navigate", "iframe", false},
		    {"navigate", "empty", false},
		    {"navigate", NULL, false},
		    {NULL, "document", false},
		    {"no-cors", "image", false},
		    {"cors", "empty", false},
		    {"navigate", "embed", false},
		    {"Navigate", "document", false},
		    {"nested-navigate", "document", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "identify");
		scene.request.sec_fetch_mode = span_text(rows[i].mode);
		scene.request.sec_fetch_dest = span_text(rows[i].dest);
		identity = resolve(&scene, EVENT_click);
		assert_int_equal(identity.navigation, rows[i].navigation);
		assert_int_equal(identity.set_cookie, rows[i].navigation);
		assert_int_equal(has_visitor(&identity), rows[i].navigation);
		scene_finish(&scene);
	}
}

static void a_probe_reads_and_sets_nothing(void **state)
{
	(void)state;
	for (int with_cookie = 0; with_cookie < 2; with_cookie++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "identify");
		if (with_cookie)
			send_cookie(&scene, 7, 200, VISITOR_CONSENT_IDENTIFY);
		scene.request.probe = true;
		identity = resolve(&scene, EVENT_click);
		assert_int_equal(identity.consent, CONSENT_IDENTIFY);
		assert_false(has_visitor(&identity) || identity.set_cookie || identity.is_new);
		scene_finish(&scene);
	}
}

static void two_different_cookies_make_a_new_visitor(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 8, 1, VISITOR_CONSENT_IDENTIFY);
	identity = resolve(&scene, EVENT_click);
	assert_true(identity.conflicting_cookies && identity.is_new);
	assert_int_equal(identity.consent, CONSENT_IDENTIFY);
	assert_int_not_equal(identity.visitor.bytes[0] << 8 | identity.visitor.bytes[1], 0x0707);
	assert_int_not_equal(identity.visitor.bytes[0] << 8 | identity.visitor.bytes[1], 0x0808);
	check_minted(&scene, &identity, CHOSEN);
	scene_finish(&scene);

	scene_make(&scene, "identify");
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 8, 1, VISITOR_CONSENT_MEASURE);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_MEASURE);
	scene_finish(&scene);

	scene_make(&scene, "identify");
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 0, 1, VISITOR_CONSENT_DENIED);
	send_cookie(&scene, 8, 1, VISITOR_CONSENT_MEASURE);
	identity = resolve(&scene, EVENT_click);
	assert_int_equal(identity.consent, CONSENT_DENIED);
	assert_true(identity.conflicting_cookies);
	assert_false(has_visitor(&identity) || identity.set_cookie);
	scene_finish(&scene);
}

static void of_a_choice_and_the_default_the_stricter_holds(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "measure");
	send_cookie(&scene, 7, 1, CHOSEN);
	send_cookie(&scene, 8, 1, VISITOR_BY_NAVIGATION);
	identity = resolve(&scene, EVENT_click);
	assert_true(identity.conflicting_cookies && identity.is_new);
	assert_int_equal(identity.consent, CONSENT_MEASURE);
	assert_int_equal(identity.reason, CONSENT_BY_COOKIE);
	check_minted(&scene, &identity, VISITOR_CONSENT_MEASURE | VISITOR_BY_NAVIGATION);
	scene_finish(&scene);

	scene_make(&scene, "identify");
	send_cookie(&scene, 7, 1, VISITOR_BY_NAVIGATION);
	send_cookie(&scene, 8, 1, VISITOR_BY_NAVIGATION);
	identity = resolve(&scene, EVENT_click);
	assert_true(identity.conflicting_cookies && identity.is_new);
	assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
	check_minted(&scene, &identity, VISITOR_BY_NAVIGATION);
	scene_finish(&scene);
}

static void the_same_cookie_twice_is_one(void **state)
{
	char value[TOKEN_VISITOR_CHARS + 1];
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	scene_mint(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY, value);
	send_raw(&scene, "__Host-Http-wm", value);
	send_raw(&scene, "__Host-Http-wm", value);
	identity = resolve(&scene, EVENT_click);
	assert_false(identity.conflicting_cookies || identity.is_new);
	assert_int_equal(identity.visitor.bytes[0], 7);
	scene_finish(&scene);
}

static void a_forged_cookie_is_counted_and_ignored(void **state)
{
	static const char *const values[] = {"", "x", "\"quoted\"",
					     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "identify");
		send_raw(&scene, "__Host-Http-wm", values[i]);
		send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
		identity = resolve(&scene, EVENT_click);
		assert_true(identity.invalid_cookie);
		assert_false(identity.conflicting_cookies);
		assert_int_equal(identity.visitor.bytes[0], 7);
		scene_finish(&scene);
	}
}

static void names_that_a_neighbour_can_plant_are_ignored(void **state)
{
	static const char *const names[] = {"wm", "__Http-wm", "__Host-wm", "__host-http-wm",
					    "__Host-Http-wm2"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char value[TOKEN_VISITOR_CHARS + 1];
		struct scene scene;
		struct identity identity;

		scene_make(&scene, "pending");
		scene_mint(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY, value);
		send_raw(&scene, names[i], value);
		identity = resolve(&scene, EVENT_click);
		assert_int_equal(identity.consent, CONSENT_PENDING);
		assert_false(identity.invalid_cookie || has_visitor(&identity));
		scene_finish(&scene);
	}
}

static void cookie_attributes_follow_the_configured_scheme(void **state)
{
	cleanup_buffer struct buffer https = BUFFER_INIT, http = BUFFER_INIT;
	struct world world;

	(void)state;
	world_make(&world);
	identity_format_cookie(world.trackers->primary, "VALUE", &https);
	assert_string_equal(buffer_text(&https),
			    "__Host-Http-wm=VALUE; Path=/; Max-Age=34128000; Secure; HttpOnly; "
			    "SameSite=Lax");
	buffer_clear(&https);
	identity_format_no_cookie(world.trackers->primary, &https);
	assert_string_equal(buffer_text(&https),
			    "__Host-Http-wm=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
	world_finish(&world);
	world_make_with(&world, "{\"trackers\": [{\"url\": \"http://localhost:8080\", \"sites\": "
				"[\"http://localhost:8090\"]}]}");
	identity_format_cookie(world.trackers->primary, "VALUE", &http);
	assert_string_equal(buffer_text(&http),
			    "wm=VALUE; Path=/; Max-Age=34128000; HttpOnly; SameSite=Lax");
	world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_click_gets_what_the_default_allows),
		cmocka_unit_test(the_cookie_speaks_before_the_default),
		cmocka_unit_test(a_cookie_without_a_choice_leaves_the_default),
		cmocka_unit_test(a_denial_is_remembered_without_an_id),
		cmocka_unit_test(privacy_signals_speak_before_the_cookie),
		cmocka_unit_test(only_a_navigation_refreshes_an_old_cookie),
		cmocka_unit_test(a_refresh_makes_no_choice_of_the_default),
		cmocka_unit_test(a_cookie_past_its_age_counts_for_nothing),
		cmocka_unit_test(what_is_not_a_navigation_creates_no_visitor),
		cmocka_unit_test(a_probe_reads_and_sets_nothing),
		cmocka_unit_test(two_different_cookies_make_a_new_visitor),
		cmocka_unit_test(of_a_choice_and_the_default_the_stricter_holds),
		cmocka_unit_test(the_same_cookie_twice_is_one),
		cmocka_unit_test(a_forged_cookie_is_counted_and_ignored),
		cmocka_unit_test(names_that_a_neighbour_can_plant_are_ignored),
		cmocka_unit_test(cookie_attributes_follow_the_configured_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
