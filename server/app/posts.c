/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of small sets, as handovers.c has one. Of a post only hashes are kept, under a key of
 * this run, so that nothing of what was typed stays in memory. A post is noted before it is
 * durable, since the second of a double click comes before that, and often because its browser has
 * given up the first: so whether it was stored is told by its ticket and not by its request. What
 * could not be stored is not noted any more.
 */
#include "app/posts.h"

#include "base/encode.h"

#include <errno.h>
#include <stdlib.h>

enum { WAYS = 8, SETS = POSTS / WAYS, MAIL_INTERVAL_S = 600, MAIL_BURST = 3 };

#define KEPT (POSTS_MINUTES * 60 * USEC_PER_SEC)

struct post {
	uint8_t name[SHORT_HASH_WIDE_BYTES];
	uint64_t content, client;
	struct visitor_id visitor;
	usec_t until; /* monotonic; 0: the row is free */
	bool pending; /* its ticket, whose mark is the beginning of the name, is not done */
};

static bool prepare(struct posts *posts)
{
	if (posts->rows)
		return true;
	posts->rows = calloc(POSTS, sizeof(*posts->rows));
	if (!posts->rows)
		return false;
	short_hash_key_make(&posts->key);
	return true;
}

/* The row of that name, and its set; NULL: there is none. */
static struct post *find(struct posts *posts, const uint8_t name[SHORT_HASH_WIDE_BYTES],
			 struct post **ret_set)
{
	struct post *set = posts->rows + (size_t)(get_u32(name) % SETS) * WAYS;

	*ret_set = set;
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].until && memcmp(set[i].name, name, sizeof(set[i].name)) == 0)
			return &set[i];
	return NULL;
}

/* What is kept for a minute of it: the visitor's id goes to whoever sends all of it again. */
static void find_visitor(const struct post *known, const struct post *again, usec_t now,
			 struct visitor_id *ret_visitor)
{
	const usec_t noted = known->until - KEPT;

	if (again->client != 0 && again->client == known->client &&
	    now < noted + POSTS_SAME_S * USEC_PER_SEC)
		*ret_visitor = known->visitor;
}

enum post_seen posts_take(struct posts *posts, const struct post_copy *copy,
			  struct visitor_id *ret_visitor)
{
	struct post post = {.until = copy->now + KEPT}, *set, *known;

	*ret_visitor = (struct visitor_id){{0}};
	if (!prepare(posts))
		return POST_NEW;
	short_hash_wide(&posts->key, copy->name, post.name);
	post.content = short_hash(&posts->key, copy->content);
	if (copy->client.size > 0)
		post.client = short_hash(&posts->key, copy->client);
	known = find(posts, post.name, &set);
	if (known && known->until > copy->now) {
		if (known->content != post.content)
			return POST_OTHER;
		find_visitor(known, &post, copy->now, ret_visitor);
		return known->pending ? POST_PENDING : POST_AGAIN;
	}
	if (!known) {
		memmove(set + 1, set, (WAYS - 1) * sizeof(*set));
		known = set;
	}
	*known = post;
	return POST_NEW;
}

static struct post *find_named(struct posts *posts, struct span name)
{
	uint8_t hash[SHORT_HASH_WIDE_BYTES];
	struct post *set;

	if (!posts->rows)
		return NULL;
	short_hash_wide(&posts->key, name, hash);
	return find(posts, hash, &set);
}

void posts_note(struct posts *posts, struct span name, const struct visitor_id *visitor,
		struct event_ticket *ticket)
{
	struct post *known = find_named(posts, name);

	if (!known)
		return;
	known->visitor = *visitor;
	known->pending = true;
	ticket->mark = get_u64(known->name);
}

void posts_settle(void *context, const struct event_ticket *ticket)
{
	const struct posts *posts = context;
	struct post *set = posts->rows + (size_t)((ticket->mark >> 32) % SETS) * WAYS;

	for (unsigned i = 0; i < WAYS; i++) {
		if (!set[i].pending || get_u64(set[i].name) != ticket->mark)
			continue;
		set[i].pending = false;
		if (ticket->outcome != EVENT_STORED)
			set[i] = (struct post){.until = 0};
	}
}

bool posts_is_pending(struct posts *posts, struct span name)
{
	const struct post *known = find_named(posts, name);

	return known && known->pending;
}

void posts_forget(struct posts *posts, struct span name)
{
	struct post *known = find_named(posts, name);

	if (known)
		*known = (struct post){.until = 0};
}

int posts_set_rate(struct posts *posts, uint32_t per_minute)
{
	int r = 0;

	if (per_minute > 0 && !posts->clients.buckets)
		r = rate_limit_init(&posts->clients, POSTS_CLIENTS);
	rate_limit_set_interval(&posts->clients,
				per_minute > 0 ? 60 * USEC_PER_SEC / per_minute : 0, per_minute);
	return r;
}

bool posts_may_mail(struct posts *posts, const struct prospect_id *id, usec_t now)
{
	if (!posts->people.buckets && rate_limit_init(&posts->people, POSTS_CLIENTS) != 0)
		return false;
	rate_limit_set_interval(&posts->people, MAIL_INTERVAL_S * USEC_PER_SEC, MAIL_BURST);
	return rate_limit_take(&posts->people, get_u64(id->bytes), now, 0);
}

void posts_finish(struct posts *posts)
{
	free(posts->rows);
	posts->rows = NULL;
	rate_limit_finish(&posts->clients);
	rate_limit_finish(&posts->people);
}
