/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a backup: written once, synced, and never believed without their digest.
 *
 * Nothing counts before the manifest names it, so a file that a kill left behind is only in the
 * way: it is written over. Reading checks size and digest of the whole file, and of a segment also
 * that its sequences follow each other, since a manifest may be of another time than the file.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/backup_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { PIECE_BYTES = 1 << 20, PREFIX_BYTES = 12 };

int backup_path(struct buffer *to, const char *directory, const char *name)
{
	buffer_clear(to);
	buffer_printf(to, "%s/%s", directory, name);
	return buffer_text(to) ? 0 : -ENOMEM;
}

int backup_fail(const char *path, const char *what, struct error *error)
{
	return error_set(error, BACKUP_E_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

int backup_sync_directory(const char *path, struct error *error)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 ? 0 : backup_fail(path, "cannot be synced", error);
}

int backup_lock(const char *directory, int *ret_fd, struct error *error)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return backup_fail(directory, "cannot be opened", error);
	/* A file system that knows no locks is taken as it is. */
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		(void)close(fd);
		return error_set(error, BACKUP_E_FAILED,
				 "%s: another backup or restore works with this directory",
				 directory);
	}
	*ret_fd = fd;
	return 0;
}

int backup_output_open(struct backup_output *output, const char *directory,
		       struct backup_file *file, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	*output = (struct backup_output){.fd = -1, .digest = digest_new(), .file = file};
	if (backup_path(&path, directory, file->name) || !output->digest)
		return -ENOMEM;
	(void)unlink(buffer_text(&path));
	output->fd = open(buffer_text(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	file->bytes = 0;
	return output->fd < 0 ? backup_fail(buffer_text(&path), "cannot be made", error) : 0;
}

int backup_output_write(struct backup_output *output, struct span bytes, struct error *error)
{
	digest_add(output->digest, bytes);
	output->file->bytes += bytes.size;
	while (bytes.size > 0) {
		ssize_t size = write(output->fd, bytes.data, bytes.size);

		if (size < 0 && errno != EINTR)
			return backup_fail(output->file->name, "cannot be written", error);
		if (size > 0)
			bytes = span_slice(bytes, (size_t)size, bytes.size);
	}
	return 0;
}

int backup_output_close(struct backup_output *output, struct error *error)
{
	int r = 0;

	if (output->fd >= 0) {
		if (fsync(output->fd))
			r = backup_fail(output->file->name, "cannot be synced", error);
		(void)close(output->fd);
		output->fd = -1;
	}
	if (output->digest)
		digest_finish(output->digest, output->file->digest);
	digest_free(take_ptr(output->digest));
	return r;
}

static int mismatch(const char *path, struct error *error)
{
	return error_set(error, BACKUP_E_FAILED,
			 "%s: is not what was backed up (its size or SHA-256 differs); take "
			 "another copy of the backup",
			 path);
}

/* Read all of @path: into @digest, and to @output unless that is NULL. */
static int read_through(const char *path, struct digest *digest, struct backup_output *output,
			uint64_t *ret_bytes, struct error *error)
{
	cleanup_free uint8_t *piece = malloc(PIECE_BYTES);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;
	int r = 0;

	if (!piece)
		return -ENOMEM;
	if (fd < 0)
		return backup_fail(path, "cannot be opened", error);
	*ret_bytes = 0;
	while (!r && (size = read(fd, piece, PIECE_BYTES)) > 0) {
		*ret_bytes += (uint64_t)size;
		digest_add(digest, span_of(piece, (size_t)size));
		if (output)
			r = backup_output_write(output, span_of(piece, (size_t)size), error);
	}
	if (!r && size < 0)
		r = backup_fail(path, "cannot be read", error);
	return r;
}

int backup_file_digest(const char *path, struct backup_file *ret_file, struct error *error)
{
	struct digest *digest = digest_new();
	uint64_t bytes = 0;
	int r = digest ? read_through(path, digest, NULL, &bytes, error) : -ENOMEM;

	if (!r) {
		digest_finish(digest, ret_file->digest);
		ret_file->bytes = bytes;
	}
	digest_free(digest);
	return r;
}

int backup_file_verify(const char *directory, const struct backup_file *file, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	struct backup_file found = {.bytes = 0};
	int r = backup_path(&path, directory, file->name);

	if (!r)
		r = backup_file_digest(buffer_text(&path), &found, error);
	if (!r && (found.bytes != file->bytes || strcmp(found.digest, file->digest) != 0))
		r = mismatch(buffer_text(&path), error);
	return r;
}

int backup_file_copy(const char *from, const char *to_path, const struct backup_file *file,
		     struct error *error)
{
	struct backup_file copy = {.bytes = 0};
	struct backup_output output = {.digest = digest_new(), .file = &copy};
	struct digest *digest = digest_new();
	char text[DIGEST_TEXT_BYTES];
	uint64_t bytes = 0;
	int r, end;

	(void)snprintf(copy.name, sizeof(copy.name), "%s", "the copy");
	output.fd = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = output.fd < 0	      ? backup_fail(to_path, "cannot be made", error)
	    : digest && output.digest ? read_through(from, digest, &output, &bytes, error)
				      : -ENOMEM;
	end = backup_output_close(&output, error);
	r = r ? r : end;
	if (!r && file) {
		digest_finish(digest, text);
		if (bytes != file->bytes || strcmp(text, file->digest) != 0)
			r = mismatch(from, error);
	}
	digest_free(digest);
	return r;
}

/* A segment being read. */
struct input {
	FILE *stream;
	const char *path;
	struct digest *digest;
	uint64_t bytes, next;
};

static bool take(struct input *input, void *to, size_t size)
{
	if (fread(to, 1, size, input->stream) != size)
		return false;
	digest_add(input->digest, span_of(to, size));
	input->bytes += size;
	return true;
}

/* One event more into the slice. 0; 1 at the end; BACKUP_E_FAILED. */
static int take_event(struct input *input, const struct backup_file *file,
		      struct event_slice *slice, struct error *error)
{
	uint8_t prefix[PREFIX_BYTES], *to;
	uint32_t size;

	if (input->next > file->last)
		return 1;
	if (!take(input, prefix, sizeof(prefix)))
		return mismatch(input->path, error);
	size = get_u32(prefix + 8);
	if (get_u64(prefix) != input->next || size > EVENT_RECORD_MAX_BYTES)
		return mismatch(input->path, error);
	buffer_append(&slice->records, prefix, sizeof(prefix));
	to = buffer_reserve(&slice->records, size);
	if (!to)
		return -ENOMEM;
	if (!take(input, to, size))
		return mismatch(input->path, error);
	slice->records.size += size;
	slice->count++;
	input->next++;
	return 0;
}

static int read_slices(struct input *input, const struct backup_file *file,
		       int (*each)(void *context, struct event_slice *slice, struct error *error),
		       void *context, struct error *error)
{
	struct event_slice slice = {0};
	int r = 0;

	while (!r) {
		buffer_clear(&slice.records);
		slice.at = slice.count = 0;
		while (!r && slice.records.size < PIECE_BYTES)
			r = take_event(input, file, &slice, error);
		if ((r == 0 || r == 1) && slice.count > 0) {
			int code = each(context, &slice, error);

			r = code ? code : r;
		}
		if (r == 1)
			break;
	}
	event_slice_finish(&slice);
	return r == 1 ? 0 : r;
}

int segment_read(const char *directory, const struct backup_file *file,
		 int (*each)(void *context, struct event_slice *slice, struct error *error),
		 void *context, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	cleanup_fclose FILE *stream = NULL;
	uint8_t magic[SEGMENT_MAGIC_BYTES];
	char text[DIGEST_TEXT_BYTES];
	struct input input = {.next = file->first, .digest = digest_new()};
	int r;

	if (!input.digest || backup_path(&path, directory, file->name))
		return -ENOMEM;
	input.path = buffer_text(&path);
	stream = input.stream = fopen(input.path, "re");
	if (!stream) {
		digest_free(input.digest);
		return backup_fail(input.path, "cannot be opened", error);
	}
	if (!take(&input, magic, sizeof(magic)) || memcmp(magic, SEGMENT_MAGIC, sizeof(magic)) != 0)
		r = mismatch(input.path, error);
	else
		r = read_slices(&input, file, each, context, error);
	digest_finish(input.digest, text);
	digest_free(input.digest);
	if (!r &&
	    (input.bytes != file->bytes || fgetc(stream) != EOF || strcmp(text, file->digest) != 0))
		r = mismatch(input.path, error);
	return r;
}
