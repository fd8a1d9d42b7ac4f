/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message for everybody on a list.
 *
 * The order is what makes a run safe to start: the list's header is read, the message is compiled
 * (which finds a merge field without a column, and a link that is somebody's already), with
 * --strict every message is written once to nobody, the sink is opened, the links are registered,
 * and only then does the first message leave. A run that fails before has sent nothing.
 *
 * Rows are read in batches, so that whoever decides about suppression is asked for many at once.
 * Who is twice in the list gets one message: what was seen lies in a scratch file (import_seen.h),
 * so that memory does not grow with the list.
 */
#include "commands/bulk.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/bulk_list.h"
#include "commands/command.h"
#include "commands/rewrite_register.h"
#include "commands/session.h"
#include "crypto/digest.h"
#include "text/email_address.h"
#include "track/mail_template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { MESSAGE_ID_HEX = 32, HOST_ROOM = 256 };

/* A test ends the run behind its message. */
enum { RUN_E_ENOUGH = -ECANCELED };

struct run {
	struct bulk *bulk;
	const struct app *app;
	struct span message;
	struct rewrite_options options;
	struct mail_facts facts;
	struct prospect_id test; /* whoever gets a test */
	uint8_t digest[DIGEST_BYTES];
	struct digest *hash;
	struct bulk_list list;
	struct mail_template *template;
	struct buffer written; /* one recipient's message */
	bool rehearsing;       /* --strict: nothing is sent yet */
	usec_t screened;       /* monotonic: when the watch was asked last */
	uint64_t given, outcomes[MAIL_FAILED + 1], dropped, before;
	struct error error;
};

static int fail_errno(struct run *run, int code)
{
	if (code < 0 && !run->error.text[0])
		return error_set(&run->error, COMMAND_FAILED, "%s", strerror(-code));
	return code < 0 ? COMMAND_FAILED : code;
}

/* What the messages say but for their recipients: the same run another time has the same. */
static int digest_run(struct run *run)
{
	const struct rewrite_options *options = &run->options;
	const struct span parts[] = {
		run->message,	  options->campaign, options->mailing,
		options->list,	  options->utm,	     span_text(options->tracker->origin),
		options->charset,
	};
	char flags[32], text[DIGEST_TEXT_BYTES];

	run->hash = digest_new();
	if (!run->hash)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint8_t size[8];

		put_u64(size, parts[i].size);
		digest_add(run->hash, span_of(size, sizeof(size)));
		digest_add(run->hash, parts[i]);
	}
	(void)snprintf(flags, sizeof(flags), "%d%d%d%d%d%d", options->form, options->self_contained,
		       options->open_pixel, options->trap, options->unsubscribe,
		       options->merge != NULL);
	digest_add(run->hash, span_text(flags));
	digest_finish(run->hash, text);
	return hex_parse(span_text(text), run->digest, sizeof(run->digest)) == 0 ? 0 : -EINVAL;
}

/*
 * The same for the same message and person, so that a mail server sees that it has this one; but
 * for a test, which would be taken for the test before.
 */
static void make_message_id(struct run *run, const struct prospect_id *prospect,
			    char ret_id[MESSAGE_ID_HEX + HOST_ROOM])
{
	char text[DIGEST_TEXT_BYTES];
	usec_t now = clock_wall();

	digest_add(run->hash, run->facts.digest);
	digest_add(run->hash, span_of(prospect, sizeof(*prospect)));
	if (run->facts.test)
		digest_add(run->hash, span_of(&now, sizeof(now)));
	digest_finish(run->hash, text);
	(void)snprintf(ret_id, MESSAGE_ID_HEX + HOST_ROOM, "%.*s@%s", MESSAGE_ID_HEX, text,
		       run->facts.tracker);
}

static int write_message(struct run *run, const struct bulk_recipient *recipient, size_t index)
{
	char message_id[MESSAGE_ID_HEX + HOST_ROOM];
	struct mail_recipient to = {
		.prospect = recipient->prospect,
		.address = span_text(recipient->address),
		.values = bulk_list_values(&run->list, index),
	};

	make_message_id(run, &recipient->prospect, message_id);
	to.message_id = span_text(message_id);
	buffer_clear(&run->written);
	return mail_template_write(run->template, &to, &run->written, &run->error);
}

static void append_count(struct buffer *to, uint64_t count, const char *what)
{
	if (count > 0)
		buffer_printf(to, ", %" PRIu64 " %s", count, what);
}

/* On a terminal, twice a second. */
static void show_progress(struct run *run, size_t line)
{
	const struct mail_sink *sink = run->bulk->sink;
	cleanup_buffer struct buffer text = BUFFER_INIT;

	if (!import_report_is_due(&run->list.report))
		return;
	buffer_printf(&text, "%" PRIu64 " messages", run->outcomes[MAIL_SENT] + sink->late_sent);
	append_count(&text, run->dropped, "who get no mail");
	append_count(&text, run->before, "sent by an earlier run");
	append_count(&text, run->outcomes[MAIL_REFUSED_FOREVER] + sink->late_refused, "refused");
	append_count(&text, run->outcomes[MAIL_PUT_OFF], "put off");
	buffer_printf(&text, ", line %zu", line);
	import_report_draw(&run->list.report, text.error ? "" : buffer_text(&text));
}

