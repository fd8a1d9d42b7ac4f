/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_REWRITE_MERGE_H
#define WAYMARK_TRACK_REWRITE_MERGE_H

#include "text/url.h"
#include "track/mail_fill.h"
#include "track/rewrite_pass.h"

/*
 * Private to rewrite_merge*.c: "{{", a name of at most 255 bytes without braces and line ends,
 * "}}"; white space around the name is none of it.
 */
struct merge_field {
	size_t at, size; /* with the braces */
	struct span name;
};

/* The next one in @text at or after *at, which moves behind it. */
bool merge_field_next(struct span text, size_t *at, struct merge_field *ret_field);
bool merge_field_is_in(struct span text);
/* Is it the placeholder of the subscription page, which --unsubscribe fills? */
bool merge_is_page(const struct rewrite_pass *pass, const struct merge_field *field);

/*
 * The column that @name (UTF-8) names, which is used then. @place is of the message, for @error.
 * Return: 0; REWRITE_E_MERGE.
 */
int merge_column_find(struct rewrite_pass *pass, struct span name, const uint8_t *place,
		      size_t *ret_column);

/*
 * @text (UTF-8) as pieces: what is written, and fields between. Return: as merge_column_find();
 * -ENOMEM.
 */
int merge_pieces(struct rewrite_pass *pass, struct span text, const uint8_t *place,
		 struct mail_pieces *ret_pieces);

/* An error of @code that names the line of @place. */
int merge_fail(struct rewrite_pass *pass, const uint8_t *place, const char *what);

/* The byte of the message that the text's byte @at is told by. */
const uint8_t *merge_place_of(const struct rewrite_pass *pass, size_t at);
/* How values are written into the text at hand, wherever in it. Return: 0; -ENOMEM. */
int merge_describe_text(struct rewrite_pass *pass, struct mail_fill *fill);

/*
 * The text at hand, a part that may have no byte above 127, is to have some: its header says so, if
 * it can. Return: 0; negative errno.
 */
int merge_declare_eight_bits(struct rewrite_pass *pass, bool *ret_declared);

/* A copy that lives as long as the template; NULL: out of memory. */
struct mail_fill *merge_keep_fill(struct rewrite_pass *pass, const struct mail_fill *fill);

/*
 * Merge fields (rewrite_merge*.c): of the text of the last run; of a link, which becomes one that
 * holds its destination (*ret_done: it was decided); of a link that is left alone; of the header
 * block, with the fields that are each recipient's own. Return: as rewrite_run(), REWRITE_E_MERGE.
 */
int rewrite_merge_text(struct rewrite_pass *pass);
int rewrite_merge_link(struct rewrite_pass *pass, struct rewrite_site *site,
		       struct rewrite_link *link, bool *ret_done);
int rewrite_merge_left(struct rewrite_pass *pass, const struct rewrite_site *site);
/* Of plain text: is a field, which would be its own end, behind the URL that ends at @at? */
int rewrite_merge_check_end(struct rewrite_pass *pass, size_t at);
int rewrite_merge_header(struct rewrite_pass *pass, struct span header, struct span line_end);

/* A destination that no browser would follow, or that is not for a redirect. Return: 0. */
int rewrite_leave_refused(struct rewrite_link *link, enum url_refusal refusal);
/* Append @url with what --utm adds to it, if anything. */
void rewrite_append_utm(const struct rewrite_pass *pass, struct span url, struct buffer *to);

#endif
