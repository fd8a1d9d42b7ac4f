/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person clicks more than once, and looking one up in people/ is a walk through pages that the
 * processor has not seen lately. Only the handle is kept: no key of a person stays in memory.
 *
 * Sets of a few entries; a prospect id is the output of an HMAC, and looked up only when its token
 * has verified, so its bytes are as good as a hash of it. Each set says of how many writes it is,
 * since many clicks of people who are new write often, and clearing all sets each time would cost
 * more than they save.
 */
#include "store/handle_cache.h"

#include "base/encode.h"

#include <stdlib.h>

struct entry {
	struct prospect_id id;
	struct handle handle;
};

struct set {
	uint64_t writes; /* of the handles that are kept */
	unsigned count;
	struct entry ways[HANDLE_CACHE_WAYS]; /* the newest first */
};

struct handle_cache {
	struct set sets[HANDLE_CACHE_SETS];
};

struct handle_cache *handle_cache_new(void)
{
	return calloc(1, sizeof(struct handle_cache));
}

void handle_cache_free(struct handle_cache *cache)
{
	free(cache);
}

static size_t set_of(const struct prospect_id *id)
{
	return get_u64(id->bytes) % HANDLE_CACHE_SETS;
}

bool handle_cache_find(const struct handle_cache *cache, uint64_t writes,
		       const struct prospect_id *id, struct handle *ret_handle)
{
	const struct set *set = &cache->sets[set_of(id)];

	if (set->writes != writes)
		return false;
	for (unsigned way = 0; way < set->count; way++) {
		if (memcmp(set->ways[way].id.bytes, id->bytes, sizeof(id->bytes)) != 0)
			continue;
		*ret_handle = set->ways[way].handle;
		return true;
	}
	return false;
}

void handle_cache_keep(struct handle_cache *cache, uint64_t writes, const struct prospect_id *id,
		       const struct handle *handle)
{
	struct set *set = &cache->sets[set_of(id)];

	if (set->writes != writes)
		set->count = 0;
	set->writes = writes;
	memmove(set->ways + 1, set->ways, (HANDLE_CACHE_WAYS - 1) * sizeof(struct entry));
	set->ways[0] = (struct entry){.id = *id, .handle = *handle};
	if (set->count < HANDLE_CACHE_WAYS)
		set->count++;
}
