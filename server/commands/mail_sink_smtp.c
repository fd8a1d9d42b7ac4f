/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails to a mail server, one after the other. What the server says decides:
 *
 * - it has it: on to the next;
 * - 5xx for the recipient or the mail: refused, which is held back until a mail is taken or the
 *   list ends. A relay that is set up wrongly refuses everybody, and nobody is to lose their mails
 *   by that: after so many refusals in a row, and behind a list of which nothing was ever taken,
 *   the run fails and none of them is noted, nor where it is ended by anything else;
 * - 5xx for the sender, no TLS, no login: the run stops;
 * - 4xx for the recipient or the mail: put off, kept in memory up to a bound, tried again with
 *   pauses that double. What is left when the patience ends is sent by the next run;
 * - nobody there, or 421: it waits, likewise, and with it all that follow;
 * - the connection breaks behind the last byte: in doubt. It is not sent again by itself: a mail
 *   too many is worse than one that most probably arrived.
 *
 * The journal has the mail before the server can have it: smtp_deliver() calls before the last
 * bytes go out. One thread; SIGINT and SIGTERM end the run behind the mail that is on its way, and
 * a second one at once.
 */
#include "commands/mail_sink_smtp.h"

#include "base/cleanup.h"
#include "commands/command.h"
#include "commands/mail_relay.h"
#include "commands/mail_wire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum {
	FIRST_PAUSE_S = 1,
	LONGEST_PAUSE_S = 60,
	PATIENCE_S = 900,
	REFUSALS = 50,
	PUT_OFF_MAX = 1000,
	PUT_OFF_MAX_BYTES = 32 << 20
};

/* A mail that is tried again. */
struct put_off {
	struct put_off *next;
	usec_t due, until, pause; /* monotonic */
	struct send_recipient recipient;
	struct span message; /* as SMTP carries it */
	uint8_t bytes[];
};

/* One that was refused, while nothing has been taken since. */
struct refusal {
	struct refusal *next;
	struct send_recipient recipient;
	struct delivery_status status;
	enum delivery_fault fault;
	char address[];
};

struct smtp_sink {
	struct mail_sink sink; /* first */
	const struct mail_options *options;
	const char *config;
	struct send_run *run;

	struct mail_relay relay;
	struct buffer wire;
	usec_t next; /* monotonic: not before, by --rate */
	struct put_off *first;
	size_t put_off_count, put_off_bytes;
	struct refusal *refusals, **last_refusal;
	size_t refusal_count;
	bool taken;		   /* a mail was, in this run */
	bool over;		   /* something failed: nothing more is sent */
	bool begun;		   /* the journal has it */
	struct error *begun_error; /* where send_run_begin() says what is wrong */
	const struct send_recipient *current;
	struct sigaction interrupt, terminate; /* as they were */
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static int say_stopped(struct error *error)
{
	return error_set(error, COMMAND_FAILED,
			 "interrupted; the same command goes on where this one ended");
}

/* Until @until, telling the log meanwhile what is due. Return: 0; COMMAND_FAILED. */
static int wait_until(struct smtp_sink *smtp, usec_t until, struct error *error)
{
	for (;;) {
		usec_t now = clock_monotonic(), left = until > now ? until - now : 0;
		struct timespec pause;

		if (stopped)
			return say_stopped(error);
		if (left == 0)
			return 0;
		if (send_run_idle(smtp->run, error) != 0)
			return COMMAND_FAILED;
		if (left > USEC_PER_SEC)
			left = USEC_PER_SEC;
		pause = (struct timespec){.tv_sec = (time_t)(left / USEC_PER_SEC),
					  .tv_nsec = (long)(left % USEC_PER_SEC * 1000)};
		(void)nanosleep(&pause, NULL);
	}
}

static usec_t patience(const struct smtp_sink *smtp)
{
	return (smtp->options->has_patience ? smtp->options->patience_s : PATIENCE_S) *
	       USEC_PER_SEC;
}

static usec_t longer(usec_t pause)
{
	return pause * 2 < LONGEST_PAUSE_S * USEC_PER_SEC ? pause * 2
							  : LONGEST_PAUSE_S * USEC_PER_SEC;
}

/* Refusals */

static void free_refusals(struct smtp_sink *smtp)
{
	struct refusal *refusal;

	while ((refusal = smtp->refusals)) {
		smtp->refusals = refusal->next;
		free(refusal);
	}
	smtp->last_refusal = &smtp->refusals;
	smtp->refusal_count = 0;
}

/* A mail was taken, or there is none left: these are meant. */
static int note_refusals(struct smtp_sink *smtp, struct error *error)
{
	int code = 0;

	for (struct refusal *at = smtp->refusals; at && !code; at = at->next)
		code = send_run_refused(smtp->run, &at->recipient, &at->status, at->fault, error);
	if (!code)
		free_refusals(smtp);
	return code;
}

static enum mail_outcome refuse(struct smtp_sink *smtp, const struct smtp_told *told,
				struct error *error)
{
	const struct mail_options *options = smtp->options;
	size_t limit = options->has_refusals ? options->refusals : REFUSALS;
	size_t size = strlen(smtp->current->address) + 1;
	struct refusal *refusal = malloc(sizeof(*refusal) + size);

