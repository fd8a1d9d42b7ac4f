/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MILTER_TRACKING_H
#define WAYMARK_COMMANDS_MILTER_TRACKING_H

#include "commands/milter_rules.h"
#include "track/rewrite.h"

/*
 * What all mails of the filter share: the rules, and the server that their links are registered
 * with. Any thread. Configuration and keys that have changed on disk are taken into use by
 * themselves, since a key that was retired must not sign one more link.
 *
 * One mail is rewritten at a time, which bounds the memory, and nobody waits longer than
 * MILTER_WAIT_S for the others; behind a server that does not answer, mails pass at once.
 */
struct milter_tracking;

enum { MILTER_WAIT_S = 20 };

/*
 * @option is --config, or NULL. No server has to run yet.
 * Return: 0; CONFIG_E_* with @error; -ENOMEM.
 */
int milter_tracking_new(const char *option, struct milter_tracking **ret_tracking,
			struct error *error);
void milter_tracking_free(struct milter_tracking *tracking); /* NULL allowed */

/* milter.socket as it was when the filter started. */
const char *milter_tracking_socket(const struct milter_tracking *tracking);

/* milter_rules_trust() and milter_rules_choose() by the rules in force. */
bool milter_tracking_trust(struct milter_tracking *tracking, const struct address *client,
			   bool has_logged_in);
int milter_tracking_choose(struct milter_tracking *tracking, const struct milter_mail *mail,
			   struct milter_choice *ret_choice, struct error *error);

/*
 * Rewrite @mail for its one recipient, register its links, and, if it is changed and of a mailing,
 * tell the log that it was sent, as the mail server's @queue_id. What *ret_difference shows is in
 * *ret_result.
 *
 * Return: 0; MILTER_TRACKING_E_UNTOUCHED with @error, which names neither address nor link: the
 * mail passes as it is.
 */
enum { MILTER_TRACKING_E_UNTOUCHED = 1 };
int milter_tracking_apply(struct milter_tracking *tracking, const struct milter_mail *mail,
			  const struct milter_choice *choice, const char *queue_id,
			  struct rewrite_result **ret_result,
			  struct milter_difference *ret_difference, struct error *error);

#endif
