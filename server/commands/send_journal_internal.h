/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SEND_JOURNAL_INTERNAL_H
#define WAYMARK_COMMANDS_SEND_JOURNAL_INTERNAL_H

#include "commands/import_seen.h"
#include "commands/send_journal.h"
#include "crypto/mac.h"

#include <stdbool.h>

/*
 * For send_journal.c, which appends, and send_journal_open.c, which reads: both go through the same
 * states. The last of @untold is the current mail for as long as it is open.
 */
enum { SEND_JOURNAL_ID_BYTES = 8, SEND_JOURNAL_STATE_BITS = 2, SEND_JOURNAL_LINE_BYTES = 512 };

struct send_journal {
	char *path;
	int fd;
	char id[2 * SEND_JOURNAL_ID_BYTES + 1];
	struct mac key;
	struct import_seen *states; /* recipient to number and state */
	struct prospect_id current; /* of the last B */
	uint64_t count;		    /* of B lines */
	bool open;		    /* the last B has no end */
	bool resumed, other_message;
	bool broken; /* a line could not be written, or not whole */
	struct send_entry *untold;
	size_t untold_count, untold_capacity;
	uint64_t noted; /* the last E that was written */
};

/* What errno says of the file. Return: COMMAND_FAILED. */
int send_journal_fail(const struct send_journal *journal, struct error *error);
/* Return: 0; COMMAND_FAILED. */
int send_journal_append(struct send_journal *journal, const char *line, bool sync,
			struct error *error);
/* A B, and what ends it. Return: 0; negative errno. */
int send_journal_begin_state(struct send_journal *journal, const struct prospect_id *recipient);
int send_journal_end_state(struct send_journal *journal, const struct send_entry *how);

#endif
