/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_REWRITE_PASS_H
#define WAYMARK_TRACK_REWRITE_PASS_H

#include "base/arena.h"
#include "track/rewrite.h"

/*
 * Private to rewrite*.c: one pass over a message. rewrite.c finds the links and puts the output
 * together; what becomes of each link is decided by rewrite_decide.c (tracking) or rewrite_strip.c.
 */
struct rewrite_result {
	struct arena arena;
	struct buffer output;
	struct rewrite_link *links;
	size_t count, capacity;
};

/* Where a link stands, and what its decision wants to be written there. */
struct rewrite_site {
	struct span raw; /* bytes of the message that spell the value */
	struct span url; /* the value as browsers see it */
	bool html;
	uint8_t quote;	    /* HTML: '"', '\'' or 0 */
	bool readable;	    /* false: a charset hides what the bytes say */
	bool utf8;	    /* the URL and the document's query are UTF-8 */
	bool notrack;	    /* data-notrack */
	bool label_valid;   /* its data-track can be recorded */
	struct span label;  /* decoded; absent: none */
	struct span anchor; /* HTML: content of the element; empty when unknown */

	struct span written; /* out: bytes instead of the value; absent: nothing changes */
	size_t replaced;     /* out: how many bytes from raw.data on go; at least raw.size */
};

struct rewrite_pass;
typedef int (*rewrite_decide_fn)(struct rewrite_pass *pass, struct rewrite_site *site,
				 struct rewrite_link *link);

struct rewrite_pass {
	const struct rewrite_options *options;
	struct span message;
	struct span document; /* what is searched: the message, or its mask of the same length */
	bool html, utf8;
	size_t written; /* bytes of the message that the output already stands for */
	struct rewrite_result *result;
	struct error *error;
	int failure; /* what ended the walk */

	rewrite_decide_fn decide;
	struct span campaign, mailing; /* tracking: names, empty for none */
	int (*find)(void *context, const struct link_id *id, struct buffer *to);
	void *context; /* stripping */
};

/* Run @pass, whose message, options, error and decision are set. Return: 0; REWRITE_E_*; errno. */
int rewrite_run(struct rewrite_pass *pass, struct rewrite_result **ret_result);

/* Text of @buffer kept in the result; data NULL when out of memory. */
struct span rewrite_keep(struct rewrite_pass *pass, const struct buffer *buffer);

/* Leave the link alone, for the reason @why (a constant sentence). Return: 0. */
int rewrite_leave(struct rewrite_link *link, const char *why);
/* The same where the sender should know, because readers can follow the link. Return: 0. */
int rewrite_leave_notable(struct rewrite_link *link, const char *why);

/*
 * Whether the second part of a two-part link at @site is the merge field of the options; it may run
 * on behind the value, since a URL found in plain text ends at a space. *ret_size: bytes from the
 * value's start to the field's end.
 */
bool rewrite_has_field(const struct rewrite_pass *pass, const struct rewrite_site *site,
		       size_t *ret_size);

#endif
