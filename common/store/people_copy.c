/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people/ into another environment, slice by slice.
 *
 * LMDB's own copy holds one transaction for as long as it takes, and with it the lock that growing
 * the map needs: the writer would wait for it. So rows go over in slices, in the order of their
 * keys, which fills the pages of the copy as compacting does.
 *
 * Ids go first, then rows, then the marks of the erased: a row that an id names is there when the
 * rows are read, unless the person was erased meanwhile. Then the id names nothing, and a last walk
 * takes it out.
 *
 * Behind an erasure the writer makes such a copy itself and puts it into the place of people/:
 * what was deleted lies on in the pages of the old file until they are used again, and in the new
 * one it never was. Nothing is written meanwhile, so nothing is missing; clicks wait no longer than
 * for any other commit that is slow. A crash leaves the old file or the new one.
 */
#include "store/people_copy.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people_internal.h"

#include <errno.h>
#include <sys/stat.h>

enum { SLICE_ROWS = 1000, SLICE_BYTES = 1 << 20, KEY_MAX_BYTES = 64 };
/* Where nobody else works meanwhile, each of these costs a sync. */
enum { LARGE_ROWS = 100000, LARGE_BYTES = 16 << 20 };

static const char compacting[] = "people.compact";

/* Pairs of one database: key size 1 ‖ value size 4 ‖ key ‖ value, each. */
struct slice {
	unsigned database;
	struct span erased; /* handles whose notes are left out */
	bool large;
	struct buffer pairs;
	struct buffer last; /* key of the last one; absent before the first */
	uint64_t count;
};

static void append(struct slice *slice, struct span key, struct span value)
{
	uint8_t sizes[5] = {(uint8_t)key.size};

	put_u32(sizes + 1, (uint32_t)value.size);
	buffer_append(&slice->pairs, sizes, sizeof(sizes));
	buffer_append_span(&slice->pairs, key);
	buffer_append_span(&slice->pairs, value);
	slice->count++;
}

/* The note of an erasure that has come to its end. */
static bool is_done(const struct slice *slice, struct span key)
{
	const struct span prefix = SPAN(PEOPLE_ERASING);

	if (slice->database != PEOPLE_META || !span_starts(key, prefix))
		return false;
	key = span_slice(key, prefix.size, key.size);
	for (size_t at = 0; at < slice->erased.size; at += sizeof(struct handle))
		if (span_equal(key, span_slice(slice->erased, at, sizeof(struct handle))))
			return true;
	return false;
}

static void read_slice(struct txn *txn, void *context)
{
	struct slice *slice = context;
	const size_t rows = slice->large ? LARGE_ROWS : SLICE_ROWS;
	const size_t bytes = slice->large ? LARGE_BYTES : SLICE_BYTES;
	struct span from = span_of(slice->last.data, slice->last.size), key, value;
	struct txn_walk walk;

	buffer_clear(&slice->pairs);
	slice->count = 0;
	txn_walk_begin(txn, slice->database, from, &walk);
	while (slice->count < rows && slice->pairs.size < bytes &&
	       txn_walk_next(&walk, &key, &value))
		if ((!from.data || !span_equal(key, from)) && !is_done(slice, key)) {
			append(slice, key, value);
			if (key.size > KEY_MAX_BYTES)
				txn_fail(txn, -EBADMSG);
		}
	txn_walk_end(&walk);
	txn_fail(txn, slice->pairs.error);
}

static void write_slice(struct txn *txn, void *context)
{
	struct slice *slice = context;
	struct span pairs = buffer_span(&slice->pairs);
	size_t at = 0;

	while (at < pairs.size) {
		size_t key_size = pairs.data[at], size = get_u32(pairs.data + at + 1);
		struct span key = span_slice(pairs, at + 5, key_size);

		txn_append(txn, slice->database, key, span_slice(pairs, at + 5 + key_size, size));
		at += 5 + key_size + size;
		if (at >= pairs.size) {
			buffer_clear(&slice->last);
			buffer_append_span(&slice->last, key);
		}
	}
	txn_fail(txn, slice->last.error);
}

static int copy_database(struct env *from, struct env *to, unsigned database, struct span erased,
			 const atomic_bool *give_up)
{
	struct slice slice = {.database = database, .erased = erased, .large = !give_up};
	int r;

	do {
		r = give_up && atomic_load(give_up) ? -ECANCELED
						    : txn_read(from, read_slice, &slice);
		if (!r && slice.count > 0)
			r = env_reserve(to, slice.pairs.size);
		if (!r && slice.count > 0)
			r = txn_write(to, write_slice, &slice);
	} while (!r && slice.count > 0);
	/* Keys of people went through it. */
	if (slice.pairs.data)
		explicit_bzero(slice.pairs.data, slice.pairs.capacity);
	buffer_finish(&slice.pairs);
	buffer_finish(&slice.last);
	return r;
}

/* Ids whose row went away while the copy was made; a slice of them, to be deleted. */
static void find_dangling(struct txn *txn, void *context)
{
	struct slice *dangling = context;
	struct span key, handle;
	struct txn_walk walk;

	buffer_clear(&dangling->pairs);
	dangling->count = 0;
	txn_walk_begin(txn, PEOPLE_IDS, span_of(NULL, 0), &walk);
	while (dangling->count < SLICE_ROWS && txn_walk_next(&walk, &key, &handle))
		if (!txn_get(txn, PEOPLE_ROWS, handle).data)
			append(dangling, key, span_of(NULL, 0));
	txn_walk_end(&walk);
	txn_fail(txn, dangling->pairs.error);
}

