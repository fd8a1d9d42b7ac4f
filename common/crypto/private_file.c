/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, making and replacing a file that holds secrets. A half-written one is a lost one, so it
 * never stands under its name before it is whole and synced. What is left beside it by a crash was
 * never in use, and the next change removes it.
 */
#include "crypto/private_file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

static int fail(struct error *error, const struct private_file *file, const char *path,
		const char *what)
{
	int number = errno;

	if (number == ENOMEM)
		return -ENOMEM;
	return error_set(error, PRIVATE_FILE_E_FAILED, "%s: cannot %s the %s: %s", path, what,
			 file->name, strerror(number));
}

static int check(const struct private_file *file, int descriptor, struct error *error)
{
	struct stat status;

	if (fstat(descriptor, &status) < 0)
		return fail(error, file, file->path, "look at");
	if (!S_ISREG(status.st_mode))
		return error_set(error, PRIVATE_FILE_E_FAILED, "%s: the %s is not a regular file",
				 file->path, file->name);
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error, PRIVATE_FILE_E_FAILED,
				 "%s: its mode is %04o, so that others can get at the %s; "
				 "change it: chmod 600 %s",
				 file->path, (unsigned)(status.st_mode & 07777), file->prize,
				 file->path);
	if (status.st_size > (off_t)file->limit_bytes)
		return error_set(error, PRIVATE_FILE_E_FAILED,
				 "%s: %lld bytes are too many for a %s (at most %zu)", file->path,
				 (long long)status.st_size, file->name, file->limit_bytes);
	return 0;
}

/* At most @capacity bytes to the end of the file; a longer one is cut, and fails as JSON. */
static ssize_t read_all(int descriptor, uint8_t *to, size_t capacity)
{
	size_t size = 0;

	while (size < capacity) {
		ssize_t got = read(descriptor, to + size, capacity - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		size += (size_t)got;
	}
	return (ssize_t)size;
}

int private_file_read(const struct private_file *file, uint8_t *to, size_t *ret_size,
		      struct error *error)
{
	cleanup_close int descriptor = -1;
	ssize_t size;
	int code;

	/* Not blocking: a FIFO in the place of the file must not hold up the start. */
	descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0) {
		bool absent = errno == ENOENT;

		code = fail(error, file, file->path, "open");
		return absent ? PRIVATE_FILE_E_ABSENT : code;
	}
	code = check(file, descriptor, error);
	if (code)
		return code;
	size = read_all(descriptor, to, file->limit_bytes);
	if (size < 0)
		return fail(error, file, file->path, "read");
	*ret_size = (size_t)size;
	return 0;
}

static int write_all(int descriptor, struct span text)
{
	while (text.size > 0) {
		ssize_t written = write(descriptor, text.data, text.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		text = span_slice(text, (size_t)written, text.size);
	}
	return fsync(descriptor);
}

/* Create @path for us alone and write @text to it; removed again when that fails. */
static int write_new(const char *path, struct span text, int *ret_descriptor)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (descriptor < 0)
		return -1;
	if (fchmod(descriptor, 0600) < 0 || write_all(descriptor, text) < 0) {
		int number = errno;

		(void)unlink(path);
		(void)close(descriptor);
		errno = number;
		return -1;
	}
	*ret_descriptor = descriptor;
	return 0;
}

/* Make the name of @path durable. */
static int sync_folder(const char *path)
{
	cleanup_free char *copy = strdup(path);
	cleanup_close int folder = -1;

	if (!copy)
		return -1;
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -1 : fsync(folder);
}

/* Whole and synced beside @target; its path comes out. */
static int write_beside(const struct private_file *file, const char *target, struct span text,
			char **ret_path, int *ret_descriptor, struct error *error)
{
	cleanup_free char *beside = NULL;

	if (asprintf(&beside, "%s.new", target) < 0) {
		beside = NULL;
		return -ENOMEM;
	}
	if (unlink(beside) < 0 && errno != ENOENT)
		return fail(error, file, beside, "remove what an earlier attempt left of");
	if (write_new(beside, text, ret_descriptor) < 0)
		return fail(error, file, file->path, "write");
	*ret_path = take_ptr(beside);
	return 0;
}

/* Whoever cannot be given to, or is not there yet, will not read it either. */
static void give_to_owner(const struct private_file *file, int descriptor)
{
	struct stat owner;

	if (file->owner_of && geteuid() == 0 && stat(file->owner_of, &owner) == 0 &&
	    owner.st_uid != 0)
		(void)!fchown(descriptor, owner.st_uid, owner.st_gid);
}

/* A link and not a rename, which would put it in the place of one that is there. */
int private_file_create(const struct private_file *file, struct span text, struct error *error)
{
	cleanup_free char *beside = NULL;
	cleanup_close int descriptor = -1;
	int code = 0;

	if (access(file->path, F_OK) == 0)
		return PRIVATE_FILE_E_EXISTS;
	code = write_beside(file, file->path, text, &beside, &descriptor, error);
	if (code)
		return code;
	give_to_owner(file, descriptor);
	if (link(beside, file->path) < 0)
		code = errno == EEXIST ? PRIVATE_FILE_E_EXISTS
				       : fail(error, file, file->path, "write");
	(void)unlink(beside);
	if (!code && sync_folder(file->path) < 0) {
		code = fail(error, file, file->path, "sync the folder of");
		(void)unlink(file->path);
	}
	return code;
}

/* A file made by root in the place of the service's own would lock the service out. */
static int keep_owner(const char *path, int descriptor)
{
	struct stat old, fresh;

	if (stat(path, &old) < 0 || fstat(descriptor, &fresh) < 0)
		return -1;
	if (old.st_uid == fresh.st_uid && old.st_gid == fresh.st_gid)
		return 0;
	return fchown(descriptor, old.st_uid, old.st_gid);
}

int private_file_replace(const struct private_file *file, struct span text, struct error *error)
{
	cleanup_free char *target = realpath(file->path, NULL), *beside = NULL;
	cleanup_close int descriptor = -1;
	int code;

	if (!target)
		return fail(error, file, file->path, "find");
	code = write_beside(file, target, text, &beside, &descriptor, error);
	if (code)
		return code;
	if (keep_owner(target, descriptor) < 0 || rename(beside, target) < 0) {
		code = fail(error, file, file->path, "replace");
		(void)unlink(beside);
		return code;
	}
	if (sync_folder(target) < 0)
		return fail(error, file, file->path, "sync the folder of");
	return 0;
}
