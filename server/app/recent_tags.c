/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of small sets: a tag's first bytes, which are as good as random, say its set, and the
 * rows of a set stand in the order in which they were last asked for. The last one gives way.
 *
 * Forgetting a visitor walks over all rows, since a tag under an earlier key leads to it as well;
 * browsers that want to be forgotten are rare.
 */
#include "app/recent_tags.h"

#include "base/encode.h"

#include <stdlib.h>

enum { WAYS = 8, SETS = RECENT_TAGS / WAYS };

struct recent_tag {
	struct visitor_tag tag; /* zeros: free */
	struct visitor_id visitor;
};

static struct recent_tag *set_of(struct recent_tags *tags, const struct visitor_tag *tag)
{
	return tags->rows + (size_t)(get_u32(tag->bytes) % SETS) * WAYS;
}

/* Put @row first; those before place @at move down by one. */
static void move_to_front(struct recent_tag *set, unsigned at, struct recent_tag row)
{
	memmove(set + 1, set, at * sizeof(*set));
	set[0] = row;
}

static unsigned find(const struct recent_tag *set, const struct visitor_tag *tag)
{
	unsigned at = 0;

	while (at < WAYS && memcmp(&set[at].tag, tag, sizeof(*tag)) != 0)
		at++;
	return at;
}

void recent_tags_put(struct recent_tags *tags, const struct visitor_tag *tag,
		     const struct visitor_id *visitor)
{
	struct recent_tag *set;
	unsigned at;

	if (!tags->rows)
		tags->rows = calloc(RECENT_TAGS, sizeof(*tags->rows));
	if (!tags->rows)
		return;
	set = set_of(tags, tag);
	at = find(set, tag);
	move_to_front(set, at < WAYS ? at : WAYS - 1,
		      (struct recent_tag){.tag = *tag, .visitor = *visitor});
}

bool recent_tags_find(struct recent_tags *tags, const struct visitor_tag *tag,
		      struct visitor_id *ret_visitor)
{
	struct recent_tag *set;
	unsigned at;

	if (!tags->rows || id_is_zero(tag->bytes, sizeof(tag->bytes)))
		return false;
	set = set_of(tags, tag);
	at = find(set, tag);
	if (at == WAYS)
		return false;
	*ret_visitor = set[at].visitor;
	move_to_front(set, at, set[at]);
	return true;
}

void recent_tags_forget(struct recent_tags *tags, const struct visitor_id *visitor)
{
	for (size_t i = 0; tags->rows && i < RECENT_TAGS; i++)
		if (memcmp(&tags->rows[i].visitor, visitor, sizeof(*visitor)) == 0)
			tags->rows[i] = (struct recent_tag){0};
}

void recent_tags_finish(struct recent_tags *tags)
{
	free(tags->rows);
	tags->rows = NULL;
}
