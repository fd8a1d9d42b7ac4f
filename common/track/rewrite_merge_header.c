/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header block of a mail that is for many: fields with merge fields in them, and the two that
 * are each recipient's own, To and Message-ID. Mail programs write text that is not ASCII as
 * encoded words, with merge fields hidden in them, so that a field is looked at as it reads.
 *
 * What kind of value a field has decides what may stand in it: text; somebody's name and address;
 * or words that programs read, where only ASCII is safe.
 *
 * Nobody but the recipient may get a message, whatever a row says: its address is all that To ever
 * holds, beside a name, and a Cc or Bcc would be a recipient whom the list does not name.
 */
#include "track/rewrite_merge.h"

#include "base/cleanup.h"
#include "text/encoded_word.h"
#include "track/mail_segment.h"
#include "track/rewrite_extras.h"

#include <errno.h>

struct field {
	size_t at;		 /* of the header block */
	struct span name, value; /* value: from behind the colon, without its line end */
};

static bool is_named(const struct field *field, const char *name)
{
	return span_equal_nocase(field->name, span_text(name));
}

static bool is_one_of(const struct field *field, const char *const *names)
{
	for (; *names; names++)
		if (is_named(field, *names))
			return true;
	return false;
}

/* The next field at or after *at, which moves behind it; lines that are none are passed over. */
static bool next_field(struct span header, size_t *at, struct field *ret_field)
{
	while (*at < header.size) {
		size_t start = *at, end = span_find(header, '\n', start) + 1, colon;
		struct span value;

		while (end < header.size && (header.data[end] == ' ' || header.data[end] == '\t'))
			end = span_find(header, '\n', end) + 1;
		*at = end < header.size ? end : header.size;
		colon = span_find(span_slice(header, 0, *at), ':', start);
		if (colon == *at || header.data[start] == ' ' || header.data[start] == '\t')
			continue;
		value = span_slice(header, colon + 1, *at - colon - 1);
		while (value.size > 0 &&
		       (value.data[value.size - 1] == '\n' || value.data[value.size - 1] == '\r'))
			value.size--;
		*ret_field = (struct field){
			.at = start,
			.name = span_trim(span_slice(header, start, colon - start)),
			.value = value,
		};
		return true;
	}
	return false;
}

static int add_fill(struct rewrite_pass *pass, size_t at, size_t size, const struct mail_fill *fill)
{
	struct rewrite_edit edit = {
		.at = at,
		.size = size,
		.written = SPAN(" "),
		.link = REWRITE_NO_LINK,
		.fill = merge_keep_fill(pass, fill),
	};

	return edit.fill ? rewrite_edits_add(&pass->edits, &edit) : -ENOMEM;
}

static int replace_value(struct rewrite_pass *pass, struct span header, const struct field *field,
			 struct mail_fill *fill)
{
	fill->before = SPAN(" ");
	fill->column = field->name.size + 2;
	return add_fill(pass, (size_t)(field->value.data - header.data), field->value.size, fill);
}

/* The '<' of an address behind a name; outside of quotes. */
static size_t find_angle(struct span value)
{
	bool quoted = false;

	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '\\')
			i++;
		else if (value.data[i] == '"')
			quoted = !quoted;
		else if (value.data[i] == '<' && !quoted)
			return i;
	}
	return value.size;
}

static bool has_comma(struct span value)
{
	bool quoted = false;

	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '\\')
			i++;
		else if (value.data[i] == '"')
			quoted = !quoted;
		else if (value.data[i] == ',' && !quoted)
			return true;
	}
	return false;
}

/* What a phrase says: without its quotes, encoded words decoded. */
static int read_phrase(struct span phrase, struct buffer *to)
{
	cleanup_buffer struct buffer plain = BUFFER_INIT;
	bool quoted = false;

	for (size_t i = 0; i < phrase.size; i++) {
		uint8_t byte = phrase.data[i];

		if (byte == '"') {
			quoted = !quoted;
			continue;
		}
		if (byte == '\\' && quoted && i + 1 < phrase.size)
			byte = phrase.data[++i];
		buffer_append_byte(&plain, byte);
	}
	encoded_word_read(span_trim(buffer_span(&plain)), to);
	return plain.error ? plain.error : to->error;
}

