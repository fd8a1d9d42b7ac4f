/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file for each message, in a folder that holds nothing else. A file is named by the line of the
 * list, and not by the address: names of files are seen where their content is not.
 *
 * Files are synced together when the run ends; one that was cut off before starts anew, elsewhere.
 */
#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/mail_sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

struct folder_sink {
	struct mail_sink sink;
	const char *path;
	int fd; /* of the folder; -1: not opened */
};

static struct folder_sink *self(struct mail_sink *sink)
{
	return (struct folder_sink *)sink;
}

static int fail(const struct folder_sink *folder, struct error *error)
{
	return error_set(error, COMMAND_FAILED, "%s: %s", folder->path, strerror(errno));
}

/* Return: 1: it is empty; 0; -1 with errno. */
static int is_empty(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	int empty = directory ? 1 : -1;

	while (directory && empty == 1 && (entry = readdir(directory)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (directory)
		(void)closedir(directory);
	return empty;
}

static int open_folder(struct mail_sink *sink, const struct mail_facts *facts, struct error *error)
{
	struct folder_sink *folder = self(sink);
	int empty;

	(void)facts;
	if (mkdir(folder->path, 0700) != 0 && errno != EEXIST)
		return fail(folder, error);
	empty = is_empty(folder->path);
	if (empty == 0)
		return error_set(error, COMMAND_FAILED,
				 "%s: holds something already; name another folder, or empty it",
				 folder->path);
	if (empty == 1)
		folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder->fd < 0 ? fail(folder, error) : 0;
}

static bool write_all(int fd, struct span bytes)
{
	for (size_t done = 0; done < bytes.size;) {
		ssize_t size = write(fd, bytes.data + done, bytes.size - done);

		if (size < 0 && errno != EINTR)
			return false;
		done += size > 0 ? (size_t)size : 0;
	}
	return true;
}

static enum mail_outcome send_folder(struct mail_sink *sink, const struct mail_item *item,
				     struct error *error)
{
	static const char *const suffixes[] = {
		[REWRITE_AUTO] = "txt",
		[REWRITE_HTML] = "html",
		[REWRITE_TEXT] = "txt",
		[REWRITE_MIME] = "eml",
	};
	struct folder_sink *folder = self(sink);
	char name[40];
	int fd;

	(void)snprintf(name, sizeof(name), "%010zu.%s", item->line, suffixes[item->facts->form]);
	fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		bool written = write_all(fd, item->message);

		if (close(fd) == 0 && written)
			return MAIL_SENT;
	}
	(void)error_set(error, 0, "%s/%s: %s", folder->path, name, strerror(errno));
	return MAIL_FAILED;
}

static int close_folder(struct mail_sink *sink, struct error *error)
{
	struct folder_sink *folder = self(sink);
	/* All files at once: one by one would take the disk's time for each of them. */
	int code = syncfs(folder->fd) == 0 ? 0 : fail(folder, error);

	(void)close(folder->fd);
	folder->fd = -1;
	return code;
}

static void free_folder(struct mail_sink *sink)
{
	free(self(sink));
}

struct mail_sink *mail_sink_folder(const char *path)
{
	static const struct mail_sink_type type = {
		.name = "folder",
		.open = open_folder,
		.send = send_folder,
		.close = close_folder,
		.free = free_folder,
	};
	struct folder_sink *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return NULL;
	folder->sink.type = &type;
	folder->path = path;
	folder->fd = -1;
	return &folder->sink;
}
