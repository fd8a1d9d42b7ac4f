/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consent decides: every cell of the table of DESIGN.md 5, and for a click every way in which a
 * cookie, a header or the configuration can speak, with exactly the cookie that results. It is
 * long because of these ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/event.h"
#include "track/identity.h"
#include "world.h"

enum { TODAY = 20000 };

/* "-" not stored, "s" stored, then "v" with the visitor and "p" with the person. */
static const struct cells {
	enum event_type type;
	const char *pending, *denied, *measure, *identify;
} table[] = {
	{EVENT_click, "s", "s", "sv", "svp"},	      {EVENT_open, "s", "s", "s", "sp"},
	{EVENT_probe, "s", "s", "s", "sp"},	      {EVENT_view, "-", "-", "sv", "svp"},
	{EVENT_leave, "-", "-", "sv", "svp"},	      {EVENT_event, "-", "-", "sv", "svp"},
	{EVENT_search, "-", "-", "sv", "svp"},	      {EVENT_download, "-", "-", "sv", "svp"},
	{EVENT_purchase, "-", "-", "sv", "svp"},      {EVENT_submit, "sp", "sp", "sp", "svp"},
	{EVENT_submit_error, "s", "s", "s", "svp"},   {EVENT_prefill, "-", "-", "-", "svp"},
	{EVENT_conflict, "-", "-", "-", "svp"},	      {EVENT_consent, "s", "s", "sv", "svp"},
	{EVENT_unsubscribe, "sp", "sp", "sp", "svp"}, {EVENT_resubscribe, "sp", "sp", "sp", "svp"},
	{EVENT_confirm, "sp", "sp", "sp", "svp"},     {EVENT_login, "sp", "sp", "sp", "svp"},
	{EVENT_link, "svp", "svp", "svp", "svp"},     {EVENT_account, "svp", "svp", "svp", "svp"},
};

static void every_cell_is_as_designed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *cells[] = {table[i].pending, table[i].denied, table[i].measure,
				       table[i].identify};

		for (int consent = 0; consent < 4; consent++) {
			const struct consent_policy *policy =
				consent_policy((enum consent)consent, table[i].type);
			const char *cell = cells[consent];

			if (policy->stored != (strchr(cell, 's') != NULL) ||
			    policy->visitor != (strchr(cell, 'v') != NULL) ||
			    policy->person != (strchr(cell, 'p') != NULL))
				fail_msg("%s under consent %d is not '%s'",
					 event_type_row(table[i].type)->name, consent, cell);
		}
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

struct scene {
	struct world world;
	struct identity_request request;
	struct span headers[4];
	char texts[4][256];
};

static void scene_make(struct scene *scene, const char *consent)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"trackers\": [{\"url\": \"https://go.example.com\", \"sites\": "
		       "[\"https://www.example.com\"]}], \"consent\": {\"default\": \"%s\"}}",
		       consent);
	memset(scene, 0, sizeof(*scene));
	world_make_with(&scene->world, text);
	scene->request = (struct identity_request){
		.tracker = scene->world.trackers->primary,
		.config = scene->world.config,
		.keyring = scene->world.keyring,
		.cookies = scene->headers,
		.now = (usec_t)TODAY * USEC_PER_DAY + USEC_PER_SEC,
	};
}

static void scene_finish(struct scene *scene)
{
	world_finish(&scene->world);
}

static void mint(const struct scene *scene, uint8_t visitor, unsigned age_days, uint8_t flags,
		 char *ret_text)
{
	struct token token = {.day = (uint16_t)(TODAY - age_days), .flags = flags};

	memset(&token.visitor, visitor, sizeof(token.visitor));
	assert_int_equal(token_mint(scene->world.keyring, PURPOSE_VISITOR, 0, &token, ret_text), 0);
}

/* One more Cookie header: "name=value". */
static void send_raw(struct scene *scene, const char *name, const char *value)
{
	size_t i = scene->request.cookie_count++;

	(void)snprintf(scene->texts[i], sizeof(scene->texts[i]), "a=b; %s=%s; c=d", name, value);
	scene->headers[i] = span_text(scene->texts[i]);
}

static void send_cookie(struct scene *scene, uint8_t visitor, unsigned age_days, uint8_t flags)
{
	char value[TOKEN_VISITOR_CHARS + 1];

	mint(scene, visitor, age_days, flags, value);
	send_raw(scene, "__Host-Http-wm", value);
}

static struct identity resolve(const struct scene *scene)
{
	struct identity identity;

	memset(&identity, 0xAA, sizeof(identity));
	identity_resolve_click(&scene->request, &identity);
	return identity;
}

static void check_minted(const struct scene *scene, const struct identity *identity,
			 uint8_t consent_bits)
{
	struct token token;

	assert_true(identity->set_cookie);
	assert_int_equal(strlen(identity->cookie_value), TOKEN_VISITOR_CHARS);
	assert_int_equal(token_open(scene->world.keyring, PURPOSE_VISITOR, 0,
				    span_text(identity->cookie_value), &token),
			 0);
	assert_memory_equal(&token.visitor, &identity->visitor, sizeof(token.visitor));
	assert_int_equal(token.flags, consent_bits | VISITOR_BY_NAVIGATION);
	assert_int_equal(token.day, TODAY);
}

static bool has_visitor(const struct identity *identity)
{
	return !id_is_zero(&identity->visitor, sizeof(identity->visitor));
}

