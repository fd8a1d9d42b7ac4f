/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_VISIT_COMMIT_H
#define WAYMARK_PUBLIC_VISIT_COMMIT_H

#include "app/app.h"
#include "http/reply.h"

/*
 * A request whose answer waits until its events are durable, or until commit_wait_ms has passed.
 * What the answer will be is decided before: whatever becomes of the events, @answer is called once
 * and makes it. The handler embeds this struct at the start of what it keeps in the request's
 * arena, and while request->state is set it has been here before and calls visit_commit_again().
 */
struct visit_commit {
	struct commit_wait wait; /* first: request->state is a struct commit_wait */
	enum handled (*answer)(struct request *request);
};

/* Append @ticket, which is no longer the caller's, and answer at once if it is settled already. */
enum handled visit_commit(struct request *request, struct event_ticket *ticket,
			  struct visit_commit *commit,
			  enum handled (*answer)(struct request *request));
enum handled visit_commit_again(struct request *request);

/* Without memory to wait in: the caller answers at once, and the events are late. */
void visit_commit_late(struct request *request, struct event_ticket *ticket);

#endif
