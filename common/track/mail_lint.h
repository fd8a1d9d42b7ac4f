/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_MAIL_LINT_H
#define WAYMARK_TRACK_MAIL_LINT_H

#include "track/mail_template.h"

/*
 * A message looked at before it is sent: each of its links with what it becomes, and what somebody
 * should mend. Nothing is registered, and the message that would be sent is only measured. The
 * codes are rows of mail_lint_table.h. Pure; linear but for sorting.
 */
enum mail_lint_level { MAIL_LINT_WARNING, MAIL_LINT_ERROR };

enum mail_lint_code {
#define MAIL_LINT(code, name, level, sentence) MAIL_LINT_##code,
#include "track/mail_lint_table.h"
#undef MAIL_LINT
	MAIL_LINT_CODES
};
const char *mail_lint_name(enum mail_lint_code code);
enum mail_lint_level mail_lint_level_of(enum mail_lint_code code);
const char *mail_lint_sentence(enum mail_lint_code code);

#define MAIL_LINT_NO_LINK SIZE_MAX

/* The spans live as long as the report. */
struct mail_finding {
	enum mail_lint_code code;
	size_t link;	   /* index of the link that it is about; MAIL_LINT_NO_LINK */
	size_t line;	   /* of the message; 0: of a part, or all of it */
	const char *place; /* as of a link; NULL: of the message */
	struct span part;  /* absent: none */
	struct span about; /* what was found, in UTF-8: a domain, a tag, a reason; absent */
};

struct mail_lint_options {
	struct rewrite_options rewrite; /* without somebody to track for: as for anybody */
	/* Of whom the message is measured; with rewrite.merge it has the values. NULL: nobody. */
	const struct mail_recipient *recipient;
	/* As of rewrite_strip(): the destination of a link that is tracked already; NULL: unknown.
	 */
	int (*find)(void *context, const struct link_id *id, struct buffer *to);
	void *context;
};

struct mail_lint;

/* Return: 0; REWRITE_E_* with @error; negative errno. @message outlives the report. */
int mail_lint_new(struct span message, const struct mail_lint_options *options,
		  struct mail_lint **ret_lint, struct error *error);
void mail_lint_free(struct mail_lint *lint); /* NULL allowed */

/* In the order of the message; destinations of links that are tracked already are filled in. */
const struct rewrite_link *mail_lint_links(const struct mail_lint *lint, size_t *ret_count);
/* What the link's element says, in UTF-8; absent where it is not known. */
struct span mail_lint_anchor(const struct mail_lint *lint, size_t link);
const struct mail_finding *mail_lint_findings(const struct mail_lint *lint, size_t *ret_count);
size_t mail_lint_count(const struct mail_lint *lint, enum mail_lint_level level);

struct mail_lint_sizes {
	size_t message_bytes; /* as it would be sent */
	size_t html_bytes;    /* of its largest HTML, decoded */
};
struct mail_lint_sizes mail_lint_sizes(const struct mail_lint *lint);

#endif
