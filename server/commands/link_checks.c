/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is read and written as a whole, a few MB at most, and put in place by renaming, so that
 * whoever lists links beside a check reads the old or the new one. A check that was killed has lost
 * what it found out since it last wrote, and asks again.
 */
#include "commands/link_checks.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ROOM = 256, FILE_MODE = 0600, LINE_BYTES = 512 };
#define FILE_NAME "link_checks.ndjson"

static struct link_check *place_of(const struct link_checks *checks, const struct link_id *id)
{
	size_t at = get_u64(id->bytes) & (checks->room - 1);

	while (checks->rows[at].used &&
	       memcmp(checks->rows[at].id.bytes, id->bytes, sizeof(id->bytes)) != 0)
		at = (at + 1) & (checks->room - 1);
	return &checks->rows[at];
}

struct link_check *link_checks_find(const struct link_checks *checks, const struct link_id *id)
{
	struct link_check *place = checks->room > 0 ? place_of(checks, id) : NULL;

	return place && place->used ? place : NULL;
}

/* Put all that are @used into a table of @room places. */
static bool rebuild(struct link_checks *checks, size_t room)
{
	struct link_checks new = *checks;

	new.rows = calloc(room, sizeof(*new.rows));
	if (!new.rows)
		return false;
	new.room = room;
	new.count = 0;
	for (size_t i = 0; i < checks->room; i++)
		if (checks->rows[i].used) {
			*place_of(&new, &checks->rows[i].id) = checks->rows[i];
			new.count++;
		}
	free(checks->rows);
	*checks = new;
	return true;
}

struct link_check *link_checks_add(struct link_checks *checks, const struct link_id *id)
{
	struct link_check *place = link_checks_find(checks, id);

	if (place)
		return place;
	if (checks->count == LINK_CHECKS_MAX) {
		checks->left_out++;
		return NULL;
	}
	if (checks->room < 2 * (checks->count + 1) &&
	    !rebuild(checks, checks->room ? 2 * checks->room : FIRST_ROOM))
		return NULL;
	place = place_of(checks, id);
	*place = (struct link_check){.id = *id, .used = true};
	checks->count++;
	return place;
}

void link_checks_keep(struct link_checks *checks,
		      bool (*keep)(void *context, struct link_check *check), void *context)
{
	for (size_t i = 0; i < checks->room; i++)
		if (checks->rows[i].used && !keep(context, &checks->rows[i]))
			checks->rows[i].used = false;
	/* Chains of the table may have been broken. */
	if (checks->room > 0 && !rebuild(checks, checks->room))
		link_checks_finish(checks);
}

void link_checks_tally(const struct link_checks *checks, size_t ret_counts[LINK_STATES])
{
	memset(ret_counts, 0, LINK_STATES * sizeof(*ret_counts));
	for (size_t i = 0; i < checks->room; i++)
		if (checks->rows[i].used)
			ret_counts[checks->rows[i].state]++;
}

const struct link_check *link_checks_of(const struct link_checks *checks, const struct link *link)
{
	const struct link_check *check = link_checks_find(checks, &link->id);

	return check && check->event == link->event ? check : NULL;
}

void link_checks_finish(struct link_checks *checks)
{
	free(checks->rows);
	*checks = (struct link_checks){.position = 0};
}

static usec_t time_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));
	usec_t time = 0;

	return text && clock_parse(text, &time) == 0 ? time : 0;
}

static bool take_head(struct link_checks *checks, const json_t *line)
{
	const char *log = json_string_value(json_object_get(line, "log"));

	if (json_integer_value(json_object_get(line, "version")) != 1 || !log ||
	    strlen(log) >= sizeof(checks->log))
		return false;
	strcpy(checks->log, log);
	checks->position = (uint64_t)json_integer_value(json_object_get(line, "position"));
	checks->ended = time_of(line, "ended");
	return true;
}

static bool take_row(struct link_checks *checks, const json_t *line)
{
	const char *id_text = json_string_value(json_object_get(line, "link"));
	const char *state = json_string_value(json_object_get(line, "state"));
	struct link_check *check;
	struct link_id id;

	if (!id_text || !state || strlen(id_text) != 2 * sizeof(id) ||
	    hex_parse(span_text(id_text), &id, sizeof(id)) != 0)
		return false;
	check = link_checks_add(checks, &id);
	if (!check)
		return false;
	check->active = time_of(line, "active");
	check->checked = time_of(line, "checked");
	check->since = time_of(line, "since");
	check->event = (uint64_t)json_integer_value(json_object_get(line, "event"));
	check->status = (unsigned)json_integer_value(json_object_get(line, "status"));
	check->state = link_state_find(state);
	return true;
}

static int read_lines(FILE *file, struct link_checks *checks)
{
	char text[LINE_BYTES];
	bool ok = true, head = true;

	while (ok && fgets(text, sizeof(text), file)) {
		json_t *line = json_loads(text, 0, NULL);

		ok = line && (head ? take_head(checks, line) : take_row(checks, line));
		head = false;
		json_decref(line);
	}
	return ok && !ferror(file) ? 0 : -EBADMSG;
}

static void close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

int link_checks_read(const char *data_dir, struct link_checks *checks, struct error *error)
{
	cleanup_free char *path = NULL;
	cleanup(close_file) FILE *file = NULL;

	*checks = (struct link_checks){.position = 0};
	if (asprintf(&path, "%s/" FILE_NAME, data_dir) < 0)
		return error_set(error, 1, "out of memory");
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : error_set(error, 1, "%s: %s", path, strerror(errno));
	if (read_lines(file, checks) != 0)
		link_checks_finish(checks);
	return 0;
}

static void append_time(struct buffer *to, const char *key, usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	if (time == 0)
		return;
	clock_format(time, text);
	buffer_printf(to, ",\"%s\":\"%s\"", key, text);
}

static void append_row(struct buffer *to, const struct link_check *check)
{
	char id[2 * sizeof(check->id) + 1];

	hex_format(&check->id, sizeof(check->id), id);
	buffer_printf(to, "{\"link\":\"%s\",\"state\":\"%s\",\"status\":%u,\"event\":%llu", id,
		      link_state_text(check->state), check->status,
		      (unsigned long long)check->event);
	append_time(to, "active", check->active);
	append_time(to, "checked", check->checked);
	append_time(to, "since", check->since);
	buffer_append_text(to, "}\n");
}

static void format(const struct link_checks *checks, struct buffer *to)
{
	buffer_printf(to, "{\"version\":1,\"log\":\"%s\",\"position\":%llu", checks->log,
		      (unsigned long long)checks->position);
	append_time(to, "ended", checks->ended);
	buffer_append_text(to, "}\n");
	for (size_t i = 0; i < checks->room; i++)
		if (checks->rows[i].used)
			append_row(to, &checks->rows[i]);
}

int link_checks_write(const char *data_dir, const struct link_checks *checks, struct error *error)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	cleanup_free char *path = NULL, *new = NULL;
	cleanup_close int fd = -1;
	ssize_t written;

	format(checks, &text);
	if (text.error || asprintf(&path, "%s/" FILE_NAME, data_dir) < 0 ||
	    asprintf(&new, "%s.new", path) < 0)
		return error_set(error, 1, "out of memory");
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	written = fd < 0 ? -1 : write(fd, text.data, text.size);
	if (written >= 0 && (size_t)written < text.size)
		errno = ENOSPC;
	if (written != (ssize_t)text.size || fsync(fd) || rename(new, path))
		return error_set(error, 1, "%s: %s", path, strerror(errno));
	return 0;
}
