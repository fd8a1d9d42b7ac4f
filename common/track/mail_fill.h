/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_MAIL_FILL_H
#define WAYMARK_TRACK_MAIL_FILL_H

#include "text/transfer.h"
#include "track/mail_template.h"

/*
 * What a recipient's row says, at its place in a template. Private to mail_*.c and rewrite*.c. The
 * place decides how a value is written: nothing that a row says can end the attribute, the tag, the
 * field or the URL that it stands in.
 */
enum mail_fill_kind {
	MAIL_FILL_TEXT,
	MAIL_FILL_HTML,	     /* between tags */
	MAIL_FILL_ATTRIBUTE, /* anything inside of a tag or a comment */
	MAIL_FILL_URL_PART,  /* behind the beginning of a URL: percent-encoded */
	MAIL_FILL_URL,	     /* a URL begins with it: the value must be one, of http or https */
	MAIL_FILL_LINK,	     /* a tracked link with values in it, which holds them itself (/u/) */
	MAIL_FILL_FIELD,     /* value of a header field that is text */
	MAIL_FILL_MAILBOX,   /* of one that names somebody */
	MAIL_FILL_PLAIN,     /* of any other: printable ASCII */
	MAIL_FILL_TO,	     /* the recipient's address */
	MAIL_FILL_MESSAGE_ID
};

#define MAIL_NO_COLUMN SIZE_MAX

struct mail_piece {
	struct span text; /* as it is; of a column its name, for messages */
	size_t column;	  /* MAIL_NO_COLUMN: none */
};

struct mail_pieces {
	struct mail_piece *items;
	size_t count;
};

/* All memory is the template's. */
struct mail_fill {
	enum mail_fill_kind kind;
	struct mail_pieces pieces;  /* one column; of links and fields any number */
	struct mail_pieces address; /* MAIL_FILL_MAILBOX: what stands between '<' and '>' */
	struct span before, after;  /* written around it; of a link what stands before its token */
	size_t column;		    /* of fields: bytes of the line before the value */
	bool own;		    /* MAIL_FILL_MAILBOX: the address is the recipient's */
	bool html;		    /* MAIL_FILL_URL: inside of a tag */
	bool references;	    /* HTML: other than ASCII becomes references */
	bool style;		    /* MAIL_FILL_ATTRIBUTE: of a style, whose values are words */
	bool ascii;		    /* MAIL_FILL_TEXT: nothing else can stand there */
	bool seven_bits;	    /* MAIL_FILL_TEXT: no byte of it may be above 127 */
	bool utf8;		    /* MAIL_FILL_LINK: so is what stands around the values */
	const char *charset;	    /* MAIL_FILL_TEXT: what the part is in; NULL: UTF-8 */
	const char *kept;	    /* MAIL_FILL_URL_PART: characters that stay as they are */
	struct span part;	    /* of the mail, for messages; absent: none */
};

/* Return: as mail_template_write(). */
int mail_fill_write(const struct mail_template *template, const struct mail_fill *fill,
		    const struct mail_recipient *recipient, struct transfer_writer *writer,
		    struct error *error);

/*
 * Is @url, which a row says, a link that is tracked for somebody else? It would credit one reader's
 * clicks to another.
 */
bool mail_template_is_of_another(const struct mail_template *template,
				 const struct mail_recipient *recipient, struct span url);

#endif
