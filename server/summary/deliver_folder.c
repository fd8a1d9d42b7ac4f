/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders are moved, never copied, and each move is synced before the next is made, so that their
 * order on disk is the order here. Ending a delivery may begin anywhere behind its commit, and may
 * be done twice.
 *
 * The number of a delivery is also above those of all folders that are there: whoever removed
 * .state gets new folders, and none that is there is touched.
 */
#include "summary/deliver_folder.h"

#include "base/cleanup.h"
#include "summary/deliver_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define DRAFT  ".new"
#define COMMIT ".commit"
#define STATE  ".state"
#define LOCK   ".lock"

void deliver_folder_name(uint64_t number, char ret_name[DELIVER_FOLDER_NAME_BYTES])
{
	(void)snprintf(ret_name, DELIVER_FOLDER_NAME_BYTES, "%06llu", (unsigned long long)number);
}

static int fail(const struct deliver_folder *folder, const char *name, const char *what,
		struct error *error)
{
	return error_set(error, DELIVER_FOLDER_E_FAILED, "%s/%s: %s: %s", folder->path, name, what,
			 strerror(errno));
}

void deliver_folder_close(struct deliver_folder *folder)
{
	if (folder->draft >= 0)
		(void)close(folder->draft);
	if (folder->lock >= 0)
		(void)close(folder->lock);
	if (folder->folder >= 0)
		(void)close(folder->folder);
	free(folder->path);
	*folder = (struct deliver_folder){.folder = -1, .lock = -1, .draft = -1};
}

/* The files of a folder, then itself. Deliveries have no folders in them. */
static int remove_folder(const struct deliver_folder *folder, const char *name, struct error *error)
{
	int descriptor = openat(folder->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *file;

	if (!files) {
		if (descriptor >= 0)
			(void)close(descriptor);
		return errno == ENOENT ? 0 : fail(folder, name, "cannot be opened", error);
	}
	while ((file = readdir(files)) != NULL)
		if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
			(void)unlinkat(descriptor, file->d_name, 0);
	(void)closedir(files);
	if (unlinkat(folder->folder, name, AT_REMOVEDIR))
		return fail(folder, name, "cannot be removed", error);
	return 0;
}

static int sync_folder(const struct deliver_folder *folder, int descriptor, struct error *error)
{
	return fsync(descriptor) ? fail(folder, ".", "cannot be synced", error) : 0;
}

static int number_of_state(const struct deliver_folder *folder, uint64_t *ret_number,
			   struct error *error)
{
	struct deliver_state *state = NULL;
	int code = deliver_state_open(folder->folder, &state, error);

	if (code == DELIVER_STATE_E_DAMAGED)
		return DELIVER_FOLDER_E_FAILED;
	if (code && code != DELIVER_STATE_E_ABSENT) {
		errno = code < 0 ? -code : EIO;
		return fail(folder, STATE, "cannot be read", error);
	}
	*ret_number = deliver_state_number(state);
	deliver_state_close(state);
	return 0;
}

/* Behind its commit: state first, then the folder's own name, which the state has. */
static int end_commit(const struct deliver_folder *folder, struct error *error)
{
	char name[DELIVER_FOLDER_NAME_BYTES];
	uint64_t number = 0;
	int code;

	if (faccessat(folder->folder, COMMIT, F_OK, 0))
		return errno == ENOENT ? 0 : fail(folder, COMMIT, "cannot be read", error);
	if (renameat(folder->folder, COMMIT "/" STATE, folder->folder, STATE) && errno != ENOENT)
		return fail(folder, STATE, "cannot be replaced", error);
	code = sync_folder(folder, folder->folder, error);
	if (!code)
		code = number_of_state(folder, &number, error);
	if (code)
		return code;
	deliver_folder_name(number, name);
	if (renameat(folder->folder, COMMIT, folder->folder, name))
		return fail(folder, name, "cannot be put into its place", error);
	return sync_folder(folder, folder->folder, error);
}

static int take_lock(struct deliver_folder *folder, struct error *error)
{
	folder->lock = openat(folder->folder, LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (folder->lock < 0)
		return fail(folder, LOCK, "cannot be made", error);
	if (flock(folder->lock, LOCK_EX | LOCK_NB))
		return error_set(error, DELIVER_FOLDER_E_LOCKED,
				 "%s: another delivery into this folder is under way",
				 folder->path);
	return 0;
}

int deliver_folder_open(struct deliver_folder *folder, const char *path, struct error *error)
{
	int code;

	*folder = (struct deliver_folder){.folder = -1, .lock = -1, .draft = -1};
	folder->path = strdup(path);
	if (!folder->path)
		return -ENOMEM;
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(folder, "", "cannot be made", error);
	folder->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->folder < 0)
		return fail(folder, "", "cannot be opened", error);
	code = take_lock(folder, error);
	if (!code)
		code = end_commit(folder, error);
	return code ? code : remove_folder(folder, DRAFT, error);
}

/* The highest number of a folder that is there. */
static uint64_t highest(const struct deliver_folder *folder)
{
	int descriptor = openat(folder->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *name;
	uint64_t found = 0;

	while (names && (name = readdir(names)) != NULL) {
		char *end;
		unsigned long long number = strtoull(name->d_name, &end, 10);

		if (*end == '\0' && number > found)
			found = number;
	}
	if (names)
		(void)closedir(names);
	else if (descriptor >= 0)
		(void)close(descriptor);
	return found;
}

int deliver_folder_begin(struct deliver_folder *folder, uint64_t last, struct error *error)
{
	uint64_t there = highest(folder);

	folder->number = (there > last ? there : last) + 1;
	if (mkdirat(folder->folder, DRAFT, 0700))
		return fail(folder, DRAFT, "cannot be made", error);
	folder->draft = openat(folder->folder, DRAFT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder->draft < 0 ? fail(folder, DRAFT, "cannot be opened", error) : 0;
}

int deliver_folder_commit(struct deliver_folder *folder, struct error *error)
{
	int code = sync_folder(folder, folder->draft, error);

	(void)close(folder->draft);
	folder->draft = -1;
	if (!code && renameat(folder->folder, DRAFT, folder->folder, COMMIT))
		code = fail(folder, COMMIT, "cannot be made", error);
	if (!code)
		code = sync_folder(folder, folder->folder, error);
	return code ? code : end_commit(folder, error);
}

int deliver_folder_discard(struct deliver_folder *folder, struct error *error)
{
	if (folder->draft >= 0)
		(void)close(folder->draft);
	folder->draft = -1;
	return remove_folder(folder, DRAFT, error);
}
