/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list is small and seldom changes, so it is read and written as a whole. Two who make copies
 * at the same time share the lock and may both want to change it, so a change has another lock of
 * its own: lockf() on the same file, which flock() knows nothing of.
 */
#include "commands/copies.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>

enum { LIMIT_BYTES = 1 << 20 };

static int fail(const char *path, const char *what, struct error *error)
{
	return error_set(error, 1, "%s: %s: %s", path, what, strerror(errno));
}

static int open_lock(const char *data_dir, int *ret_fd, struct error *error)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/copies.lock", data_dir) < 0)
		return error_set(error, 1, "out of memory");
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return *ret_fd < 0 ? fail(path, "cannot be opened", error) : 0;
}

int copies_lock(const char *data_dir, bool alone, int *ret_fd, struct error *error)
{
	cleanup_close int fd = -1;
	int code = open_lock(data_dir, &fd, error);

	while (!code && flock(fd, alone ? LOCK_EX : LOCK_SH))
		if (errno != EINTR)
			code = fail(data_dir, "copies.lock cannot be locked", error);
	if (code)
		return code;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static json_t *empty(void)
{
	return json_pack("{s:i, s:[], s:[]}", "version", 1, COPIES_DELIVERIES, COPIES_PEOPLE);
}

static int parse(const char *path, const uint8_t *text, size_t size, json_t **ret_copies,
		 struct error *error)
{
	json_error_t trouble;
	json_t *copies = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, &trouble);

	if (copies && json_is_array(json_object_get(copies, COPIES_DELIVERIES)) &&
	    json_is_array(json_object_get(copies, COPIES_PEOPLE))) {
		*ret_copies = copies;
		return 0;
	}
	json_decref(copies);
	if (!copies)
		return error_set(error, 1, "%s:%d:%d: %s", path, trouble.line, trouble.column,
				 trouble.text);
	return error_set(error, 1,
			 "%s: must be an object with the lists \"deliveries\" and \"people\"",
			 path);
}

static int path_of(const char *data_dir, char **ret_path, struct error *error)
{
	return asprintf(ret_path, "%s/copies.json", data_dir) < 0
		       ? error_set(error, 1, "out of memory")
		       : 0;
}

static struct private_file file_at(const char *path)
{
	return (struct private_file){.path = path,
				     .name = "list of copies",
				     .prize = "the list",
				     .limit_bytes = LIMIT_BYTES};
}

int copies_read(const char *data_dir, json_t **ret_copies, struct error *error)
{
	cleanup_free char *path = NULL;
	cleanup_free uint8_t *text = NULL;
	struct private_file file;
	size_t size = 0;
	int code = path_of(data_dir, &path, error);

	if (code)
		return code;
	text = malloc(LIMIT_BYTES);
	if (!text)
		return error_set(error, 1, "out of memory");
	file = file_at(path);
	code = private_file_read(&file, text, &size, error);
	if (code == PRIVATE_FILE_E_ABSENT) {
		*ret_copies = empty();
		return *ret_copies ? 0 : error_set(error, 1, "out of memory");
	}
	return code ? code : parse(path, text, size, ret_copies, error);
}

static int write_list(const char *data_dir, const json_t *copies, struct error *error)
{
	cleanup_free char *path = NULL, *text = json_dumps(copies, JSON_INDENT(1));
	struct private_file file;
	int code = text ? path_of(data_dir, &path, error) : error_set(error, 1, "out of memory");

	if (code)
		return code;
	file = file_at(path);
	return access(path, F_OK) ? private_file_create(&file, span_text(text), error)
				  : private_file_replace(&file, span_text(text), error);
}

/* The whole path of one whose folder is there. */
static int whole_path(const char *path, char **ret_path, struct error *error)
{
	cleanup_free char *one = strdup(path), *other = strdup(path), *folder = NULL;
	const char *name;

	if (!one || !other)
		return error_set(error, 1, "out of memory");
	*ret_path = realpath(path, NULL);
	if (*ret_path)
		return 0;
	folder = realpath(dirname(one), NULL);
	if (!folder)
		return fail(path, "its folder cannot be found", error);
	name = basename(other);
	return asprintf(ret_path, "%s/%s", folder, name) < 0 ? error_set(error, 1, "out of memory")
							     : 0;
}

static size_t find(const json_t *list, const char *path)
{
	size_t index = 0;

	while (index < json_array_size(list) &&
	       strcmp(json_string_value(json_array_get(list, index))
			      ? json_string_value(json_array_get(list, index))
			      : "",
		      path) != 0)
		index++;
	return index;
}

/* Put @path into the list, or take it out. */
static int change(const char *data_dir, const char *kind, const char *path, bool there,
		  struct error *error)
{
	json_t *copies = NULL, *list;
	size_t index;
	int code = copies_read(data_dir, &copies, error);

	if (code)
		return code;
	list = json_object_get(copies, kind);
	index = find(list, path);
	if ((index < json_array_size(list)) != there) {
		if (there ? json_array_append_new(list, json_string(path))
			  : json_array_remove(list, index))
			code = error_set(error, 1, "%s: is no path in UTF-8", path);
		else
			code = write_list(data_dir, copies, error);
	}
	json_decref(copies);
	return code;
}

static int change_locked(const char *data_dir, const char *kind, const char *path, bool there,
			 struct error *error)
{
	cleanup_close int fd = -1;
	int code = open_lock(data_dir, &fd, error);

	if (!code && lockf(fd, F_LOCK, 1))
		code = fail(data_dir, "copies.lock cannot be locked", error);
	return code ? code : change(data_dir, kind, path, there, error);
}

int copies_note(const char *data_dir, const char *kind, const char *path, struct error *error)
{
	cleanup_free char *whole = NULL;
	int code = whole_path(path, &whole, error);

	return code ? code : change_locked(data_dir, kind, whole, true, error);
}

/* Its folder may be gone as well. */
int copies_forget(const char *data_dir, const char *kind, const char *path, struct error *error)
{
	return change_locked(data_dir, kind, path, false, error);
}