/* What the sink said of one recipient's message. */
static int take_outcome(struct run *run, const struct mail_item *item, enum mail_outcome outcome,
			struct error *why)
{
	const struct bulk_watch *watch = &run->bulk->watch;
	int r = 0;

	run->outcomes[outcome]++;
	if (outcome == MAIL_FAILED) {
		run->error = *why;
		r = COMMAND_FAILED;
	} else if (outcome != MAIL_SENT && outcome != MAIL_PUT_OFF) {
		bulk_list_tell(&run->list, item->line, why->text);
	}
	if (!run->facts.test && watch->told) {
		struct error unused = {""};
		int told = watch->told(watch->context, item, outcome, why,
				       r == 0 ? &run->error : &unused);

		r = r == 0 ? told : r;
	}
	show_progress(run, item->line);
	return r;
}

static int send_message(struct run *run, const struct bulk_recipient *recipient)
{
	const struct mail_item item = {
		.line = recipient->line,
		.number = ++run->given,
		.address = recipient->address,
		.prospect = recipient->prospect,
		.message = buffer_span(&run->written),
		.facts = &run->facts,
	};
	const struct bulk_watch *watch = &run->bulk->watch;
	struct error why = {""};
	enum mail_outcome outcome;
	int r = 0;

	if (watch->before && !run->facts.test)
		r = watch->before(watch->context, &item, &run->error);
	if (r != 0)
		return r;
	outcome = run->bulk->sink->type->send(run->bulk->sink, &item, &why);
	return take_outcome(run, &item, outcome, &why);
}

static int serve_recipient(struct run *run, size_t index)
{
	struct bulk_recipient *recipient = &run->list.recipients[index];
	int r;

	if (run->facts.test) {
		recipient->address = run->bulk->test;
		recipient->prospect = run->test;
	}
	if (recipient->fate == BULK_DROPPED) {
		run->dropped++;
		bulk_list_tell(&run->list, recipient->line, recipient->why);
		return 0;
	}
	if (recipient->fate == BULK_BEFORE) {
		run->before++;
		return 0;
	}
	r = write_message(run, recipient, index);
	if (r == MAIL_TEMPLATE_E_VALUE) {
		bulk_list_refuse(&run->list, recipient->line, run->error.text);
		run->error.text[0] = '\0';
		return 0;
	}
	if (r != 0 || run->rehearsing)
		return r;
	r = send_message(run, recipient);
	return r == 0 && run->facts.test ? RUN_E_ENOUGH : r;
}

/* From @index on. With a low --rate a batch takes hours, in which people leave. */
static int screen(struct run *run, size_t index)
{
	const struct bulk_watch *watch = &run->bulk->watch;
	struct bulk_list *list = &run->list;

	if (!watch->screen || run->facts.test || run->rehearsing)
		return 0;
	if (index > 0 && clock_monotonic() < run->screened + BULK_FRESH_S * USEC_PER_SEC)
		return 0;
	run->screened = clock_monotonic();
	return watch->screen(watch->context, list->recipients + index, list->count - index,
			     &run->error);
}

static int serve_batch(void *context)
{
	struct run *run = context;
	int r = 0;

	for (size_t i = 0; i < run->list.count && r == 0; i++) {
		r = screen(run, i);
		if (r == 0)
			r = serve_recipient(run, i);
	}
	return r;
}

static int read_list(struct run *run)
{
	int r = bulk_list_read(&run->list, serve_batch, run, &run->error);

	return r == RUN_E_ENOUGH ? 0 : fail_errno(run, r);
}

/* --strict: every message is made, and none of them sent. */
static int rehearse(struct run *run)
{
	int r;

	if (!run->bulk->strict)
		return 0;
	run->rehearsing = true;
	r = read_list(run);
	run->rehearsing = false;
	if (r != 0 || run->list.bad == 0)
		return r;
	return error_set(&run->error, COMMAND_FAILED,
			 "%s: %zu bad rows (--strict); nothing was sent", run->bulk->path,
			 run->list.bad);
}

static int register_links(struct run *run)
{
	size_t count;
	const struct rewrite_link *links = mail_template_links(run->template, &count);
	cleanup(cleanup_session) struct session *session = NULL;
	int r = session_open(run->bulk->config, &session, &run->error);

	return r == 0 ? rewrite_register(session, links, count, &run->options, &run->error) : r;
}