static void delete_slice(struct txn *txn, void *context)
{
	const struct slice *slice = context;
	struct span pairs = buffer_span(&slice->pairs);

	for (size_t at = 0; at < pairs.size; at += 5 + pairs.data[at])
		txn_delete(txn, PEOPLE_IDS, span_slice(pairs, at + 5, pairs.data[at]));
}

static int drop_dangling(struct env *copy)
{
	struct slice dangling = {.database = PEOPLE_IDS};
	int r;

	do {
		r = txn_read(copy, find_dangling, &dangling);
		if (!r && dangling.count > 0)
			r = txn_write(copy, delete_slice, &dangling);
	} while (!r && dangling.count > 0);
	buffer_finish(&dangling.pairs);
	return r;
}

/* In the order of their numbers, which is that of the comment above. @give_up NULL: never, and
 * nobody else works meanwhile. */
static int copy_all(struct env *from, struct env *to, struct span erased,
		    const atomic_bool *give_up)
{
	int r = 0;

	for (unsigned i = 0; store_people_databases[i] && !r; i++)
		r = copy_database(from, to, i, erased, give_up);
	return r;
}

static int remove_old(const char *path, struct error *error)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};
	cleanup_buffer struct buffer file = BUFFER_INIT;

	for (size_t i = 0; i < 2; i++) {
		buffer_clear(&file);
		buffer_printf(&file, "%s/%s", path, names[i]);
		if (!buffer_text(&file))
			return -ENOMEM;
		if (unlink(buffer_text(&file)) && errno != ENOENT)
			return error_set(error, -errno, "%s: cannot be removed: %s",
					 buffer_text(&file), strerror(errno));
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		return error_set(error, -errno, "%s: cannot be made: %s", path, strerror(errno));
	return 0;
}

int people_copy(struct store *store, const char *path, const atomic_bool *give_up,
		struct error *error)
{
	struct env copy = {0};
	int r = remove_old(path, error);

	if (r)
		return r;
	r = env_open(&copy, path, store_people_databases, true, 0, error);
	if (!r) {
		r = copy_all(&store->people, &copy, span_of(NULL, 0), give_up);
		if (!r)
			r = drop_dangling(&copy);
		if (r)
			(void)error_set(error, r, "%s: people/ cannot be copied: %s", path,
					strerror(-r));
	}
	env_close(&copy);
	return r;
}

/* data/people.compact, or the file @name in it. */
static char *compact_path(const struct store *store, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s%s%s", store->data_dir, compacting, name ? "/" : "",
			name ? name : "") < 0
		       ? NULL
		       : path;
}

void people_compact_forget(const struct store *store)
{
	cleanup_free char *folder = compact_path(store, NULL);
	cleanup_free char *data = compact_path(store, "data.mdb");
	cleanup_free char *lock = compact_path(store, "lock.mdb");

	if (!folder || !data || !lock)
		return;
	(void)unlink(data);
	(void)unlink(lock);
	(void)rmdir(folder);
}

int people_compact(struct store *store, struct span erased)
{
	cleanup_free char *folder = compact_path(store, NULL);
	cleanup_free char *data = compact_path(store, "data.mdb");
	struct env copy = {0};
	int r = folder && data ? remove_old(folder, NULL) : -ENOMEM;

	if (!r)
		r = env_open(&copy, folder, store_people_databases, true, 0, NULL);
	if (!r)
		r = copy_all(&store->people, &copy, erased, NULL);
	env_close(&copy);
	if (!r)
		r = env_replace(&store->people, data);
	people_compact_forget(store);
	return r > 0 ? -EIO : r;
}

struct check {
	uint64_t people, schema;
	struct handle last;
};

static void check_rows(struct txn *txn, void *context)
{
	struct check *check = context;
	struct span key, value;
	struct txn_walk walk;

	check->schema = txn_get_number(txn, PEOPLE_META, "schema", 0);
	txn_walk_begin(txn, PEOPLE_ROWS, span_of(NULL, 0), &walk);
	while (txn_walk_next(&walk, &key, &value)) {
		/* In a damaged tree keys may go round in a circle, and the walk would never end. */
		if (key.size != sizeof(struct handle) || value.size < 1 ||
		    (check->people > 0 && memcmp(key.data, check->last.bytes, key.size) <= 0)) {
			txn_fail(txn, -EBADMSG);
			break;
		}
		memcpy(check->last.bytes, key.data, key.size);
		check->people++;
	}
	txn_walk_end(&walk);
}

int people_copy_check(const char *path, uint64_t *ret_people, struct error *error)
{
	struct env copy = {0};
	struct check check = {.people = 0};
	int r = env_open(&copy, path, store_people_databases, false, 0, error);

	if (!r) {
		r = txn_read(&copy, check_rows, &check);
		if (r || check.schema == 0)
			r = error_set(error, r ? r : -EBADMSG, "%s: is not a copy of people/",
				      path);
		else if (check.schema > SCHEMA_VERSION)
			r = error_set(error, STORE_E_SCHEMA,
				      "%s: written by a newer version; install that version", path);
	}
	env_close(&copy);
	if (!r)
		*ret_people = check.people;
	return r;
}
