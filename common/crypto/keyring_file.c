/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.json on disk. Losing it makes every mailed link worthless, and a half-written one is a lost
 * one: a change is written beside the file, synced, renamed over it and the folder synced, so that
 * a crash at any step leaves the old or the new keyring, whole.
 *
 * The file is refused when its group or others may touch it: whoever reads it mints links to
 * anywhere. Two writers are kept apart by data/lock, which the caller holds.
 */
#include "crypto/keyring_file.h"

#include "base/cleanup.h"
#include "crypto/keyring_json.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

struct keyring_file *keyring_file_new(void)
{
	struct keyring_file *file = sodium_malloc((sizeof(*file) + 15) & ~(size_t)15);

	if (file)
		sodium_memzero(file, sizeof(*file));
	return file;
}

void keyring_file_free(struct keyring_file *file)
{
	sodium_free(file);
}

static int fail(struct error *error, const char *path, const char *what)
{
	int number = errno;

	if (number == ENOMEM)
		return -ENOMEM;
	return error_set(error, KEYRING_E_FILE, "%s: %s: %s", path, what, strerror(number));
}

static int check_file(const char *path, int descriptor, struct error *error)
{
	struct stat status;

	if (fstat(descriptor, &status) < 0)
		return fail(error, path, "cannot look at the keyring");
	if (!S_ISREG(status.st_mode))
		return error_set(error, KEYRING_E_FILE, "%s: the keyring is not a regular file",
				 path);
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error, KEYRING_E_FILE,
				 "%s: its mode is %04o, so that others can get at the keys; "
				 "change it: chmod 600 %s",
				 path, (unsigned)(status.st_mode & 07777), path);
	if (status.st_size > KEYRING_FILE_MAX_BYTES)
		return error_set(error, KEYRING_E_FILE,
				 "%s: %lld bytes are too many for a keyring (at most %d)", path,
				 (long long)status.st_size, KEYRING_FILE_MAX_BYTES);
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

int keyring_file_read(const char *path, struct keyring_file *file, struct error *error)
{
	cleanup_close int descriptor = -1;
	uint8_t *text;
	ssize_t size;
	int code;

	/* Not blocking: a FIFO in the place of the file must not hold up the start. */
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (descriptor < 0)
		return fail(error, path, "cannot open the keyring");
	code = check_file(path, descriptor, error);
	if (code)
		return code;
	text = sodium_malloc(KEYRING_FILE_MAX_BYTES);
	if (!text)
		return -ENOMEM;
	size = read_all(descriptor, text, KEYRING_FILE_MAX_BYTES);
	if (size < 0)
		code = fail(error, path, "cannot read the keyring");
	else
		code = keyring_file_parse(path, span_of(text, (size_t)size), file, error);
	sodium_free(text);
	return code;
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

/* Create @path for us alone and write the keyring to it; removed again when that fails. */
static int write_new(const char *path, const struct keyring_file *file, int *ret_descriptor)
{
	struct buffer text = {.limit = KEYRING_FILE_MAX_BYTES};
	int descriptor, result = -1;

	if (!buffer_reserve(&text, KEYRING_FILE_MAX_BYTES)) {
		errno = ENOMEM;
		return -1;
	}
	descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (descriptor >= 0) {
		keyring_json_format(file, &text);
		result = fchmod(descriptor, 0600) < 0 ? -1
						      : write_all(descriptor, buffer_span(&text));
		if (result < 0) {
			int number = errno;

			(void)unlink(path);
			(void)close(descriptor);
			errno = number;
		} else {
			*ret_descriptor = descriptor;
		}
	}
	sodium_memzero(text.data, text.capacity);
	buffer_finish(&text);
	return result;
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

int keyring_file_create(const char *path, const struct keyring_file *file, struct error *error)
{
	cleanup_close int descriptor = -1;

	if (write_new(path, file, &descriptor) < 0) {
		if (errno == EEXIST)
			return error_set(error, KEYRING_E_EXISTS,
					 "%s: is there already; a keyring is never overwritten",
					 path);
		return fail(error, path, "cannot write the keyring");
	}
	if (sync_folder(path) < 0) {
		int code = fail(error, path, "cannot sync the folder of the keyring");

		(void)unlink(path);
		return code;
	}
	return 0;
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

int keyring_file_replace(const char *path, const struct keyring_file *file, struct error *error)
{
	cleanup_free char *target = realpath(path, NULL), *beside = NULL;
	cleanup_close int descriptor = -1;
	int code;

	if (!target)
		return fail(error, path, "cannot find the keyring");
	if (asprintf(&beside, "%s.new", target) < 0) {
		beside = NULL;
		return -ENOMEM;
	}
	/* Left behind by a crash between writing and renaming: never in use. */
	if (unlink(beside) < 0 && errno != ENOENT)
		return fail(error, beside, "cannot remove an earlier attempt");
	if (write_new(beside, file, &descriptor) < 0)
		return fail(error, beside, "cannot write the keyring");
	if (keep_owner(target, descriptor) < 0 || rename(beside, target) < 0) {
		code = fail(error, path, "cannot replace the keyring");
		(void)unlink(beside);
		return code;
	}
	if (sync_folder(target) < 0)
		return fail(error, path, "cannot sync the folder of the keyring");
	return 0;
}
