/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a notification its fields are, and the mail that comes back. Parts are found by their
 * boundaries here and not by GMime, since what is looked for are two parts that stand near the top
 * and are never in a message inside the message; so any mail costs one pass for each multipart
 * around them, of which there may be LEVELS_MAX.
 *
 * What a mail is, its parts say before its header does: relays put notifications into a
 * multipart/mixed with a footer, and some servers forget report-type. A last boundary that is
 * missing is the end of the mail, because servers cut off what they return.
 */
#include "text/delivery_report.h"

#include "text/media_type.h"
#include "text/mime.h"
#include "text/transfer.h"

#include <errno.h>

enum { LEVELS_MAX = 5 };

struct search {
	struct arena *arena;
	struct delivery_report *report;
	struct span words; /* of the first part that is plain text */
	bool complaint, disposition, claims;
};

/* The size of the header block and of the empty line behind it. */
static void split(struct span entity, struct span *ret_header, struct span *ret_body)
{
	size_t at = 0;

	while (at < entity.size) {
		size_t end = span_find(entity, '\n', at);
		struct span line = span_slice(entity, at, end - at);

		if (line.size == 0 || (line.size == 1 && line.data[0] == '\r')) {
			*ret_header = span_slice(entity, 0, at);
			*ret_body = span_slice(entity, end + 1, entity.size);
			return;
		}
		at = end + 1;
	}
	*ret_header = entity;
	*ret_body = span_slice(entity, entity.size, 0);
}

static struct span field_of(struct span header, const char *name)
{
	struct span field, value;
	size_t at = 0;

	if (mime_header_next(header, span_text(name), &at, &field, &value))
		return value;
	return span_of(NULL, 0);
}

struct span delivery_report_field(struct span fields, const char *name, struct arena *arena)
{
	struct span value = field_of(fields, name);
	uint8_t *room = value.data ? arena_alloc(arena, value.size + 1) : NULL, *to = room;

	if (!room)
		return span_of(NULL, 0);
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] != '\r' && value.data[i] != '\n')
			*to++ = value.data[i];
	return span_of(room, (size_t)(to - room));
}

struct span delivery_report_value(struct span value)
{
	size_t semicolon = span_find(value, ';', 0);

	return semicolon < value.size ? span_trim(span_slice(value, semicolon + 1, value.size))
				      : value;
}

/* What the part holds, without its transfer encoding. */
static int decode(struct search *search, struct span header, struct span body,
		  struct span *ret_text)
{
	struct span encoding = field_of(header, "Content-Transfer-Encoding");
	cleanup_buffer struct buffer text = BUFFER_INIT, places = BUFFER_INIT;
	struct span copy;
	size_t end;

	if (span_equal_nocase(encoding, SPAN("base64")))
		(void)transfer_read_base64(body, &text, &end);
	else if (span_equal_nocase(encoding, SPAN("quoted-printable")))
		transfer_read_quoted(body, &text, &places);
	else {
		*ret_text = body;
		return 0;
	}
	copy = arena_copy(search->arena, buffer_span(&text));
	if (text.error || places.error || !copy.data)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}

static bool is_any(struct span type, const char *const *names)
{
	for (; *names; names++)
		if (media_type_is(type, span_text(*names)))
			return true;
	return false;
}

static int visit_leaf(struct search *search, struct span type, struct span header, struct span body)
{
	static const char *const statuses[] = {"message/delivery-status",
					       "message/global-delivery-status", NULL};
	static const char *const mails[] = {"message/rfc822",	      "message/global",
					    "text/rfc822-headers",    "message/global-headers",
					    "message/rfc822-headers", NULL};
	static const char *const dispositions[] = {"message/disposition-notification",
						   "message/global-disposition-notification", NULL};
	struct delivery_report *report = search->report;

	if (!report->status.data && is_any(type, statuses))
		return decode(search, header, body, &report->status);
	if (!report->returned.data && is_any(type, mails))
		return decode(search, header, body, &report->returned);
	if (!search->words.data && (type.size == 0 || media_type_is(type, SPAN("text/plain"))))
		search->words = body;
	search->complaint |= media_type_is(type, SPAN("message/feedback-report"));
	search->disposition |= is_any(type, dispositions);
	return 0;
}

/* Is this line the delimiter, and the last one? */
static bool is_delimiter(struct span line, struct span boundary, bool *ret_last)
{
	struct span rest;

	if (!span_starts(line, SPAN("--")) ||
	    !span_starts(span_slice(line, 2, line.size), boundary))
		return false;
	rest = span_slice(line, 2 + boundary.size, line.size);
	*ret_last = span_starts(rest, SPAN("--"));
	return *ret_last || span_trim(rest).size == 0;
}

