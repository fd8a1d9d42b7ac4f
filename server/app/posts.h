/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_POSTS_H
#define WAYMARK_APP_POSTS_H

#include "app/rate_limit.h"
#include "crypto/id.h"
#include "store/event_writer.h"

/*
 * The form posts that were taken last, so that one that comes again is answered as it was and
 * recorded once: a double click, a reload, a script that did not get its answer. And how many
 * posts one client may send.
 *
 * In memory only, of fixed size: a new post takes the place of the oldest in its way, and after a
 * restart all are new. Loop thread only.
 */
struct posts {
	struct post *rows; /* NULL until the first is noted */
	struct short_hash_key key;
	struct rate_limit clients; /* forms.posts_per_minute */
	struct rate_limit people;  /* mails to one address */
};

enum { POSTS = 8192, POSTS_CLIENTS = 4096, POSTS_MINUTES = 60, POSTS_SAME_S = 60 };

enum post_seen {
	POST_NEW,
	POST_AGAIN,   /* the same name, and the same content */
	POST_PENDING, /* likewise, and what records the first one is not durable yet */
	POST_OTHER    /* the same name, and another content */
};

struct post_copy {
	struct span name;    /* by which whoever sends it knows it again */
	struct span content; /* all of it */
	struct span client;  /* who sends it, as far as that shows; empty: it does not */
	usec_t now;
};

/*
 * What is new is noted, if there is memory. @ret_visitor, of POST_AGAIN and POST_PENDING: whose the
 * first one was in the end, where the same client has sent it within POSTS_SAME_S; else zeros. A
 * browser that sends a form twice in a row may have got the answer to neither.
 */
enum post_seen posts_take(struct posts *posts, const struct post_copy *copy,
			  struct visitor_id *ret_visitor);
/* The one that was just noted is that visitor's, and @ticket, which gets a mark, records it. */
void posts_note(struct posts *posts, struct span name, const struct visitor_id *visitor,
		struct event_ticket *ticket);
/* Such a ticket is done. What it has lost is new should it come again, as after posts_forget().
 * @posts: a struct posts. */
void posts_settle(void *posts, const struct event_ticket *ticket);
/* Is what records the one of that name not durable yet? */
bool posts_is_pending(struct posts *posts, struct span name);
/* It could not be recorded: should it come again, it is new. */
void posts_forget(struct posts *posts, struct span name);

/* @per_minute: of one client; 0: as many as it likes. Return: 0; -ENOMEM. */
int posts_set_rate(struct posts *posts, uint32_t per_minute);

/* May one more mail go to the person of that id? A few in a row, then one in ten minutes: anybody
 * can type any address. */
bool posts_may_mail(struct posts *posts, const struct prospect_id *id, usec_t now);

void posts_finish(struct posts *posts);

#endif
