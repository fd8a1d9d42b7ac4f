/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_REWRITE_TEXT_H
#define WAYMARK_TRACK_REWRITE_TEXT_H

#include "text/mime.h"
#include "text/transfer.h"

/*
 * One text of a message: what it says, and where each byte of that stands in the message. Private
 * to rewrite*.c and mail_template.c.
 */
struct rewrite_text {
	struct span raw;  /* of the message, encoded; without what follows the padding of base64 */
	struct span rest; /* that */
	struct span says; /* decoded */
	struct transfer_style style;
	bool html, mail;       /* mail: a part of one; else the whole message is this text */
	bool seven_bits;       /* a part that is said to have no other bytes */
	bool separated;	       /* something may be put at its beginning */
	struct span charset;   /* label; absent: told by the text */
	struct span path;      /* of the part; absent when it is none */
	struct buffer decoded; /* owned */
	struct span source;    /* what the offsets of @at are into: raw, or base64's decoded text */
	struct buffer at;      /* uint32_t for each byte of @says and one more; empty: no change */
	struct buffer joined;  /* owned: @says when format=flowed breaks were taken out */
};

/* A message that is no mail. Borrows @message. */
void rewrite_text_plain(struct rewrite_text *text, struct span message, bool html,
			struct span charset);
/*
 * A part of a mail. Return: 0; TRANSFER_E_DAMAGED, -ENOMEM: it says nothing. @line_end is for a
 * part without one.
 */
int rewrite_text_read(struct rewrite_text *text, const struct mime_part *part,
		      struct span line_end);
void rewrite_text_finish(struct rewrite_text *text);

/* The range of text->source that says the @size bytes at @at. */
struct span rewrite_text_source(const struct rewrite_text *text, size_t at, size_t size);

#endif
