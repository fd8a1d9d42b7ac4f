/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_PROSPECT_H
#define WAYMARK_COMMANDS_EVENTS_PROSPECT_H

#include "store/binding.h"
#include "track/attachment.h"

/* The browsers that are tied to the person of `events --prospect`, and their other handles. */
struct events_prospect {
	struct handle asked;   /* for whom */
	struct handle handle;  /* who that is now, after merges; zeros: erased */
	struct handle *merged; /* who was merged into them; sorted, owned */
	size_t merged_count, merged_capacity;
	struct visitor_id *visitors; /* sorted, owned */
	size_t count, capacity;
	struct binding *fresh; /* seen in the log, not yet in state/; owned */
	size_t fresh_count, fresh_capacity;
};

/* Read them from state/. Return: 0; negative errno. */
int events_prospect_refresh(struct events_prospect *prospect, struct store *store);
/* To be told of each event before it is judged: state/ is a little behind the log, and what comes
 * behind a bind event would be left out. Return: 0; negative errno. */
int events_prospect_note(struct events_prospect *prospect, struct store *store,
			 const struct event *event);
enum attachment events_prospect_judge(const struct events_prospect *prospect,
				      const struct event *event);
void events_prospect_finish(struct events_prospect *prospect);

#endif
