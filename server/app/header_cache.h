/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_HEADER_CACHE_H
#define WAYMARK_APP_HEADER_CACHE_H

#include "config/config.h"
#include "track/verdict.h"

/*
 * What the values of two headers, and the addresses of pages, come to, kept for those that come
 * often: few agents, few referrers and few pages make most of the requests, and reading one (is it
 * a program? does it hold an address? is it UTF-8?) costs more than all else that is done with a
 * click. An answer is the same whether it was kept or not.
 *
 * Loop thread. At most HEADER_CACHE_MAX_BYTES, whatever is sent.
 */
struct header_cache;

struct header_reading {
	struct span text;	    /* as a record holds it; absent: nothing to be recorded */
	struct verdict_agent agent; /* of a User-Agent */
};

enum { HEADER_CACHE_MAX_BYTES = 3 << 20 };

/* @config and @rules are in force and stay alive until they are changed. NULL when out of memory.
 */
struct header_cache *header_cache_new(const struct config *config,
				      const struct verdict_rules *rules);
void header_cache_free(struct header_cache *cache); /* NULL allowed */
/* Others are in force: what was kept under the old ones is forgotten. */
void header_cache_change(struct header_cache *cache, const struct config *config,
			 const struct verdict_rules *rules);

/* The reading is valid until the next call of the same function, or a change. An agent is read by
 * the rules in force; @config is the one that the request began under. */
const struct header_reading *header_cache_agent(struct header_cache *cache, struct span agent);
const struct header_reading *header_cache_referrer(struct header_cache *cache,
						   const struct config *config,
						   struct span referrer);
/* A page by the page-URL rule; absent when it is no address that a browser would ask for. */
const struct header_reading *header_cache_page(struct header_cache *cache,
					       const struct config *config, struct span url);

#endif
