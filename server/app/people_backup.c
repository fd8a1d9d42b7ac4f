/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that copies people/ for a backup.
 *
 * Only this process may open people/, and the loop may not wait for a disk: so the copy is made
 * here and asked after. It holds everything that people/ does, so it lies in data/ with the same
 * mode, for as short as whoever asked needs to take it away; a server that stops does not wait for
 * it, and one that was killed leaves it to the next owner of the data to remove.
 *
 * Invariant: @thread runs, or waits to be joined, exactly in the states RUNNING (as seen by the
 * loop) and until people_backup_state() has seen its end.
 */
#include "app/people_backup.h"

#include "base/cleanup.h"
#include "store/people_copy.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct people_backup {
	struct store *store;
	char *path;
	pthread_t thread;
	atomic_bool over;    /* the thread has nothing more to do */
	atomic_bool give_up; /* nobody waits for what it does */
	int result;
	struct error error;
	enum people_backup_state state;
};

struct people_backup *people_backup_new(struct store *store, const char *data_dir)
{
	struct people_backup *backup = calloc(1, sizeof(*backup));

	if (!backup)
		return NULL;
	backup->store = store;
	if (asprintf(&backup->path, "%s/people.copy", data_dir) < 0) {
		free(backup);
		return NULL;
	}
	people_backup_discard(backup);
	return backup;
}

static void *copy(void *context)
{
	struct people_backup *backup = context;

	backup->result = people_copy(backup->store, backup->path, &backup->give_up, &backup->error);
	atomic_store_explicit(&backup->over, true, memory_order_release);
	return NULL;
}

int people_backup_start(struct people_backup *backup)
{
	sigset_t all, before;
	int r;

	atomic_store(&backup->over, false);
	backup->error.text[0] = '\0';
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&backup->thread, NULL, copy, backup);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!r)
		backup->state = PEOPLE_BACKUP_RUNNING;
	return -r;
}

static void settle(struct people_backup *backup)
{
	(void)pthread_join(backup->thread, NULL);
	backup->state = backup->result ? PEOPLE_BACKUP_FAILED : PEOPLE_BACKUP_DONE;
}

enum people_backup_state people_backup_state(struct people_backup *backup, struct error *error)
{
	if (backup->state == PEOPLE_BACKUP_RUNNING &&
	    atomic_load_explicit(&backup->over, memory_order_acquire))
		settle(backup);
	if (backup->state == PEOPLE_BACKUP_FAILED)
		*error = backup->error;
	return backup->state;
}

void people_backup_discard(struct people_backup *backup)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};

	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s", backup->path, names[i]) < 0)
			path = NULL;
		if (path)
			(void)unlink(path);
	}
	(void)rmdir(backup->path);
	backup->state = PEOPLE_BACKUP_NONE;
}

void people_backup_free(struct people_backup *backup)
{
	if (!backup)
		return;
	atomic_store(&backup->give_up, true);
	if (backup->state == PEOPLE_BACKUP_RUNNING)
		settle(backup);
	if (backup->state != PEOPLE_BACKUP_NONE)
		people_backup_discard(backup);
	free(backup->path);
	free(backup);
}
