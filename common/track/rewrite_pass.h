/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_REWRITE_PASS_H
#define WAYMARK_TRACK_REWRITE_PASS_H

#include "base/arena.h"
#include "track/mail_template.h"
#include "track/rewrite.h"
#include "track/rewrite_text.h"

/*
 * Private to rewrite*.c and mail_template.c: one pass over one text of a message. rewrite.c finds
 * the links; what becomes of each is decided by rewrite_decide.c (tracking) or rewrite_strip.c;
 * what options add comes from rewrite_extras.c. All of them leave edits, from which
 * mail_template.c makes the message.
 */

/* The token that differs from one recipient to the next, within the bytes of an edit. */
struct rewrite_slot {
	enum purpose purpose; /* 0: there is none */
	size_t at, size;
	struct link_id link; /* PURPOSE_CLICK */
	struct span url;     /* PURPOSE_SELF_CONTAINED */
};

/* Bytes of the text in whose place others stand. */
struct rewrite_edit {
	size_t at, size;
	struct span written;
	size_t link; /* which one it is of; REWRITE_NO_LINK */
	struct rewrite_slot slot;
	const struct mail_fill
		*fill; /* NULL: @written stands there; else that only says how long */
};

#define REWRITE_NO_LINK SIZE_MAX

struct rewrite_edits {
	struct rewrite_edit *items; /* in ascending order, not overlapping */
	size_t count, capacity;
};
int rewrite_edits_add(struct rewrite_edits *edits, const struct rewrite_edit *edit);
void rewrite_edits_finish(struct rewrite_edits *edits);

/* Where a link stands, and what its decision wants to be written there. */
struct rewrite_site {
	struct span raw; /* bytes of the text that spell the value */
	struct span url; /* the value as browsers see it */
	bool html;
	uint8_t quote;	    /* HTML: '"', '\'' or 0 */
	bool readable;	    /* false: a charset hides what the bytes say */
	bool utf8;	    /* the URL and the document's query are UTF-8 */
	bool notrack;	    /* data-notrack */
	bool label_valid;   /* its data-track can be recorded */
	struct span label;  /* decoded; absent: none */
	struct span anchor; /* HTML: content of the element; empty when unknown */

	struct span written;	  /* out: bytes instead of the value; absent: nothing changes */
	size_t replaced;	  /* out: how many bytes from raw.data on go; at least raw.size */
	struct rewrite_slot slot; /* out */
	const struct mail_fill *fill; /* out */
};

struct rewrite_pass;
typedef int (*rewrite_decide_fn)(struct rewrite_pass *pass, struct rewrite_site *site,
				 struct rewrite_link *link);

struct rewrite_pass {
	const struct rewrite_options *options;
	struct mail_template *template; /* keeps the links and all text that they need */
	struct error *error;
	rewrite_decide_fn decide;
	struct span campaign, mailing; /* tracking: names, empty for none */
	int (*find)(void *context, const struct link_id *id, struct buffer *to);
	void *context; /* stripping */
	bool pixel_done, trap_done;

	const struct rewrite_text *text;
	struct span message;  /* what the text says */
	struct span document; /* what is searched: that, or its mask of the same length */
	bool utf8;
	struct span label;		   /* of its charset; absent: told by its bytes */
	const struct mail_fill *described; /* how it is filled; NULL: not asked */
	size_t end;			   /* of the last edit */
	struct rewrite_edits edits;
	size_t first_link; /* of the text, in the template's list */
	int failure;	   /* what ended the walk */

	struct span whole; /* the message; lines of a mail are counted in it */
	size_t line, line_at;
};

/*
 * Find the links of @text and decide each: links are added to the template, pass->edits is made
 * anew. Return: 0; REWRITE_E_*; errno.
 */
int rewrite_run(struct rewrite_pass *pass, const struct rewrite_text *text);

/* What the options add to the text of the last run. Return: as rewrite_run(). */
int rewrite_add_extras(struct rewrite_pass *pass);
/* The fields that they add to the header block, an edit in pass->edits. */
int rewrite_add_header(struct rewrite_pass *pass, struct span header, struct span line_end);

/* The header block without those fields; likewise. */
int rewrite_strip_header(struct rewrite_pass *pass, struct span header);

/* A link, or a note in its shape, at the end of the template's list; NULL: out of memory. */
struct rewrite_link *rewrite_add_link(struct mail_template *template);

/* Text of @buffer kept in the template; data NULL when out of memory. */
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

/* What is tracked for another person is an error of the whole message. */
int rewrite_fail_foreign(struct rewrite_pass *pass, size_t line, const char *place);
/* The prospect whom an authentic link names; NULL: nobody (zeros, or a merge field). */
const struct prospect_id *rewrite_person_of(const struct rewrite_explained *explained);

/* What a message is: as @form says, else told by itself. */
enum rewrite_form rewrite_form_of(struct span message, enum rewrite_form form);

/* Whether the text may be HTML, where nobody says what it is. */
bool rewrite_looks_like_html(struct span message);

int rewrite_check_options(const struct rewrite_options *options, struct error *error);
int rewrite_decide_tracking(struct rewrite_pass *pass, struct rewrite_site *site,
			    struct rewrite_link *link);
int rewrite_decide_strip(struct rewrite_pass *pass, struct rewrite_site *site,
			 struct rewrite_link *link);

/* The token of @slot for @prospect; @ret_text holds TOKEN_MAX_CHARS + 1 bytes. */
int rewrite_mint(const struct mail_template *template, const struct rewrite_slot *slot,
		 const struct prospect_id *prospect, char *ret_text);

/* Append the URL of @slot's purpose and set where its token stands. */
int rewrite_append_url(const struct rewrite_pass *pass, struct rewrite_slot *slot,
		       struct buffer *to);

#endif
