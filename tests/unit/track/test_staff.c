/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mark of a staff's browser: of this tracker and by our key, or none; good for longer than the
 * link that it came from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "track/staff.h"
#include "world.h"

#define TWO_TRACKERS                                                                      \
	"{\"trackers\": [{\"url\": \"https://go.example.com\", \"primary\": true, "       \
	"\"sites\": [\"https://www.example.com\"]}, {\"url\": \"http://localhost:8080\"," \
	"\"sites\": [\"http://localhost:8090\"]}]}"

static bool is_marked(const struct world *world, unsigned tracker, const char *header)
{
	struct span headers[] = {SPAN("a=b"), span_text(header)};

	return staff_is_marked(world->keyring, &world->trackers->trackers[tracker], headers, 2);
}

static void a_mark_is_of_its_tracker(void **state)
{
	char token[TOKEN_STAFF_CHARS + 1], header[128];
	struct world world;
	uint32_t second;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	assert_int_equal(staff_mint(world.keyring, &world.trackers->trackers[0], 7, token), 0);
	assert_int_equal(strlen(token), TOKEN_STAFF_CHARS);
	assert_int_equal(staff_open(world.keyring, &world.trackers->trackers[0], span_text(token),
				    &second),
			 0);
	assert_int_equal(second, 7);
	(void)snprintf(header, sizeof(header), "x=y; __Host-Http-wm-staff=%s; c=d", token);
	assert_true(is_marked(&world, 0, header));
	assert_false(is_marked(&world, 1, header));
	(void)snprintf(header, sizeof(header), "wm-staff=%s", token);
	assert_false(is_marked(&world, 0, header));
	assert_false(is_marked(&world, 1, header));
	world_finish(&world);
}

static void what_we_did_not_set_is_no_mark(void **state)
{
	static const char *const values[] = {"", "1", "true", "AAAAAAAAAAAAAAAAAAAAAAA"};
	char token[TOKEN_STAFF_CHARS + 1], header[128];
	struct world world;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		(void)snprintf(header, sizeof(header), "wm-staff=%s", values[i]);
		assert_false(is_marked(&world, 1, header));
	}
	assert_int_equal(staff_mint(world.keyring, &world.trackers->trackers[1], 7, token), 0);
	(void)snprintf(header, sizeof(header), "wm-staff=; wm-staff=%s", token);
	assert_true(is_marked(&world, 1, header));
	token[5] = token[5] == 'A' ? 'B' : 'A';
	(void)snprintf(header, sizeof(header), "wm-staff=%s", token);
	assert_false(is_marked(&world, 1, header));
	world_finish(&world);
}

static void cookies_are_written_whole(void **state)
{
	cleanup_buffer struct buffer to = BUFFER_INIT;
	struct world world;

	(void)state;
	world_make_with(&world, TWO_TRACKERS);
	staff_format_cookie(&world.trackers->trackers[0], SPAN("t"), &to);
	assert_string_equal(buffer_text(&to),
			    "__Host-Http-wm-staff=t; Path=/; Max-Age=34128000; Secure; HttpOnly; "
			    "SameSite=Lax");
	buffer_clear(&to);
	staff_format_no_cookie(&world.trackers->trackers[1], &to);
	assert_string_equal(buffer_text(&to),
			    "wm-staff=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
	world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_of_its_tracker),
		cmocka_unit_test(what_we_did_not_set_is_no_mark),
		cmocka_unit_test(cookies_are_written_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
