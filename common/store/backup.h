/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BACKUP_H
#define WAYMARK_STORE_BACKUP_H

#include "store/store.h"

/*
 * Backups of log and state, and stores made from them. A backup is a directory:
 *
 *   manifest.json           what belongs to it; written last and renamed, so it is whole or old
 *   log/<first>-<last>.log  segments: "waymark log 1\n", then sequence 8 ‖ length 4 ‖ record for
 *                           each event, as in events/; never changed once written
 *   state-<position>.mdb    state/ as of that position, compacted: an LMDB file
 *   incarnation             the last incarnation that was restored from here
 *
 * The next backup into it appends what is new. What the manifest does not name is left over from
 * one that was killed, and removed by the next. people/ is never in it (people_copy.h).
 */
enum { BACKUP_E_FAILED = 1 };

struct backup_options {
	const char *directory;
	bool prune;  /* drop segments of which retention has removed all from the log */
	bool verify; /* read all segments again, not only the new ones */
	void (*progress)(void *context, uint64_t sequence, uint64_t last);
	void *context;
};

struct backup_report {
	uint64_t first, last, added, segments, position;
	bool is_first; /* there was no backup in this directory */
};

/*
 * Bring the backup in options->directory up to the end of the log; made if absent (mode 0700).
 * @store may be a reader's. Snapshots of the log last for a slice each, the one of state/ for as
 * long as its copy takes.
 *
 * Return: 0; BACKUP_E_FAILED with @error; negative errno.
 */
int backup_write(struct store *store, const struct backup_options *options,
		 struct backup_report *ret_report, struct error *error);

struct restore_options {
	const char *directory, *data_dir, *node;
	const char *people; /* file of people_copy(), or NULL */
	void (*progress)(void *context, uint64_t sequence, uint64_t last);
	void *context;
};

struct restore_report {
	uint64_t first, last, position;
	uint16_t incarnation; /* of all that comes from now on */
};

/*
 * Make the store of options->data_dir, which has none, from a backup; every byte is checked on the
 * way. While it works, and after a kill, data/restoring keeps the store from being opened; the next
 * restore begins anew.
 *
 * Return: 0; BACKUP_E_FAILED with @error; negative errno.
 */
int restore_store(const struct restore_options *options, struct restore_report *ret_report,
		  struct error *error);

/* Is a restore into @data_dir not finished? */
bool restore_is_unfinished(const char *data_dir);

#endif
