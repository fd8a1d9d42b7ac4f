/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_HANDLE_CACHE_H
#define WAYMARK_STORE_HANDLE_CACHE_H

#include "crypto/id.h"

/*
 * Handles of people who were looked up lately. Private to store/; loop thread.
 *
 * @writes is how many writes people/ has seen, read before the handle was (struct env). What was
 * kept under another number is not found, so a handle is never older than the last write whose
 * ticket has come back. 0.9 MB when all of it is in use; pages that never were take nothing.
 */
enum { HANDLE_CACHE_SETS = 8192, HANDLE_CACHE_WAYS = 4 };

struct handle_cache;

struct handle_cache *handle_cache_new(void);	    /* NULL when out of memory */
void handle_cache_free(struct handle_cache *cache); /* NULL allowed */

/* Whether it is there. */
bool handle_cache_find(const struct handle_cache *cache, uint64_t writes,
		       const struct prospect_id *id, struct handle *ret_handle);
/* Keep one that was read, in place of the oldest of its set; it is not there yet. */
void handle_cache_keep(struct handle_cache *cache, uint64_t writes, const struct prospect_id *id,
		       const struct handle *handle);

#endif
