/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three tables of sets of a few entries each, found by a keyed hash and compared byte by byte.
 *
 * A value is kept when it misses twice with no other miss of its set in between. So a flood of
 * values that never come again leaves the table as it is, and costs a hash more than it would
 * without one; and since nobody knows the key, nobody can aim at a set. Within a set the entry that
 * was used last stands first, and the last one makes room.
 *
 * Invariant: what an entry says is what reading its value says, under the rules and, for a referrer
 * and a page, under the configuration in force. A request that began under an older one neither
 * finds nor leaves any, and what was read without enough memory is not kept.
 */
#include "app/header_cache.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/short_hash.h"
#include "store/event.h"
#include "track/privacy.h"

enum {
	WAYS = 4,
	AGENT_SETS = 512, /* powers of two */
	REFERRER_SETS = 64,
	PAGE_SETS = 64,
	ENTRY_MAX_BYTES = 1024 /* of value and text together; longer ones are read every time */
};

struct entry {
	uint64_t hash;
	struct header_reading reading;
	size_t size;
	uint8_t bytes[]; /* the value, then its text where that is another one */
};

_Static_assert((AGENT_SETS + REFERRER_SETS + PAGE_SETS) * WAYS *
			       (sizeof(struct entry) + ENTRY_MAX_BYTES + 64) <
		       HEADER_CACHE_MAX_BYTES,
	       "every set full of the longest entries");

struct set {
	struct entry *ways[WAYS]; /* the one used last first */
	uint64_t missed;	  /* the last value that was not there */
};

struct table {
	struct set *sets;
	size_t set_count;
	enum event_field field;
	struct buffer text; /* of the last reading that was not kept */
	struct header_reading reading;
};

struct header_cache {
	struct short_hash_key key;
	struct table agents, referrers, pages;
	struct buffer scratch;
	const struct config
		*config; /* in force: referrers and pages that are kept were read under it */
	const struct verdict_rules *rules; /* in force, likewise for agents */
};

static bool init(struct table *table, size_t set_count, enum event_field field)
{
	table->set_count = set_count;
	table->field = field;
	table->sets = calloc(set_count, sizeof(*table->sets));
	return table->sets != NULL;
}

static void clear(struct table *table)
{
	for (size_t i = 0; table->sets && i < table->set_count; i++) {
		for (size_t way = 0; way < WAYS; way++)
			free(table->sets[i].ways[way]);
		table->sets[i] = (struct set){0};
	}
}

static void finish(struct table *table)
{
	clear(table);
	buffer_finish(&table->text);
	free(table->sets);
}

struct header_cache *header_cache_new(const struct config *config,
				      const struct verdict_rules *rules)
{
	struct header_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->config = config;
	cache->rules = rules;
	short_hash_key_make(&cache->key);
	if (init(&cache->agents, AGENT_SETS, EVENT_FIELD_agent) &&
	    init(&cache->referrers, REFERRER_SETS, EVENT_FIELD_referrer) &&
	    init(&cache->pages, PAGE_SETS, EVENT_FIELD_url))
		return cache;
	header_cache_free(cache);
	return NULL;
}

void header_cache_change(struct header_cache *cache, const struct config *config,
			 const struct verdict_rules *rules)
{
	clear(&cache->agents);
	clear(&cache->referrers);
	clear(&cache->pages);
	cache->config = config;
	cache->rules = rules;
}

void header_cache_free(struct header_cache *cache)
{
	if (!cache)
		return;
	finish(&cache->agents);
	finish(&cache->referrers);
	finish(&cache->pages);
	buffer_finish(&cache->scratch);
	free(cache);
}

static const struct header_reading *find(struct set *set, uint64_t hash, struct span value)
{
	for (size_t way = 0; way < WAYS && set->ways[way]; way++) {
		struct entry *entry = set->ways[way];

		if (entry->hash != hash || !span_equal(span_of(entry->bytes, entry->size), value))
			continue;
		memmove(set->ways + 1, set->ways, way * sizeof(struct entry *));
		set->ways[0] = entry;
		return &entry->reading;
	}
	return NULL;
}

