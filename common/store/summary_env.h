/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_SUMMARY_ENV_H
#define WAYMARK_STORE_SUMMARY_ENV_H

#include "base/bytes.h"
#include "base/error.h"

/* clang-format off */
/*
 * data/summary/: the summarizer's own environment. Its one writer holds data/summary.lock; readers
 * open it beside that. Integers are big-endian and unsigned if nothing else is said.
 *
 * A subject is kind 1 ‖ id 16: kind 0 anonymous (a hash), 1 visitor, 2 person (handle 12 ‖ zeros 4).
 * A unit is a person with all visitors that are bound to them, named by the person's subject; or a
 * visitor that is bound to nobody; or an anonymous subject.
 *
 * "facts"    key: subject 17 ‖ time 8 (µs) ‖ sequence 8 of its first fact
 *            value: facts in order of time, each as its difference from the one before (fact.c)
 * "totals"   key: kind 1 ‖ id ‖ day 2 (since 1970, in summary.time_zone)
 *            value: counters as signed LEB128 in order of their numbers (server/summary/totals.h)
 * "frozen"   the same: what of the totals no fact tells any more, since facts were removed by
 *            retention or by an erase; totals = frozen + what the units fold to
 * "units"    key: subject 17   value: unit 17 that it is counted under ‖ sequence 8 that said so;
 *            zeros 17: it was erased. Absent: it is its own unit
 * "members"  key: unit 17 ‖ subject 17   value: empty. "units" the other way round
 * "due"      key: 0 ‖ time 8 ‖ unit 17   value: empty. When its verdicts are to be looked at again
 *            key: 1 ‖ unit 17   value: time 8 ‖ as_of 8 with which it is folded into the totals ‖
 *            through 8: the totals have its facts of up to this sequence; 0: all of them
 * "texts"    key: text id 4    value: text
 * "text_ids" key: hash 16      value: text id 4. SipHash-2-4 under "hash_key" of "meta"
 * "meta"     "schema" u32, "log" text (node.incarnation), "begins" and "stones" u64 (when it was
 *            read as a whole the log began behind the one, and had tombstones up to the other),
 *            "position" u64, "as_of" u64, "rules" text, "groups" text (of which page groups the
 *            totals are), "next_text" u32, "hash_key" 16 bytes, "expired_pruned", "expired_stones"
 *            and "expired_at" u64 (facts of what the log had lost then are removed), "loose_facts"
 *            u64 (facts removed since texts without a name were) and "swept_at" u64 (when that was),
 *            and counters
 */
/* clang-format on */
enum summary_database {
	SUMMARY_FACTS,
	SUMMARY_TOTALS,
	SUMMARY_UNITS,
	SUMMARY_MEMBERS,
	SUMMARY_DUE,
	SUMMARY_TEXTS,
	SUMMARY_TEXT_IDS,
	SUMMARY_META,
	SUMMARY_FROZEN
};
enum { SUMMARY_SCHEMA_VERSION = 2 };

struct summary_env;
struct txn; /* opaque here; see the functions below */

enum {
	SUMMARY_ENV_E_ABSENT = 1, /* reading: there is none yet */
	SUMMARY_ENV_E_LOCKED = 2, /* another process summarizes */
	SUMMARY_ENV_E_DAMAGED = 3 /* LMDB refuses it; --rebuild makes it anew */
};

/* Be the one writer below @data_dir until the descriptor is closed. */
int summary_env_lock(const char *data_dir, int *ret_fd, struct error *error);

/*
 * Open it; @writable: by whoever holds the lock, and it is made when it is not there. With @name
 * another directory than "summary" below @data_dir: one that is being built.
 */
int summary_env_open(const char *data_dir, const char *name, bool writable,
		     struct summary_env **ret_env, struct error *error);
void summary_env_close(struct summary_env *env); /* NULL allowed */

/* Remove the directory @name below @data_dir, if it is there. Return: 0; negative errno. */
int summary_env_remove(const char *data_dir, const char *name);
/* Put the complete @name in the place of "summary", which is removed; a crash leaves one of them.
 */
int summary_env_replace(const char *data_dir, const char *name);

/*
 * Run @body in a transaction; see store/txn.h for what holds there: a @body that writes is run
 * again when the map had to grow, owns nothing, and all errors stick. Return: 0; negative errno.
 */
int summary_env_read(struct summary_env *env, void (*body)(struct txn *txn, void *context),
		     void *context);
int summary_env_write(struct summary_env *env, void (*body)(struct txn *txn, void *context),
		      void *context);
/* All rows of @one are put into @other, which may be of the same environment; in slices. */
int summary_env_copy(struct summary_env *from, enum summary_database one, struct summary_env *to,
		     enum summary_database other);
/* Make room for about @bytes more in one go, so that no transaction has to be run again. */
int summary_env_reserve(struct summary_env *env, size_t bytes);
uint64_t summary_env_bytes(struct summary_env *env); /* of used pages */

/* Values lie in the map, and are valid until the transaction ends or its next write. */
struct span summary_get(struct txn *txn, enum summary_database database, struct span key);
void summary_put(struct txn *txn, enum summary_database database, struct span key,
		 struct span value);
void summary_append(struct txn *txn, enum summary_database database, struct span key,
		    struct span value);
void summary_delete(struct txn *txn, enum summary_database database, struct span key);
void summary_clear(struct txn *txn, enum summary_database database);
void summary_fail(struct txn *txn, int error);
bool summary_failed(const struct txn *txn);
uint64_t summary_get_number(struct txn *txn, const char *key, uint64_t otherwise);
void summary_put_number(struct txn *txn, const char *key, uint64_t value);

/* Rows in order from the first at or after @from (absent: the first), until @each says false. */
typedef bool (*summary_each_fn)(void *context, struct span key, struct span value);
void summary_each(struct txn *txn, enum summary_database database, struct span from,
		  summary_each_fn each, void *context);
/* The first row at or after @key, or the last one at or before it. False: there is none. */
bool summary_ceiling(struct txn *txn, enum summary_database database, struct span key,
		     struct span *ret_key, struct span *ret_value);
bool summary_floor(struct txn *txn, enum summary_database database, struct span key,
		   struct span *ret_key, struct span *ret_value);

#endif
