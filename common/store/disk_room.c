/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Free space as anybody but root may use it, compared with the reserve and half of it. The order
 * of dropping is a table over event types; a type that is not in it is never dropped, so that a new
 * one loses nothing by being forgotten here.
 */
#include "store/disk_room.h"

#include <sys/statvfs.h>

/* The level from which on a type is left out; 0: none. */
static const uint8_t dropped_from[EVENT_TYPE_COUNT] = {
	[EVENT_open] = DISK_LOW,     [EVENT_probe] = DISK_LOW,	  [EVENT_view] = DISK_LOW,
	[EVENT_leave] = DISK_LOW,    [EVENT_event] = DISK_LOW,	  [EVENT_search] = DISK_LOW,
	[EVENT_download] = DISK_LOW, [EVENT_click] = DISK_SCARCE,
};

bool disk_room_drops(enum disk_level level, enum event_type type)
{
	return dropped_from[type] > 0 && level >= dropped_from[type];
}

/* In hundredths of the reserve: 100 is just the reserve, more is more free. */
static enum disk_level level_at(double share, enum disk_level before)
{
	if (share < (before >= DISK_SCARCE ? 55 : 50))
		return DISK_SCARCE;
	return share < (before >= DISK_LOW ? 110 : 100) ? DISK_LOW : DISK_AMPLE;
}

bool disk_room_check(struct disk_room *room, usec_t now)
{
	struct statvfs disk;
	double free;

	if (room->reserve_percent == 0 || now < room->due)
		return false;
	room->due = now + DISK_ROOM_INTERVAL_S * USEC_PER_SEC;
	if (statvfs(room->path, &disk) < 0 || disk.f_blocks == 0)
		return true;
	free = (double)disk.f_bavail / (double)disk.f_blocks * 100;
	room->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	room->size_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
	room->level = level_at(free * 100 / room->reserve_percent, room->level);
	return true;
}
