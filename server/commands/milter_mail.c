/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a mail together from the pieces of the protocol, and telling what tracking changed in it.
 *
 * The protocol names fields by name and value, folded by LF alone, and has the body in lines of CR
 * LF. Rewriting works on the bytes of a whole message, so that is what is built, once, in one
 * buffer. Rewriting adds fields at the end of the header and changes none, so what comes out is
 * compared by its bytes: whatever is not exactly that is refused and the mail passes as it came.
 *
 * Threads of several mails share only the count of what all of them hold.
 */
#include "commands/milter_mail.h"

#include "text/mime.h"

#include <errno.h>
#include <stdatomic.h>
#include <strings.h>

enum { PATH_MAX_BYTES = 1024, SAID_MAX_BYTES = 4096 };

char milter_field_names[MILTER_FIELDS][24] = {
	[MILTER_CAMPAIGN] = "X-Waymark-Campaign",
	[MILTER_MAILING] = "X-Waymark-Mailing",
	[MILTER_ADD] = "X-Waymark-Add",
};

static atomic_size_t all_held;

void milter_mail_clear(struct milter_mail *mail)
{
	atomic_fetch_sub(&all_held, mail->held);
	buffer_finish(&mail->sender);
	buffer_finish(&mail->recipient);
	buffer_finish(&mail->message);
	for (unsigned i = 0; i < MILTER_FIELDS; i++)
		buffer_finish(&mail->said[i]);
	*mail = MILTER_MAIL_INIT;
}

/* Nothing of it is needed any more but that it is unfit, and what it says to us. */
static void give_up(struct milter_mail *mail, enum milter_unfit why)
{
	mail->unfit = why;
	buffer_finish(&mail->message);
	atomic_fetch_sub(&all_held, mail->held);
	mail->held = 0;
}

/* Room for @size more bytes of the message? */
static bool hold(struct milter_mail *mail, size_t size)
{
	if (mail->unfit != MILTER_FIT)
		return false;
	if (mail->message.size + size > MILTER_MAIL_MAX_BYTES) {
		give_up(mail, MILTER_LONG);
		return false;
	}
	mail->held += size;
	if (atomic_fetch_add(&all_held, size) + size > MILTER_HELD_MAX_BYTES) {
		give_up(mail, MILTER_FULL);
		return false;
	}
	return true;
}

static void check_memory(struct milter_mail *mail, const struct buffer *buffer)
{
	if (buffer->error && mail->unfit == MILTER_FIT)
		give_up(mail, MILTER_MEMORY);
}

static struct span address_of(const char *path)
{
	struct span address = span_trim(span_text(path));

	if (address.size >= 2 && address.data[0] == '<' && address.data[address.size - 1] == '>')
		return span_slice(address, 1, address.size - 2);
	return address;
}

static void keep_path(struct milter_mail *mail, struct buffer *to, struct span address)
{
	buffer_clear(to);
	to->limit = PATH_MAX_BYTES;
	buffer_append_span(to, address);
	check_memory(mail, to);
}

void milter_mail_set_sender(struct milter_mail *mail, const char *path)
{
	keep_path(mail, &mail->sender, address_of(path));
}

void milter_mail_add_recipient(struct milter_mail *mail, const char *path)
{
	struct span address = address_of(path);

	if (mail->recipients == 0) {
		keep_path(mail, &mail->recipient, address);
		mail->recipients = 1;
	} else if (!span_equal_nocase(address, buffer_span(&mail->recipient))) {
		mail->recipients = 2;
	}
}

static void note_said(struct milter_mail *mail, enum milter_field field, const char *value)
{
	struct buffer *said = &mail->said[field];

	if (mail->said_count[field]++ > 0)
		return;
	said->limit = SAID_MAX_BYTES;
	buffer_append_span(said, span_trim(span_text(value)));
	if (said->error == -ENOMEM)
		check_memory(mail, said);
}

void milter_mail_add_field(struct milter_mail *mail, const char *name, const char *value)
{
	struct buffer *message = &mail->message;

	for (enum milter_field field = 0; field < MILTER_FIELDS; field++)
		if (strcasecmp(name, milter_field_names[field]) == 0) {
			note_said(mail, field, value);
			return;
		}
	mail->is_signed |= strcasecmp(name, "DKIM-Signature") == 0;
	/* Each line end of the value becomes one byte longer. */
	if (!hold(mail, strlen(name) + 2 * strlen(value) + 3))
		return;
	buffer_append_text(message, name);
	buffer_append_byte(message, ':');
	for (; *value; value++) {
		if (*value == '\n' && message->data && message->data[message->size - 1] != '\r')
			buffer_append_byte(message, '\r');
		buffer_append_byte(message, (uint8_t)*value);
	}
	buffer_append_text(message, "\r\n");
	check_memory(mail, message);
}

void milter_mail_end_header(struct milter_mail *mail)
{
	mail->header_bytes = mail->message.size;
	if (!hold(mail, 2))
		return;
	buffer_append_text(&mail->message, "\r\n");
	check_memory(mail, &mail->message);
}

void milter_mail_add_body(struct milter_mail *mail, struct span chunk)
{
	if (!hold(mail, chunk.size))
		return;
	buffer_append_span(&mail->message, chunk);
	check_memory(mail, &mail->message);
}

bool milter_mail_says(const struct milter_mail *mail)
{
	for (enum milter_field field = 0; field < MILTER_FIELDS; field++)
		if (mail->said_count[field] > 0)
			return true;
	return false;
}

bool milter_mail_compare(const struct milter_mail *mail, struct span tracked,
			 struct milter_difference *ret_difference)
{
	struct span before = buffer_span(&mail->message);
	struct span header = span_slice(before, 0, mail->header_bytes), body;
	size_t end = mime_header_bytes(tracked);

	if (mime_header_bytes(before) != header.size || end < header.size ||
	    !span_starts(tracked, header) ||
	    !span_starts(span_slice(tracked, end, tracked.size), SPAN("\r\n")))
		return false;
	body = span_slice(tracked, end + 2, tracked.size);
	*ret_difference = (struct milter_difference){
		.fields = span_slice(tracked, header.size, end - header.size),
		.body = body,
		.body_changed = !span_equal(body, span_slice(before, header.size + 2, before.size)),
	};
	return true;
}

/* Bytes of the first field of @fields, with the lines that go on with it. */
static size_t field_bytes(struct span fields)
{
	size_t end = 0;

	do
		end = span_find(fields, '\n', end) + 1;
	while (end < fields.size && (fields.data[end] == ' ' || fields.data[end] == '\t'));
	return end < fields.size ? end : fields.size;
}

bool milter_mail_next_field(struct span *fields, struct buffer *ret_name, struct buffer *ret_value)
{
	size_t size = fields->size > 0 ? field_bytes(*fields) : 0;
	struct span field = span_slice(*fields, 0, size);
	size_t colon = span_find(field, ':', 0);

	if (colon == field.size)
		return false;
	buffer_clear(ret_name);
	buffer_clear(ret_value);
	buffer_append_span(ret_name, span_slice(field, 0, colon));
	while (field.size > 0 &&
	       (field.data[field.size - 1] == '\n' || field.data[field.size - 1] == '\r'))
		field.size--;
	for (size_t i = colon + 1; i < field.size; i++)
		if (field.data[i] != '\r')
			buffer_append_byte(ret_value, field.data[i]);
	*fields = span_slice(*fields, size, fields->size);
	return buffer_text(ret_name) && buffer_text(ret_value);
}
