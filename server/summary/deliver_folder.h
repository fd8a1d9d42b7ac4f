/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_FOLDER_H
#define WAYMARK_SUMMARY_DELIVER_FOLDER_H

#include "base/error.h"

#include <stdint.h>

/*
 * A folder of deliveries: each is a folder of its own in it, 000001, 000002 and so on, that is
 * there as a whole or not at all, and .state, which tells what all of them delivered together. A
 * kill at any moment leaves either the delivery with its state or neither:
 *
 *   .new is filled and synced, its own .state among its files
 *   .new becomes .commit       from here on it counts; whoever opens the folder next ends it
 *   .commit/.state becomes .state
 *   .commit becomes 000042, the number that .state has
 *
 * One program at a time: .lock is held.
 */
struct deliver_folder {
	int folder, lock; /* descriptors */
	int draft;	  /* .new; -1: there is none */
	uint64_t number;  /* of the delivery that is being made */
	char *path;
};

enum {
	DELIVER_FOLDER_E_FAILED = 1, /* @error says what */
	DELIVER_FOLDER_E_LOCKED = 2  /* another delivery into it is under way: @error says so */
};

/* Makes the folder (0700) unless it is there, and ends or removes what an earlier one left. */
int deliver_folder_open(struct deliver_folder *folder, const char *path, struct error *error);
void deliver_folder_close(struct deliver_folder *folder);

/* Begin .new for the delivery behind number @last, and behind all that are there. */
int deliver_folder_begin(struct deliver_folder *folder, uint64_t last, struct error *error);
/* Its files are written and synced: put it in its place. */
int deliver_folder_commit(struct deliver_folder *folder, struct error *error);
/* Nothing was worth delivering: remove .new. */
int deliver_folder_discard(struct deliver_folder *folder, struct error *error);

enum { DELIVER_FOLDER_NAME_BYTES = 24 };
void deliver_folder_name(uint64_t number, char ret_name[DELIVER_FOLDER_NAME_BYTES]);

#endif
