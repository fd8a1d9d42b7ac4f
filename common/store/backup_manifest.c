/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.json: the one file that says what a backup is. It is written beside, synced and renamed,
 * so a reader finds the one before or the one after, each with all that it names on disk.
 *
 * It is read strictly: a backup may have gone through other hands, and its numbers decide what is
 * read and made. Numbers that JSON cannot hold (none of ours grows so far) are refused.
 */
#include "base/cleanup.h"
#include "store/backup_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>

enum { FORMAT = 1, SEGMENTS_MAX = 1000000 };

void manifest_finish(struct manifest *manifest)
{
	free(take_ptr(manifest->segments));
	manifest->segment_count = 0;
}

int manifest_add(struct manifest *manifest, const struct backup_file *segment)
{
	size_t count = manifest->segment_count;
	struct backup_file *more;

	more = realloc(manifest->segments, (count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	manifest->segments = more;
	more[count] = *segment;
	manifest->segment_count++;
	return 0;
}

static json_t *file_value(const struct backup_file *file)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:s}", "file", file->name, "first",
			 (json_int_t)file->first, "last", (json_int_t)file->last, "bytes",
			 (json_int_t)file->bytes, "sha256", file->digest);
}

static json_t *manifest_value(const struct manifest *m)
{
	json_t *segments = json_array(), *readers = json_array();
	int bad = 0;

	for (size_t i = 0; i < m->segment_count; i++)
		bad |= json_array_append_new(segments, file_value(&m->segments[i]));
	for (size_t i = 0; i < m->reader_count; i++)
		bad |= json_array_append_new(readers,
					     json_pack("{s:s, s:I, s:I}", "name",
						       m->readers[i].name, "position",
						       (json_int_t)m->readers[i].position, "seen",
						       (json_int_t)m->readers[i].seen));
	if (bad) {
		json_decref(segments);
		json_decref(readers);
		return NULL;
	}
	return json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
			 "waymark_backup", FORMAT, "node", m->node, "incarnation",
			 (json_int_t)m->incarnation, "pruned_through",
			 (json_int_t)m->pruned_through, "tombstoned_through",
			 (json_int_t)m->tombstoned_through, "last", (json_int_t)m->last,
			 "last_stored", (json_int_t)m->last_stored, "last_incarnation",
			 (json_int_t)m->last_incarnation, "queue_limit", (json_int_t)m->queue_limit,
			 "retention_clock", (json_int_t)m->retention_clock, "state",
			 file_value(&m->state), "readers", readers, "segments", segments);
}

int manifest_write(const char *directory, const struct manifest *manifest, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT, new = BUFFER_INIT;
	struct backup_file file = {.name = "manifest.json.new"};
	json_t *value = manifest_value(manifest);
	char *text = value ? json_dumps(value, JSON_INDENT(1)) : NULL;
	struct backup_output output;
	int r, end;

	json_decref(value);
	if (!text || backup_path(&path, directory, "manifest.json") ||
	    backup_path(&new, directory, file.name)) {
		free(text);
		return -ENOMEM;
	}
	r = backup_output_open(&output, directory, &file, error);
	if (!r)
		r = backup_output_write(&output, span_text(text), error);
	end = backup_output_close(&output, error);
	free(text);
	r = r ? r : end;
	if (!r && rename(buffer_text(&new), buffer_text(&path)))
		r = backup_fail(buffer_text(&path), "cannot be renamed", error);
	return r ? r : backup_sync_directory(directory, error);
}

static bool read_number(const json_t *object, const char *key, uint64_t max, uint64_t *ret_number)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || (uint64_t)number > max)
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

/* No separator but that of log/, nothing that leads out. */
static bool read_text(const json_t *object, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strlen(text) >= size || text[0] == '/' || strstr(text, ".."))
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

static bool read_file_row(const json_t *value, struct backup_file *ret_file)
{
	return read_text(value, "file", ret_file->name, sizeof(ret_file->name)) &&
	       read_text(value, "sha256", ret_file->digest, sizeof(ret_file->digest)) &&
	       read_number(value, "first", INT64_MAX, &ret_file->first) &&
	       read_number(value, "last", INT64_MAX, &ret_file->last) &&
	       read_number(value, "bytes", INT64_MAX, &ret_file->bytes);
}

