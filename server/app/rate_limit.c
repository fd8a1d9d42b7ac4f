/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket is one moment: when it will be full again. Taking a token moves it by the time that one
 * token takes to come back; it may lie ahead by as much as the whole bucket. So nothing has to be
 * refilled, and a bucket that nobody asks for becomes full by itself.
 *
 * The table is a cache of sets: a name's set follows from its hash under a random key, and within
 * it eight buckets, two lines of the processor's cache, are looked at. The bucket to give up is the
 * one that is full soonest: of an address that came once or is long gone. One that floods is the
 * last to be given up, since its bucket lies furthest ahead, so other names cannot free it; and who
 * is given up gains a full bucket, so they cannot hurt it either.
 */
#include "app/rate_limit.h"

#include <errno.h>
#include <stdlib.h>

int rate_limit_init(struct rate_limit *limit, size_t names)
{
	*limit = (struct rate_limit){.sets = 1};
	while (limit->sets * RATE_LIMIT_WAYS < names)
		limit->sets *= 2;
	limit->buckets = calloc(limit->sets, RATE_LIMIT_WAYS * sizeof(*limit->buckets));
	if (!limit->buckets)
		return -ENOMEM;
	short_hash_key_make(&limit->key);
	return 0;
}

void rate_limit_finish(struct rate_limit *limit)
{
	free(limit->buckets);
	*limit = (struct rate_limit){0};
}

void rate_limit_set(struct rate_limit *limit, uint32_t rate, uint32_t burst)
{
	rate_limit_set_interval(limit, rate > 0 ? USEC_PER_SEC / rate : 0, burst);
}

void rate_limit_set_interval(struct rate_limit *limit, usec_t interval, uint32_t burst)
{
	limit->interval = interval;
	limit->depth = interval * burst;
}

static struct rate_bucket *find(struct rate_limit *limit, uint64_t name, usec_t now)
{
	const uint64_t hash = short_hash(&limit->key, span_of(&name, sizeof(name)));
	struct rate_bucket *set = limit->buckets + (hash & (limit->sets - 1)) * RATE_LIMIT_WAYS;
	struct rate_bucket *fullest = set;

	for (size_t i = 0; i < RATE_LIMIT_WAYS; i++) {
		if (set[i].name == name)
			return &set[i];
		if (set[i].full_at < fullest->full_at)
			fullest = &set[i];
	}
	limit->forgiven += fullest->full_at > now;
	*fullest = (struct rate_bucket){.name = name};
	return fullest;
}

bool rate_limit_take(struct rate_limit *limit, uint64_t name, usec_t now, unsigned squeeze)
{
	struct rate_bucket *bucket;
	usec_t from, cost;

	if (limit->interval == 0 || !limit->buckets)
		return true;
	cost = limit->interval << squeeze;
	if (cost > limit->depth)
		cost = limit->depth;
	bucket = find(limit, name, now);
	/* Emptied under another limit, one that gives it back more slowly: empty under this one. */
	if (bucket->full_at > now + limit->depth)
		bucket->full_at = now + limit->depth;
	from = bucket->full_at > now ? bucket->full_at : now;
	if (from + cost > now + limit->depth)
		return false;
	bucket->full_at = from + cost;
	return true;
}