	if (!refusal) {
		(void)error_set(error, COMMAND_FAILED, "out of memory");
		return MAIL_FAILED;
	}
	memcpy(refusal->address, smtp->current->address, size);
	refusal->next = NULL;
	refusal->recipient = *smtp->current;
	refusal->recipient.address = refusal->address;
	refusal->status = told->status;
	refusal->fault = told->fault;
	*smtp->last_refusal = refusal;
	smtp->last_refusal = &refusal->next;
	smtp->refusal_count++;
	if (limit == 0)
		return note_refusals(smtp, error) ? MAIL_FAILED : MAIL_REFUSED_FOREVER;
	if (smtp->refusal_count < limit) {
		(void)error_set(error, 0, "refused: %s",
				told->text[0] ? told->text : "not an address that can be mailed");
		return MAIL_REFUSED_FOREVER;
	}
	free_refusals(smtp);
	(void)error_set(
		error, COMMAND_FAILED,
		"%s refused %zu mails in a row, this one with \"%s\": something else must be "
		"wrong, and none of them is noted as refused. Should they all be right, "
		"--refusals says how many may be",
		smtp->relay.server, limit, told->text);
	return MAIL_FAILED;
}

/* One attempt */

static int before_end(void *context)
{
	struct smtp_sink *smtp = context;
	int code = send_run_begin(smtp->run, &smtp->current->prospect, smtp->begun_error);

	smtp->begun = code == 0;
	return code ? -EIO : 0;
}

/* Will the next mail meet the same? */
static bool is_away(const struct smtp_told *told)
{
	return told->step == DELIVERY_CONNECT || told->step == DELIVERY_MAIL ||
	       told->status.code == 0 || told->status.code == 421;
}

enum attempt { TAKEN, REFUSED, AGAIN, AWAY, DOUBT, OVER };

static enum attempt settle(struct smtp_sink *smtp, int code, const struct smtp_told *told,
			   struct error *error)
{
	if (code == 0)
		return TAKEN;
	if (code < 0) {
		if (!error->text[0])
			(void)error_set(error, COMMAND_FAILED, "%s", strerror(-code));
		return OVER;
	}
	if (told->doubt)
		return DOUBT;
	if (told->fault == DELIVERY_SENDER) {
		if (told->text[0])
			(void)error_set(error, COMMAND_FAILED, "%s takes no mail of ours: %s",
					smtp->relay.server, told->text);
		return OVER;
	}
	if (code == SMTP_E_REFUSED)
		return REFUSED;
	if (told->text[0])
		(void)error_set(error, COMMAND_FAILED, "put off: %s", told->text);
	return is_away(told) ? AWAY : AGAIN;
}

static enum attempt attempt(struct smtp_sink *smtp, const struct send_recipient *recipient,
			    struct span message, struct smtp_told *ret_told, struct error *error)
{
	enum attempt attempt;
	struct error trouble;
	int code;

