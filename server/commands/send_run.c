/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which things become durable: that a mail is about to go (synced), then the mail,
 * then what became of it, then its event. Whatever is missing at the end of that chain when a run
 * ends is made up for by the next: an event whose mail is in the journal is told when the list
 * comes to that recipient again, since an address is in the list alone. The log has each once, by
 * the journal's id and the mail's number.
 *
 * A mail server says when it is about to take a mail; a command may from its start on, and takes
 * nothing where it says that it failed. A list without a journal has numbers of its own.
 */
#include "commands/send_run.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"
#include "commands/mail_record.h"
#include "commands/send_journal.h"
#include "crypto/random.h"

#include <errno.h>

enum { RUN_ID_BYTES = 8 };

struct send_run {
	const struct mail_options *options;
	const char *config, *list;
	bool sent_before;	    /* a row of the list was sent by an earlier run */
	bool by_server, by_command; /* what is sent is told to the log */
	char *journal_path;	    /* NULL: without */
	char id[2 * RUN_ID_BYTES + 1];

	const struct mail_facts *facts;
	struct send_journal *journal;
	struct mail_record record;
	uint64_t count; /* of mails, without a journal */
	uint64_t overridden, doubtful;
	size_t overridden_line; /* of the last that is counted */
	struct {
		struct prospect_id prospect;
		const char *suppressed;
	} batch[BULK_BATCH_MAX]; /* whose suppression is overridden */
	size_t batch_count;
};

/* Why not, for those whose row says nothing of it. */
static const struct {
	const char *status, *sentence;
} sentences[] = {
	{"opted_out", "wants no mail (opted out)"},
	{"bounced", "the address takes no mail (bounced)"},
	{"unsubscribed", "has left this list (unsubscribed)"},
	{"erased", "was erased"},
	{"unreadable", "what is known of this person cannot be read"},
};

struct send_run *send_run_new(const struct mail_options *options, const struct bulk *bulk)
{
	struct send_run *run = calloc(1, sizeof(*run));
	const char *list = bulk->path;
	bool ok = run;

	if (!run)
		return NULL;
	run->options = options;
	run->config = bulk->config;
	run->list = list;
	run->by_server = options->server;
	run->by_command = bulk->sink && strcmp(bulk->sink->type->name, "command") == 0;
	if (options->journal)
		ok = (run->journal_path = strdup(options->journal)) != NULL;
	else if (run->by_server && strcmp(list, "-") != 0)
		ok = asprintf(&run->journal_path, "%s.journal", list) >= 0;
	if (ok)
		return run;
	run->journal_path = NULL;
	send_run_free(run);
	return NULL;
}

void send_run_free(struct send_run *run)
{
	if (!run)
		return;
	send_journal_close(run->journal);
	mail_record_finish(&run->record);
	free(run->journal_path);
	free(run);
}

/* Is what is sent told to the log? A test is not. */
static bool is_told(const struct send_run *run)
{
	return (run->by_server || run->by_command) && run->facts && run->facts->mailing.size > 0;
}

/* What was sent */

static void note_told(void *context, uint64_t number)
{
	struct send_run *run = context;

	if (run->journal)
		send_journal_told(run->journal, number);
}

static int add_event(struct send_run *run, const struct send_recipient *recipient,
		     const struct send_entry *entry, const char *reason, struct error *error)
{
	const struct mail_record_event event = {
		.number = entry->number,
		.time = entry->time ? entry->time : clock_wall(),
		.address = recipient->address,
		.reason = reason,
		.suppressed = recipient->suppressed,
		.bounced = entry->state == SEND_REFUSED ? &entry->status : NULL,
	};

	if (is_told(run))
		return mail_record_add(&run->record, &event, error);
	/* There is nothing that the log is to know. */
	note_told(run, entry->number);
	return 0;
}

static const char *reason_of_sent(const struct send_run *run)
{
	return run->options->transactional ? "transactional" : NULL;
}

int send_run_begin(struct send_run *run, const struct prospect_id *prospect, struct error *error)
{
	return run->journal ? send_journal_begin(run->journal, prospect, error) : 0;
}

