/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backing up beside whoever writes.
 *
 * First state/ is copied, in one snapshot of its own (it is small, and few commits touch it), then
 * the log up to its end as it then is, in slices. So the log reaches at least as far as the copy of
 * state/, and what follows it is folded after a restore. Should retention have removed meanwhile
 * what the copy has not applied, or what of the log comes next, all of it is done once more.
 *
 * A backup goes on where the manifest stops, if the log is still the one that it tells of: the
 * record there has the same incarnation and storing time. Where retention has removed what comes
 * next, the old segments belong to nothing any more, and the backup begins anew.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/backup_internal.h"
#include "store/event_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

enum { SEGMENT_EVENTS = 262144, SEGMENT_BYTES = 64 << 20, ATTEMPTS_MAX = 5 };
/* Retention has removed what was to be copied next. */
enum { BACKUP_E_GAP = 3 };

struct backup {
	struct store *store;
	const struct backup_options *options;
	struct manifest manifest; /* becomes the new one */
	size_t old_segments;	  /* of it, that were there */
	uint64_t added;
	struct error *error;
};

static int make_directory(const char *directory, const char *name, struct error *error)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;

	if (backup_path(&path, directory, name))
		return -ENOMEM;
	if (mkdir(buffer_text(&path), 0700) == 0 || errno == EEXIST)
		return 0;
	return backup_fail(buffer_text(&path), "the directory cannot be made", error);
}

/* What events/meta says, and the newest record. */
static void read_meta(struct txn *txn, void *context)
{
	struct manifest *m = context;
	struct span key, record;

	m->incarnation = (uint16_t)txn_get_number(txn, EVENTS_META, "incarnation", 1);
	m->pruned_through = txn_get_number(txn, EVENTS_META, "pruned_through", 0);
	m->tombstoned_through = txn_get_number(txn, EVENTS_META, "tombstoned_through", 0);
	m->queue_limit = txn_get_number(txn, EVENTS_META, "queue_limit", 0);
	m->retention_clock = txn_get_number(txn, EVENTS_META, "retention_clock", 0);
	m->reader_count = reader_read_all(txn, m->readers);
	txn_last(txn, EVENTS_EVENTS, &key, &record);
	m->last = key.size == 8 ? get_u64(key.data) : m->pruned_through;
}

/* Of a record; zeros when it is not there. */
struct mark {
	uint64_t sequence, stored;
	uint16_t incarnation;
};

static void read_mark(struct txn *txn, void *context)
{
	struct mark *mark = context;
	struct span record;
	uint8_t key[8];

	put_u64(key, mark->sequence);
	record = txn_get(txn, EVENTS_EVENTS, span_of(key, sizeof(key)));
	if (record.size >= EVENT_HEADER_BYTES) {
		mark->incarnation = get_u16(record.data + 2);
		mark->stored = prune_storing_time(record);
	}
}

static int refuse_history(const char *directory, struct error *error)
{
	return error_set(error, BACKUP_E_FAILED,
			 "%s: holds a backup of another history than this log's (of another node, "
			 "or from before a restore); use another directory",
			 directory);
}

/* Does the log go on where the old manifest stops? *ret_goes_on false: begin anew. */
static int compare(struct backup *backup, const struct manifest *old, const struct manifest *now,
		   bool *ret_goes_on)
{
	const char *directory = backup->options->directory;
	struct mark mark = {.sequence = old->last};
	int r;

	*ret_goes_on = false;
	if (strcmp(old->node, now->node) != 0 || now->last < old->last)
		return refuse_history(directory, backup->error);
	if (now->pruned_through > old->last)
		return 0;
	r = txn_read(&backup->store->events, read_mark, &mark);
	if (r)
		return r;
	/* Nothing of the old log is left to compare: as good as a gap, unless nothing happened. */
	if (mark.incarnation == 0)
		return 0;
	if (mark.incarnation != old->last_incarnation || mark.stored != old->last_stored)
		return refuse_history(directory, backup->error);
	*ret_goes_on = true;
	return 0;
}

