/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_SUBSCRIPTION_H
#define WAYMARK_PUBLIC_SUBSCRIPTION_H

#include "public/texts.h"
#include "public/visit.h"

/*
 * The subscription page /s/<token>: what the person whom the token names gets, and what a post
 * changes about it. subscription.c answers, subscription_page.c draws, subscription_event.c takes.
 */
enum { SUBSCRIPTION_UNDO_MINUTES = 10 };

enum subscription_state {
	SUBSCRIPTION_GETS,     /* mails of the list, or mails at all for a token without one */
	SUBSCRIPTION_LEFT,     /* the list */
	SUBSCRIPTION_LEFT_ALL, /* whatever the list */
	SUBSCRIPTION_ERASED    /* nothing is known of the person any more */
};

enum subscription_wish {
	SUBSCRIPTION_NOTHING,
	SUBSCRIPTION_ONE_CLICK, /* as LEAVE, by the button of a mail program (RFC 8058) */
	SUBSCRIPTION_LEAVE,	/* the token's list; all for a token without one */
	SUBSCRIPTION_LEAVE_ALL,
	SUBSCRIPTION_UNDO /* what was left last */
};

struct subscription {
	struct visit visit; /* of an unsubscribe event */
	struct token token;
	bool has_list;
	struct span list;    /* its name; absent: unknown */
	struct span address; /* masked, and nothing else of it; absent: unknown */
	enum language language;
	enum subscription_state state;
	unsigned minutes; /* left to undo it; 0: it cannot be undone here */
};

/* Append the page. */
void subscription_page_append(const struct subscription *subscription, struct buffer *to);

/*
 * Make the events of @wish, which is one that changes the state. NULL: nothing is to be changed
 * (*ret_code 0), or it could not be done (nonzero, counted lost).
 */
struct event_ticket *subscription_take(const struct subscription *subscription,
				       enum subscription_wish wish, int *ret_code);

#endif