static int end(struct send_run *run, struct send_entry *entry, struct error *error)
{
	if (run->journal)
		return send_journal_end(run->journal, entry, error);
	entry->number = ++run->count;
	return 0;
}

static const char *reason_of_refusal(enum delivery_fault fault)
{
	return fault == DELIVERY_ADDRESS ? "rejected" : "blocked";
}

int send_run_sent(struct send_run *run, const struct send_recipient *recipient, struct error *error)
{
	struct send_entry entry = {.state = SEND_SENT};
	int code = end(run, &entry, error);

	return code ? code : add_event(run, recipient, &entry, reason_of_sent(run), error);
}

int send_run_not_taken(struct send_run *run, struct error *error)
{
	struct send_entry entry = {.state = SEND_NEW};

	return end(run, &entry, error);
}

int send_run_doubtful(struct send_run *run, const struct send_recipient *recipient,
		      struct error *error)
{
	struct send_entry entry = {.state = SEND_DOUBTFUL};

	if (run->journal) {
		send_journal_doubt(run->journal);
		send_journal_find(run->journal, &recipient->prospect, &entry);
	} else {
		entry.number = ++run->count;
	}
	return add_event(run, recipient, &entry, "unanswered", error);
}

int send_run_refused(struct send_run *run, const struct send_recipient *recipient,
		     const struct delivery_status *status, enum delivery_fault fault,
		     struct error *error)
{
	struct send_entry entry = {.state = SEND_REFUSED, .status = *status, .fault = fault};
	int code = send_run_begin(run, &recipient->prospect, error);

	if (!code)
		code = end(run, &entry, error);
	return code ? code : add_event(run, recipient, &entry, reason_of_refusal(fault), error);
}

bool send_run_has_sent(const struct send_run *run)
{
	return run->sent_before;
}

int send_run_idle(struct send_run *run, struct error *error)
{
	return is_told(run) ? mail_record_flush(&run->record, false, error) : 0;
}

/* Who gets one */

const char *send_run_suppressed(const struct send_run *run, const struct prospect_id *prospect)
{
	for (size_t i = 0; i < run->batch_count; i++)
		if (memcmp(&run->batch[i].prospect, prospect, sizeof(*prospect)) == 0)
			return run->batch[i].suppressed;
	return NULL;
}

/* An earlier run has come to this recipient: what the log does not know of it is told now. */
static int make_up(struct send_run *run, const struct bulk_recipient *recipient,
		   const struct send_entry *entry, struct error *error)
{
	const struct send_recipient who = {recipient->prospect, recipient->address, NULL};
	const char *reason = reason_of_sent(run);

	if (entry->told)
		return 0;
	if (entry->state == SEND_DOUBTFUL)
		reason = "unanswered";
	if (entry->state == SEND_REFUSED)
		reason = reason_of_refusal(entry->fault);
	return add_event(run, &who, entry, reason, error);
}

static int screen_by_journal(struct send_run *run, struct bulk_recipient *recipient,
			     struct error *error)
{
	struct send_entry entry;

	send_journal_find(run->journal, &recipient->prospect, &entry);
	switch (entry.state) {
	case SEND_SENT:
		run->sent_before = true;
		recipient->fate = BULK_BEFORE;
		break;
	case SEND_REFUSED:
		recipient->fate = BULK_DROPPED;
		recipient->why = "the mail server refused it in an earlier run";
		break;
	case SEND_DOUBTFUL:
		if (run->options->in_doubt)
			return 0;
		run->doubtful++;
		recipient->fate = BULK_DROPPED;
		recipient->why =
			"may have got it when an earlier run was cut off, and does not get "
			"it again; --in-doubt sends it";
		break;
	default:
		return 0;
	}
	return make_up(run, recipient, &entry, error);
}

static void suppress(struct send_run *run, struct bulk_recipient *recipient, const char *status)
{
	bool overridable = strcmp(status, "erased") != 0 && strcmp(status, "unreadable") != 0;

	if (run->options->transactional && overridable) {
		run->batch[run->batch_count].prospect = recipient->prospect;
		run->batch[run->batch_count++].suppressed = status;
		run->overridden += recipient->line > run->overridden_line;
		if (recipient->line > run->overridden_line)
			run->overridden_line = recipient->line;
		return;
	}
	recipient->fate = BULK_DROPPED;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(status, sentences[i].status) == 0)
			recipient->why = sentences[i].sentence;
}

