/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a notification, recipient by recipient (RFC 3464 section 2.3). Blocks of them are
 * parted by empty lines; the first is about the mail as a whole, unless it names a recipient, as
 * with servers that forget the line between.
 *
 * What is wrong costs the recipient and not the notification. What nobody could misread is taken:
 * an address without its type or in angle brackets, an action with a comment behind it, or none
 * where the status says it as well.
 */
#include "text/delivery_report.h"

#include "base/encode.h"

#include <errno.h>

static const char *const actions[] = {"failed", "delayed", "delivered", "relayed", "expanded"};

const char *delivery_action_text(enum delivery_action action)
{
	return actions[action];
}

static bool is_empty(struct span line)
{
	return span_trim(line).size == 0;
}

/* The next run of lines that are not empty. */
static bool next_block(struct span text, size_t *at, struct span *ret_block)
{
	size_t from = text.size;

	while (*at < text.size) {
		size_t end = span_find(text, '\n', *at);
		bool empty = is_empty(span_slice(text, *at, end - *at));

		if (empty && from < text.size)
			break;
		if (!empty && from == text.size)
			from = *at;
		*at = end < text.size ? end + 1 : text.size;
	}
	if (from == text.size)
		return false;
	*ret_block = span_slice(text, from, *at - from);
	return true;
}

static bool is_recipient(struct span block, struct arena *arena)
{
	return delivery_report_field(block, "Final-Recipient", arena).data ||
	       delivery_report_field(block, "Original-Recipient", arena).data ||
	       delivery_report_field(block, "Action", arena).data;
}

static unsigned hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10U : 16;
}

