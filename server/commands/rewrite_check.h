/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_REWRITE_CHECK_H
#define WAYMARK_COMMANDS_REWRITE_CHECK_H

#include "commands/bulk.h"
#include "track/mail_lint.h"

/*
 * `rewrite --check`: the report on a message, on standard output, as text for people or as one
 * JSON object. Nothing is registered and no message is written.
 *
 * The object holds "links" (outcome, line, place, part, old, new, destination, text, label, id,
 * findings), "findings" (code, level, line, place, part, link, about, sentence), "errors",
 * "warnings", "message_bytes" and "html_bytes"; what is not known is null.
 */
struct rewrite_check {
	struct mail_lint_options options;
	bool as_json, strict; /* strict: warnings count as errors do */
};

/* Exit status: it was checked, and something should be mended before it is sent. */
enum { REWRITE_CHECK_FOUND = 2 };

/* Return: the exit status, COMMAND_FAILED included, which is told. */
int rewrite_check(const struct rewrite_check *check, struct span message);
/* The message as the first on the list gets it. */
int rewrite_check_list(struct rewrite_check *check, struct bulk *bulk,
		       const struct keyring *keyring, struct span message);

#endif
