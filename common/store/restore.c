/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store from a backup: built beside in data/restore.new, then moved to its place.
 *
 * Three directories cannot be moved at once, so data/restoring says from the first step to the last
 * that the store is not whole; nobody opens it until then, and the next restore clears away what
 * this one leaves. The incarnation goes up, since sequences behind the backup's end are given
 * again: the ids of events stay unique. It is noted in the backup, so that a second restore from it
 * takes a third incarnation.
 *
 * What root restores belongs to the owner of data_dir.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/backup_internal.h"
#include "store/people_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { WALK_DESCRIPTORS = 8 };

struct restore {
	const struct restore_options *options;
	struct manifest manifest;
	uint16_t incarnation;
	struct env env; /* events/ or state/, being made */
	struct text_table texts;
	uint64_t last; /* event written */
	struct error *error;
};

static int path_in(const struct restore *restore, const char *name, struct buffer *to)
{
	return backup_path(to, restore->options->data_dir, name);
}

bool restore_is_unfinished(const char *data_dir)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	return backup_path(&path, data_dir, "restoring") == 0 &&
	       access(buffer_text(&path), F_OK) == 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static int remove_tree(const struct restore *restore, const char *name)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	if (path_in(restore, name, &path))
		return -ENOMEM;
	if (access(buffer_text(&path), F_OK) && errno == ENOENT)
		return 0;
	if (nftw(buffer_text(&path), remove_one, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS))
		return backup_fail(buffer_text(&path), "cannot be removed", restore->error);
	return 0;
}

static const char *const trees[] = {"restore.new", "events", "state", "people", NULL};

static bool may_be_there(const char *name, bool unfinished)
{
	static const char *const always[] = {".", "..", "lock", "waymark.sock", "lost+found", NULL};

	for (size_t i = 0; always[i]; i++)
		if (strcmp(name, always[i]) == 0)
			return true;
	if (unfinished && strcmp(name, "restoring") == 0)
		return true;
	for (size_t i = 0; unfinished && trees[i]; i++)
		if (strcmp(name, trees[i]) == 0)
			return true;
	return false;
}

static int check_empty(const struct restore *restore)
{
	const char *path = restore->options->data_dir;
	bool unfinished = restore_is_unfinished(path);
	DIR *stream = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (!stream)
		return backup_fail(path, "cannot be read", restore->error);
	while (!r && (entry = readdir(stream)))
		if (!may_be_there(entry->d_name, unfinished))
			r = error_set(
				restore->error, BACKUP_E_FAILED,
				"%s: is not empty (there is %s); restore makes a new store and "
				"never writes over one: move it away, or set another data_dir",
				path, entry->d_name);
	(void)closedir(stream);
	return r;
}

/* From here on the store is not whole; whatever an earlier restore left goes away. */
static int mark(const struct restore *restore)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	int fd, r = 0;

	if (path_in(restore, "restoring", &path))
		return -ENOMEM;
	fd = open(buffer_text(&path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return backup_fail(buffer_text(&path), "cannot be made", restore->error);
	(void)close(fd);
	r = backup_sync_directory(restore->options->data_dir, restore->error);
	for (size_t i = 0; trees[i] && !r; i++)
		r = remove_tree(restore, trees[i]);
	return r;
}

static int unmark(const struct restore *restore)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	if (path_in(restore, "restoring", &path))
		return -ENOMEM;
	if (unlink(buffer_text(&path)))
		return backup_fail(buffer_text(&path), "cannot be removed", restore->error);
	return backup_sync_directory(restore->options->data_dir, restore->error);
}

static int make_directory(const struct restore *restore, const char *name)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	if (path_in(restore, name, &path))
		return -ENOMEM;
	if (mkdir(buffer_text(&path), 0700) == 0 || errno == EEXIST)
		return 0;
	return backup_fail(buffer_text(&path), "cannot be made", restore->error);
}

