/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who it was, when, and why.
 *
 * Who: the address that the mail was sent to. Where mail is forwarded that is not the one which
 * refused it, and servers tell one, the other or both; so if the mail that came back has links that
 * verify, the address they were made for is taken, of those that the notification and the mail's
 * own To have. Else it is the original one, where the server tells it. Of several recipients the To
 * is not asked: it may be one of them who got the mail, while another did not.
 *
 * When: the last attempt, the notification, or the mail's arrival at that server, the first of them
 * that can be read. An event without a time would be one of now, and another one each time.
 *
 * Why: the server's words, without what they say of the address. The log keeps them for ever.
 *
 * A notification may name ten thousand recipients, so whatever costs its length is done once.
 */
#include "commands/bounce_event.h"

#include "base/clock.h"
#include "base/encode.h"
#include "text/encoded_word.h"
#include "text/mail_date.h"
#include "text/url.h"
#include "track/privacy.h"

#include <errno.h>

enum {
	TEXT_MAX_BYTES = 255,
	TEXT_READ_BYTES = 4096,
	ADDRESS_FIELD_BYTES = 4096,
	LOCAL_MAX_BYTES = 64
};

static bool is_word_byte(struct span text, size_t at)
{
	uint8_t byte = at < text.size ? text.data[at] : ' ';

	return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
	       byte >= 0x80;
}

/* The name of a mailbox, without its domain, stands for the address; a letter tells nothing. */
static void hide_mailbox(struct buffer *text, struct span address)
{
	cleanup_buffer struct buffer hidden = BUFFER_INIT;
	struct span whole = buffer_span(text);
	struct span local = span_slice(address, 0, span_find(address, '@', 0));

	if (!address.data || local.size < 2 || local.size > LOCAL_MAX_BYTES)
		return;
	for (size_t at = 0; at < whole.size;) {
		bool found = (at == 0 || !is_word_byte(whole, at - 1)) &&
			     !is_word_byte(whole, at + local.size) &&
			     span_starts_nocase(span_slice(whole, at, local.size), local);

		if (found)
			buffer_append_text(&hidden, "[email]");
		else
			buffer_append_byte(&hidden, whole.data[at]);
		at += found ? local.size : 1;
	}
	buffer_clear(text);
	buffer_append_span(text, buffer_span(&hidden));
	text->error |= hidden.error;
}

/* What a field says, as it can stand in the log; @recipient: whom it is about, or NULL. */
static json_t *text_json(struct span text, const struct delivery_recipient *recipient)
{
	cleanup_buffer struct buffer whole = BUFFER_INIT, private = BUFFER_INIT, cut = BUFFER_INIT;

	if (!text.data || text.size == 0)
		return NULL;
	encoded_word_read(span_slice(text, 0, TEXT_READ_BYTES), &whole);
	privacy_text(buffer_span(&whole), &private);
	if (recipient) {
		hide_mailbox(&private, recipient->original);
		hide_mailbox(&private, recipient->final);
	}
	utf8_append_clean(&cut, buffer_span(&private), TEXT_MAX_BYTES);
	if (whole.error || private.error || cut.error || cut.size == 0 ||
	    url_holds_address(buffer_span(&cut)))
		return NULL;
	return json_stringn((const char *)cut.data, cut.size);
}

static json_t *date_json(struct span text)
{
	char written[CLOCK_TEXT_BYTES];
	usec_t time;

	if (!text.data || mail_date_parse(text, &time) != 0)
		return NULL;
	clock_format(time, written);
	return json_string(written);
}

static json_t *time_json(const struct bounce_event *from,
			 const struct delivery_recipient *recipient)
{
	json_t *time = date_json(recipient->attempted);

	if (!time)
		time = date_json(from->date);
	return time ? time : date_json(from->arrived);
}

/* The address of a To that has one alone. */
static struct span address_of_to(const struct bounce_event *from, struct arena *arena)
{
	struct span to, mail = from->report->returned;
	size_t end = 0, open;

	if (!mail.data)
		return mail;
	/* Of the header block; what is behind it names nobody. */
	for (size_t at = 0; at < mail.size && end == 0; at = span_find(mail, '\n', at) + 1)
		if (mail.data[at] == '\n' || mail.data[at] == '\r')
			end = at;
	to = delivery_report_field(span_slice(mail, 0, end ? end : mail.size), "To", arena);
	if (to.size > ADDRESS_FIELD_BYTES)
		return span_of(NULL, 0);
	open = span_find(to, '<', 0);
	return open < to.size ? span_slice(to, open + 1, span_find(to, '>', open) - open - 1) : to;
}

static bool is_alone(const struct delivery_report *report, struct arena *arena)
{
	struct delivery_recipient recipient;
	size_t at = 0;

	return delivery_report_next(report, &at, arena, &recipient, NULL) !=
		       DELIVERY_REPORT_E_END &&
	       delivery_report_next(report, &at, arena, &recipient, NULL) == DELIVERY_REPORT_E_END;
}

static bool is_of(const struct bounce_event *from, struct span address)
{
	struct prospect_id id;

	return address.data && id_of_address(from->keyring, address, &id) == 0 &&
	       memcmp(&id, &from->returned.prospect, sizeof(id)) == 0;
}

