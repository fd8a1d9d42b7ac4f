/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_MAIL_TEMPLATE_H
#define WAYMARK_TRACK_MAIL_TEMPLATE_H

#include "track/rewrite.h"

/*
 * A message compiled once, to be written for each of its recipients: what is the same for all of
 * them stands as bytes, encoded as it came, and between it are the tokens that name a person.
 * Writing one mints its tokens and copies the rest, so that its cost is that of the copy, and its
 * memory that of one message. rewrite_message() is compiling, and writing once.
 *
 * A template is not changed by writing it: any number of threads may do so at once.
 */
struct mail_template;

/*
 * Compile @message, which must outlive the template, as do the trackers and the keyring of
 * @options. With has_prospect and a prospect of zeros it is for whoever it is written for: a link
 * that is tracked for a person already is then an error, REWRITE_E_FOREIGN_TOKEN.
 *
 * Return: 0; REWRITE_E_*; negative errno.
 */
int mail_template_compile(struct span message, const struct rewrite_options *options,
			  struct mail_template **ret_template, struct error *error);
void mail_template_free(struct mail_template *template); /* NULL allowed */

/*
 * Append the message for @prospect to @to. Every recipient's has the same links, which must be
 * registered before any of them is sent.
 *
 * Return: 0; negative errno.
 */
int mail_template_emit(const struct mail_template *template, const struct prospect_id *prospect,
		       struct buffer *to);

/* For whom a message is written. What the message does not use may be absent. */
struct mail_recipient {
	struct prospect_id prospect;
	struct span address;	   /* for To: printable ASCII */
	struct span message_id;	   /* what stands between '<' and '>': likewise */
	const struct span *values; /* UTF-8, for each of the columns; absent: nothing */
};

/*
 * The same with what the recipient's row says. On failure what was appended is taken back.
 *
 * Return: 0; MAIL_TEMPLATE_E_VALUE with @error: a value that cannot stand where it is to; negative
 * errno.
 */
enum { MAIL_TEMPLATE_E_VALUE = 1 };
int mail_template_write(const struct mail_template *template,
			const struct mail_recipient *recipient, struct buffer *to,
			struct error *error);

/* The links in the order of the message, tracked as for the prospect of the options. */
const struct rewrite_link *mail_template_links(const struct mail_template *template,
					       size_t *ret_count);

/* What the message is: REWRITE_MIME, REWRITE_HTML or REWRITE_TEXT. */
enum rewrite_form mail_template_form(const struct mail_template *template);

/* rewrite_strip() as a template. */
int mail_template_strip(struct span message, const struct rewrite_options *options,
			int (*find)(void *context, const struct link_id *id, struct buffer *to),
			void *context, struct mail_template **ret_template, struct error *error);

#endif
