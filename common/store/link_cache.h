/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_LINK_CACHE_H
#define WAYMARK_STORE_LINK_CACHE_H

#include "crypto/id.h"

/*
 * Rows of state/links that were looked up lately. Private to store/; loop thread.
 *
 * @writes is how many writes state/ has seen, read before the row was (struct env). What was kept
 * under another number is forgotten at once, so a row is never older than the last write whose
 * ticket has come back.
 */
enum { LINK_CACHE_SETS = 64, LINK_CACHE_WAYS = 4, LINK_CACHE_ROW_MAX_BYTES = 1024 };

struct link_cache;

struct link_cache *link_cache_new(void);	/* NULL when out of memory */
void link_cache_free(struct link_cache *cache); /* NULL allowed */

/* The row; absent when it is not there. Valid until the next call. */
struct span link_cache_find(struct link_cache *cache, uint64_t writes, const struct link_id *id);
/* Keep a row that was read; one over LINK_CACHE_ROW_MAX_BYTES, or without memory for it, is not. */
void link_cache_keep(struct link_cache *cache, uint64_t writes, const struct link_id *id,
		     struct span row);

#endif
