/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MILTER_RULES_H
#define WAYMARK_COMMANDS_MILTER_RULES_H

#include "base/error.h"
#include "commands/milter_mail.h"
#include "config/config.h"
#include "text/address.h"

/*
 * Which mails are tracked, and how: the keys milter.* of the configuration. Pure; immutable.
 *
 * Whose mail is tracked gets links to anywhere signed, so it has to come from one of ours: from a
 * network of milter.clients, or from a client that has logged in. Of those a mail is tracked that
 * says so itself by X-Waymark-Campaign, or whose envelope sender is in milter.senders.
 */
struct milter_rules;

/* Return: 0; CONFIG_E_INVALID with @error at the value that is wrong; -ENOMEM. */
int milter_rules_new(const struct config *config, struct milter_rules **ret_rules,
		     struct error *error);
void milter_rules_free(struct milter_rules *rules); /* NULL allowed */

bool milter_rules_trust(const struct milter_rules *rules, const struct address *client,
			bool has_logged_in);

/* How a mail is to be tracked. */
struct milter_choice {
	struct buffer campaign, mailing, list; /* names; empty: the tracker's, none, all mail */
	bool utm, open_pixel, trap, unsubscribe;
};
void milter_choice_finish(struct milter_choice *choice);

/*
 * Return: 0; MILTER_RULES_E_NONE: it is not to be tracked; MILTER_RULES_E_FIELD: what it says of
 * itself cannot be followed, @error says why; -ENOMEM. But for 0 @ret_choice is untouched.
 */
enum { MILTER_RULES_E_NONE = 1, MILTER_RULES_E_FIELD = 2 };
int milter_rules_choose(const struct milter_rules *rules, const struct milter_mail *mail,
			struct milter_choice *ret_choice, struct error *error);

#endif