/* UTF-8 of a character; bytes written. */
static size_t put_character(uint8_t *to, uint32_t character)
{
	if (character < 0x80) {
		to[0] = (uint8_t)character;
		return 1;
	}
	if (character < 0x800) {
		to[0] = (uint8_t)(0xC0 | character >> 6);
		to[1] = (uint8_t)(0x80 | (character & 0x3F));
		return 2;
	}
	if (character < 0x10000) {
		to[0] = (uint8_t)(0xE0 | character >> 12);
		to[1] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
		to[2] = (uint8_t)(0x80 | (character & 0x3F));
		return 3;
	}
	to[0] = (uint8_t)(0xF0 | character >> 18);
	to[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
	to[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
	to[3] = (uint8_t)(0x80 | (character & 0x3F));
	return 4;
}

/* "\x{5CF6}" at @at (RFC 6533 section 3): bytes of it, and the character; 0: it is none. */
static size_t read_escape(struct span text, size_t at, uint32_t *ret_character)
{
	uint32_t character = 0;
	size_t digits = 0;

	if (!span_starts(span_slice(text, at, 3), SPAN("\\x{")))
		return 0;
	for (at += 3; at < text.size && hex_digit(text.data[at]) < 16; at++, digits++) {
		if (digits == 6)
			return 0;
		character = character << 4 | hex_digit(text.data[at]);
	}
	if (digits < 2 || at >= text.size || text.data[at] != '}' || character > 0x10FFFF)
		return 0;
	*ret_character = character;
	return digits + 4;
}

/* An escape is never shorter than its character in UTF-8. */
static struct span unescape(struct span text, struct arena *arena)
{
	uint8_t *room = arena_alloc(arena, text.size + 1);
	size_t size = 0;

	if (!room)
		return span_of(NULL, 0);
	for (size_t at = 0; at < text.size;) {
		uint32_t character;
		size_t escape = read_escape(text, at, &character);

		if (escape > 0)
			size += put_character(room + size, character);
		else
			room[size++] = text.data[at];
		at += escape > 0 ? escape : 1;
	}
	return span_of(room, size);
}

static struct span without_brackets(struct span address)
{
	if (address.size >= 2 && address.data[0] == '<' && address.data[address.size - 1] == '>')
		return span_trim(span_slice(address, 1, address.size - 2));
	return address;
}

/* *ret_address: absent where there is no such field. */
static int read_address(struct span block, const char *name, struct arena *arena,
			struct span *ret_address, struct error *error)
{
	struct span value = delivery_report_field(block, name, arena);
	size_t semicolon = span_find(value, ';', 0);
	struct span type = span_trim(span_slice(value, 0, semicolon)), address;

	if (!value.data)
		return 0;
	address = without_brackets(delivery_report_value(value));
	if (semicolon < value.size && span_equal_nocase(type, SPAN("utf-8")))
		address = unescape(address, arena);
	else if (semicolon < value.size && !span_equal_nocase(type, SPAN("rfc822")))
		return error_set(error, DELIVERY_REPORT_E_FIELD,
				 "%s: is of the type \"%.*s\", and no e-mail address", name,
				 (int)(type.size < 40 ? type.size : 40), (const char *)type.data);
	if (address.size == 0 || !utf8_valid(address))
		return error_set(error, DELIVERY_REPORT_E_FIELD,
				 address.size ? "%s: is not UTF-8" : "%s: names nobody", name);
	*ret_address = address;
	return 0;
}

static struct span first_word(struct span text)
{
	size_t size = 0;

	while (size < text.size && text.data[size] > ' ' && text.data[size] != '(')
		size++;
	return span_slice(text, 0, size);
}

/* Servers that leave it out mean what the class of their status says. */
static int guess_action(const struct delivery_status *status, enum delivery_action *ret_action,
			struct error *error)
{
	switch (status->kind) {
	case 2:
		*ret_action = DELIVERY_DELIVERED;
		return 0;
	case 4:
		*ret_action = DELIVERY_DELAYED;
		return 0;
	case 5:
		*ret_action = DELIVERY_FAILED;
		return 0;
	default:
		return error_set(error, DELIVERY_REPORT_E_FIELD, "Action: is missing");
	}
}

static int read_action(struct span block, struct arena *arena, const struct delivery_status *status,
		       enum delivery_action *ret_action, struct error *error)
{
	struct span word = first_word(delivery_report_field(block, "Action", arena));

	if (word.size == 0)
		return guess_action(status, ret_action, error);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (span_equal_nocase(word, span_text(actions[i]))) {
			*ret_action = (enum delivery_action)i;
			return 0;
		}
	return error_set(
		error, DELIVERY_REPORT_E_FIELD,
		"Action: \"%.*s\" is none of failed, delayed, delivered, relayed, expanded",
		(int)(word.size < 40 ? word.size : 40), (const char *)word.data);
}

/*
 * The status, with the code that the other server gave. A status that says only "for good" is
 * taken from there as well: Exim writes 5.0.0 for all.
 */
static int read_status(struct span block, struct arena *arena, struct delivery_recipient *recipient,
		       struct error *error)
{
	struct span text = delivery_report_field(block, "Status", arena);
	struct delivery_status said = {0}, *status = &recipient->status;

	if (!recipient->diagnostic.data ||
	    !delivery_status_parse_reply(recipient->diagnostic, &said))
		said = (struct delivery_status){0};
	if (text.data && !delivery_status_parse(first_word(text), status))
		return error_set(error, DELIVERY_REPORT_E_FIELD,
				 "Status: \"%.*s\" is no status as \"5.1.1\"",
				 (int)(text.size < 40 ? text.size : 40), (const char *)text.data);
	if (!text.data && !said.code && !said.kind)
		return error_set(error, DELIVERY_REPORT_E_FIELD,
				 "Status: is missing, and no Diagnostic-Code has a code");
	status->code = said.code;
	if (said.kind && (!status->kind || (status->subject == 0 && status->kind == said.kind))) {
		status->kind = said.kind;
		status->subject = said.subject;
		status->detail = said.detail;
	}
	return 0;
}

static int read_recipient(struct span block, struct arena *arena,
			  struct delivery_recipient *recipient, struct error *error)
{
	int code;

	/* A server that was given a name of another system tells both. */
	(void)read_address(block, "Original-Recipient", arena, &recipient->original, NULL);
	code = read_address(block, "Final-Recipient", arena, &recipient->final,
			    recipient->original.data ? NULL : error);
	if (code && !recipient->original.data)
		return code;
	if (!recipient->original.data && !recipient->final.data)
		return error_set(error, DELIVERY_REPORT_E_FIELD, "Final-Recipient: is missing");
	recipient->diagnostic = delivery_report_field(block, "Diagnostic-Code", arena);
	if (recipient->diagnostic.data)
		recipient->diagnostic = delivery_report_value(recipient->diagnostic);
	recipient->remote = delivery_report_field(block, "Remote-MTA", arena);
	if (recipient->remote.data)
		recipient->remote = delivery_report_value(recipient->remote);
	recipient->attempted = delivery_report_field(block, "Last-Attempt-Date", arena);
	code = read_status(block, arena, recipient, error);
	return code ? code
		    : read_action(block, arena, &recipient->status, &recipient->action, error);
}

int delivery_report_next(const struct delivery_report *report, size_t *at, struct arena *arena,
			 struct delivery_recipient *ret_recipient, struct error *error)
{
	struct delivery_recipient recipient = {.action = DELIVERY_FAILED};
	bool first = *at == 0;
	struct span block;
	int code;

	if (!next_block(report->status, at, &block))
		return DELIVERY_REPORT_E_END;
	if (first && !is_recipient(block, arena) && !next_block(report->status, at, &block))
		return DELIVERY_REPORT_E_END;
	code = read_recipient(block, arena, &recipient, error);
	if (code)
		return code;
	*ret_recipient = recipient;
	return 0;
}
