/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_PROPS_H
#define WAYMARK_SUMMARY_PROPS_H

#include "base/bytes.h"

/*
 * The members of an event's "props", one after the other: a JSON object that a waymark wrote, read
 * without making a tree of it. What is nested is passed over as a whole.
 */
struct props_member {
	struct span name;  /* as it is written, without quotes */
	struct span value; /* as it is written; of a text without its quotes */
	bool is_text;
};

/* False at the end, and where it stops being JSON. *at begins at 0. */
bool props_next(struct span json, size_t *at, struct props_member *ret_member);

/* The text that @member says; in @scratch, which is cleared, when it holds escapes. Absent: it is
 * none, or out of memory. */
struct span props_text(const struct props_member *member, struct buffer *scratch);
uint64_t props_number(const struct props_member *member); /* whole, at least 0; else 0 */
bool props_is_true(const struct props_member *member);

#endif