	error->text[0] = '\0';
	smtp->current = recipient;
	smtp->begun = false;
	smtp->begun_error = error;
	code = smtp_deliver(smtp->relay.smtp, smtp->relay.from, recipient->address, message,
			    before_end, smtp, ret_told, &trouble);
	if (code > 0)
		*error = trouble;
	attempt = settle(smtp, code, ret_told, error);
	if (smtp->options->interval)
		smtp->next = clock_monotonic() + smtp->options->interval;
	if (attempt == TAKEN) {
		smtp->taken = true;
		if (send_run_sent(smtp->run, recipient, error) || note_refusals(smtp, error))
			return OVER;
	} else if (attempt == DOUBT) {
		(void)error_set(error, COMMAND_FAILED,
				"nobody knows whether it was taken: %s. It is not sent again "
				"without --in-doubt",
				trouble.text);
		if (send_run_doubtful(smtp->run, recipient, &trouble)) {
			*error = trouble;
			return OVER;
		}
	} else if (smtp->begun && send_run_not_taken(smtp->run, &trouble)) {
		*error = trouble;
		return OVER;
	}
	return attempt;
}

/* Until the server is there, or the patience ends. */
static enum attempt attempt_patiently(struct smtp_sink *smtp,
				      const struct send_recipient *recipient, struct span message,
				      struct smtp_told *ret_told, struct error *error)
{
	usec_t until = clock_monotonic() + patience(smtp);
	usec_t pause = FIRST_PAUSE_S * USEC_PER_SEC;
	enum attempt result;

	for (;;) {
		if (wait_until(smtp, smtp->next, error) != 0)
			return OVER;
		result = attempt(smtp, recipient, message, ret_told, error);
		if (result != AWAY)
			return result;
		if (clock_monotonic() + pause > until)
			return OVER;
		smtp->next = clock_monotonic() + pause;
		pause = longer(pause);
	}
}

/* What is put off */

/* By when it is due. */
static void insert(struct smtp_sink *smtp, struct put_off *kept)
{
	struct put_off **at = &smtp->first;

	kept->due = clock_monotonic() + kept->pause;
	while (*at && (*at)->due <= kept->due)
		at = &(*at)->next;
	kept->next = *at;
	*at = kept;
}

static bool keep(struct smtp_sink *smtp, const struct send_recipient *recipient,
		 struct span message)
{
	size_t size = strlen(recipient->address) + 1;
	struct put_off *kept;

	if (smtp->put_off_count >= PUT_OFF_MAX ||
	    smtp->put_off_bytes + message.size > PUT_OFF_MAX_BYTES || patience(smtp) == 0)
		return false;
	kept = calloc(1, sizeof(*kept) + message.size + size);
	if (!kept)
		return false;
	memcpy(kept->bytes, message.data, message.size);
	memcpy(kept->bytes + message.size, recipient->address, size);
	kept->message = span_of(kept->bytes, message.size);
	kept->recipient = *recipient;
	kept->recipient.address = (const char *)kept->bytes + message.size;
	kept->pause = FIRST_PAUSE_S * USEC_PER_SEC;
	kept->until = clock_monotonic() + patience(smtp);
	insert(smtp, kept);
	smtp->put_off_count++;
	smtp->put_off_bytes += message.size;
	return true;
}

static void forget(struct smtp_sink *smtp, struct put_off *kept)
{
	smtp->put_off_count--;
	smtp->put_off_bytes -= kept->message.size;
	free(kept);
}

/* Once more for the first of them. Return: 0; COMMAND_FAILED: the run ends. */
static int try_first(struct smtp_sink *smtp, struct error *error)
{
	struct put_off *kept = smtp->first;
	enum mail_outcome outcome = MAIL_REFUSED_FOREVER;
	struct smtp_told told;

	smtp->first = kept->next;
	switch (attempt_patiently(smtp, &kept->recipient, kept->message, &told, error)) {
	case TAKEN:
		smtp->sink.late_sent++;
		break;
	case REFUSED:
		outcome = refuse(smtp, &told, error);
		smtp->sink.late_refused++;
		break;
	case AGAIN:
		if (clock_monotonic() < kept->until) {
			kept->pause = longer(kept->pause);
			insert(smtp, kept);
			return 0;
		}
		break;
	case DOUBT:
		command_warn("a mail that was put off: %s", error->text);
		smtp->sink.late_doubtful++;
		break;
	default:
		outcome = MAIL_FAILED;
		break;
	}
	forget(smtp, kept);
	return outcome == MAIL_FAILED ? COMMAND_FAILED : 0;
}

/* The sink */

static enum mail_outcome deliver(struct smtp_sink *smtp, const struct mail_item *item,
				 struct error *error)
{
	const struct send_recipient recipient = {item->prospect, item->address,
						 send_run_suppressed(smtp->run, &item->prospect)};
	struct smtp_told told;

