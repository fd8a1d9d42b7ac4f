/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is another one when its inode, its size or its time of change is. File systems keep that
 * time in steps, so one that is written twice within a step may look the same: a file that is
 * younger than a second is therefore said to have changed once more when it is a second old.
 */
#include "summary/rules_watch.h"

#include <sys/stat.h>

static struct rules_watch_stamp stamp_of(const char *path)
{
	struct rules_watch_stamp stamp = {0};
	struct stat status;

	if (*path == '\0' || stat(path, &status) != 0)
		return stamp;
	stamp.device = status.st_dev;
	stamp.inode = status.st_ino;
	stamp.bytes = status.st_size;
	stamp.changed = (usec_t)status.st_ctim.tv_sec * USEC_PER_SEC +
			(usec_t)status.st_ctim.tv_nsec / 1000;
	return stamp;
}

static bool is_same(const struct rules_watch_stamp *a, const struct rules_watch_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
	       a->changed == b->changed;
}

/* False: all are as they were. */
static bool take(struct rules_watch *watch)
{
	const char *const paths[RULES_WATCH_FILES] = {watch->config->path,
						      watch->config->summary_rules_file,
						      watch->config->verdict_rules_file,
						      watch->config->verdict_networks_file};
	usec_t now = clock_wall();
	bool changed = false;

	for (size_t i = 0; i < RULES_WATCH_FILES; i++) {
		struct rules_watch_stamp stamp = stamp_of(paths[i]);

		changed |= !is_same(&stamp, &watch->stamps[i]);
		watch->stamps[i] = stamp;
		if (stamp.changed <= now && now - stamp.changed < USEC_PER_SEC)
			watch->settles = now + USEC_PER_SEC;
	}
	return changed;
}

void rules_watch_begin(struct rules_watch *watch, const struct config *config)
{
	*watch = (struct rules_watch){.config = config};
	(void)take(watch);
}

bool rules_watch_changed(struct rules_watch *watch)
{
	bool settled = watch->settles && clock_wall() >= watch->settles;

	if (settled)
		watch->settles = 0;
	return take(watch) || settled;
}