static void write_events_meta(struct txn *txn, void *context)
{
	const struct restore *restore = context;
	const struct manifest *m = &restore->manifest;

	txn_put_number(txn, EVENTS_META, "schema", SCHEMA_VERSION, 4);
	txn_put(txn, EVENTS_META, SPAN("node"), span_text(m->node));
	txn_put_number(txn, EVENTS_META, "incarnation", restore->incarnation, 2);
	txn_put_number(txn, EVENTS_META, "pruned_through", m->pruned_through, 8);
	txn_put_number(txn, EVENTS_META, "queue_limit", m->queue_limit, 8);
	if (m->retention_clock)
		txn_put_number(txn, EVENTS_META, "retention_clock", m->retention_clock, 8);
	for (size_t i = 0; i < m->reader_count; i++) {
		struct reader_change change = {.reader = m->readers[i]};

		if (change.reader.position > m->last)
			change.reader.position = m->last;
		reader_write(txn, &change);
	}
}

struct chunk {
	struct restore *restore;
	struct event_slice *slice;
};

static void write_chunk(struct txn *txn, void *context)
{
	const struct chunk *chunk = context;
	struct text_table *texts = &chunk->restore->texts;
	struct span record;
	uint64_t sequence;
	uint8_t key[8];

	chunk->slice->at = 0;
	if (chunk->slice->count > 0)
		text_table_begin(texts, txn, get_u64(chunk->slice->records.data));
	while (event_slice_next(chunk->slice, &sequence, &record)) {
		put_u64(key, sequence);
		txn_append(txn, EVENTS_EVENTS, span_of(key, sizeof(key)),
			   text_table_write(texts, txn, sequence, record));
		chunk->restore->last = sequence;
	}
}

static int check_records(struct event_slice *slice, struct error *error)
{
	struct event event;
	struct span record;
	uint64_t sequence;

	while (event_slice_next(slice, &sequence, &record))
		if (event_decode(record, &event))
			return error_set(error, BACKUP_E_FAILED,
					 "event %" PRIu64 " of the backup cannot be read",
					 sequence);
	return 0;
}

static int take_slice(void *context, struct event_slice *slice, struct error *error)
{
	struct restore *restore = context;
	const struct restore_options *options = restore->options;
	struct chunk chunk = {.restore = restore, .slice = slice};
	int r = check_records(slice, error);

	if (!r)
		r = env_reserve(&restore->env, slice->records.size);
	if (!r)
		r = txn_write(&restore->env, write_chunk, &chunk);
	if (!r)
		text_table_committed(&restore->texts);
	if (!r && options->progress)
		options->progress(options->context, restore->last, restore->manifest.last);
	return r;
}

static int build_events(struct restore *restore)
{
	const struct manifest *manifest = &restore->manifest;
	cleanup_buffer struct buffer path = BUFFER_INIT;
	int r = make_directory(restore, "restore.new/events");

	if (!r)
		r = path_in(restore, "restore.new/events", &path);
	if (!r)
		r = env_open(&restore->env, buffer_text(&path), store_events_databases, true, 0,
			     restore->error);
	if (!r)
		r = txn_write(&restore->env, write_events_meta, restore);
	for (size_t i = 0; i < manifest->segment_count && !r; i++)
		r = segment_read(restore->options->directory, &manifest->segments[i], take_slice,
				 restore, restore->error);
	text_table_finish(&restore->texts);
	env_close(&restore->env);
	return r;
}

static void claim_state(struct txn *txn, void *context)
{
	const struct restore *restore = context;
	cleanup_buffer struct buffer log = BUFFER_INIT;
	uint64_t position = txn_get_number(txn, STATE_META, "position", UINT64_MAX);
	uint64_t schema = txn_get_number(txn, STATE_META, "schema", 0);

	buffer_printf(&log, "%s.%u", restore->manifest.node, (unsigned)restore->incarnation);
	txn_fail(txn, log.error);
	if (position < restore->manifest.pruned_through || position > restore->manifest.last)
		txn_fail(txn, -EBADMSG);
	/* An older one is made again from the log, where that is whole. */
	if (schema == 0 || schema > STATE_SCHEMA_VERSION ||
	    (schema < STATE_SCHEMA_VERSION && restore->manifest.pruned_through > 0))
		txn_fail(txn, -EBADMSG);
	txn_put(txn, STATE_META, SPAN("log"), buffer_span(&log));
}

