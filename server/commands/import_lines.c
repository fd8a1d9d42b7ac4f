/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines out of one block that is twice as long as the longest line. Reading is by position, so that
 * a descriptor that others share is never moved, and going back is only forgetting the block.
 *
 * A charset other than UTF-8 is converted line by line. That is right for every charset in which
 * an ASCII character is its one byte and no byte of another character looks like a line's end;
 * opening asks iconv whether this is such a one.
 */
#include "commands/import_lines.h"

#include "base/cleanup.h"
#include "commands/import_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { BLOCK_BYTES = 2 * IMPORT_LINE_MAX_BYTES + 2, UTF8_GROWTH = 4 };

static int fail(const char *path, struct error *error)
{
	return error_set(error, IMPORT_LINES_E_FILE, "%s: %s", path, strerror(errno));
}

/* Return: 0 or -1 with errno. */
static int copy_all(int from, int to)
{
	uint8_t block[IMPORT_LINE_MAX_BYTES];
	ssize_t size;

	while ((size = read(from, block, sizeof(block))) != 0) {
		for (ssize_t done = 0; done < size;) {
			ssize_t written = write(to, block + done, (size_t)(size - done));

			if (written < 0 && errno != EINTR)
				return -1;
			done += written > 0 ? written : 0;
		}
		if (size < 0 && errno != EINTR)
			return -1;
	}
	return 0;
}

static int spool(struct import_lines *lines, const char *path, struct error *error)
{
	cleanup_close int scratch = import_scratch_open(error);

	if (scratch < 0)
		return IMPORT_LINES_E_FILE;
	if (copy_all(lines->fd, scratch))
		return error_set(error, IMPORT_LINES_E_FILE,
				 "%s: cannot be copied to a temporary file (TMPDIR): %s", path,
				 strerror(errno));
	if (lines->owns_fd)
		(void)close(lines->fd);
	lines->fd = scratch;
	scratch = -1;
	lines->owns_fd = true;
	return 0;
}

static int open_file(struct import_lines *lines, const char *path, struct error *error)
{
	bool is_standard = strcmp(path, "-") == 0;
	struct stat status;
	off_t start;
	int code = 0;

	lines->fd = is_standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	lines->owns_fd = !is_standard && lines->fd >= 0;
	if (lines->fd < 0 || fstat(lines->fd, &status))
		return fail(path, error);
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return fail(path, error);
	}
	if (!S_ISREG(status.st_mode)) {
		code = spool(lines, path, error);
		if (code)
			return code;
		(void)lseek(lines->fd, 0, SEEK_SET);
	}
	start = lseek(lines->fd, 0, SEEK_CUR);
	if (start < 0 || fstat(lines->fd, &status))
		return fail(path, error);
	lines->start = (uint64_t)start;
	lines->total_bytes = status.st_size > start ? (uint64_t)(status.st_size - start) : 0;
	return 0;
}

static bool convert(struct import_lines *lines, struct span text)
{
	union {
		const uint8_t *in;
		char *out;
	} from = {.in = text.data};
	size_t room = text.size * UTF8_GROWTH + UTF8_GROWTH, left = text.size;
	char *to;

	buffer_clear(&lines->converted);
	to = (char *)buffer_reserve(&lines->converted, room);
	if (!to)
		return false;
	lines->converted.size = room;
	(void)iconv(lines->converter, NULL, NULL, NULL, NULL);
	if (iconv(lines->converter, &from.out, &left, &to, &room) == (size_t)-1 ||
	    iconv(lines->converter, NULL, NULL, &to, &room) == (size_t)-1)
		return false;
	lines->converted.size -= room;
	return true;
}

static int open_charset(struct import_lines *lines, const char *charset, struct error *error)
{
	const struct span ascii = SPAN("\",;\t{}:aZ09@.\r\n");

	lines->converter = iconv_open("UTF-8", charset);
	lines->converts = lines->converter != (iconv_t)-1; // NOLINT(performance-no-int-to-ptr)
	if (!lines->converts)
		return error_set(error, IMPORT_LINES_E_FILE, "--charset: '%s' is not known here",
				 charset);
	if (!convert(lines, ascii) || !span_equal(buffer_span(&lines->converted), ascii))
		return error_set(error, IMPORT_LINES_E_FILE,
				 "--charset: '%s' cannot be read line by line; convert the file to "
				 "UTF-8 first (iconv -f %s -t UTF-8)",
				 charset, charset);
	return 0;
}

