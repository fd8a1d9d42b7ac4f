/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_FOLD_H
#define WAYMARK_STORE_FOLD_H

#include "store/event.h"
#include "store/txn.h"

/*
 * state/ as a fold of the log, for the writer's thread and its helper (event_fold.c). Private to
 * store/.
 */
struct store;
struct event_ticket;

/* Records that are committed and concern state/, for the next time it is folded. */
struct fold_queue {
	struct buffer records; /* as in struct event_slice */
	uint32_t count;
	usec_t due, latest; /* monotonic: fold then, if nothing comes meanwhile; in any case */
	bool broken;	    /* too much, or out of memory: the log has it all */
};

/* What is folded at once, by whichever thread. */
struct fold_job {
	struct store *store;
	struct buffer records;
	uint32_t count;
	bool broken;
	uint64_t end;		   /* the log's, when it was taken */
	uint64_t folded, position; /* as in struct store */
	int result;
};

bool fold_concerns(const struct event *event); /* it changes state/ */
/* And whoever made it waits for that; else it is folded when it suits the writer. */
bool fold_is_awaited(const struct event *event);
/*
 * Check state/ against the log (reset it when it is not of this log) and fold up to the end, or
 * until store->catch_up_until: then the writer goes on. Lookups may begin in a state/ that was not
 * reset, or has caught up. One that fits but cannot be written stays behind, and is state_ready all
 * the same; the writer folds. Without the log (events_ready) it is only looked at: lookups may
 * begin when it is of this node.
 */
int fold_open(struct store *store, struct error *error);
/*
 * Apply what follows job->folded: up to the end, or for a slice or more until monotonic @until.
 * Return: 0; FOLD_E_MORE: the time is over; negative errno.
 */
enum { FOLD_E_MORE = 1 };
int fold_run(struct fold_job *job, usec_t until);
/* The writer: what of a committed ticket state/ has yet to apply, at monotonic @now. */
void fold_queue_add(struct store *store, const struct event_ticket *ticket, usec_t now);
/* When to fold what is queued; UINT64_MAX: there is nothing. */
usec_t fold_queue_due(const struct store *store);
/* All of it, for one who applies it; the queue is empty then. */
void fold_job_take(struct store *store, struct fold_job *job);
/* Apply it; or, of the log, a turn of what state/ lacks. Writes state/ and changes nothing else but
 * @job: any thread, one at a time. */
void fold_job_run(struct fold_job *job);
/* It was run. Return: as fold_run(). */
int fold_job_finish(struct store *store, struct fold_job *job);
void fold_job_free(struct fold_job *job);
/* Write the position, if it has moved. */
int fold_keep_position(struct store *store);
void form_fold(struct txn *txn, const struct event *event); /* form_row.c */
void link_fold(struct txn *txn, const struct event *event); /* link.c */
/* link_repoint.c: @event leads its link elsewhere than to @from, or there */
void link_repoint_fold(struct txn *txn, const struct event *event, struct span from);
void name_fold(struct txn *txn, const struct event *event);	    /* name.c */
void source_fold(struct txn *txn, const struct event *event);	    /* source.c: of any type */
bool source_concerns(struct span record);			    /* it was imported */
void binding_fold_bind(struct txn *txn, const struct event *event); /* binding_fold.c */
void binding_fold_conflict(struct txn *txn, const struct event *event);
void binding_fold_unbind(struct txn *txn, const struct event *event);
void binding_fold_merge(struct txn *txn, const struct event *event); /* binding_merge.c */
void binding_fold_erase(struct txn *txn, const struct event *event);

#endif
