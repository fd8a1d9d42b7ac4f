/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `waymark backup --people`: the newest people/ in one file.
 *
 * The owner of the store makes the copy in data/, and this command, which runs as the same user or
 * as root, takes it from there: so the server needs no right to write anywhere else. While it is
 * made the command asks again and again, since an operation never waits.
 *
 * Where the copy lies is noted in data/ (copies.h), so that erasing somebody renews it.
 */
#include "commands/backup_people.h"

#include "base/cleanup.h"
#include "commands/copies.h"
#include "commands/session.h"
#include "store/people_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { ROUND_MS = 50, PIECE_BYTES = 1 << 20 };

static int ask(struct session *session, bool discard, bool *ret_done, struct error *error)
{
	json_t *body = discard ? json_pack("{s:b}", "discard", 1) : json_object();
	json_t *reply = NULL;
	const char *state;
	int code = body ? session_call(session, "/api/v1/people/copy", body, &reply, error)
			: error_set(error, -ENOMEM, "out of memory");

	state = json_string_value(json_object_get(reply, "state"));
	*ret_done = state && strcmp(state, "done") == 0;
	json_decref(body);
	json_decref(reply);
	return code;
}

static int fail(const char *path, const char *what, struct error *error)
{
	return error_set(error, -EIO, "%s: %s: %s", path, what, strerror(errno));
}

static int copy_bytes(const char *from, const char *to, struct error *error)
{
	cleanup_free char *piece = malloc(PIECE_BYTES);
	cleanup_close int in = open(from, O_RDONLY | O_CLOEXEC);
	cleanup_close int out = -1;
	ssize_t size = 0;

	(void)unlink(to);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (!piece)
		return error_set(error, -ENOMEM, "out of memory");
	if (in < 0)
		return fail(from, "cannot be opened", error);
	if (out < 0)
		return fail(to, "cannot be made", error);
	while ((size = read(in, piece, PIECE_BYTES)) > 0)
		for (ssize_t at = 0, done; at < size; at += done) {
			done = write(out, piece + at, (size_t)(size - at));
			if (done < 0)
				return fail(to, "cannot be written", error);
		}
	if (size < 0)
		return fail(from, "cannot be read", error);
	return fsync(out) ? fail(to, "cannot be synced", error) : 0;
}

static char *draft_of(const char *path)
{
	char *draft;

	return asprintf(&draft, "%s.new", path) < 0 ? NULL : draft;
}

int backup_people_tidy(const char *path, struct error *error)
{
	cleanup_free char *draft = draft_of(path);

	if (!draft)
		return error_set(error, -ENOMEM, "out of memory");
	return unlink(draft) && errno != ENOENT && errno != ENOTDIR
		       ? fail(draft, "cannot be removed", error)
		       : 0;
}

static int put(const char *from, const char *to, struct error *error)
{
	cleanup_free char *new = draft_of(to), *copy = strdup(to);
	cleanup_close int folder = -1;
	int code;

	if (!copy || !new)
		return error_set(error, -ENOMEM, "out of memory");
	code = copy_bytes(from, new, error);
	if (!code && rename(new, to))
		code = fail(to, "cannot be made", error);
	if (code)
		return code;
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || fsync(folder) ? fail(to, "its folder cannot be synced", error) : 0;
}

/* Which file @path means. */
static int file_of(const char *path, char **ret_file, struct error *error)
{
	struct stat status;
	bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);

	return asprintf(ret_file, "%s%s", path, folder ? "/people.mdb" : "") < 0
		       ? error_set(error, -ENOMEM, "out of memory")
		       : 0;
}

/* The copy as the owner made it: readable to its end, or it is not put anywhere. */
static int check_and_put(const char *data_dir, const char *to, uint64_t *ret_people,
			 struct error *error)
{
	cleanup_free char *copy = NULL, *from = NULL;
	int code;

	if (asprintf(&copy, "%s/people.copy", data_dir) < 0 ||
	    asprintf(&from, "%s/data.mdb", copy) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	code = people_copy_check(copy, ret_people, error);
	return code ? code : put(from, to, error);
}

int backup_people_anew(struct session *session, const char *path, uint64_t *ret_people,
		       struct error *error)
{
	const struct timespec pause = {.tv_nsec = ROUND_MS * 1000000L};
	struct error quiet;
	bool done = false;
	int code = ask(session, true, &done, error);

	while (!code && !done) {
		code = ask(session, false, &done, error);
		if (!code && !done)
			(void)nanosleep(&pause, NULL);
	}
	if (!code)
		code = check_and_put(session_app(session)->config->data_dir, path, ret_people,
				     error);
	(void)ask(session, true, &done, &quiet);
	return code;
}

/* Noted first: erasing somebody has to find a copy that a kill left half noted. */
int backup_people(const char *config, const char *path, struct error *error)
{
	cleanup(cleanup_session) struct session *session = NULL;
	cleanup_free char *file = NULL;
	cleanup_close int lock = -1;
	const char *data_dir;
	uint64_t people = 0;
	int code = session_open(config, &session, error);

	if (!code)
		code = file_of(path, &file, error);
	if (code)
		return code;
	data_dir = session_app(session)->config->data_dir;
	code = copies_lock(data_dir, false, &lock, error);
	if (!code)
		code = copies_note(data_dir, COPIES_PEOPLE, file, error);
	if (!code)
		code = backup_people_anew(session, file, &people, error);
	if (!code)
		printf("people: %llu of them, in %s\n", (unsigned long long)people, file);
	return code;
}