static bool read_readers(const json_t *list, struct manifest *manifest)
{
	const json_t *value;
	size_t index;

	if (!json_is_array(list) || json_array_size(list) > READERS_MAX)
		return false;
	json_array_foreach(list, index, value)
	{
		struct reader *reader = &manifest->readers[index];

		if (!read_text(value, "name", reader->name, sizeof(reader->name)) ||
		    !reader_name_is_valid(span_text(reader->name)) ||
		    !read_number(value, "position", INT64_MAX, &reader->position) ||
		    !read_number(value, "seen", INT64_MAX, &reader->seen))
			return false;
	}
	manifest->reader_count = json_array_size(list);
	return true;
}

/* They follow each other from pruned_through to last. */
static bool read_segments(const json_t *list, struct manifest *manifest)
{
	uint64_t next = manifest->pruned_through + 1;
	struct backup_file file = {.bytes = 0};
	const json_t *value;
	size_t index;

	if (!json_is_array(list) || json_array_size(list) > SEGMENTS_MAX)
		return false;
	json_array_foreach(list, index, value)
	{
		if (!read_file_row(value, &file) || file.first != next || file.last < file.first ||
		    manifest_add(manifest, &file))
			return false;
		next = file.last + 1;
	}
	return next == manifest->last + 1;
}

static bool read_all(const json_t *value, struct manifest *m)
{
	uint64_t incarnation = 0, last_incarnation = 0;
	bool good = read_text(value, "node", m->node, sizeof(m->node)) &&
		    read_number(value, "incarnation", UINT16_MAX - 1, &incarnation) &&
		    read_number(value, "last_incarnation", UINT16_MAX, &last_incarnation) &&
		    read_number(value, "pruned_through", INT64_MAX - 1, &m->pruned_through) &&
		    read_number(value, "tombstoned_through", INT64_MAX, &m->tombstoned_through) &&
		    read_number(value, "last", INT64_MAX - 1, &m->last) &&
		    read_number(value, "last_stored", INT64_MAX, &m->last_stored) &&
		    read_number(value, "queue_limit", INT64_MAX, &m->queue_limit) &&
		    read_number(value, "retention_clock", INT64_MAX, &m->retention_clock) &&
		    read_file_row(json_object_get(value, "state"), &m->state) &&
		    read_readers(json_object_get(value, "readers"), m) &&
		    read_segments(json_object_get(value, "segments"), m);

	m->incarnation = (uint16_t)incarnation;
	m->last_incarnation = (uint16_t)last_incarnation;
	return good;
}

int manifest_read(const char *directory, struct manifest *ret_manifest, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	struct manifest manifest = {.incarnation = 0};
	json_error_t trouble;
	json_t *value;
	int r = 0;

	if (backup_path(&path, directory, "manifest.json"))
		return -ENOMEM;
	if (access(buffer_text(&path), F_OK) && errno == ENOENT)
		return error_set(error, BACKUP_E_ABSENT,
				 "%s: there is no backup in this directory (no manifest.json)",
				 directory);
	value = json_load_file(buffer_text(&path), JSON_REJECT_DUPLICATES, &trouble);
	if (!value)
		return error_set(error, BACKUP_E_FAILED, "%s: cannot be read: %s",
				 buffer_text(&path), trouble.text);
	if (json_integer_value(json_object_get(value, "waymark_backup")) > FORMAT)
		r = error_set(error, BACKUP_E_FAILED,
			      "%s: written by a newer version; install that version",
			      buffer_text(&path));
	else if (!read_all(value, &manifest))
		r = error_set(error, BACKUP_E_FAILED, "%s: is not a manifest of a backup",
			      buffer_text(&path));
	json_decref(value);
	if (r)
		manifest_finish(&manifest);
	else
		*ret_manifest = manifest;
	return r;
}
