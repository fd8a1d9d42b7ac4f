/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_IMPORT_LINES_H
#define WAYMARK_COMMANDS_IMPORT_LINES_H

#include "base/bytes.h"
#include "base/error.h"

#include <iconv.h>

/*
 * The lines of a file of any size, in memory of one line. A line ends with LF, CR LF or a lone CR,
 * all of which stay at its end; one over IMPORT_LINE_MAX_BYTES is passed over and said to be so.
 * Lines can be read again from any place, so what cannot (a pipe) is first copied to a scratch
 * file.
 */
enum { IMPORT_LINE_MAX_BYTES = 65536 };

struct import_lines {
	int fd;
	uint64_t start, total_bytes; /* of the file, where it begins and how much it is */
	uint64_t offset;	     /* of the next line, from the start */
	size_t line;		     /* number of the line that was given last, from 1 */

	/* private */
	bool owns_fd, converts;
	iconv_t converter;
	struct buffer converted;
	uint8_t *block;
	size_t at, end; /* in the block */
	uint64_t read;	/* offset behind the block */
	bool at_end;
};

/*
 * @path "-" is standard input. @charset: of the file when it is not UTF-8 (NULL: it is); one whose
 * ASCII characters are not single bytes is refused. A BOM of UTF-8 is skipped.
 *
 * Return: 0, or IMPORT_LINES_E_FILE with @error.
 */
enum { IMPORT_LINES_E_FILE = 1, IMPORT_LINES_E_END = 2, IMPORT_LINES_E_LONG = 3 };
enum { IMPORT_LINES_E_CHARSET = 4 };
int import_lines_open(struct import_lines *lines, const char *path, const char *charset,
		      struct error *error);
void import_lines_close(struct import_lines *lines); /* also one that was never opened (zeros) */

/*
 * The next line, valid until the next call.
 *
 * Return: 0; IMPORT_LINES_E_END; IMPORT_LINES_E_LONG or IMPORT_LINES_E_CHARSET for a line that
 * cannot be given (it is counted); negative errno.
 */
int import_lines_next(struct import_lines *lines, struct span *ret_line);

/* Go to a place that was @offset after line number @line. */
void import_lines_seek(struct import_lines *lines, uint64_t offset, size_t line);

#endif
