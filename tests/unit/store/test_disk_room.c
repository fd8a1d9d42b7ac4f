/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk's levels, over a statvfs() of our own, and the order in which types are left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/disk_room.h"

#include <errno.h>
#include <sys/statvfs.h>

enum { BLOCKS = 100000, BLOCK_BYTES = 4096, RESERVE = 10 };

static unsigned asked, free_permille;
static int failure;

int statvfs(const char *restrict path, struct statvfs *restrict disk)
{
	assert_string_equal(path, "data");
	asked++;
	errno = failure;
	*disk = (struct statvfs){.f_blocks = BLOCKS,
				 .f_bfree = BLOCKS,
				 .f_bavail = BLOCKS / 1000 * free_permille,
				 .f_frsize = BLOCK_BYTES};
	return failure ? -1 : 0;
}

static int reset(void **state)
{
	(void)state;
	asked = 0;
	failure = 0;
	free_permille = 1000;
	return 0;
}

static enum disk_level look(struct disk_room *room, unsigned permille)
{
	free_permille = permille;
	assert_true(disk_room_check(room, room->due));
	return room->level;
}

static void test_levels_follow_the_reserve_and_do_not_flutter(void **state)
{
	struct disk_room room = {.path = "data", .reserve_percent = RESERVE};

	(void)state;
	assert_int_equal(look(&room, 100), DISK_AMPLE);
	assert_int_equal(look(&room, 99), DISK_LOW);
	assert_int_equal(look(&room, 109), DISK_LOW);
	assert_int_equal(look(&room, 110), DISK_AMPLE);
	assert_int_equal(look(&room, 50), DISK_LOW);
	assert_int_equal(look(&room, 49), DISK_SCARCE);
	assert_int_equal(look(&room, 54), DISK_SCARCE);
	assert_int_equal(look(&room, 55), DISK_LOW);
	assert_int_equal(look(&room, 0), DISK_SCARCE);
	assert_int_equal(look(&room, 1000), DISK_AMPLE);
	assert_int_equal(room.free_bytes, (uint64_t)BLOCKS * BLOCK_BYTES);
	assert_int_equal(room.size_bytes, (uint64_t)BLOCKS * BLOCK_BYTES);
}

static void test_it_asks_once_a_second(void **state)
{
	struct disk_room room = {.path = "data", .reserve_percent = RESERVE};
	const usec_t second = DISK_ROOM_INTERVAL_S * USEC_PER_SEC;

	(void)state;
	assert_true(disk_room_check(&room, second));
	assert_false(disk_room_check(&room, second + 1));
	assert_false(disk_room_check(&room, 2 * second - 1));
	assert_true(disk_room_check(&room, 2 * second));
	assert_int_equal(asked, 2);
}

static void test_without_a_reserve_it_never_asks(void **state)
{
	struct disk_room room = {.path = "data"};

	(void)state;
	assert_false(disk_room_check(&room, USEC_PER_DAY));
	assert_int_equal(asked, 0);
	assert_int_equal(room.level, DISK_AMPLE);
}

static void test_a_disk_without_an_answer_changes_nothing(void **state)
{
	struct disk_room room = {.path = "data", .reserve_percent = RESERVE};

	(void)state;
	assert_int_equal(look(&room, 60), DISK_LOW);
	failure = EIO;
	assert_int_equal(look(&room, 1000), DISK_LOW);
	failure = 0;
	assert_int_equal(look(&room, 1000), DISK_AMPLE);
}

static void test_beacons_go_before_clicks_and_clicks_before_state(void **state)
{
	static const enum event_type beacons[] = {EVENT_open,	 EVENT_probe, EVENT_view,
						  EVENT_leave,	 EVENT_event, EVENT_search,
						  EVENT_download};
	unsigned dropped[] = {0, 0, 0};

	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_COUNT; type++)
		for (unsigned level = DISK_AMPLE; level <= DISK_SCARCE; level++)
			dropped[level] += disk_room_drops(level, type);
	for (size_t i = 0; i < sizeof(beacons) / sizeof(beacons[0]); i++)
		assert_true(disk_room_drops(DISK_LOW, beacons[i]));
	assert_false(disk_room_drops(DISK_LOW, EVENT_click));
	assert_true(disk_room_drops(DISK_SCARCE, EVENT_click));
	assert_int_equal(dropped[DISK_AMPLE], 0);
	assert_int_equal(dropped[DISK_LOW], sizeof(beacons) / sizeof(beacons[0]));
	assert_int_equal(dropped[DISK_SCARCE], dropped[DISK_LOW] + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_levels_follow_the_reserve_and_do_not_flutter, reset),
		cmocka_unit_test_setup(test_it_asks_once_a_second, reset),
		cmocka_unit_test_setup(test_without_a_reserve_it_never_asks, reset),
		cmocka_unit_test_setup(test_a_disk_without_an_answer_changes_nothing, reset),
		cmocka_unit_test_setup(test_beacons_go_before_clicks_and_clicks_before_state,
				       reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
