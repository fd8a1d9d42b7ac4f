/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_MAIL_SEGMENT_H
#define WAYMARK_TRACK_MAIL_SEGMENT_H

#include "track/rewrite_pass.h"

/*
 * What a template is made of, in the order of the message. Private to mail_*.c and rewrite*.c.
 */
enum mail_segment_kind {
	MAIL_COPY,	  /* bytes as they are to be in the message */
	MAIL_COPY_BROKEN, /* the same, on a quoted-printable line that may have become too long */
	MAIL_WRITE,	  /* text, encoded when it is written */
	MAIL_TOKEN,	  /* the recipient's token, likewise */
	MAIL_FILL,	  /* what the recipient's row says, likewise */
	MAIL_FLUSH	  /* the end of base64 */
};

/*
 * The first tokens of the message that are different from each other, as far as they are links,
 * have a number: what the HTML and the plain text of a mail share is minted once for each
 * recipient.
 */
enum { MAIL_LINE_MAX_BYTES = 998 }; /* RFC 5322 section 2.1.1, without CR LF */

enum { MAIL_NUMBERED_TOKENS = 64, MAIL_NO_NUMBER = MAIL_NUMBERED_TOKENS };

struct mail_segment {
	enum mail_segment_kind kind;
	unsigned number;		    /* MAIL_TOKEN; MAIL_NO_NUMBER: none */
	const struct transfer_style *style; /* of the part; NULL between parts */
	struct span bytes;
	const struct rewrite_slot *slot; /* MAIL_TOKEN */
	const struct mail_fill *fill;	 /* MAIL_FILL */
};

struct mail_template {
	struct arena arena;
	enum rewrite_form form;
	struct rewrite_link *links;
	size_t link_count, link_capacity;
	struct mime mime;
	struct mail_text *texts; /* the last first */
	struct mail_segment *segments;
	size_t count, capacity;
	bool changed; /* it holds anything but copies */
	struct link_id numbered[MAIL_NUMBERED_TOKENS];
	unsigned numbered_count;
	const struct keyring *keyring;
	const struct tracker_set *trackers;
	struct campaign_id campaign;
	struct mailing_id mailing;
	struct list_id list;
};

/* A text that lives as long as the template. */
struct mail_text {
	struct rewrite_text text;
	struct mail_text *next;
};

/* An empty text of the template; NULL: out of memory. */
struct rewrite_text *mail_template_text(struct mail_template *template);

/* Bytes between parts. Return: 0; -ENOMEM. */
int mail_segments_copy(struct mail_template *template, struct span bytes);
/* The whole of @text with its edits, whose bytes live as long as the template. */
int mail_segments_add(struct mail_template *template, const struct rewrite_text *text,
		      const struct rewrite_edits *edits);

#endif
