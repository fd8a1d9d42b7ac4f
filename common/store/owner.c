/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of root, and what it makes in a data directory that belongs to somebody else: the
 * server that runs as that user could not open it. So root gives whatever lies in the directory to
 * the directory's owner, each time that it opens or closes the store.
 *
 * The owner can put anything there, and root must not be led to give away a file elsewhere: no
 * symbolic link is followed, and a file with a second name stays as it is.
 *
 * Files are held by O_PATH descriptors, what was looked at being what is given. Closing a real one
 * would drop the locks by which LMDB knows that this process has its environment open.
 */
#include "base/cleanup.h"
#include "store/store_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static void close_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

static bool is_to_give(const struct stat *status, const struct stat *owner)
{
	if (status->st_uid == owner->st_uid)
		return false;
	return S_ISDIR(status->st_mode) || (S_ISREG(status->st_mode) && status->st_nlink == 1);
}

/* Everything in the folder @name of @parent, and @depth folders below it. Takes what it can. */
static void give(int parent, const char *name, const struct stat *owner, unsigned depth)
{
	const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup(close_directory) DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !directory)
		(void)close(fd);
	while (directory && (entry = readdir(directory)) != NULL) {
		cleanup_close int file = -1;
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		file = openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (file < 0 || fstat(file, &status))
			continue;
		if (is_to_give(&status, owner) &&
		    fchownat(file, "", owner->st_uid, owner->st_gid, AT_EMPTY_PATH))
			continue;
		if (S_ISDIR(status.st_mode) && depth > 0)
			give(fd, entry->d_name, owner, depth - 1);
	}
}

void store_leave_to_owner(const char *data_dir)
{
	struct stat owner;

	if (geteuid() != 0 || stat(data_dir, &owner) || owner.st_uid == 0)
		return;
	give(AT_FDCWD, data_dir, &owner, 1);
}
