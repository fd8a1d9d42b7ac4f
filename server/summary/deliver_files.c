/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files by the table. They hold addresses, so only their owner may read them.
 *
 * Rows are written as they come, and synced when a file or the delivery ends: nothing of it counts
 * before the folder does. The first failure is kept, and everything behind it is for nothing.
 */
#include "summary/deliver_files.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { NAME_BYTES = 64 };

static const struct file_row {
	const char *stem, *suffix, *object, *operation;
} file_rows[] = {
#define DELIVER_FILE(name, stem, suffix, object, operation) {stem, suffix, object, operation},
	DELIVER_FILES(DELIVER_FILE)
#undef DELIVER_FILE
};

struct part {
	uint64_t rows, bytes;
};

struct file {
	FILE *stream; /* of the last part */
	struct part *parts;
	size_t part_count;
	uint64_t rows;
};

struct deliver_files {
	int draft, error;
	size_t max_bytes;
	deliver_header_fn header;
	void *context;
	struct file files[DELIVER_FILE_COUNT];
};

static void format_name(enum deliver_file file, size_t part, char ret_name[NAME_BYTES])
{
	const struct file_row *row = &file_rows[file];

	if (part == 0)
		(void)snprintf(ret_name, NAME_BYTES, "%s%s", row->stem, row->suffix);
	else
		(void)snprintf(ret_name, NAME_BYTES, "%s_%zu%s", row->stem, part + 1, row->suffix);
}

static void keep_error(struct deliver_files *files, int code)
{
	if (!files->error)
		files->error = code < 0 ? code : -EIO;
}

int deliver_files_new(int draft, size_t max_bytes, deliver_header_fn header, void *context,
		      struct deliver_files **ret_files)
{
	struct deliver_files *files = calloc(1, sizeof(*files));

	if (!files)
		return -ENOMEM;
	files->draft = draft;
	files->max_bytes = max_bytes;
	files->header = header;
	files->context = context;
	*ret_files = files;
	return 0;
}

static void end_part(struct deliver_files *files, struct file *file)
{
	if (!file->stream)
		return;
	if (fflush(file->stream) || fsync(fileno(file->stream)))
		keep_error(files, -errno);
	if (fclose(file->stream))
		keep_error(files, -errno);
	file->stream = NULL;
}

void deliver_files_free(struct deliver_files *files)
{
	if (!files)
		return;
	for (int i = 0; i < DELIVER_FILE_COUNT; i++) {
		if (files->files[i].stream)
			(void)fclose(files->files[i].stream);
		free(files->files[i].parts);
	}
	free(files);
}

static void write_bytes(struct deliver_files *files, struct file *file, struct span bytes)
{
	errno = 0;
	if (fwrite(bytes.data, 1, bytes.size, file->stream) != bytes.size)
		keep_error(files, -errno);
	file->parts[file->part_count - 1].bytes += bytes.size;
}

static bool begin_part(struct deliver_files *files, enum deliver_file which)
{
	cleanup_buffer struct buffer header = BUFFER_INIT;
	struct file *file = &files->files[which];
	struct part *grown = realloc(file->parts, (file->part_count + 1) * sizeof(*grown));
	char name[NAME_BYTES];
	int descriptor;

	end_part(files, file);
	if (!grown || file->part_count == DELIVER_PARTS_MAX) {
		file->parts = grown ? grown : file->parts;
		keep_error(files, grown ? -EFBIG : -ENOMEM);
		return false;
	}
	file->parts = grown;
	format_name(which, file->part_count, name);
	descriptor = openat(files->draft, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	file->stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	if (!file->stream) {
		keep_error(files, -errno);
		if (descriptor >= 0)
			(void)close(descriptor);
		return false;
	}
	file->parts[file->part_count++] = (struct part){0};
	files->header(files->context, which, &header);
	if (header.error)
		keep_error(files, header.error);
	if (header.size > 0)
		write_bytes(files, file, buffer_span(&header));
	return true;
}

void deliver_files_add(struct deliver_files *files, enum deliver_file which, struct span row)
{
	struct file *file = &files->files[which];
	struct part *part = file->part_count > 0 ? &file->parts[file->part_count - 1] : NULL;

	if (files->error)
		return;
	if (!part || part->bytes + row.size > files->max_bytes)
		if (!begin_part(files, which))
			return;
	write_bytes(files, file, row);
	file->parts[file->part_count - 1].rows++;
	file->rows++;
}

uint64_t deliver_files_rows(const struct deliver_files *files, enum deliver_file file)
{
	return files->files[file].rows;
}

json_t *deliver_files_manifest(const struct deliver_files *files)
{
	json_t *list = json_array();
	int failed = list == NULL;

	for (int i = 0; !failed && i < DELIVER_FILE_COUNT; i++)
		for (size_t part = 0; !failed && part < files->files[i].part_count; part++) {
			const struct part *row = &files->files[i].parts[part];
			char name[NAME_BYTES];

			format_name((enum deliver_file)i, part, name);
			failed =
				json_array_append_new(list,
						      json_pack("{s:s, s:s, s:s, s:I, s:I}", "name",
								name, "object", file_rows[i].object,
								"operation", file_rows[i].operation,
								"rows", (json_int_t)row->rows,
								"bytes", (json_int_t)row->bytes));
		}
	if (!failed)
		return list;
	json_decref(list);
	return NULL;
}

int deliver_files_finish(struct deliver_files *files)
{
	for (int i = 0; i < DELIVER_FILE_COUNT; i++)
		end_part(files, &files->files[i]);
	return files->error;
}

int deliver_file_put(int folder, const char *name, struct span text)
{
	cleanup_close int descriptor =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (descriptor < 0)
		return -errno;
	for (size_t at = 0; at < text.size;) {
		ssize_t done = write(descriptor, text.data + at, text.size - at);

		if (done < 0 && errno != EINTR)
			return -errno;
		at += done > 0 ? (size_t)done : 0;
	}
	return fsync(descriptor) ? -errno : 0;
}
