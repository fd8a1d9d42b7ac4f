/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_STORE_H
#define WAYMARK_STORE_STORE_H

#include "base/error.h"
#include "crypto/id.h"
#include "store/disk_room.h"
#include "store/event.h"
#include "store/retention.h"

/*
 * The data directory as a whole: data/lock, the three environments and, for its one owner, the
 * event writer. Exactly one process writes: whoever holds data/lock (flock). Readers open read-only
 * and never open people/.
 *
 * Threads of the owner: one loop thread (lookups, appending) and the writer's own thread (all
 * commits). Lookups (link_find, name_find, people_*) are for the loop thread.
 */
struct store;

struct store_options {
	const char *data_dir;
	const char *node;		   /* config.node; kept in events/meta at creation */
	const struct keyring *keyring;	   /* for the marks of erased people */
	uint32_t queue_clicks, queue_bulk; /* limits in events */
	uint32_t account_interval_s;	   /* 0: only at close (commands) */
	uint32_t disk_reserve_percent;	   /* 0: none is kept; see disk_room.h */
	size_t initial_map_bytes;	   /* 0: the default; grows by doubling */
	uint32_t lock_wait_ms;		   /* how long to wait for data/lock */
	/* Asked every few milliseconds of that, with the process that has it (0: not known); false
	 * ends the wait. NULL: wait on. */
	bool (*lock_wait)(void *context, long holder);
	void *lock_wait_context;
	struct retention retention; /* zeros: nothing is removed */
	/*
	 * Nothing that is wrong with the store refuses but a held lock, a newer schema and a log of
	 * another node: it is tried again, store_status says what fails, and lookups there too.
	 */
	bool degraded_start;
};

enum {
	STORE_E_LOCKED = 1,  /* another process owns data/lock */
	STORE_E_SCHEMA = 2,  /* written by a newer version */
	STORE_E_ABSENT = 3,  /* reading: no such store */
	STORE_E_DAMAGED = 4, /* LMDB refuses it; @error says which and what to do */
	STORE_E_NODE = 6     /* the log of another node than the configured one */
};

/*
 * Own the directory: create what is missing (mode 0700), recover, fold the log into state/ up to
 * its end, append an "unclean" account event if the last run did not close, start the writer.
 */
int store_open(const struct store_options *options, struct store **ret_store, struct error *error);
/* Drain the queues, append the shutdown account event, fold, sync, release the lock. */
void store_close(struct store *store); /* NULL allowed */

/* Read-only: events/ and state/ only; works beside the owner. */
int store_open_reader(const char *data_dir, struct store **ret_store, struct error *error);

struct event_writer;
struct event_writer *store_writer(struct store *store);
const char *store_node(const struct store *store);
uint16_t store_incarnation(const struct store *store); /* of the owner's events */
/* Use another keyring from now on (loop thread). */
void store_set_keyring(struct store *store, const struct keyring *keyring);
/* Go by other periods from now on (owner; any thread). */
void store_set_retention(struct store *store, const struct retention *retention);

/* The environments, and how each fares. */
enum store_env { STORE_EVENTS, STORE_STATE, STORE_PEOPLE, STORE_ENVS };
const char *store_env_name(enum store_env env);

struct store_status {
	uint64_t last_sequence, state_position;
	uint64_t events_bytes, state_bytes, people_bytes; /* used pages */
	uint64_t map_growths;
	uint64_t reads[STORE_ENVS]; /* lookups since it was opened */
	enum disk_level disk;
	uint64_t disk_free_bytes, disk_size_bytes; /* 0: not asked */
	uint64_t pruned_through;		   /* the log begins behind it */
	uint64_t pruned, tombstones;		   /* records since the start */
	uint64_t retention_looks;     /* times that the oldest records were looked at */
	uint64_t readers_passed_over; /* times that pruning did not wait for one any more */
	uint64_t retention_behind;    /* µs that retention's clock is behind the wall clock */
	/* It is not open, or its last commit failed; and it is tried again. */
	bool events_failing, state_failing, people_failing;
	int errors[STORE_ENVS];	  /* why: negative errno; 0: nothing is wrong */
	bool damaged[STORE_ENVS]; /* a page was met since the start that cannot be read */
};
void store_status(struct store *store, struct store_status *ret_status);

/* state/ lookups. @arena owns what the spans point to. */
struct arena;
struct link {
	struct link_id id;
	struct span destination, url, label, slug, pass; /* absent: data NULL */
	struct mailing_id mailing;
	struct campaign_id campaign;
	usec_t created;
	uint64_t event;
	uint8_t flags;
};
enum { LINK_FLAG_TRAP = 1 };
enum { LINK_SLUG_MAX_BYTES = 255, LINK_PATTERN_LEVELS = 4 };
enum { STORE_E_NOT_FOUND = 5 };
/* 0; STORE_E_NOT_FOUND; negative: the store cannot be read (after a reopen was tried). */
int link_find(struct store *store, const struct link_id *id, struct arena *arena,
	      struct link *ret_link);
int link_find_slug(struct store *store, struct span slug, struct arena *arena,
		   struct link *ret_link);
/*
 * Whom a request for that slug or path is for: the slug itself, or the nearest pattern (a slug that
 * ends with a slash and a star) of which the star stands for at most LINK_PATTERN_LEVELS parts.
 */
int link_find_asked(struct store *store, struct span asked, struct arena *arena,
		    struct link *ret_link);
/*
 * All links in id order; a nonzero return of @each ends it and is returned. No snapshot is held
 * while @each works: a link that is registered meanwhile may be left out.
 */
int link_each(struct store *store, int (*each)(void *context, const struct link *link),
	      void *context);
/*
 * The sequence of the event that was imported from @source under @source_id. Such a pair is kept
 * once, for ever. What is queued is not found.
 */
int source_find(struct store *store, struct span source, struct span source_id,
		uint64_t *ret_sequence);
/*
 * One up behind each write to state/, and each opening of it, before anybody can be told of it:
 * what was looked up under the same number is still so (owner, loop thread).
 */
uint64_t store_state_writes(struct store *store);
/* The name behind an id of name_kind_id_bytes(kind) bytes. */
int name_find(struct store *store, enum name_kind kind, const void *id, struct arena *arena,
	      struct span *ret_name);

#endif
