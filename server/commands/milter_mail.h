/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MILTER_MAIL_H
#define WAYMARK_COMMANDS_MILTER_MAIL_H

#include "base/bytes.h"

/*
 * A mail as a mail server hands it over, piece by piece, put together again as the message that
 * the next one would get: fields without those that are meant for us, an empty line, the body.
 *
 * One mail is at most MILTER_MAIL_MAX_BYTES, and all that are under way together at most
 * MILTER_HELD_MAX_BYTES. What would be more is not kept: the mail is marked, and passes as it is.
 */
enum { MILTER_MAIL_MAX_BYTES = 16 << 20, MILTER_HELD_MAX_BYTES = 64 << 20 };

/* What a program that sends may say of a mail. The mail server is told to take these out. */
enum milter_field { MILTER_CAMPAIGN, MILTER_MAILING, MILTER_ADD, MILTER_FIELDS };
extern char milter_field_names[MILTER_FIELDS][24]; /* "X-Waymark-Campaign" … */

enum milter_unfit {
	MILTER_FIT,
	MILTER_LONG,  /* than one may be */
	MILTER_FULL,  /* too much is under way */
	MILTER_MEMORY /* there is none */
};

struct milter_mail {
	struct buffer sender, recipient; /* of the envelope, without angle brackets */
	unsigned recipients;		 /* that are different from each other, 2: or more */
	struct buffer message;
	size_t header_bytes; /* of the message; its empty line comes behind them */
	struct buffer said[MILTER_FIELDS];
	unsigned said_count[MILTER_FIELDS]; /* 0: that field is not there */
	bool is_signed;			    /* by DKIM */
	enum milter_unfit unfit;
	size_t held; /* of MILTER_HELD_MAX_BYTES */
};

#define MILTER_MAIL_INIT ((struct milter_mail){.unfit = MILTER_FIT})

void milter_mail_clear(struct milter_mail *mail); /* for the next one */

void milter_mail_set_sender(struct milter_mail *mail, const char *path); /* "<a@example.com>" */
void milter_mail_add_recipient(struct milter_mail *mail, const char *path);
/* @value as the protocol has it: with its leading space, folded by LF. */
void milter_mail_add_field(struct milter_mail *mail, const char *name, const char *value);
void milter_mail_end_header(struct milter_mail *mail);
void milter_mail_add_body(struct milter_mail *mail, struct span chunk);

/* Is one of the fields there that are to be taken out? */
bool milter_mail_says(const struct milter_mail *mail);

/*
 * What is different in @tracked, which tracking has made of the message: fields that were added
 * behind the header's last, whole lines of CR LF, and the body. False: something else is, too.
 */
struct milter_difference {
	struct span fields; /* empty: none */
	struct span body;
	bool body_changed;
};
bool milter_mail_compare(const struct milter_mail *mail, struct span tracked,
			 struct milter_difference *ret_difference);

/*
 * Take the next of added fields off @fields: its name, and its value as the protocol has it, into
 * buffers that are cleared first. Return: whether there was one; false also when out of memory.
 */
bool milter_mail_next_field(struct span *fields, struct buffer *ret_name, struct buffer *ret_value);

#endif