static int build_state(struct restore *restore)
{
	cleanup_buffer struct buffer from = BUFFER_INIT, to = BUFFER_INIT, path = BUFFER_INIT;
	const struct backup_file *file = &restore->manifest.state;
	int r = make_directory(restore, "restore.new/state");

	if (!r && (backup_path(&from, restore->options->directory, file->name) ||
		   path_in(restore, "restore.new/state/data.mdb", &to) ||
		   path_in(restore, "restore.new/state", &path)))
		r = -ENOMEM;
	if (!r)
		r = backup_file_copy(buffer_text(&from), buffer_text(&to), file, restore->error);
	if (!r)
		r = env_open(&restore->env, buffer_text(&path), store_state_databases, true, 0,
			     restore->error);
	if (!r) {
		r = txn_write(&restore->env, claim_state, restore);
		if (r)
			r = error_set(restore->error, BACKUP_E_FAILED,
				      "%s: the copy of state/ does not fit the log of this backup",
				      buffer_text(&from));
	}
	env_close(&restore->env);
	return r;
}

static int build_people(struct restore *restore)
{
	cleanup_buffer struct buffer to = BUFFER_INIT, path = BUFFER_INIT;
	uint64_t people;
	int r = make_directory(restore, "restore.new/people");

	if (!r && (path_in(restore, "restore.new/people/data.mdb", &to) ||
		   path_in(restore, "restore.new/people", &path)))
		r = -ENOMEM;
	if (!r)
		r = backup_file_copy(restore->options->people, buffer_text(&to), NULL,
				     restore->error);
	if (!r)
		r = people_copy_check(buffer_text(&path), &people, restore->error);
	return r;
}

static struct stat owner;

static int give_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return lchown(path, owner.st_uid, owner.st_gid);
}

/* By root for another: all of it becomes that user's. */
static int give_to_owner(const struct restore *restore)
{
	const char *path = restore->options->data_dir;

	if (stat(path, &owner))
		return backup_fail(path, "cannot be looked at", restore->error);
	if (geteuid() != 0 || owner.st_uid == 0)
		return 0;
	if (nftw(path, give_one, WALK_DESCRIPTORS, FTW_PHYS))
		return backup_fail(path, "cannot be given to its owner", restore->error);
	return 0;
}

static int move_in(const struct restore *restore)
{
	int r = give_to_owner(restore);

	for (size_t i = 1; trees[i] && !r; i++) {
		cleanup_buffer struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
		cleanup_buffer struct buffer name = BUFFER_INIT;

		buffer_printf(&name, "restore.new/%s", trees[i]);
		if (!buffer_text(&name) || path_in(restore, buffer_text(&name), &from) ||
		    path_in(restore, trees[i], &to))
			return -ENOMEM;
		if (strcmp(trees[i], "people") == 0 && !restore->options->people)
			continue;
		r = backup_sync_directory(buffer_text(&from), restore->error);
		if (!r && rename(buffer_text(&from), buffer_text(&to)))
			r = backup_fail(buffer_text(&to), "cannot be made", restore->error);
	}
	if (!r)
		r = backup_sync_directory(restore->options->data_dir, restore->error);
	return r ? r : remove_tree(restore, "restore.new");
}

