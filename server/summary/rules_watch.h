/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_RULES_WATCH_H
#define WAYMARK_SUMMARY_RULES_WATCH_H

#include "base/clock.h"
#include "config/config.h"

#include <sys/types.h>

/*
 * Sees that a file has changed that totals depend on: the configuration, and those of rules and
 * networks that it names. It costs a stat() of each whenever it is asked.
 */
enum { RULES_WATCH_FILES = 4 };

struct rules_watch_stamp {
	dev_t device;
	ino_t inode;
	off_t bytes;
	usec_t changed; /* 0: the file is not there */
};

struct rules_watch {
	const struct config *config; /* whose names they are */
	struct rules_watch_stamp stamps[RULES_WATCH_FILES];
	usec_t settles; /* wall: until then a change may leave no trace; 0: none may */
};

/* From now on those of @config, which must outlive it; call it before they are read. */
void rules_watch_begin(struct rules_watch *watch, const struct config *config);

/* Has one changed since it was asked last, or may have? Call it before they are read again. */
bool rules_watch_changed(struct rules_watch *watch);

#endif