static int visit(struct search *search, struct span entity, unsigned levels);

static int visit_parts(struct search *search, struct span boundary, struct span body,
		       unsigned levels)
{
	size_t part = body.size;
	bool inside = false, last = false;
	int code = 0;

	for (size_t at = 0, end; !code && !last && at < body.size; at = end + 1) {
		end = span_find(body, '\n', at);
		if (!is_delimiter(span_slice(body, at, end - at), boundary, &last))
			continue;
		if (inside)
			code = visit(search, span_slice(body, part, at - part), levels);
		part = end + 1;
		inside = true;
	}
	if (!code && inside && !last)
		code = visit(search, span_slice(body, part, body.size), levels);
	return code;
}

static int visit(struct search *search, struct span entity, unsigned levels)
{
	struct span header, body, type, boundary = {.data = NULL};

	split(entity, &header, &body);
	type = field_of(header, "Content-Type");
	if (!span_starts_nocase(type, SPAN("multipart/")))
		return visit_leaf(search, type, header, body);
	if (media_type_parameter(type, SPAN("boundary"), search->arena, &boundary) != 0)
		return -ENOMEM;
	if (boundary.size == 0 || levels == 0)
		return 0;
	return visit_parts(search, boundary, body, levels - 1);
}

/*
 * Some relays that rewrite mails take the groups of recipients for a part, encode them and put the
 * field that says so at the end of the first group.
 */
static int decode_groups(struct search *search)
{
	struct span first, rest, text;
	cleanup_buffer struct buffer whole = BUFFER_INIT;
	int code;

	split(search->report->status, &first, &rest);
	if (!field_of(first, "Content-Transfer-Encoding").data)
		return 0;
	code = decode(search, first, rest, &text);
	if (code)
		return code;
	buffer_append_span(&whole, first);
	buffer_append_byte(&whole, '\n');
	buffer_append_span(&whole, text);
	search->report->status = arena_copy(search->arena, buffer_span(&whole));
	return whole.error || !search->report->status.data ? -ENOMEM : 0;
}

static bool is_automatic(struct span header)
{
	return span_starts_nocase(field_of(header, "Auto-Submitted"), SPAN("auto-replied")) ||
	       span_equal_nocase(field_of(header, "Precedence"), SPAN("auto_reply")) ||
	       field_of(header, "X-Autoreply").data || field_of(header, "X-Autorespond").data;
}

static bool holds(struct span text, struct span word)
{
	for (size_t at = 0; at + word.size <= text.size; at++)
		if (span_starts_nocase(span_slice(text, at, word.size), word))
			return true;
	return false;
}

/* Of a mail server that writes bounces for people only. */
static bool is_plain_bounce(struct span header, struct span words)
{
	struct span start = span_trim(span_slice(words, 0, 64));

	return field_of(header, "X-Failed-Recipients").data ||
	       span_starts(start, SPAN("Hi. This is the")) ||
	       holds(field_of(header, "From"), SPAN("mailer-daemon")) ||
	       span_equal(field_of(header, "Return-Path"), SPAN("<>"));
}

static enum delivery_report_kind kind_of(const struct search *search)
{
	const struct delivery_report *report = search->report;

	if (report->status.data)
		return DELIVERY_REPORT_STATUS;
	if (search->complaint)
		return DELIVERY_REPORT_COMPLAINT;
	if (search->disposition)
		return DELIVERY_REPORT_DISPOSITION;
	if (search->claims)
		return DELIVERY_REPORT_LOST;
	if (is_automatic(report->header))
		return DELIVERY_REPORT_AUTOMATIC;
	return is_plain_bounce(report->header, search->words) ? DELIVERY_REPORT_PLAIN
							      : DELIVERY_REPORT_NONE;
}

int delivery_report_parse(struct span mail, struct arena *arena, struct delivery_report *ret_report)
{
	struct delivery_report report = {.kind = DELIVERY_REPORT_NONE};
	struct search search = {.arena = arena, .report = &report};
	struct span body, type, claim = {.data = NULL};
	int code;

	split(mail, &report.header, &body);
	type = field_of(report.header, "Content-Type");
	if (media_type_is(type, SPAN("multipart/report")))
		code = media_type_parameter(type, SPAN("report-type"), arena, &claim);
	else
		code = 0;
	search.claims = span_equal_nocase(claim, SPAN("delivery-status"));
	if (!code)
		code = visit(&search, mail, LEVELS_MAX);
	if (!code && report.status.data)
		code = decode_groups(&search);
	if (code)
		return code;
	report.kind = kind_of(&search);
	*ret_report = report;
	return 0;
}