static int merge_mailbox(struct rewrite_pass *pass, struct span header, const struct field *field)
{
	struct mail_fill fill = {
		.kind = MAIL_FILL_MAILBOX,
		.own = pass->options->addressed && is_named(field, "To"),
	};
	cleanup_buffer struct buffer phrase = BUFFER_INIT;
	struct span value = span_trim(field->value);
	const uint8_t *place = header.data + field->at;
	size_t angle = find_angle(value);
	int r;

	if (has_comma(value) || (angle < value.size && value.data[value.size - 1] != '>'))
		return merge_fail(pass, place,
				  "a merge field beside several addresses, or behind one; a field "
				  "with merge fields names one address");
	if (angle == value.size)
		return merge_pieces(pass, value, place, &fill.pieces)
			       ?: replace_value(pass, header, field, &fill);
	r = read_phrase(span_slice(value, 0, angle), &phrase);
	if (r == 0)
		r = merge_pieces(pass, buffer_span(&phrase), place, &fill.pieces);
	if (r == 0)
		r = merge_pieces(pass, span_slice(value, angle + 1, value.size - angle - 2), place,
				 &fill.address);
	return r == 0 ? replace_value(pass, header, field, &fill) : r;
}

static int merge_value(struct rewrite_pass *pass, struct span header, const struct field *field,
		       struct span says)
{
	static const char *const mailboxes[] = {"From", "Sender", "Reply-To", "To", NULL};
	static const char *const texts[] = {"Subject",	    "Comments",	    "Keywords",
					    "Organization", "Thread-Topic", NULL};
	struct mail_fill fill = {.kind = MAIL_FILL_PLAIN};
	int r;

	if (is_one_of(field, mailboxes))
		return merge_mailbox(pass, header, field);
	if (span_starts_nocase(field->name, SPAN("Content-")))
		return merge_fail(pass, header.data + field->at,
				  "a merge field in a header field that says what the message is");
	if (is_one_of(field, texts) || span_starts_nocase(field->name, SPAN("X-")))
		fill.kind = MAIL_FILL_FIELD;
	r = merge_pieces(pass, span_trim(says), header.data + field->at, &fill.pieces);
	return r == 0 ? replace_value(pass, header, field, &fill) : r;
}

/* Which of a recipient's own the header has. */
struct own {
	bool to, message_id;
};

static int merge_own(struct rewrite_pass *pass, struct span header, const struct field *field,
		     struct own *own)
{
	struct mail_fill fill = {.kind = MAIL_FILL_TO};

	if (is_named(field, "To")) {
		own->to = true;
	} else if (is_named(field, "Message-ID")) {
		own->message_id = true;
		fill.kind = MAIL_FILL_MESSAGE_ID;
	} else {
		return 0;
	}
	return replace_value(pass, header, field, &fill);
}

static int merge_field(struct rewrite_pass *pass, struct span header, const struct field *field,
		       struct own *own)
{
	static const char *const others[] = {"Cc",	  "Bcc",	"Resent-To",
					     "Resent-Cc", "Resent-Bcc", NULL};
	cleanup_buffer struct buffer says = BUFFER_INIT;

	if (pass->options->addressed && is_one_of(field, others))
		return merge_fail(pass, header.data + field->at,
				  "a Cc or Bcc, or Resent- as such; each message of a list is for "
				  "one recipient: take it out");
	encoded_word_read(field->value, &says);
	if (says.error)
		return says.error;
	if (!pass->options->merge || !merge_field_is_in(buffer_span(&says)))
		return pass->options->addressed ? merge_own(pass, header, field, own) : 0;
	own->to |= is_named(field, "To");
	own->message_id |= is_named(field, "Message-ID");
	return merge_value(pass, header, field, buffer_span(&says));
}

/* Behind what stands before the first field. */
static size_t first_field(struct span header)
{
	size_t at = mime_leading_bytes(header);

	if (span_starts(span_slice(header, at, 5), SPAN("From ")))
		at = span_find(header, '\n', at) + 1;
	return at < header.size ? at : header.size;
}

/* A field that the header does not have yet. */
static int add_field(struct rewrite_pass *pass, size_t at, enum mail_fill_kind kind,
		     struct span before, struct span line_end)
{
	const struct mail_fill fill = {
		.kind = kind,
		.before = before,
		.after = arena_copy(&pass->template->arena, line_end),
	};

	return fill.after.data ? add_fill(pass, at, 0, &fill) : -ENOMEM;
}

int rewrite_merge_header(struct rewrite_pass *pass, struct span header, struct span line_end)
{
	bool addressed = pass->options->addressed;
	struct own own = {false, false};
	size_t at = first_field(header), start = at;
	struct field field;
	int r = 0;

	if (pass->decide != rewrite_decide_tracking || header.size == 0 ||
	    (!addressed && !pass->options->merge))
		return 0;
	while (r == 0 && next_field(header, &at, &field))
		r = merge_field(pass, header, &field, &own);
	if (r == 0 && addressed && !own.to)
		r = add_field(pass, start, MAIL_FILL_TO, SPAN("To: "), line_end);
	if (r == 0 && addressed && !own.message_id)
		r = add_field(pass, start, MAIL_FILL_MESSAGE_ID, SPAN("Message-ID: "), line_end);
	if (r == 0)
		rewrite_sort_edits(&pass->edits);
	return r;
}
