/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A held click comes back as what it was, in its time, from this tracker, unless somebody meddled
 * with it; and only a click that may wait is held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#include "scene.h"
#include "track/held_click.h"

#define ATTRIBUTES "; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"

static void scene_hold(struct scene *scene, unsigned minutes)
{
	scene_make(scene, "pending");
	scene->world.config->hold_click_minutes = minutes;
}

/* The value of the cookie that holds a click of @person, @age_s ago. */
static void hold(const struct scene *scene, uint8_t person, unsigned age_s, char *ret_value)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct held_click click = {.time = scene->request.now - age_s * USEC_PER_SEC};
	const char *cookie, *value, *end;

	memset(&click.prospect, person, sizeof(click.prospect));
	memset(&click.link, 2, sizeof(click.link));
	memset(&click.mailing, 3, sizeof(click.mailing));
	memset(&click.campaign, 4, sizeof(click.campaign));
	assert_true(held_click_format(&scene->request, &click, &text));
	cookie = buffer_text(&text);
	value = strchr(cookie, '=') + 1;
	end = strchr(value, ';');
	assert_true(strncmp(cookie, "__Host-Http-wm-held=", 20) == 0);
	assert_int_equal(end - value, TOKEN_HELD_CLICK_CHARS);
	(void)snprintf(ret_value, TOKEN_HELD_CLICK_CHARS + 1, "%.*s", (int)(end - value), value);
}

static bool take(const struct scene *scene, struct held_click *ret_click)
{
	bool sent, taken = held_click_take(&scene->request, ret_click, &sent);

	assert_int_equal(sent, scene->request.cookie_count > 0);
	return taken;
}

static void it_comes_back_as_it_was(void **state)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	char value[TOKEN_HELD_CLICK_CHARS + 1];
	struct held_click click, whole = {.time = 0};
	struct scene scene;

	(void)state;
	scene_hold(&scene, 10);
	assert_true(held_click_format(&scene.request, &whole, &text));
	assert_string_equal(strchr(buffer_text(&text), ';'), ATTRIBUTES);
	assert_false(take(&scene, &click));
	hold(&scene, 1, 90, value);
	send_raw(&scene, "__Host-Http-wm-held", value);
	send_raw(&scene, "__Host-Http-wm-held", value);
	assert_true(take(&scene, &click));
	assert_int_equal(click.prospect.bytes[11], 1);
	assert_int_equal(click.link.bytes[7], 2);
	assert_int_equal(click.mailing.bytes[7], 3);
	assert_int_equal(click.campaign.bytes[3], 4);
	assert_int_equal(scene.request.now - click.time, 90 * USEC_PER_SEC);
	buffer_clear(&text);
	held_click_format_none(scene.request.tracker, &text);
	assert_string_equal(buffer_text(&text), "__Host-Http-wm-held=; Path=/; Max-Age=0; Secure; "
						"HttpOnly; SameSite=Lax");
	scene_finish(&scene);
}

static void its_minutes_are_those_of_today(void **state)
{
	static const struct {
		unsigned minutes, age_s;
		bool taken;
	} rows[] = {{10, 0, true},    {10, 600, true}, {10, 601, false},
		    {60, 3600, true}, {1, 61, false},  {0, 0, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char value[TOKEN_HELD_CLICK_CHARS + 1];
		struct held_click click;
		struct scene scene;

		scene_hold(&scene, rows[i].minutes);
		hold(&scene, 1, rows[i].age_s, value);
		send_raw(&scene, "__Host-Http-wm-held", value);
		assert_int_equal(take(&scene, &click), rows[i].taken);
		scene_finish(&scene);
	}
}

static void of_two_people_it_is_neither(void **state)
{
	char one[TOKEN_HELD_CLICK_CHARS + 1], other[TOKEN_HELD_CLICK_CHARS + 1];
	struct held_click click;
	struct scene scene;

	(void)state;
	scene_hold(&scene, 10);
	hold(&scene, 1, 5, one);
	hold(&scene, 9, 5, other);
	send_raw(&scene, "__Host-Http-wm-held", one);
	send_raw(&scene, "__Host-Http-wm-held", "forged");
	send_raw(&scene, "wm-held", other);
	assert_true(take(&scene, &click));
	send_raw(&scene, "__Host-Http-wm-held", other);
	assert_false(take(&scene, &click));
	scene_finish(&scene);
}

static void no_other_token_is_taken(void **state)
{
	char value[TOKEN_HELD_CLICK_CHARS + 1];
	struct held_click click;
	struct scene scene;

	(void)state;
	scene_hold(&scene, 10);
	scene_mint(&scene, 7, 0, VISITOR_CONSENT_IDENTIFY, value);
	send_raw(&scene, "__Host-Http-wm-held", value);
	hold(&scene, 1, 5, value);
	value[20] = value[20] == 'A' ? 'B' : 'A';
	send_raw(&scene, "__Host-Http-wm-held", value);
	assert_false(take(&scene, &click));
	scene_finish(&scene);
}

static void only_what_may_wait_is_held(void **state)
{
	(void)state;
	for (int consent = 0; consent < 4; consent++)
		for (unsigned bits = 0; bits < 4; bits++) {
			bool navigation = bits & 1, on = bits & 2;
			struct config config = {.hold_click_minutes = on ? 10 : 0};
			struct identity identity = {.consent = (enum consent)consent,
						    .navigation = navigation};

			assert_int_equal(held_click_applies(&config, &identity),
					 consent == CONSENT_PENDING && navigation && on);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_back_as_it_was),
		cmocka_unit_test(its_minutes_are_those_of_today),
		cmocka_unit_test(of_two_people_it_is_neither),
		cmocka_unit_test(no_other_token_is_taken),
		cmocka_unit_test(only_what_may_wait_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