static int send_all(struct run *run)
{
	struct mail_sink *sink = run->bulk->sink;
	struct error closing = {""};
	int r = sink->type->open(sink, &run->facts, &run->error), closed;

	if (r != 0)
		return r;
	r = register_links(run);
	if (r == 0)
		r = read_list(run);
	closed = sink->type->close(sink, &closing);
	if (r == 0 && closed != 0)
		run->error = closing;
	return r == 0 ? closed : r;
}

static int watch_and_send(struct run *run)
{
	const struct bulk_watch *watch = &run->bulk->watch;
	struct error unused = {""};
	int r = 0, ended = 0;

	if (run->facts.test)
		return send_all(run);
	if (watch->begin)
		r = watch->begin(watch->context, &run->facts, &run->error);
	if (r != 0)
		return r;
	r = send_all(run);
	if (watch->end)
		ended = watch->end(watch->context, r == 0, r == 0 ? &run->error : &unused);
	return r == 0 ? ended : r;
}

static int compile(struct run *run)
{
	size_t count;
	const struct rewrite_link *links;
	int r = mail_template_compile(run->message, &run->options, &run->template, &run->error);

	if (r != 0)
		return fail_errno(run, r);
	links = mail_template_links(run->template, &count);
	run->facts.form = mail_template_form(run->template);
	rewrite_report_links(links, count, run->bulk->report);
	return 0;
}

static int prepare(struct run *run)
{
	struct bulk *bulk = run->bulk;
	int r;

	if (bulk->test && (!email_address_is_valid(span_text(bulk->test)) ||
			   id_of_address(run->app->keyring, span_text(bulk->test), &run->test)))
		return error_set(&run->error, COMMAND_FAILED,
				 "--test: '%s' is not an e-mail address", bulk->test);
	r = bulk_list_open(&run->list, bulk, run->app->keyring, &run->error);
	if (r != 0)
		return r;
	if (bulk->merge)
		run->options.merge = &run->list.columns;
	r = digest_run(run);
	run->facts = (struct mail_facts){
		.campaign = run->options.campaign,
		.mailing = run->options.mailing,
		.list = run->options.list,
		.tracker = run->options.tracker->host,
		.digest = span_of(run->digest, sizeof(run->digest)),
		.test = bulk->test != NULL,
	};
	if (r == 0)
		r = compile(run);
	if (r == 0 && !bulk->sink)
		bulk->sink = mail_sink_mbox("-");
	return r == 0 && !bulk->sink ? -ENOMEM : r;
}

static void print_summary(const struct run *run)
{
	const struct mail_sink *sink = run->bulk->sink;
	cleanup_buffer struct buffer text = BUFFER_INIT;
	uint64_t put_off = run->outcomes[MAIL_PUT_OFF] - sink->late_sent - sink->late_refused -
			   sink->late_doubtful;

	buffer_printf(&text, "%" PRIu64 " messages", run->outcomes[MAIL_SENT] + sink->late_sent);
	append_count(&text, run->list.bad, "bad rows");
	append_count(&text, run->list.doubled, "in the list before");
	append_count(&text, run->dropped, "who get no mail");
	append_count(&text, run->before, "sent by an earlier run");
	append_count(&text,
		     run->outcomes[MAIL_REFUSED_FOREVER] + run->outcomes[MAIL_REFUSED_NOW] +
			     sink->late_refused,
		     "refused");
	append_count(&text, run->outcomes[MAIL_DOUBTFUL] + sink->late_doubtful, "in doubt");
	append_count(&text, put_off, "put off and not taken");
	if (!text.error)
		fprintf(stderr, "%s\n", buffer_text(&text));
}

static void finish(struct run *run)
{
	mail_template_free(run->template);
	bulk_list_close(&run->list);
	buffer_finish(&run->written);
	digest_free(run->hash);
}

int bulk_serve(struct bulk *bulk, const struct app *app, struct span message,
	       const struct rewrite_options *options)
{
	cleanup(finish) struct run run = {
		.bulk = bulk,
		.app = app,
		.message = message,
		.options = *options,
	};
	uint64_t missing;
	int r = prepare(&run);

	if (r == 0)
		r = rehearse(&run);
	if (r == 0)
		r = watch_and_send(&run);
	bulk_list_end(&run.list);
	if (r != 0) {
		(void)fail_errno(&run, r);
		if (run.given > 0)
			error_prefix(&run.error,
				     "ended after %" PRIu64 " messages: ", run.outcomes[MAIL_SENT]);
		return command_fail(&run.error);
	}
	print_summary(&run);
	r = command_finish();
	missing = run.list.bad + run.given - run.outcomes[MAIL_SENT] - bulk->sink->late_sent;
	return r == COMMAND_OK && missing > 0 ? IMPORT_STATUS_BAD_ROWS : r;
}

void bulk_finish(struct bulk *bulk)
{
	mail_sink_free(bulk->sink);
	bulk->sink = NULL;
	import_map_finish(&bulk->map);
}
