/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files are looked through as they lie, in memory that the kernel maps; nearly all of them hold
 * nobody who is looked for and are left as they are. A record of a CSV ends at a line feed outside
 * of quotes, a line of NDJSON at any.
 */
#include "summary/deliver_scrub.h"

#include "base/cleanup.h"
#include "summary/deliver_files.h"
#include "summary/deliver_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define DRAFT	 ".scrub"
#define MANIFEST "manifest.json"

struct scrub {
	const struct span *handles;
	size_t count;
	struct deliver_scrub *done;
	deliver_row_fn each; /* NULL: they are taken out */
	void *context;
	struct error *error;
	struct deliver_folder folder;
	int delivery;	  /* descriptor of the one at hand */
	const char *name; /* and its name */
	json_t *manifest; /* or NULL */
	bool changed;
};

static int fail(const struct scrub *scrub, const char *file, const char *what)
{
	return error_set(scrub->error, 1, "%s/%s/%s: %s: %s", scrub->folder.path, scrub->name, file,
			 what, strerror(errno));
}

static bool is_about(const struct scrub *scrub, struct span record)
{
	for (size_t i = 0; i < scrub->count; i++)
		if (record.size > 0 && memmem(record.data, record.size, scrub->handles[i].data,
					      scrub->handles[i].size))
			return true;
	return false;
}

/* Where the record at @at ends, behind its line feed. */
static size_t record_end(struct span text, size_t at, bool quotes)
{
	bool quoted = false;

	for (; at < text.size; at++) {
		if (quotes && text.data[at] == '"')
			quoted = !quoted;
		else if (text.data[at] == '\n' && !quoted)
			return at + 1;
	}
	return text.size;
}

/* What is left of @text into @to. Return: how many records went. */
static uint64_t filter(const struct scrub *scrub, struct span text, bool quotes, FILE *to)
{
	uint64_t gone = 0;

	for (size_t at = 0, end; at < text.size; at = end) {
		struct span record;

		end = record_end(text, at, quotes);
		record = span_slice(text, at, end - at);
		if (is_about(scrub, record))
			gone++;
		else
			(void)fwrite(record.data, 1, record.size, to);
	}
	return gone;
}

/* Of the file's entry in the manifest; the number of rows that are left, or 1 without one. */
static uint64_t tell_manifest(struct scrub *scrub, const char *name, uint64_t gone, uint64_t bytes)
{
	json_t *files = json_object_get(scrub->manifest, "files"), *file;
	json_int_t rows;
	size_t index;

	json_array_foreach(files, index, file)
	{
		const char *other = json_string_value(json_object_get(file, "name"));

		if (!other || strcmp(other, name) != 0)
			continue;
		rows = json_integer_value(json_object_get(file, "rows")) - (json_int_t)gone;
		scrub->changed = true;
		if (rows <= 0) {
			(void)json_array_remove(files, index);
			return 0;
		}
		(void)json_object_set_new(file, "rows", json_integer(rows));
		(void)json_object_set_new(file, "bytes", json_integer((json_int_t)bytes));
		return (uint64_t)rows;
	}
	return 1;
}

/* A file without rows is not there (deliver_files.h). */
static int put(struct scrub *scrub, const char *name, uint64_t gone, uint64_t bytes)
{
	scrub->done->files++;
	scrub->done->rows += gone;
	if (tell_manifest(scrub, name, gone, bytes) == 0) {
		if (unlinkat(scrub->delivery, name, 0) || unlinkat(scrub->delivery, DRAFT, 0))
			return fail(scrub, name, "cannot be removed");
		return 0;
	}
	return renameat(scrub->delivery, DRAFT, scrub->delivery, name)
		       ? fail(scrub, name, "cannot be replaced")
		       : 0;
}