/* The new manifest so far: what the log says, and the segments that are there already. */
static int begin(struct backup *backup, struct manifest *now, bool *ret_is_first)
{
	struct manifest old = {.incarnation = 0};
	bool goes_on = false;
	int r = manifest_read(backup->options->directory, &old, backup->error);

	*ret_is_first = r == BACKUP_E_ABSENT;
	if (*ret_is_first)
		r = 0;
	else if (!r)
		r = compare(backup, &old, now, &goes_on);
	backup->manifest = *now;
	if (!r && goes_on) {
		backup->manifest.segments = take_ptr(old.segments);
		backup->manifest.segment_count = backup->old_segments = old.segment_count;
		backup->manifest.pruned_through = old.pruned_through;
	}
	manifest_finish(&old);
	return r;
}

/* The copy is opened as a restore will: is it of this log, and up to where? */
static int check_state(struct backup *backup, const char *path, uint64_t *ret_position)
{
	struct error *error = backup->error;
	MDB_val name, value;
	MDB_dbi dbi = 0, meta = 0;
	MDB_stat stat;
	MDB_env *env;
	MDB_txn *txn = NULL;
	char key[] = "position";
	int r = mdb_env_create(&env);

	if (r)
		return -ENOMEM;
	(void)mdb_env_set_maxdbs(env, ENV_DATABASES_MAX);
	r = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600);
	if (!r)
		r = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	for (size_t i = 0; store_state_databases[i] && !r; i++) {
		r = mdb_dbi_open(txn, store_state_databases[i], 0, &dbi);
		/* A store that an earlier version wrote last lacks what was added since. */
		if (r == MDB_NOTFOUND && i > STATE_META)
			r = 0;
		else if (!r)
			r = mdb_stat(txn, dbi, &stat);
		if (i == STATE_META)
			meta = dbi;
	}
	name = (MDB_val){.mv_size = sizeof(key) - 1, .mv_data = key};
	if (!r)
		r = mdb_get(txn, meta, &name, &value);
	if (!r && value.mv_size == 8)
		*ret_position = get_u64(value.mv_data);
	else
		r = error_set(error, BACKUP_E_FAILED, "%s: the copy of state/ cannot be read: %s",
			      path, r ? mdb_strerror(r) : "its position is missing");
	if (txn)
		mdb_txn_abort(txn);
	mdb_env_close(env);
	return r;
}

