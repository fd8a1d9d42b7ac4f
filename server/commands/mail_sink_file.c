/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All messages in one file: an mbox, or a JSON object a line.
 *
 * The mbox is of the kind that can be read back as it was ("mboxrd"): a line of a message that
 * begins with "From ", behind any number of '>', gets one '>' more. Line ends stay as they are. A
 * message that is not valid UTF-8 cannot stand in JSON as it is, and is base64 there.
 *
 * A file that holds something already is refused: two runs in one file are a mail sent twice.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/mail_sink.h"
#include "text/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <time.h>

struct file_sink {
	struct mail_sink sink;
	const char *path;
	FILE *to;
	char from_line[64]; /* what each message of an mbox begins with */
};

static struct file_sink *self(struct mail_sink *sink)
{
	return (struct file_sink *)sink;
}

static int fail(const struct file_sink *file, struct error *error)
{
	return error_set(error, COMMAND_FAILED, "%s: %s", file->path, strerror(errno));
}

static int open_file(struct mail_sink *sink, const struct mail_facts *facts, struct error *error)
{
	struct file_sink *file = self(sink);
	struct stat status;
	int fd;

	(void)facts;
	if (strcmp(file->path, "-") == 0) {
		file->to = stdout;
		return 0;
	}
	fd = open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(file, error);
	if (fstat(fd, &status) == 0 && status.st_size > 0) {
		(void)close(fd);
		return error_set(error, COMMAND_FAILED,
				 "%s: holds something already; name another file, or remove it",
				 file->path);
	}
	file->to = fdopen(fd, "w");
	if (file->to)
		return 0;
	(void)close(fd);
	return fail(file, error);
}

static int open_mbox(struct mail_sink *sink, const struct mail_facts *facts, struct error *error)
{
	struct file_sink *file = self(sink);
	time_t now = time(NULL);
	struct tm parts;

	if (facts->form != REWRITE_MIME)
		return error_set(error, COMMAND_FAILED,
				 "an mbox holds whole mails, and this message has no headers; "
				 "choose --ndjson, --folder or --command");
	if (!gmtime_r(&now, &parts) ||
	    strftime(file->from_line, sizeof(file->from_line),
		     "From MAILER-DAEMON %a %b %e %H:%M:%S %Y\n", &parts) == 0)
		return error_set(error, COMMAND_FAILED, "the clock is not set");
	return open_file(sink, facts, error);
}

static enum mail_outcome judge(const struct file_sink *file, bool done, struct error *error)
{
	if (done)
		return MAIL_SENT;
	(void)fail(file, error);
	return MAIL_FAILED;
}

static bool put(const struct file_sink *file, struct span bytes)
{
	return bytes.size == 0 || fwrite(bytes.data, 1, bytes.size, file->to) == bytes.size;
}

static bool needs_quote(struct span line)
{
	size_t at = 0;

	while (at < line.size && line.data[at] == '>')
		at++;
	return span_starts(span_slice(line, at, line.size), SPAN("From "));
}

static enum mail_outcome send_mbox(struct mail_sink *sink, const struct mail_item *item,
				   struct error *error)
{
	struct file_sink *file = self(sink);
	struct span message = item->message;
	bool done = put(file, span_text(file->from_line));

	for (size_t at = 0; at < message.size && done;) {
		size_t size = span_find(message, '\n', at) + 1 - at;
		struct span line = span_slice(message, at, size);

		if (needs_quote(line))
			done = put(file, SPAN(">"));
		done = done && put(file, line);
		at += size;
	}
	if (message.size > 0 && message.data[message.size - 1] != '\n')
		done = done && put(file, SPAN("\n"));
	return judge(file, done && put(file, SPAN("\n")), error);
}

/* The message as a member of the object: text, or base64 of bytes that are none. */
static int put_message(json_t *object, struct span message)
{
	static const struct transfer_style style = {.encoding = TRANSFER_BASE64,
						    .line_bytes = SIZE_MAX};
	cleanup_buffer struct buffer encoded = BUFFER_INIT;
	struct transfer_writer writer;

	if (utf8_valid(message))
		return json_object_set_new(object, "message",
					   json_stringn_nocheck((const char *)message.data,
								message.size));
	transfer_writer_init(&writer, &style, &encoded);
	transfer_write(&writer, message);
	transfer_flush(&writer);
	if (encoded.error)
		return -1;
	return json_object_set_new(object, "message_base64",
				   json_stringn_nocheck((const char *)encoded.data, encoded.size));
}

static enum mail_outcome send_ndjson(struct mail_sink *sink, const struct mail_item *item,
				     struct error *error)
{
	struct file_sink *file = self(sink);
	json_t *object =
		json_pack("{s:I, s:s}", "line", (json_int_t)item->line, "address", item->address);
	bool done = object && put_message(object, item->message) == 0;

	errno = done ? 0 : ENOMEM;
	done = done && json_dumpf(object, file->to, JSON_COMPACT) == 0 && put(file, SPAN("\n"));
	json_decref(object);
	return judge(file, done, error);
}

static int close_file(struct mail_sink *sink, struct error *error)
{
	struct file_sink *file = self(sink);
	FILE *to = take_ptr(file->to);
	int code = 0;

	/* A pipe cannot be synced, and need not be. */
	if (fflush(to) != 0 || (fsync(fileno(to)) != 0 && errno != EINVAL && errno != EROFS))
		code = fail(file, error);
	if (to != stdout && fclose(to) != 0 && code == 0)
		code = fail(file, error);
	return code;
}

static void free_file(struct mail_sink *sink)
{
	free(self(sink));
}

static struct mail_sink *file_new(const struct mail_sink_type *type, const char *path)
{
	struct file_sink *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->sink.type = type;
	file->path = path;
	return &file->sink;
}

struct mail_sink *mail_sink_mbox(const char *path)
{
	static const struct mail_sink_type type = {
		.name = "mbox",
		.open = open_mbox,
		.send = send_mbox,
		.close = close_file,
		.free = free_file,
	};

	return file_new(&type, path);
}

struct mail_sink *mail_sink_ndjson(const char *path)
{
	static const struct mail_sink_type type = {
		.name = "ndjson",
		.open = open_file,
		.send = send_ndjson,
		.close = close_file,
		.free = free_file,
	};

	return file_new(&type, path);
}
