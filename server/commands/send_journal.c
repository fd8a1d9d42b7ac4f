/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sync for each mail: what ends one is written at once, so that it outlives the program, and is
 * synced with the beginning of the next, so that it outlives the machine. A machine that loses its
 * power has therefore at most one mail in doubt, as a program that is killed.
 *
 * Recipients and their states are in a table that lies in a scratch file (import_seen.h), so that a
 * million of them need no memory; a number and a state are one of its line numbers. Those of which
 * the log does not know yet are in @untold, in the order of their numbers: as many as a batch of
 * events, unless the log has been away. Of how many it knows is written with a beginning now and
 * then, so that a run that was killed leaves few to the next.
 *
 * Behind a line that could not be written nothing is: half a line at the end is cut off when the
 * file is opened, and anywhere else it is damage.
 */
#include "commands/send_journal_internal.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { NOTED_BEHIND_MAX = 400 };

int send_journal_fail(const struct send_journal *journal, struct error *error)
{
	return error_set(error, COMMAND_FAILED, "%s: %s", journal->path, strerror(errno));
}

/* What stands in the file for a recipient. */
static struct prospect_id disguise(const struct send_journal *journal,
				   const struct prospect_id *prospect)
{
	uint8_t mac[MAC_BYTES];
	struct prospect_id id;

	mac_compute(&journal->key, span_of(prospect, sizeof(*prospect)), mac);
	memcpy(&id, mac, sizeof(id));
	return id;
}

/* States */

static int put_state(struct send_journal *journal, const struct prospect_id *recipient,
		     enum send_state state)
{
	return import_seen_put(journal->states, recipient,
			       (size_t)(journal->count << SEND_JOURNAL_STATE_BITS | state));
}

static struct send_entry *add_untold(struct send_journal *journal)
{
	if (journal->untold_count == journal->untold_capacity) {
		size_t capacity = journal->untold_capacity ? journal->untold_capacity * 2 : 64;
		struct send_entry *grown =
			realloc(journal->untold, capacity * sizeof(struct send_entry));

		if (!grown)
			return NULL;
		journal->untold = grown;
		journal->untold_capacity = capacity;
	}
	return &journal->untold[journal->untold_count++];
}

static void remove_untold(struct send_journal *journal, uint64_t number)
{
	size_t kept = 0;

	for (size_t i = 0; i < journal->untold_count; i++)
		if (journal->untold[i].number != number)
			journal->untold[kept++] = journal->untold[i];
	journal->untold_count = kept;
}

/* A mail begins: until it has an end it is in doubt. What was in doubt before is superseded. */
int send_journal_begin_state(struct send_journal *journal, const struct prospect_id *recipient)
{
	uint64_t before = import_seen_find(journal->states, recipient) >> SEND_JOURNAL_STATE_BITS;
	struct send_entry *entry;

	if (before)
		remove_untold(journal, before);
	entry = add_untold(journal);
	if (!entry)
		return -ENOMEM;
	journal->current = *recipient;
	journal->count++;
	journal->open = true;
	*entry = (struct send_entry){.state = SEND_DOUBTFUL, .number = journal->count};
	return put_state(journal, recipient, SEND_DOUBTFUL);
}

int send_journal_end_state(struct send_journal *journal, const struct send_entry *how)
{
	struct send_entry *entry = &journal->untold[journal->untold_count - 1];

	journal->open = false;
	if (how->state == SEND_NEW)
		journal->untold_count--;
	else
		*entry = *how;
	return put_state(journal, &journal->current, how->state);
}

void send_journal_find(const struct send_journal *journal, const struct prospect_id *prospect,
		       struct send_entry *ret_entry)
{
	struct prospect_id recipient = disguise(journal, prospect);
	uint64_t found = import_seen_find(journal->states, &recipient);

	*ret_entry = (struct send_entry){
		.state = (enum send_state)(found & ((1U << SEND_JOURNAL_STATE_BITS) - 1)),
		.number = found >> SEND_JOURNAL_STATE_BITS,
		.told = true,
	};
	for (size_t i = 0; i < journal->untold_count; i++)
		if (journal->untold[i].number == ret_entry->number)
			*ret_entry = journal->untold[i];
}

/* All up to there are told: below the first that is not. */
static uint64_t told_through(const struct send_journal *journal)
{
	return journal->untold_count > 0 ? journal->untold[0].number - 1 : journal->count;
}