/* Copy state/, and name the file by the position that it turns out to have. */
static int copy_state(struct backup *backup)
{
	const char *directory = backup->options->directory;
	struct backup_file *file = &backup->manifest.state;
	cleanup_buffer struct buffer new = BUFFER_INIT, path = BUFFER_INIT;
	cleanup_close int fd = -1;
	uint64_t position = 0;
	int r;

	if (backup_path(&new, directory, "state.new"))
		return -ENOMEM;
	(void)unlink(buffer_text(&new));
	fd = open(buffer_text(&new), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return backup_fail(buffer_text(&new), "cannot be made", backup->error);
	r = env_copy(&backup->store->state, fd);
	if (r)
		return error_set(backup->error, BACKUP_E_FAILED, "%s: state/ cannot be copied: %s",
				 buffer_text(&new), strerror(-r));
	if (fsync(fd))
		return backup_fail(buffer_text(&new), "cannot be synced", backup->error);
	r = check_state(backup, buffer_text(&new), &position);
	if (r)
		return r;
	(void)snprintf(file->name, sizeof(file->name), "state-%" PRIu64 ".mdb", position);
	file->first = file->last = position;
	if (backup_path(&path, directory, file->name))
		return -ENOMEM;
	r = backup_file_digest(buffer_text(&new), file, backup->error);
	if (!r && rename(buffer_text(&new), buffer_text(&path)))
		r = backup_fail(buffer_text(&path), "cannot be renamed", backup->error);
	return r;
}

static int write_slice(struct backup_output *output, const struct event_slice *slice,
		       struct backup_file *segment, uint64_t last, struct error *error)
{
	struct span records = buffer_span(&slice->records);

	if (get_u64(records.data) != last + 1)
		return error_set(error, BACKUP_E_GAP,
				 "events %" PRIu64 " to %" PRIu64
				 " were pruned while they were copied; run the backup again",
				 last + 1, get_u64(records.data) - 1);
	segment->last = last + slice->count;
	return backup_output_write(output, records, error);
}

/* One segment from behind @last, up to @target at least as far as slices go. */
static int write_segment(struct backup *backup, uint64_t last, uint64_t target,
			 struct backup_file *segment)
{
	const struct backup_options *options = backup->options;
	struct event_slice slice = {0};
	struct backup_output output;
	int r, end;

	(void)snprintf(segment->name, sizeof(segment->name), "log/%020" PRIu64 ".new", last + 1);
	segment->first = last + 1;
	segment->last = last;
	r = backup_output_open(&output, options->directory, segment, backup->error);
	if (!r)
		r = backup_output_write(&output, SPAN(SEGMENT_MAGIC), backup->error);
	while (!r && segment->last < target && segment->bytes < SEGMENT_BYTES &&
	       segment->last - segment->first + 1 < SEGMENT_EVENTS) {
		r = event_slice_read(&backup->store->events, segment->last, &slice);
		if (r || slice.count == 0)
			break;
		r = write_slice(&output, &slice, segment, segment->last, backup->error);
		if (!r && options->progress)
			options->progress(options->context, segment->last, target);
	}
	event_slice_finish(&slice);
	end = backup_output_close(&output, backup->error);
	return r ? r : end;
}

static int name_segment(const char *directory, struct backup_file *segment, struct error *error)
{
	cleanup_buffer struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
	char name[sizeof(segment->name)];

	(void)snprintf(name, sizeof(name), "log/%020" PRIu64 "-%020" PRIu64 ".log", segment->first,
		       segment->last);
	if (backup_path(&from, directory, segment->name) || backup_path(&to, directory, name))
		return -ENOMEM;
	if (rename(buffer_text(&from), buffer_text(&to)))
		return backup_fail(buffer_text(&to), "cannot be renamed", error);
	memcpy(segment->name, name, sizeof(name));
	return 0;
}

static int copy_log(struct backup *backup, uint64_t target)
{
	struct manifest *manifest = &backup->manifest;
	size_t count = manifest->segment_count;
	uint64_t last = count ? manifest->segments[count - 1].last : manifest->pruned_through;
	struct mark mark = {.incarnation = 0};
	int r = 0;

	while (!r && last < target) {
		struct backup_file segment = {.bytes = 0};

		r = write_segment(backup, last, target, &segment);
		if (!r && segment.last == last)
			break;
		if (!r)
			r = name_segment(backup->options->directory, &segment, backup->error);
		if (!r)
			r = manifest_add(manifest, &segment);
		backup->added += segment.last - last;
		last = segment.last;
	}
	manifest->last = mark.sequence = last;
	if (!r)
		r = txn_read(&backup->store->events, read_mark, &mark);
	manifest->last_incarnation = mark.incarnation;
	manifest->last_stored = mark.stored;
	return r;
}

/* Segments of which the log has nothing any more. */
static void drop_pruned(struct manifest *manifest, uint64_t pruned_through)
{
	size_t drop = 0;

	while (drop < manifest->segment_count && manifest->segments[drop].last <= pruned_through &&
	       manifest->segments[drop].last <= manifest->state.first)
		manifest->pruned_through = manifest->segments[drop++].last;
	memmove(manifest->segments, manifest->segments + drop,
		(manifest->segment_count - drop) * sizeof(*manifest->segments));
	manifest->segment_count -= drop;
}

static int check_slice(void *context, struct event_slice *slice, struct error *error)
{
	const struct backup *backup = context;
	struct event event;
	struct span record;
	uint64_t sequence;

	(void)backup;
	while (event_slice_next(slice, &sequence, &record))
		if (event_decode(record, &event))
			return error_set(error, BACKUP_E_FAILED,
					 "event %" PRIu64 " cannot be read: it is damaged in the "
					 "log itself",
					 sequence);
	return 0;
}

/* Read what was written, before anything says that it is there. */
static int verify(struct backup *backup, size_t from)
{
	const struct manifest *manifest = &backup->manifest;
	const char *directory = backup->options->directory;
	int r = backup_file_verify(directory, &manifest->state, backup->error);

	for (size_t i = from; i < manifest->segment_count && !r; i++)
		r = segment_read(directory, &manifest->segments[i], check_slice, backup,
				 backup->error);
	return r;
}

static bool is_named(const struct manifest *manifest, const char *folder, const char *name)
{
	char whole[300];

	(void)snprintf(whole, sizeof(whole), "%s%s", folder, name);
	if (strcmp(whole, manifest->state.name) == 0)
		return true;
	for (size_t i = 0; i < manifest->segment_count; i++)
		if (strcmp(whole, manifest->segments[i].name) == 0)
			return true;
	return false;
}

/* Files of ours by their form that the manifest does not name. */
static void sweep(const char *directory, const struct manifest *manifest, const char *folder)
{
	cleanup_buffer struct buffer path = BUFFER_INIT;
	DIR *stream = backup_path(&path, directory, folder) ? NULL : opendir(buffer_text(&path));
	const struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		size_t size = strlen(entry->d_name);
		bool ours = folder[0]
				    ? size > 4 && (strcmp(entry->d_name + size - 4, ".log") == 0 ||
						   strcmp(entry->d_name + size - 4, ".new") == 0)
				    : strncmp(entry->d_name, "state", 5) == 0 && size > 4 &&
					      (strcmp(entry->d_name + size - 4, ".mdb") == 0 ||
					       strcmp(entry->d_name + size - 4, ".new") == 0);

		if (ours && !is_named(manifest, folder, entry->d_name))
			(void)unlinkat(dirfd(stream), entry->d_name, 0);
	}
	(void)closedir(stream);
}