static void a_first_click_gets_what_the_default_allows(void **state)
{
	static const struct {
		const char *text;
		enum consent consent;
		uint8_t bits; /* of the cookie; 0: none */
	} rows[] = {{"pending", CONSENT_PENDING, 0},
		    {"denied", CONSENT_DENIED, 0},
		    {"measure", CONSENT_MEASURE, VISITOR_CONSENT_MEASURE},
		    {"identify", CONSENT_IDENTIFY, VISITOR_CONSENT_IDENTIFY}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct scene scene;
		struct identity identity;

		scene_make(&scene, rows[i].text);
		identity = resolve(&scene);
		assert_int_equal(identity.consent, rows[i].consent);
		assert_int_equal(identity.reason, CONSENT_BY_DEFAULT);
		assert_true(identity.navigation);
		assert_int_equal(identity.is_new, rows[i].bits != 0);
		assert_int_equal(has_visitor(&identity), rows[i].bits != 0);
		assert_int_equal(identity.set_cookie, rows[i].bits != 0);
		if (rows[i].bits)
			check_minted(&scene, &identity, rows[i].bits);
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
			identity = resolve(&scene);
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
		identity = resolve(&scene);
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
	identity = resolve(&scene);
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
		identity = resolve(&scene);
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

static void only_a_navigation_refreshes_an_old_cookie(void **state)
{
	static const struct {
		unsigned age;
		uint8_t flags;
		bool navigation, refreshed;
	} rows[] = {
		{0, VISITOR_CONSENT_IDENTIFY, true, false},
		{98, VISITOR_CONSENT_IDENTIFY, true, false},
		{99, VISITOR_CONSENT_IDENTIFY, true, true},
		{395, VISITOR_CONSENT_IDENTIFY, true, true},
		{300, VISITOR_CONSENT_IDENTIFY, false, false},
		{99, VISITOR_CONSENT_MEASURE, true, false},
		{395, VISITOR_CONSENT_MEASURE, true, false},
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
		identity = resolve(&scene);
		assert_int_equal(identity.visitor.bytes[0], 7);
		assert_false(identity.is_new);
		assert_int_equal(identity.navigation, rows[i].navigation);
		assert_int_equal(identity.set_cookie, rows[i].refreshed);
		if (rows[i].refreshed)
			check_minted(&scene, &identity, VISITOR_CONSENT_IDENTIFY);
		scene_finish(&scene);
	}
}

static void a_cookie_past_its_age_counts_for_nothing(void **state)
{
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	send_cookie(&scene, 7, 396, VISITOR_CONSENT_IDENTIFY);
	identity = resolve(&scene);
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
		identity = resolve(&scene);
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
		identity = resolve(&scene);
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
	identity = resolve(&scene);
	assert_true(identity.conflicting_cookies && identity.is_new);
	assert_int_equal(identity.consent, CONSENT_IDENTIFY);
	assert_int_not_equal(identity.visitor.bytes[0] << 8 | identity.visitor.bytes[1], 0x0707);
	assert_int_not_equal(identity.visitor.bytes[0] << 8 | identity.visitor.bytes[1], 0x0808);
	check_minted(&scene, &identity, VISITOR_CONSENT_IDENTIFY);
	scene_finish(&scene);

	scene_make(&scene, "identify");
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 8, 1, VISITOR_CONSENT_MEASURE);
	identity = resolve(&scene);
	assert_int_equal(identity.consent, CONSENT_MEASURE);
	scene_finish(&scene);

	scene_make(&scene, "identify");
	send_cookie(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY);
	send_cookie(&scene, 0, 1, VISITOR_CONSENT_DENIED);
	send_cookie(&scene, 8, 1, VISITOR_CONSENT_MEASURE);
	identity = resolve(&scene);
	assert_int_equal(identity.consent, CONSENT_DENIED);
	assert_true(identity.conflicting_cookies);
	assert_false(has_visitor(&identity) || identity.set_cookie);
	scene_finish(&scene);
}

static void the_same_cookie_twice_is_one(void **state)
{
	char value[TOKEN_VISITOR_CHARS + 1];
	struct scene scene;
	struct identity identity;

	(void)state;
	scene_make(&scene, "pending");
	mint(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY, value);
	send_raw(&scene, "__Host-Http-wm", value);
	send_raw(&scene, "__Host-Http-wm", value);
	identity = resolve(&scene);
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
		identity = resolve(&scene);
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
		mint(&scene, 7, 1, VISITOR_CONSENT_IDENTIFY, value);
		send_raw(&scene, names[i], value);
		identity = resolve(&scene);
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
		cmocka_unit_test(every_cell_is_as_designed),
		cmocka_unit_test(without_consent_nothing_ties_a_browser_to_a_person),
		cmocka_unit_test(a_first_click_gets_what_the_default_allows),
		cmocka_unit_test(the_cookie_speaks_before_the_default),
		cmocka_unit_test(a_cookie_without_a_choice_leaves_the_default),
		cmocka_unit_test(a_denial_is_remembered_without_an_id),
		cmocka_unit_test(privacy_signals_speak_before_the_cookie),
		cmocka_unit_test(only_a_navigation_refreshes_an_old_cookie),
		cmocka_unit_test(a_cookie_past_its_age_counts_for_nothing),
		cmocka_unit_test(what_is_not_a_navigation_creates_no_visitor),
		cmocka_unit_test(a_probe_reads_and_sets_nothing),
		cmocka_unit_test(two_different_cookies_make_a_new_visitor),
		cmocka_unit_test(the_same_cookie_twice_is_one),
		cmocka_unit_test(a_forged_cookie_is_counted_and_ignored),
		cmocka_unit_test(names_that_a_neighbour_can_plant_are_ignored),
		cmocka_unit_test(cookie_attributes_follow_the_configured_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