static int screen_by_store(struct send_run *run, struct bulk_recipient *recipients, size_t count,
			   struct error *error)
{
	const char *addresses[BULK_BATCH_MAX] = {NULL}, *statuses[BULK_BATCH_MAX] = {NULL};
	size_t asked = 0, at = 0;
	int code;

	for (size_t i = 0; i < count; i++)
		if (recipients[i].fate == BULK_SEND)
			addresses[asked++] = recipients[i].address;
	code = mail_record_check(&run->record, addresses, asked, statuses, error);
	for (size_t i = 0; !code && i < count; i++) {
		if (recipients[i].fate != BULK_SEND)
			continue;
		if (statuses[at])
			suppress(run, &recipients[i], statuses[at]);
		at++;
	}
	return code;
}

static int screen(void *context, struct bulk_recipient *recipients, size_t count,
		  struct error *error)
{
	struct send_run *run = context;
	int code = 0;

	run->batch_count = 0;
	for (size_t i = 0; run->journal && !code && i < count; i++)
		if (recipients[i].fate == BULK_SEND)
			code = screen_by_journal(run, &recipients[i], error);
	return code ? code : screen_by_store(run, recipients, count, error);
}

static int begin(void *context, const struct mail_facts *facts, struct error *error)
{
	struct send_run *run = context;
	const struct send_journal_facts what = {facts->mailing, facts->digest};
	uint8_t id[RUN_ID_BYTES];
	int code = 0;

	run->facts = facts;
	if (run->by_server && facts->mailing.size == 0)
		return error_set(
			error, COMMAND_FAILED,
			"--smtp needs --mailing: under that name the log has what was sent");
	if (run->by_server && !run->journal_path)
		return error_set(
			error, COMMAND_FAILED,
			"a list on standard input needs --journal, by which a run that was "
			"ended goes on");
	random_take(id, sizeof(id));
	hex_format(id, sizeof(id), run->id);
	if (run->journal_path)
		code = send_journal_open(run->journal_path, &what, &run->journal, error);
	if (code)
		return code;
	if (run->journal && send_journal_has_other_message(run->journal))
		command_warn("%s: was begun with another message or other options; who has it "
			     "already keeps that",
			     run->journal_path);
	run->record = (struct mail_record){
		.config = run->config,
		.facts = facts,
		.id = run->journal ? send_journal_id(run->journal) : run->id,
		.told = note_told,
		.context = run,
	};
	return 0;
}

static int before(void *context, const struct mail_item *item, struct error *error)
{
	struct send_run *run = context;

	return run->by_command ? send_run_begin(run, &item->prospect, error) : 0;
}

static int told(void *context, const struct mail_item *item, enum mail_outcome outcome,
		const struct error *why, struct error *error)
{
	struct send_run *run = context;
	const struct send_recipient recipient = {item->prospect, item->address,
						 send_run_suppressed(run, &item->prospect)};

	(void)why;
	if (!run->by_command)
		return 0;
	if (outcome == MAIL_SENT)
		return send_run_sent(run, &recipient, error);
	if (outcome == MAIL_DOUBTFUL)
		return send_run_doubtful(run, &recipient, error);
	return send_run_not_taken(run, error);
}

static int finish(void *context, bool complete, struct error *error)
{
	struct send_run *run = context;
	int code = is_told(run) ? mail_record_flush(&run->record, true, error) : 0;

	(void)complete;
	if (run->overridden > 0)
		command_warn("%llu of these get no mail but what must be sent (--transactional)",
			     (unsigned long long)run->overridden);
	if (run->doubtful > 0)
		command_warn(
			"of %llu nobody knows whether they got it, since an earlier run was cut "
			"off; they do not get it again without --in-doubt",
			(unsigned long long)run->doubtful);
	if (run->journal && !code)
		code = send_journal_sync(run->journal, error);
	return code;
}

struct bulk_watch send_run_watch(struct send_run *run)
{
	return (struct bulk_watch){
		.context = run,
		.begin = begin,
		.screen = screen,
		.before = before,
		.told = told,
		.end = finish,
	};
}