/* State first, then a log that reaches it and begins before it. */
static int copy(struct backup *backup, bool *ret_is_first)
{
	struct manifest now = {.incarnation = 0};
	int r = 0;

	for (int i = 0; i < ATTEMPTS_MAX && !r; i++) {
		struct backup_file state;

		manifest_finish(&backup->manifest);
		backup->added = backup->old_segments = 0;
		r = copy_state(backup);
		state = backup->manifest.state;
		if (!r)
			r = txn_read(&backup->store->events, read_meta, &now);
		(void)snprintf(now.node, sizeof(now.node), "%s", backup->store->node);
		if (!r)
			r = begin(backup, &now, ret_is_first);
		backup->manifest.state = state;
		if (r || state.first < backup->manifest.pruned_through)
			continue;
		r = copy_log(backup, now.last);
		if (r != BACKUP_E_GAP)
			return r;
		r = 0;
	}
	return r ? r
		 : error_set(backup->error, BACKUP_E_FAILED,
			     "the log is pruned faster than it can be copied; try again");
}

static int finish(struct backup *backup, bool is_first, struct backup_report *ret_report)
{
	const struct backup_options *options = backup->options;
	struct manifest *manifest = &backup->manifest;
	cleanup_buffer struct buffer log = BUFFER_INIT;
	uint64_t pruned = 0;
	int r = verify(backup, options->verify ? 0 : backup->old_segments);

	if (!r)
		r = event_reader_pruned_through(backup->store, &pruned);
	if (!r && options->prune)
		drop_pruned(manifest, pruned);
	if (!r)
		r = backup_path(&log, options->directory, "log");
	if (!r)
		r = backup_sync_directory(buffer_text(&log), backup->error);
	if (!r)
		r = backup_sync_directory(options->directory, backup->error);
	if (!r)
		r = manifest_write(options->directory, manifest, backup->error);
	if (r)
		return r;
	sweep(options->directory, manifest, "");
	sweep(options->directory, manifest, "log/");
	*ret_report = (struct backup_report){
		.first = manifest->pruned_through + 1,
		.last = manifest->last,
		.added = backup->added,
		.segments = manifest->segment_count,
		.position = manifest->state.first,
		.is_first = is_first,
	};
	return 0;
}

int backup_write(struct store *store, const struct backup_options *options,
		 struct backup_report *ret_report, struct error *error)
{
	struct backup backup = {.store = store, .options = options, .error = error};
	cleanup_close int lock = -1;
	bool is_first = false;
	int r = make_directory(options->directory, "", error);

	if (!r)
		r = backup_lock(options->directory, &lock, error);
	if (!r)
		r = make_directory(options->directory, "log", error);
	if (!r)
		r = copy(&backup, &is_first);
	if (!r)
		r = finish(&backup, is_first, ret_report);
	manifest_finish(&backup.manifest);
	return r;
}
