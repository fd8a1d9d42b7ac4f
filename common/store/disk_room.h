/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_DISK_ROOM_H
#define WAYMARK_STORE_DISK_ROOM_H

#include "base/clock.h"
#include "store/schema.h"

#include <stdbool.h>

/*
 * The reserve of the disk that the data directory is on: below it beacons and opens are no longer
 * stored, below half of it clicks neither. What changes state/ and the accounts are stored until
 * the disk itself refuses (DESIGN.md 3). A level is left only with a tenth more room than brought
 * it about, so that it does not flutter.
 *
 * Asking may wait as long as the disk does: for the writer's thread, never for the loop's.
 */
enum disk_level { DISK_AMPLE, DISK_LOW, DISK_SCARCE };

struct disk_room {
	const char *path;	  /* borrowed; of the data directory */
	unsigned reserve_percent; /* 0: never asked, always ample */
	usec_t due;		  /* monotonic: when to ask again */
	enum disk_level level;
	uint64_t free_bytes, size_bytes; /* as of the last answer */
};

enum { DISK_ROOM_INTERVAL_S = 1 };

/* Ask if it is due. True: asked. A disk that gives no answer leaves the level as it is. */
bool disk_room_check(struct disk_room *room, usec_t now);

/* Whether an event of @type is left out at @level. */
bool disk_room_drops(enum disk_level level, enum event_type type);

#endif