/* The incarnation that was last restored from this backup: read, and noted if it can be. */
static int choose_incarnation(struct restore *restore)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	cleanup_fclose FILE *note = NULL;
	unsigned long before = restore->manifest.incarnation, noted;
	char text[16] = "";

	if (backup_path(&path, restore->options->directory, "incarnation"))
		return -ENOMEM;
	note = fopen(buffer_text(&path), "re");
	noted = note && fgets(text, sizeof(text), note) ? strtoul(text, NULL, 10) : 0;
	if (noted > before)
		before = noted;
	if (before >= UINT16_MAX)
		return error_set(restore->error, BACKUP_E_FAILED,
				 "%s: there is no incarnation left", buffer_text(&path));
	restore->incarnation = (uint16_t)(before + 1);
	return 0;
}

/* A backup that cannot be written, as it should be kept, still restores. */
static void note_incarnation(const struct restore *restore)
{
	cleanup_buffer struct buffer new = BUFFER_INIT, path = BUFFER_INIT;
	const char *directory = restore->options->directory;
	struct backup_file file = {.name = "incarnation.new"};
	struct backup_output output;
	struct error quiet;
	char text[16];
	int r, end;

	if (backup_path(&new, directory, file.name) || backup_path(&path, directory, "incarnation"))
		return;
	(void)snprintf(text, sizeof(text), "%u\n", (unsigned)restore->incarnation);
	r = backup_output_open(&output, directory, &file, &quiet);
	if (!r)
		r = backup_output_write(&output, span_text(text), &quiet);
	end = backup_output_close(&output, &quiet);
	/* In one step: without the note of before, that incarnation would be given again. */
	if (!r && !end && rename(buffer_text(&new), buffer_text(&path)) == 0)
		(void)backup_sync_directory(directory, &quiet);
}

static int check_node(const struct restore *restore)
{
	if (strcmp(restore->manifest.node, restore->options->node) == 0)
		return 0;
	return error_set(
		restore->error, BACKUP_E_FAILED,
		"%s: is of node \"%s\", the configuration says \"%s\"; set node to the one "
		"whose log this is",
		restore->options->directory, restore->manifest.node, restore->options->node);
}

static int build(struct restore *restore)
{
	int r = mark(restore);

	if (!r)
		r = make_directory(restore, "restore.new");
	if (!r)
		r = build_state(restore);
	if (!r && restore->options->people)
		r = build_people(restore);
	if (!r)
		r = build_events(restore);
	if (!r)
		note_incarnation(restore);
	if (!r)
		r = move_in(restore);
	return r ? r : unmark(restore);
}

/* Refused or failed: as if nothing had been tried, if that can be done. */
static void clear_away(struct restore *restore)
{
	struct error quiet;
	struct error *error = restore->error;
	int r = 0;

	restore->error = &quiet;
	for (size_t i = 0; trees[i] && !r; i++)
		r = remove_tree(restore, trees[i]);
	if (!r)
		(void)unmark(restore);
	restore->error = error;
}

static int run(struct restore *restore)
{
	const struct store_options options = {.data_dir = restore->options->data_dir};
	cleanup_close int reading = -1;
	bool owned;
	int lock, r = backup_lock(restore->options->directory, &reading, restore->error);

	if (!r)
		r = manifest_read(restore->options->directory, &restore->manifest, restore->error);
	if (!r)
		r = check_node(restore);
	if (!r)
		r = choose_incarnation(restore);
	if (!r)
		r = make_directory(restore, "");
	if (r)
		return r;
	r = store_lock_take(&options, &lock, &owned, restore->error);
	if (r)
		return r;
	r = check_empty(restore);
	if (!r) {
		r = build(restore);
		if (r)
			clear_away(restore);
	}
	(void)close(lock);
	return r;
}

int restore_store(const struct restore_options *options, struct restore_report *ret_report,
		  struct error *error)
{
	struct restore restore = {.options = options, .error = error};
	int r = run(&restore);

	if (!r)
		*ret_report = (struct restore_report){
			.first = restore.manifest.pruned_through + 1,
			.last = restore.manifest.last,
			.position = restore.manifest.state.first,
			.incarnation = restore.incarnation,
		};
	manifest_finish(&restore.manifest);
	return r;
}
