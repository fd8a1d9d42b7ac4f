/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_REWRITE_EXTRAS_H
#define WAYMARK_TRACK_REWRITE_EXTRAS_H

#include "track/rewrite_pass.h"

/*
 * Private to rewrite*.c: what is added to messages, byte for byte, since stripping knows it
 * by its bytes. A message keeps what it was given, so that these texts never change.
 */
#define EXTRA_PLACEHOLDER  "{{unsubscribe}}"
#define EXTRA_PIXEL_BEFORE "<img src=\""
#define EXTRA_PIXEL_AFTER  ".gif\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block\">"
#define EXTRA_TRAP_BEFORE  "<a href=\""
#define EXTRA_TRAP_AFTER   "\" style=\"display:none\" tabindex=\"-1\" aria-hidden=\"true\"></a>"
#define EXTRA_POST_FIELD   "List-Unsubscribe-Post: List-Unsubscribe=One-Click"

/* Offset of @needle in @text at or after @from; text.size when there is none. */
size_t rewrite_find_text(struct span text, struct span needle, size_t from);
/* Whether one of our origins ends at @at of @text; *ret_start is where it begins. */
bool rewrite_ends_origin(const struct tracker_set *trackers, struct span text, size_t at,
			 size_t *ret_start);
/* Put edits in ascending order; one inside the bytes of another gives way. */
void rewrite_sort_edits(struct rewrite_edits *edits);

/* Take out of the text of the last run what options have added. */
int rewrite_strip_extras(struct rewrite_pass *pass);

#endif
