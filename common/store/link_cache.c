/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some hundred links take nearly all clicks of an hour, and links change rarely: whoever registers
 * or repoints one empties the cache, which is exact, and cheaper than knowing which row it was.
 *
 * Sets of a few entries; a link id is the output of an HMAC, and looked up only when its token has
 * verified, so its bytes are as good as a hash of it. The entry used last stands first.
 */
#include "store/link_cache.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <stdlib.h>

struct entry {
	struct link_id id;
	size_t size;
	uint8_t row[];
};

struct set {
	struct entry *ways[LINK_CACHE_WAYS];
};

struct link_cache {
	uint64_t writes; /* of the rows that are kept */
	bool empty;
	struct set sets[LINK_CACHE_SETS];
};

struct link_cache *link_cache_new(void)
{
	return calloc(1, sizeof(struct link_cache));
}

static void clear(struct link_cache *cache)
{
	for (size_t i = 0; i < LINK_CACHE_SETS; i++)
		for (size_t way = 0; way < LINK_CACHE_WAYS; way++)
			free(take_ptr(cache->sets[i].ways[way]));
	cache->empty = true;
}

void link_cache_free(struct link_cache *cache)
{
	if (cache)
		clear(cache);
	free(cache);
}

static struct set *set_of(struct link_cache *cache, uint64_t writes, const struct link_id *id)
{
	if (cache->writes != writes && !cache->empty)
		clear(cache);
	cache->writes = writes;
	return &cache->sets[get_u64(id->bytes) % LINK_CACHE_SETS];
}

struct span link_cache_find(struct link_cache *cache, uint64_t writes, const struct link_id *id)
{
	struct set *set = set_of(cache, writes, id);

	for (size_t way = 0; way < LINK_CACHE_WAYS && set->ways[way]; way++) {
		struct entry *entry = set->ways[way];

		if (memcmp(entry->id.bytes, id->bytes, sizeof(id->bytes)) != 0)
			continue;
		memmove(set->ways + 1, set->ways, way * sizeof(struct entry *));
		set->ways[0] = entry;
		return span_of(entry->row, entry->size);
	}
	return span_of(NULL, 0);
}

void link_cache_keep(struct link_cache *cache, uint64_t writes, const struct link_id *id,
		     struct span row)
{
	struct set *set = set_of(cache, writes, id);
	struct entry *entry;

	if (row.size > LINK_CACHE_ROW_MAX_BYTES)
		return;
	entry = malloc(sizeof(*entry) + row.size);
	if (!entry)
		return;
	*entry = (struct entry){.id = *id, .size = row.size};
	memcpy(entry->row, row.data, row.size);
	free(set->ways[LINK_CACHE_WAYS - 1]);
	memmove(set->ways + 1, set->ways, (LINK_CACHE_WAYS - 1) * sizeof(struct entry *));
	set->ways[0] = entry;
	cache->empty = false;
}
