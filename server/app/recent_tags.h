/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_RECENT_TAGS_H
#define WAYMARK_APP_RECENT_TAGS_H

#include "crypto/id.h"

/*
 * The visitors behind the tags that were given out last. A tag does not tell its visitor, and a
 * site's server that reports an event has only the tag; it got it from GET /tag, which puts it
 * here. The table is of fixed size: a new tag takes the place of one that was not asked for since
 * the longest time. After a restart it is empty, and what is reported with an older tag is recorded
 * without its visitor.
 *
 * In memory only, and only of browsers that consent to be tied to a person. Loop thread only.
 */
struct recent_tags {
	struct recent_tag *rows; /* NULL until the first is put */
};

enum { RECENT_TAGS = 16384 };

/* For @visitor, from now on; without memory it is not kept. */
void recent_tags_put(struct recent_tags *tags, const struct visitor_tag *tag,
		     const struct visitor_id *visitor);
/* False when it is not there (any more). Whoever asks checks that the tag is of that tracker
 * (id_tag_is_of_visitor()). */
bool recent_tags_find(struct recent_tags *tags, const struct visitor_tag *tag,
		      struct visitor_id *ret_visitor);
/* The browser wants to be forgotten, or is no longer to be tied to anybody. */
void recent_tags_forget(struct recent_tags *tags, const struct visitor_id *visitor);
void recent_tags_finish(struct recent_tags *tags);

#endif
