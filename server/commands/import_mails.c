/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails out of files. In an mbox a line "From " with a time of day begins a mail, behind an empty
 * line or at the beginning, where empty lines do not count; the time tells it from a sentence,
 * since not every program writes ">From" for one. Whatever is taken for a mail and is none costs
 * nobody else's.
 *
 * A file inside a folder that cannot be read is told of as a mail with a trouble, and reading goes
 * on. Only what was named and is not there at all is an error.
 */
#include "commands/import_mails.h"

#include "base/cleanup.h"
#include "commands/import_lines.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

struct reader {
	import_mail_fn each;
	void *context;
	struct buffer text;
	struct import_mail mail; /* that is being read */
	uint64_t *read_bytes;
	bool has_mail, cut;
};

static struct span without_end(struct span line)
{
	size_t size = line.size;

	size -= size > 0 && line.data[size - 1] == '\n';
	size -= size > 0 && line.data[size - 1] == '\r';
	return span_slice(line, 0, size);
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* "From a@example.com Sat Nov 21 12:00:00 2026" */
static bool begins_mail(struct span line)
{
	if (!span_starts(line, SPAN("From ")))
		return false;
	for (size_t at = 5; at + 5 <= line.size; at++)
		if (is_digit(line.data[at]) && is_digit(line.data[at + 1]) &&
		    line.data[at + 2] == ':' && is_digit(line.data[at + 3]) &&
		    is_digit(line.data[at + 4]))
			return true;
	return false;
}

static int give(struct reader *reader)
{
	struct import_mail *mail = &reader->mail;

	if (!reader->has_mail)
		return 0;
	if (reader->text.error)
		return reader->text.error;
	mail->text = buffer_span(&reader->text);
	mail->read_bytes = *reader->read_bytes;
	reader->has_mail = false;
	return reader->each(reader->context, mail);
}

static void begin(struct reader *reader, size_t line)
{
	buffer_clear(&reader->text);
	reader->mail.line = line;
	reader->mail.number++;
	reader->has_mail = true;
	reader->cut = false;
}

static void take_line(struct reader *reader, struct span line)
{
	reader->cut |= reader->text.size + line.size + 1 > IMPORT_MAIL_MAX_BYTES;
	if (reader->cut)
		return;
	buffer_append_span(&reader->text, line);
	buffer_append_byte(&reader->text, '\n');
}

static int read_lines(struct reader *reader, struct import_lines *lines)
{
	bool is_box = false, empty = true;
	struct span line;
	int code;

	for (;;) {
		code = import_lines_next(lines, &line);
		if (code == IMPORT_LINES_E_END)
			return give(reader);
		if (code < 0)
			return code;
		if (code) {
			/* Too long: the mail goes on without this line. */
			if (!reader->has_mail)
				begin(reader, lines->line);
			empty = false;
			continue;
		}
		*reader->read_bytes += line.size;
		line = without_end(line);
		if (empty && (is_box || !reader->has_mail) && begins_mail(line)) {
			is_box = true;
			code = give(reader);
			if (code)
				return code;
			begin(reader, lines->line);
		} else if (reader->has_mail || line.size > 0) {
			if (!reader->has_mail)
				begin(reader, lines->line);
			take_line(reader, line);
		}
		empty = line.size == 0;
	}
}

static int tell_trouble(struct reader *reader, const char *sentence)
{
	reader->mail.line = 1;
	reader->mail.trouble = sentence;
	reader->mail.text = span_of("", 0);
	return reader->each(reader->context, &reader->mail);
}

static int read_file(struct reader *reader, const char *path)
{
	struct import_lines lines;
	struct error error;
	int code = import_lines_open(&lines, path, NULL, &error);

	reader->mail = (struct import_mail){.path = path};
	reader->has_mail = false;
	if (code)
		return code < 0 ? code : tell_trouble(reader, "cannot be opened");
	code = read_lines(reader, &lines);
	import_lines_close(&lines);
	return code == -EIO ? tell_trouble(reader, "cannot be read to its end") : code;
}

static int read_folder(struct reader *reader, const char *path, unsigned levels);

static bool is_folder_of_maildir(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0;
}

static void close_folder(DIR **folder)
{
	if (*folder)
		(void)closedir(*folder);
}

static int tell_trouble_at(struct reader *reader, const char *path, const char *sentence)
{
	reader->mail = (struct import_mail){.path = path};
	return tell_trouble(reader, sentence);
}

/*
 * One of a folder's entries. One that went away meanwhile is none: mail programs move mails that
 * they have seen.
 */
static int read_entry(struct reader *reader, int folder, const char *path, const char *name,
		      unsigned levels)
{
	char inner[PATH_MAX];
	struct stat status;

	if (snprintf(inner, sizeof(inner), "%s/%s", path, name) >= (int)sizeof(inner))
		return tell_trouble_at(reader, path, "holds a file whose path is too long");
	if (fstatat(folder, name, &status, 0) != 0)
		return errno == ENOENT ? 0 : tell_trouble_at(reader, inner, "cannot be opened");
	if (S_ISREG(status.st_mode))
		return read_file(reader, inner);
	if (S_ISDIR(status.st_mode) && levels > 0 && is_folder_of_maildir(name))
		return read_folder(reader, inner, levels - 1);
	return 0;
}

/* @levels: how many folders may be entered from here. */
static int read_folder(struct reader *reader, const char *path, unsigned levels)
{
	cleanup(close_folder) DIR *folder = opendir(path);
	const struct dirent *entry;
	int code = 0;

	if (!folder)
		return tell_trouble_at(reader, path, "cannot be opened");
	while (!code && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			code = read_entry(reader, dirfd(folder), path, entry->d_name, levels);
	return code;
}

int import_mails_each(const char *path, uint64_t *read_bytes, import_mail_fn each, void *context,
		      struct error *error)
{
	struct reader reader = {.each = each, .context = context, .read_bytes = read_bytes};
	bool standard = strcmp(path, "-") == 0;
	struct stat status;
	int code;

	if (!standard && (stat(path, &status) != 0 || access(path, R_OK) != 0))
		return error_set(error, IMPORT_MAILS_E_FILE, "%s: %s", path, strerror(errno));
	if (!standard && S_ISDIR(status.st_mode))
		code = read_folder(&reader, path, 1);
	else
		code = read_file(&reader, path);
	buffer_finish(&reader.text);
	return code;
}
