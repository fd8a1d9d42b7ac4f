/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a new instance. Each step is made with a call that fails when its name is taken, so
 * there is no moment between looking and making; what the steps before have made is removed in
 * reverse when one fails.
 */
#include "commands/instance.h"

#include "base/cleanup.h"
#include "crypto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

struct making {
	char *data, *keys, *config; /* paths */
	bool made_directory, made_data, made_keys;
};

static int fail(const char *path, const char *what, struct error *error)
{
	return error_set(error, INSTANCE_E_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

static int taken(const char *path, struct error *error)
{
	return error_set(error, INSTANCE_E_FAILED,
			 "%s: is there already, and nothing is ever overwritten; choose another "
			 "--dir, or move it away",
			 path);
}

/* Look at all three first: a person wants to hear of an instance, not of its first part. */
static int check_free(const struct making *making, struct error *error)
{
	const char *paths[] = {making->config, making->keys, making->data};
	struct stat status;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (lstat(paths[i], &status) == 0)
			return taken(paths[i], error);
	return 0;
}

static int make_directories(struct making *making, const char *directory, struct error *error)
{
	if (mkdir(directory, 0755) == 0)
		making->made_directory = true;
	else if (errno != EEXIST)
		return fail(directory, "cannot make the directory", error);
	if (mkdir(making->data, 0700) < 0)
		return errno == EEXIST ? taken(making->data, error)
				       : fail(making->data, "cannot make the directory", error);
	making->made_data = true;
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

static int write_config(const char *path, struct span text, struct error *error)
{
	cleanup_close int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (descriptor < 0)
		return errno == EEXIST ? taken(path, error)
				       : fail(path, "cannot make the file", error);
	if (write_all(descriptor, text) < 0) {
		int code = fail(path, "cannot write the file", error);

		(void)unlink(path);
		return code;
	}
	return 0;
}

static int sync_directory(const char *path, struct error *error)
{
	cleanup_close int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (descriptor < 0 || fsync(descriptor) < 0)
		return fail(path, "cannot sync the directory", error);
	return 0;
}

static int make(struct making *making, const char *directory, struct span config,
		struct error *error)
{
	int code;

	code = check_free(making, error);
	if (!code)
		code = make_directories(making, directory, error);
	if (!code) {
		code = keyring_create(making->keys, error);
		making->made_keys = code == 0;
	}
	if (!code)
		code = write_config(making->config, config, error);
	return code;
}

static void unmake(const struct making *making, const char *directory)
{
	if (making->made_keys)
		(void)unlink(making->keys);
	if (making->made_data)
		(void)rmdir(making->data);
	if (making->made_directory)
		(void)rmdir(directory);
}

int instance_make(const char *directory, struct span config, struct error *error)
{
	cleanup_free char *data = NULL, *keys = NULL, *file = NULL;
	struct making making = {0};
	int code;

	if (asprintf(&data, "%s/data", directory) < 0)
		data = NULL;
	if (asprintf(&keys, "%s/keys.json", directory) < 0)
		keys = NULL;
	if (asprintf(&file, "%s/waymark.json", directory) < 0)
		file = NULL;
	if (!data || !keys || !file)
		return -ENOMEM;
	making.data = data;
	making.keys = keys;
	making.config = file;
	code = make(&making, directory, config, error);
	if (code) {
		unmake(&making, directory);
		return code < 0 ? code : INSTANCE_E_FAILED;
	}
	return sync_directory(directory, error);
}