static struct entry *copy(uint64_t hash, struct span value, const struct header_reading *reading)
{
	bool same = span_equal(value, reading->text);
	struct entry *entry = malloc(sizeof(*entry) + value.size + (same ? 0 : reading->text.size));

	if (!entry)
		return NULL;
	*entry = (struct entry){.hash = hash, .reading = *reading, .size = value.size};
	memcpy(entry->bytes, value.data, value.size);
	if (!same && reading->text.size > 0)
		memcpy(entry->bytes + value.size, reading->text.data, reading->text.size);
	if (reading->text.data)
		entry->reading.text.data = entry->bytes + (same ? 0 : value.size);
	return entry;
}

static void keep(struct set *set, uint64_t hash, struct span value,
		 const struct header_reading *reading)
{
	struct entry *entry;

	if (value.size + reading->text.size > ENTRY_MAX_BYTES)
		return;
	entry = copy(hash, value, reading);
	if (!entry)
		return;
	free(set->ways[WAYS - 1]);
	memmove(set->ways + 1, set->ways, (WAYS - 1) * sizeof(struct entry *));
	set->ways[0] = entry;
}

/* What a rule of track/privacy.h left in scratch, as the table's field holds it. False: without
 * memory for it, it is read as absent. */
static bool take_text(struct header_cache *cache, struct table *table)
{
	bool taken = !cache->scratch.error;

	buffer_clear(&table->text);
	if (taken)
		utf8_append_clean(&table->text, buffer_span(&cache->scratch),
				  event_field_row(table->field)->max_bytes);
	taken = taken && !table->text.error;
	table->reading.text =
		taken && table->text.size > 0 ? buffer_span(&table->text) : span_of(NULL, 0);
	return taken;
}

/* Crawlers write whom to ask into their agent, and anybody can write anything into a header. */
static bool read_value(struct header_cache *cache, struct table *table, const struct config *config,
		       struct span value)
{
	buffer_clear(&cache->scratch);
	if (table->field == EVENT_FIELD_agent) {
		verdict_read_agent(cache->rules, value, &table->reading.agent);
		privacy_text(value, &cache->scratch);
	} else if (table->field == EVENT_FIELD_referrer) {
		privacy_referrer(config, value, &cache->scratch);
	} else {
		privacy_page_url(config, value, &cache->scratch);
	}
	return take_text(cache, table);
}

static const struct header_reading *look_up(struct header_cache *cache, struct table *table,
					    const struct config *config, struct span value)
{
	const struct header_reading *found;
	struct set *set;
	uint64_t hash;

	if (value.size > ENTRY_MAX_BYTES || config != cache->config) {
		(void)read_value(cache, table, config, value);
		return &table->reading;
	}
	hash = short_hash(&cache->key, value);
	set = &table->sets[hash & (table->set_count - 1)];
	found = find(set, hash, value);
	if (found)
		return found;
	if (read_value(cache, table, config, value) && set->missed == hash)
		keep(set, hash, value, &table->reading);
	set->missed = hash;
	return &table->reading;
}

const struct header_reading *header_cache_agent(struct header_cache *cache, struct span agent)
{
	static const struct header_reading none = {.agent = {.absent = true}};

	return agent.size > 0 ? look_up(cache, &cache->agents, cache->config, agent) : &none;
}

const struct header_reading *
header_cache_referrer(struct header_cache *cache, const struct config *config, struct span referrer)
{
	static const struct header_reading none = {0};

	return referrer.size > 0 ? look_up(cache, &cache->referrers, config, referrer) : &none;
}

const struct header_reading *header_cache_page(struct header_cache *cache,
					       const struct config *config, struct span url)
{
	static const struct header_reading none = {0};

	return url.size > 0 ? look_up(cache, &cache->pages, config, url) : &none;
}