static int rewrite(struct scrub *scrub, const char *name, struct span text)
{
	cleanup_fclose FILE *draft = NULL;
	uint64_t gone;
	long bytes;
	int fd;

	(void)unlinkat(scrub->delivery, DRAFT, 0);
	fd = openat(scrub->delivery, DRAFT, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	draft = fd < 0 ? NULL : fdopen(fd, "w");
	if (!draft) {
		if (fd >= 0)
			(void)close(fd);
		return fail(scrub, DRAFT, "cannot be made");
	}
	gone = filter(scrub, text, strstr(name, ".csv") != NULL, draft);
	bytes = ftell(draft);
	if (fflush(draft) || ferror(draft) || fsync(fd))
		return fail(scrub, DRAFT, "cannot be written");
	return put(scrub, name, gone, (uint64_t)bytes);
}

static int tell(const struct scrub *scrub, const char *name, struct span text)
{
	bool quotes = strstr(name, ".csv") != NULL;
	int code = 0;

	for (size_t at = 0, end; at < text.size && !code; at = end) {
		struct span row;

		end = record_end(text, at, quotes);
		row = span_slice(text, at, end - at);
		if (is_about(scrub, row))
			code = scrub->each(scrub->context, scrub->name, name, row);
	}
	return code;
}

static int scrub_file(struct scrub *scrub, const char *name)
{
	cleanup_close int fd = openat(scrub->delivery, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	struct span text;
	void *map;
	int code = 0;

	if (fd < 0 || fstat(fd, &status))
		return fail(scrub, name, "cannot be read");
	if (!S_ISREG(status.st_mode) || status.st_size == 0)
		return 0;
	map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return fail(scrub, name, "cannot be read");
	text = span_of(map, (size_t)status.st_size);
	if (is_about(scrub, text))
		code = scrub->each ? tell(scrub, name, text) : rewrite(scrub, name, text);
	(void)munmap(map, (size_t)status.st_size);
	return code;
}

static int write_manifest(struct scrub *scrub)
{
	cleanup_free char *text = json_dumps(scrub->manifest, JSON_INDENT(1));
	int code;

	(void)unlinkat(scrub->delivery, DRAFT, 0);
	code = text ? deliver_file_put(scrub->delivery, DRAFT, span_text(text)) : -ENOMEM;
	errno = -code;
	if (code || renameat(scrub->delivery, DRAFT, scrub->delivery, MANIFEST))
		return fail(scrub, MANIFEST, "cannot be replaced");
	return 0;
}

/* The draft of an earlier call that was killed is none, and goes with the next one. */
static bool is_delivered(const char *name)
{
	return name[0] != '.' && strcmp(name, MANIFEST) != 0;
}

static int scrub_files(struct scrub *scrub)
{
	int descriptor = openat(scrub->delivery, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *file;
	int code = 0;

	if (!files) {
		if (descriptor >= 0)
			(void)close(descriptor);
		return fail(scrub, "", "cannot be read");
	}
	if (!scrub->each)
		(void)unlinkat(scrub->delivery, DRAFT, 0);
	while (!code && (file = readdir(files)) != NULL)
		if (is_delivered(file->d_name))
			code = scrub_file(scrub, file->d_name);
	(void)closedir(files);
	if (!code && scrub->changed)
		code = write_manifest(scrub);
	if (!code && !scrub->each && fsync(scrub->delivery))
		code = fail(scrub, "", "cannot be synced");
	return code;
}

static json_t *read_manifest(int delivery)
{
	const int fd = openat(delivery, MANIFEST, O_RDONLY | O_CLOEXEC);
	json_t *manifest = fd < 0 ? NULL : json_loadfd(fd, 0, NULL);

	if (fd >= 0)
		(void)close(fd);
	return manifest;
}

static int scrub_delivery(struct scrub *scrub, const char *name)
{
	int code;

	scrub->name = name;
	scrub->changed = false;
	scrub->delivery =
		openat(scrub->folder.folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (scrub->delivery < 0)
		return fail(scrub, "", "cannot be opened");
	scrub->manifest = read_manifest(scrub->delivery);
	code = scrub_files(scrub);
	json_decref(scrub->manifest);
	(void)close(scrub->delivery);
	return code;
}

static int scrub_all(struct scrub *scrub)
{
	int descriptor = openat(scrub->folder.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *name;
	int code = 0;

	if (!names) {
		if (descriptor >= 0)
			(void)close(descriptor);
		return error_set(scrub->error, 1, "%s: cannot be read: %s", scrub->folder.path,
				 strerror(errno));
	}
	while (!code && (name = readdir(names)) != NULL)
		if (name->d_name[strspn(name->d_name, "0123456789")] == '\0')
			code = scrub_delivery(scrub, name->d_name);
	(void)closedir(names);
	return code;
}

static int run(struct scrub *scrub, const char *directory)
{
	int code;

	if (access(directory, F_OK) && errno == ENOENT) {
		scrub->done->absent = true;
		return 0;
	}
	code = deliver_folder_open(&scrub->folder, directory, scrub->error);
	if (!code)
		code = scrub_all(scrub);
	deliver_folder_close(&scrub->folder);
	return code;
}

int deliver_scrub(const char *directory, const struct span *handles, size_t count,
		  struct deliver_scrub *ret_done, struct error *error)
{
	struct deliver_scrub done = {.absent = false};
	struct scrub scrub = {
		.handles = handles, .count = count, .done = &done, .error = error, .name = ""};
	int code = run(&scrub, directory);

	if (!code)
		*ret_done = done;
	return code;
}

int deliver_find_rows(const char *directory, const struct span *handles, size_t count,
		      deliver_row_fn each, void *context, struct error *error)
{
	struct deliver_scrub done = {.absent = false};
	struct scrub scrub = {.handles = handles,
			      .count = count,
			      .done = &done,
			      .each = each,
			      .context = context,
			      .error = error,
			      .name = ""};

	return run(&scrub, directory);
}
