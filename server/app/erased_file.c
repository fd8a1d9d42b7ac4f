/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is replaced as a whole, so that a crash leaves the old or the new one. It is read again
 * before each change: a command may have changed it while no server ran.
 *
 * A line that is no mark is an error and not passed over: a file that was cut or edited would let
 * people come back in silence.
 */
#include "app/erased_file.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/private_file.h"
#include "store/people.h"

#include <errno.h>

enum { LIMIT_BYTES = 32 << 20, LINE_BYTES = 2 * PEOPLE_MARK_BYTES + 1 };

static const char head[] = "waymark erased 1\n";

static int path_of(const char *keys_file, char **ret_path)
{
	return asprintf(ret_path, "%s.erased", keys_file) < 0 ? -ENOMEM : 0;
}

static struct private_file file_at(const char *path, const char *keys_file)
{
	return (struct private_file){.path = path,
				     .name = "list of the erased",
				     .prize = "marks of erased people",
				     .limit_bytes = LIMIT_BYTES,
				     .owner_of = keys_file};
}

static int parse_line(struct span line, const char *path, unsigned number, struct buffer *marks,
		      struct error *error)
{
	uint8_t mark[PEOPLE_MARK_BYTES];

	if (line.size != 2 * sizeof(mark) || hex_parse(line, mark, sizeof(mark)) != 0)
		return error_set(
			error, ERASED_FILE_E_FAILED,
			"%s:%u: must be a mark of 64 hexadecimal digits; put the file back "
			"as it was, or erased people could come back",
			path, number);
	buffer_append(marks, mark, sizeof(mark));
	return 0;
}

static int parse(struct span text, const char *path, struct buffer *marks, struct error *error)
{
	unsigned number = 1;
	size_t at = sizeof(head) - 1;
	int code = 0;

	if (!span_starts(text, SPAN(head)))
		return error_set(error, ERASED_FILE_E_FAILED,
				 "%s:1: is not the list of the erased that this version writes",
				 path);
	while (at < text.size && !code) {
		size_t end = span_find(text, '\n', at);

		code = parse_line(span_slice(text, at, end - at), path, ++number, marks, error);
		at = end + 1;
	}
	return code;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, PEOPLE_MARK_BYTES);
}

/* Each once, in order. */
static void sort(struct buffer *marks)
{
	size_t count = marks->size / PEOPLE_MARK_BYTES, used = 0;

	if (count == 0)
		return;
	qsort(marks->data, count, PEOPLE_MARK_BYTES, compare);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *mark = marks->data + i * PEOPLE_MARK_BYTES;

		if (used > 0 && compare(mark, marks->data + (used - 1) * PEOPLE_MARK_BYTES) == 0)
			continue;
		memmove(marks->data + used++ * PEOPLE_MARK_BYTES, mark, PEOPLE_MARK_BYTES);
	}
	marks->size = used * PEOPLE_MARK_BYTES;
}

static int read_at(const char *path, const char *keys_file, struct buffer *marks, bool *ret_there,
		   struct error *error)
{
	const struct private_file file = file_at(path, keys_file);
	cleanup_free uint8_t *text = NULL;
	size_t size = 0;
	int code;

	*ret_there = access(path, F_OK) == 0;
	if (!*ret_there && errno == ENOENT)
		return 0;
	text = malloc(LIMIT_BYTES);
	if (!text)
		return -ENOMEM;
	code = private_file_read(&file, text, &size, error);
	if (code > 0)
		return ERASED_FILE_E_FAILED;
	if (!code)
		code = parse(span_of(text, size), path, marks, error);
	sort(marks);
	return code ? code : marks->error;
}

int erased_file_read(const char *keys_file, struct buffer *ret_marks, struct error *error)
{
	cleanup_buffer struct buffer marks = BUFFER_INIT;
	cleanup_free char *path = NULL;
	bool there;
	int code = path_of(keys_file, &path);

	if (!code)
		code = read_at(path, keys_file, &marks, &there, error);
	if (!code)
		buffer_append_span(ret_marks, buffer_span(&marks));
	return code ? code : ret_marks->error;
}

static int write_at(const char *path, const char *keys_file, const struct buffer *marks, bool there,
		    struct error *error)
{
	const struct private_file file = file_at(path, keys_file);
	cleanup_buffer struct buffer text = BUFFER_INIT;
	char line[LINE_BYTES];
	int code;

	buffer_append_text(&text, head);
	for (size_t at = 0; at < marks->size; at += PEOPLE_MARK_BYTES) {
		hex_format(marks->data + at, PEOPLE_MARK_BYTES, line);
		line[LINE_BYTES - 1] = '\n';
		buffer_append(&text, line, LINE_BYTES);
	}
	if (text.error)
		return text.error;
	if (text.size > LIMIT_BYTES)
		return error_set(error, ERASED_FILE_E_FAILED, "%s: would be longer than %d bytes",
				 path, LIMIT_BYTES);
	code = there ? private_file_replace(&file, buffer_span(&text), error)
		     : private_file_create(&file, buffer_span(&text), error);
	return code > 0 ? ERASED_FILE_E_FAILED : code;
}

int erased_file_add(const char *keys_file, struct span marks, struct error *error)
{
	cleanup_buffer struct buffer all = BUFFER_INIT;
	cleanup_free char *path = NULL;
	size_t before;
	bool there;
	int code = path_of(keys_file, &path);

	if (!code)
		code = read_at(path, keys_file, &all, &there, error);
	if (code)
		return code;
	before = all.size;
	buffer_append_span(&all, marks);
	if (all.error)
		return all.error;
	sort(&all);
	return all.size == before ? 0 : write_at(path, keys_file, &all, there, error);
}

int erased_file_remove(const char *keys_file, struct span mark, struct error *error)
{
	cleanup_buffer struct buffer all = BUFFER_INIT, left = BUFFER_INIT;
	cleanup_free char *path = NULL;
	bool there;
	int code = path_of(keys_file, &path);

	if (!code)
		code = read_at(path, keys_file, &all, &there, error);
	if (code)
		return code;
	for (size_t at = 0; at < all.size; at += PEOPLE_MARK_BYTES)
		if (!span_equal(span_of(all.data + at, PEOPLE_MARK_BYTES), mark))
			buffer_append(&left, all.data + at, PEOPLE_MARK_BYTES);
	if (left.error)
		return left.error;
	return left.size == all.size ? 0 : write_at(path, keys_file, &left, there, error);
}
