/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SEND_JOURNAL_H
#define WAYMARK_COMMANDS_SEND_JOURNAL_H

#include "base/clock.h"
#include "base/error.h"
#include "crypto/id.h"
#include "text/delivery_status.h"

/*
 * What became of each recipient of a sending, on disk, so that a run that was killed at any moment
 * goes on without sending anything twice. A file of lines, only ever appended to:
 *
 * - "waymark-sending 1 <id, 16 hex> <key, 32 hex> <digest, 64 hex> <name of the mailing>";
 * - "B <recipient, 24 hex>", synced before the server may take the mail;
 * - "S <microseconds>": the server has it;
 * - "R <microseconds> <code> <status> address" (or "message"): it will not have it, and whose fault
 *   that is; the status is "-" where there is none;
 * - "L": it did not take it, and may later;
 * - "E <number>": the log knows of all up to that B, counted from 1.
 *
 * S, R and L are about the B before them. A B without one is in doubt: the mail was on its way when
 * the program, the machine or the connection went, and nobody knows whether it arrived.
 *
 * A recipient stands there as HMAC-SHA256(key, prospect id), cut to 12 bytes: no address, and
 * nothing that two journals have in common. Who holds the file, the identity key and an address can
 * still tell whether it is among them, so it is to be removed once it is not needed any more.
 */
struct send_journal;

struct send_journal_facts {
	struct span mailing;
	struct span digest; /* 32 bytes, of the message and how it is written */
};

/*
 * Open @path, or make it (mode 0600), and lock it. Return: 0; COMMAND_FAILED with @error: somebody
 * else has it, it is of another mailing, it is no journal, or it is damaged at that line.
 */
int send_journal_open(const char *path, const struct send_journal_facts *facts,
		      struct send_journal **ret_journal, struct error *error);
void send_journal_close(struct send_journal *journal); /* NULL allowed */

/* 16 hex: what a sending is called in the log. */
const char *send_journal_id(const struct send_journal *journal);
/* It was there already; and then, was it begun with another message? */
bool send_journal_is_resumed(const struct send_journal *journal);
bool send_journal_has_other_message(const struct send_journal *journal);

enum send_state {
	SEND_NEW, /* or not taken so far */
	SEND_SENT,
	SEND_REFUSED,
	SEND_DOUBTFUL
};
struct send_entry {
	enum send_state state;
	uint64_t number;	       /* of its B */
	bool told;		       /* the log knows; else what follows is filled */
	usec_t time;		       /* of SENT and REFUSED */
	struct delivery_status status; /* of REFUSED */
	enum delivery_fault fault;     /* likewise: DELIVERY_ADDRESS, or else the message's */
};
void send_journal_find(const struct send_journal *journal, const struct prospect_id *prospect,
		       struct send_entry *ret_entry);

/* The mail to @prospect is about to go: durable when this returns 0. Else COMMAND_FAILED. */
int send_journal_begin(struct send_journal *journal, const struct prospect_id *prospect,
		       struct error *error);
/* What became of it, as @entry says, whose number and time are set; SEND_NEW: it may be tried
 * again. As send_journal_begin(), but durable with the next beginning. */
int send_journal_end(struct send_journal *journal, struct send_entry *entry, struct error *error);
/* Nobody knows what became of it: it stays as begun. */
void send_journal_doubt(struct send_journal *journal);

/* The log knows of the entry of that number, which was not told before. */
void send_journal_told(struct send_journal *journal, uint64_t number);
/* Write down of how many that is true. As send_journal_begin(). */
int send_journal_sync(struct send_journal *journal, struct error *error);

#endif