static struct span choose_address(const struct bounce_event *from,
				  const struct delivery_recipient *recipient)
{
	const struct span candidates[] = {recipient->original, recipient->final, from->to};

	if (!id_is_zero(&from->returned.prospect, sizeof(from->returned.prospect)))
		for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
			if (is_of(from, candidates[i]))
				return candidates[i];
	return recipient->original.data ? recipient->original : recipient->final;
}

/* As the id is made of it, which the address can be. NULL: it is none. */
static json_t *address_json(struct span address)
{
	cleanup_buffer struct buffer normal = BUFFER_INIT;

	if (id_normalise_address(address, &normal) != 0)
		return NULL;
	return json_stringn((const char *)normal.data, normal.size);
}

static struct span find_name(const struct bounce_event *from, enum name_kind kind, const void *id,
			     struct arena *arena)
{
	struct span name;

	if (id_is_zero(id, name_kind_id_bytes(kind)) ||
	    name_find(from->store, kind, id, arena, &name) != 0)
		return span_of(NULL, 0);
	return name;
}

static void find_names(struct bounce_event *from, struct arena *arena)
{
	struct mailing_id mailing = from->returned.mailing;
	struct campaign_id campaign = from->returned.campaign;
	struct link link;

	if (!from->store)
		return;
	if (!id_is_zero(&from->returned.link, sizeof(from->returned.link)) &&
	    link_find(from->store, &from->returned.link, arena, &link) == 0) {
		if (id_is_zero(&mailing, sizeof(mailing)))
			mailing = link.mailing;
		campaign = link.campaign;
	}
	from->mailing = find_name(from, NAME_MAILING, &mailing, arena);
	from->campaign = find_name(from, NAME_CAMPAIGN, &campaign, arena);
}

/* A notification without an id of its own is known by its date. */
static void make_mark(struct bounce_event *from, struct arena *arena)
{
	struct span id = delivery_report_field(from->report->header, "Message-ID", arena);

	id_of_bounce(from->keyring, id.size ? id : from->date, span_trim(from->report->status), 0,
		     from->mark);
}

void bounce_event_begin(struct bounce_event *event, struct arena *arena)
{
	const struct delivery_report *report = event->report;

	event->date = delivery_report_field(report->header, "Date", arena);
	event->arrived = delivery_report_field(report->status, "Arrival-Date", arena);
	event->reporting = delivery_report_field(report->status, "Reporting-MTA", arena);
	if (event->reporting.data)
		event->reporting = delivery_report_value(event->reporting);
	if (is_alone(report, arena))
		event->to = address_of_to(event, arena);
	find_names(event, arena);
	make_mark(event, arena);
}

static json_t *props_json(const struct bounce_event *from,
			  const struct delivery_recipient *recipient)
{
	const struct delivery_status *status = &recipient->status;
	char text[DELIVERY_STATUS_TEXT_BYTES];

	delivery_status_format(status, text);
	return json_pack("{s:o*, s:s*, s:o*, s:o*, s:o*}", "code",
			 status->code ? json_integer(status->code) : NULL, "status",
			 text[0] ? text : NULL, "remote_mta", text_json(recipient->remote, NULL),
			 "reporting_mta", text_json(from->reporting, NULL), "arrived",
			 date_json(from->arrived));
}

static json_t *name_json(struct span name)
{
	return name.data ? json_stringn((const char *)name.data, name.size) : NULL;
}

static void format_id(const struct bounce_event *from, size_t number,
		      char ret_text[2 * ID_BOUNCE_BYTES + 1])
{
	uint8_t id[ID_BOUNCE_BYTES];

	id_of_bounce(from->keyring, span_of(from->mark, sizeof(from->mark)), SPAN(""), number, id);
	hex_format(id, sizeof(id), ret_text);
}

int bounce_event_make(const struct bounce_event *from, const struct delivery_recipient *recipient,
		      size_t number, json_t **ret_event, struct error *error)
{
	json_t *email = address_json(choose_address(from, recipient)), *time, *event;
	char id[2 * ID_BOUNCE_BYTES + 1];

	if (!email && recipient->final.data)
		email = address_json(recipient->final);
	if (!email)
		return error_set(error, BOUNCE_EVENT_E_FIELD, "%s: is no e-mail address",
				 recipient->final.data ? "Final-Recipient" : "Original-Recipient");
	time = time_json(from, recipient);
	if (!time) {
		json_decref(email);
		return error_set(
			error, BOUNCE_EVENT_E_FIELD,
			"Date: none of Last-Attempt-Date, Date and Arrival-Date is a date");
	}
	format_id(from, number, id);
	event = json_pack("{s:s, s:s, s:o, s:o, s:o*, s:o*, s:o*, s:o}", "id", id, "type", "bounce",
			  "time", time, "email", email, "mailing", name_json(from->mailing),
			  "campaign", name_json(from->campaign), "reason",
			  text_json(recipient->diagnostic, recipient), "props",
			  props_json(from, recipient));
	if (!event)
		return -ENOMEM;
	*ret_event = event;
	return 0;
}