void send_journal_told(struct send_journal *journal, uint64_t number)
{
	remove_untold(journal, number);
}

/* Lines */

int send_journal_append(struct send_journal *journal, const char *line, bool sync,
			struct error *error)
{
	size_t size = strlen(line);
	ssize_t written;

	if (journal->broken)
		return error_set(error, COMMAND_FAILED,
				 "%s: could not be written before; nothing is added to it",
				 journal->path);
	do
		written = write(journal->fd, line, size);
	while (written < 0 && errno == EINTR);
	if (written >= 0 && (size_t)written != size)
		errno = ENOSPC;
	if (written < 0 || (size_t)written != size || (sync && fdatasync(journal->fd) != 0)) {
		journal->broken = true;
		return send_journal_fail(journal, error);
	}
	return 0;
}

/* A line for it, if it is due; at most SEND_JOURNAL_LINE_BYTES. */
static size_t format_told(struct send_journal *journal, uint64_t least, char *ret_line)
{
	uint64_t told = told_through(journal);

	ret_line[0] = '\0';
	if (told < journal->noted + least)
		return 0;
	journal->noted = told;
	return (size_t)snprintf(ret_line, SEND_JOURNAL_LINE_BYTES, "E %" PRIu64 "\n", told);
}

int send_journal_begin(struct send_journal *journal, const struct prospect_id *prospect,
		       struct error *error)
{
	struct prospect_id recipient = disguise(journal, prospect);
	char line[SEND_JOURNAL_LINE_BYTES + 2 * sizeof(recipient) + 4],
		hex[2 * sizeof(recipient) + 1];
	size_t size = format_told(journal, NOTED_BEHIND_MAX, line);
	int code = send_journal_begin_state(journal, &recipient);

	if (code)
		return error_set(error, COMMAND_FAILED, "%s: %s", journal->path, strerror(-code));
	hex_format(&recipient, sizeof(recipient), hex);
	(void)snprintf(line + size, sizeof(line) - size, "B %s\n", hex);
	return send_journal_append(journal, line, true, error);
}

static void format_end(const struct send_entry *entry, char ret_line[SEND_JOURNAL_LINE_BYTES])
{
	char status[DELIVERY_STATUS_TEXT_BYTES];

	delivery_status_format(&entry->status, status);
	if (entry->state == SEND_SENT)
		(void)snprintf(ret_line, SEND_JOURNAL_LINE_BYTES, "S %" PRIu64 "\n", entry->time);
	else if (entry->state == SEND_REFUSED)
		(void)snprintf(ret_line, SEND_JOURNAL_LINE_BYTES, "R %" PRIu64 " %u %s %s\n",
			       entry->time, entry->status.code, status[0] ? status : "-",
			       entry->fault == DELIVERY_ADDRESS ? "address" : "message");
	else
		(void)snprintf(ret_line, SEND_JOURNAL_LINE_BYTES, "L\n");
}

int send_journal_end(struct send_journal *journal, struct send_entry *entry, struct error *error)
{
	char line[SEND_JOURNAL_LINE_BYTES];
	int code;

	entry->number = journal->count;
	entry->time = clock_wall();
	entry->told = false;
	code = send_journal_end_state(journal, entry);
	if (code)
		return error_set(error, COMMAND_FAILED, "%s: %s", journal->path, strerror(-code));
	format_end(entry, line);
	return send_journal_append(journal, line, false, error);
}

void send_journal_doubt(struct send_journal *journal)
{
	journal->open = false;
}

int send_journal_sync(struct send_journal *journal, struct error *error)
{
	char line[SEND_JOURNAL_LINE_BYTES];

	(void)format_told(journal, 1, line);
	return send_journal_append(journal, line, true, error);
}

void send_journal_close(struct send_journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0)
		(void)close(journal->fd);
	import_seen_free(journal->states);
	explicit_bzero(&journal->key, sizeof(journal->key));
	free(journal->untold);
	free(journal->path);
	free(journal);
}

const char *send_journal_id(const struct send_journal *journal)
{
	return journal->id;
}

bool send_journal_is_resumed(const struct send_journal *journal)
{
	return journal->resumed;
}

bool send_journal_has_other_message(const struct send_journal *journal)
{
	return journal->other_message;
}
