/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `rewrite --check` of a message that goes to a list: the message is that of the first recipient,
 * since what a mail weighs and says depends on the row. The columns are known then, so that with
 * --merge a field without one is found here, too.
 *
 * Of the list only as much is read as it takes to find somebody; bad rows before are told.
 */
#include "commands/bulk_list.h"
#include "commands/command.h"
#include "commands/rewrite_check.h"

enum { CHECK_DONE = -1000 }; /* ends the reading; no errno */

struct checking {
	struct rewrite_check *check;
	struct bulk_list list;
	struct span message;
	int status;
};

static int check_first(void *context)
{
	struct checking *checking = context;
	struct mail_recipient recipient = {0};

	if (checking->list.count == 0)
		return 0;
	recipient.prospect = checking->list.recipients[0].prospect;
	recipient.address = span_text(checking->list.recipients[0].address);
	recipient.values = bulk_list_values(&checking->list, 0);
	checking->check->options.recipient = &recipient;
	checking->status = rewrite_check(checking->check, checking->message);
	checking->check->options.recipient = NULL;
	return CHECK_DONE;
}

int rewrite_check_list(struct rewrite_check *check, struct bulk *bulk,
		       const struct keyring *keyring, struct span message)
{
	struct checking checking = {.check = check, .message = message};
	struct error error = {""};
	int r = bulk_list_open(&checking.list, bulk, keyring, &error);

	if (r == 0 && bulk->merge)
		check->options.rewrite.merge = &checking.list.columns;
	if (r == 0)
		r = bulk_list_read(&checking.list, check_first, &checking, &error);
	bulk_list_close(&checking.list);
	check->options.rewrite.merge = NULL;
	if (r == CHECK_DONE)
		return checking.status;
	if (r == 0)
		(void)error_set(&error, COMMAND_FAILED,
				"%s: nobody on it can be sent to, so there is no message to check",
				bulk->path);
	else if (r < 0)
		(void)error_set(&error, r, "%s", strerror(-r));
	return command_fail(&error);
}