int import_lines_open(struct import_lines *lines, const char *path, const char *charset,
		      struct error *error)
{
	int code;

	*lines = (struct import_lines){.fd = -1};
	code = open_file(lines, path, error);
	if (!code && charset)
		code = open_charset(lines, charset, error);
	if (!code) {
		lines->block = malloc(BLOCK_BYTES);
		if (!lines->block)
			code = error_set(error, IMPORT_LINES_E_FILE, "out of memory");
	}
	if (code)
		import_lines_close(lines);
	return code;
}

void import_lines_close(struct import_lines *lines)
{
	if (lines->owns_fd)
		(void)close(lines->fd);
	if (lines->converts)
		(void)iconv_close(lines->converter);
	buffer_finish(&lines->converted);
	free(lines->block);
	*lines = (struct import_lines){.fd = -1};
}

/* Fill the block behind what is left of it. Return: 0; negative errno. */
static int fill(struct import_lines *lines)
{
	ssize_t size;

	memmove(lines->block, lines->block + lines->at, lines->end - lines->at);
	lines->end -= lines->at;
	lines->at = 0;
	do
		size = pread(lines->fd, lines->block + lines->end, BLOCK_BYTES - lines->end,
			     (off_t)(lines->start + lines->read));
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	lines->at_end = size == 0;
	lines->end += (size_t)size;
	lines->read += (uint64_t)size;
	return 0;
}

/* Bytes of the line that begins the rest of the block, with its end; 0: more must be read. */
static size_t measure(const struct import_lines *lines)
{
	const uint8_t *from = lines->block + lines->at;
	size_t size = lines->end - lines->at;
	const uint8_t *feed = memchr(from, '\n', size);
	const uint8_t *back = memchr(from, '\r', feed ? (size_t)(feed - from) : size);

	if (back && back + 1 < from + size)
		return (size_t)(back - from) + (back[1] == '\n' ? 2 : 1);
	if (feed)
		return (size_t)(feed - from) + 1;
	return lines->at_end ? size : 0;
}

static int give(struct import_lines *lines, size_t size, struct span *ret_line)
{
	struct span line = span_of(lines->block + lines->at, size);

	if (lines->offset == 0 && span_starts(line, SPAN("\xEF\xBB\xBF")))
		line = span_slice(line, 3, line.size);
	lines->at += size;
	lines->offset += size;
	lines->line++;
	if (lines->converts) {
		if (!convert(lines, line))
			return IMPORT_LINES_E_CHARSET;
		line = buffer_span(&lines->converted);
	}
	*ret_line = line;
	return 0;
}

/* Pass over a line that is too long. Return: IMPORT_LINES_E_LONG; negative errno. */
static int skip(struct import_lines *lines)
{
	size_t size;
	int code = 0;

	while (!code && (size = measure(lines)) == 0) {
		/* The last byte may be the CR of a CR LF. */
		size_t keep = lines->end > lines->at ? 1 : 0;

		if (lines->at_end)
			break;
		lines->offset += lines->end - lines->at - keep;
		lines->at = lines->end - keep;
		code = fill(lines);
	}
	if (code)
		return code;
	size = measure(lines);
	lines->at += size;
	lines->offset += size;
	lines->line++;
	return IMPORT_LINES_E_LONG;
}

int import_lines_next(struct import_lines *lines, struct span *ret_line)
{
	size_t size;

	while ((size = measure(lines)) == 0) {
		int code;

		if (lines->end - lines->at > IMPORT_LINE_MAX_BYTES)
			return skip(lines);
		if (lines->at_end)
			return IMPORT_LINES_E_END;
		code = fill(lines);
		if (code)
			return code;
	}
	return size > IMPORT_LINE_MAX_BYTES ? skip(lines) : give(lines, size, ret_line);
}

void import_lines_seek(struct import_lines *lines, uint64_t offset, size_t line)
{
	lines->offset = lines->read = offset;
	lines->line = line;
	lines->at = lines->end = 0;
	lines->at_end = false;
}