	while (smtp->first && smtp->first->due <= clock_monotonic())
		if (try_first(smtp, error) != 0)
			return MAIL_FAILED;
	buffer_clear(&smtp->wire);
	if (mail_wire_append(&smtp->wire, item->message, clock_wall()) != 0) {
		(void)error_set(error, COMMAND_FAILED, "out of memory");
		return MAIL_FAILED;
	}
	switch (attempt_patiently(smtp, &recipient, buffer_span(&smtp->wire), &told, error)) {
	case TAKEN:
		return MAIL_SENT;
	case REFUSED:
		return refuse(smtp, &told, error);
	case AGAIN:
		return keep(smtp, &recipient, buffer_span(&smtp->wire)) ? MAIL_PUT_OFF
									: MAIL_REFUSED_NOW;
	case DOUBT:
		return MAIL_DOUBTFUL;
	default:
		return MAIL_FAILED;
	}
}

static enum mail_outcome send_smtp(struct mail_sink *sink, const struct mail_item *item,
				   struct error *error)
{
	struct smtp_sink *smtp = (struct smtp_sink *)sink;
	enum mail_outcome outcome = deliver(smtp, item, error);

	smtp->over |= outcome == MAIL_FAILED;
	return outcome;
}

static int open_smtp(struct mail_sink *sink, const struct mail_facts *facts, struct error *error)
{
	struct smtp_sink *smtp = (struct smtp_sink *)sink;
	const struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};

	if (facts->form != REWRITE_MIME)
		return error_set(
			error, COMMAND_FAILED,
			"--smtp sends whole mails, with their header: this message has none");
	if (mail_relay_open(&smtp->relay, smtp->options, smtp->config, facts->tracker, error) != 0)
		return COMMAND_FAILED;
	stopped = 0;
	(void)sigaction(SIGINT, &action, &smtp->interrupt);
	(void)sigaction(SIGTERM, &action, &smtp->terminate);
	return 0;
}

/* The list has ended. */
static int note_last_refusals(struct smtp_sink *smtp, struct error *error)
{
	if (smtp->refusal_count < 2 || smtp->taken || send_run_has_sent(smtp->run))
		return note_refusals(smtp, error);
	return error_set(error, COMMAND_FAILED,
			 "%s refused all %zu mails: something else must be wrong, and none of them "
			 "is noted as refused. Should they all be right, --refusals 0 notes them",
			 smtp->relay.server, smtp->refusal_count);
}

static int close_smtp(struct mail_sink *sink, struct error *error)
{
	struct smtp_sink *smtp = (struct smtp_sink *)sink;
	int code = 0;

	while (smtp->first && !code && !smtp->over) {
		code = wait_until(smtp, smtp->first->due, error);
		if (!code)
			code = try_first(smtp, error);
	}
	if (!code && !smtp->over)
		code = note_last_refusals(smtp, error);
	(void)sigaction(SIGINT, &smtp->interrupt, NULL);
	(void)sigaction(SIGTERM, &smtp->terminate, NULL);
	return code;
}

static void free_smtp(struct mail_sink *sink)
{
	struct smtp_sink *smtp = (struct smtp_sink *)sink;
	struct put_off *kept;

	while ((kept = smtp->first)) {
		smtp->first = kept->next;
		free(kept);
	}
	free_refusals(smtp);
	mail_relay_close(&smtp->relay);
	buffer_finish(&smtp->wire);
	free(smtp);
}

struct mail_sink *mail_sink_smtp(const struct mail_options *options, const struct bulk *bulk,
				 struct send_run *run)
{
	static const struct mail_sink_type type = {
		.name = "smtp",
		.open = open_smtp,
		.send = send_smtp,
		.close = close_smtp,
		.free = free_smtp,
	};
	struct smtp_sink *smtp = calloc(1, sizeof(*smtp));

	if (!smtp)
		return NULL;
	smtp->sink.type = &type;
	smtp->options = options;
	smtp->config = bulk->config;
	smtp->run = run;
	smtp->last_refusal = &smtp->refusals;
	return &smtp->sink;
}
