/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_MAIL_LINT_INTERNAL_H
#define WAYMARK_TRACK_MAIL_LINT_INTERNAL_H

#include "text/charset_decode.h"
#include "track/mail_lint.h"
#include "track/mail_segment.h"

/*
 * Private to mail_lint*.c: a report while it is made. Whatever cannot go on leaves its error in
 * @failure, which is looked at once, at the end.
 */

/* A text of the message, and the links that stand in it. */
struct mail_lint_text {
	const struct rewrite_text *text;
	const struct charset *charset;
	unsigned alternative; /* as of its part */
	struct buffer shown;  /* UTF-8: what it says to a reader */
	size_t first_link, end_link;
};

struct mail_lint {
	struct arena arena;
	const struct mail_lint_options *options; /* while it is made */
	struct mail_template *template;
	bool is_mail;
	struct span message;
	struct buffer output;
	struct rewrite_link *links;
	struct span *anchors;
	size_t link_count;
	struct mail_lint_text *texts;
	size_t text_count;
	struct mail_finding *findings;
	size_t finding_count, finding_capacity;
	size_t counts[MAIL_LINT_ERROR + 1];
	struct mail_lint_sizes sizes;
	int failure;
};

/* @about is kept; so is what it needs of the rest. */
void mail_lint_add(struct mail_lint *lint, struct mail_finding finding);
void mail_lint_add_link(struct mail_lint *lint, enum mail_lint_code code, size_t link,
			struct span about);

/* Is the merge tag that @text begins with filled in by the mailer, or by --merge? */
bool mail_lint_is_filled(const struct mail_lint *lint, struct span text);
/* Is this the placeholder that --unsubscribe fills in? */
bool mail_lint_is_page(const struct mail_lint *lint, struct span text);

void mail_lint_judge_link(struct mail_lint *lint, size_t link);
/* Lines, sizes, and merge tags in what readers see. */
void mail_lint_judge_message(struct mail_lint *lint);
/* HTML and plain text beside each other. */
void mail_lint_judge_parts(struct mail_lint *lint);

#endif
