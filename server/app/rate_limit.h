/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_RATE_LIMIT_H
#define WAYMARK_APP_RATE_LIMIT_H

#include "base/clock.h"
#include "crypto/short_hash.h"

#include <stdbool.h>

/*
 * Token buckets by a 64-bit name, in a table of fixed size: each name may take @burst at once and
 * @rate a second after that. Nothing is allocated after rate_limit_init(); 16 bytes a bucket. One
 * thread.
 *
 * A name that the table has no room for takes the place of the one whose bucket is fullest, which
 * then begins with a full bucket again: many names can make the table forgive, and never make it
 * refuse somebody who took little.
 */
struct rate_bucket {
	uint64_t name;
	usec_t full_at; /* monotonic: when the bucket is full again; past: it is full */
};

struct rate_limit {
	struct short_hash_key key;
	struct rate_bucket *buckets;
	size_t sets;	   /* a power of two, of RATE_LIMIT_WAYS buckets each */
	usec_t interval;   /* between two tokens; 0: no limit */
	usec_t depth;	   /* of a bucket, as the time that filling it takes */
	uint64_t forgiven; /* buckets given up before they were full */
};

enum { RATE_LIMIT_WAYS = 8, RATE_LIMIT_RATE_MAX = 1000000 };

/* Room for at least @names. -ENOMEM. All zeros are a table without limit, too. */
int rate_limit_init(struct rate_limit *limit, size_t names);
void rate_limit_finish(struct rate_limit *limit);
/* @rate a second (0: no limit; at most RATE_LIMIT_RATE_MAX) and @burst (at least 1); any time. */
void rate_limit_set(struct rate_limit *limit, uint32_t rate, uint32_t burst);

/* The same by the time in which one comes back; 0: no limit. */
void rate_limit_set_interval(struct rate_limit *limit, usec_t interval, uint32_t burst);

/*
 * Take a token of @name; false: there is none. With @squeeze (up to RATE_LIMIT_SQUEEZE_MAX) taking
 * costs 1 << @squeeze tokens, but no more than a full bucket has: where room is scarce, who asks
 * for much runs out first.
 */
enum { RATE_LIMIT_SQUEEZE_MAX = 16 };
bool rate_limit_take(struct rate_limit *limit, uint64_t name, usec_t now, unsigned squeeze);

#endif
