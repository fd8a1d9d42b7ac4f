/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_EVENTS_PROSPECT_H
#define WAYMARK_COMMANDS_EVENTS_PROSPECT_H

#include "store/store.h"
#include "track/attachment.h"

/* The browsers that are tied to the person of `events --prospect`. */
struct events_prospect {
	struct handle handle;
	struct visitor_id *visitors; /* sorted, owned */
	size_t count, capacity;
};

/* Read them from state/. Return: 0; negative errno. */
int events_prospect_refresh(struct events_prospect *prospect, struct store *store);
enum attachment events_prospect_judge(const struct events_prospect *prospect,
				      const struct event *event);
void events_prospect_finish(struct events_prospect *prospect);

#endif
