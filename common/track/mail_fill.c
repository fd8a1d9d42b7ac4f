/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a value at its place. What cannot be said there is an error of the recipient's row, never
 * a message that says something else: a line break in a header, a character that the part's charset
 * does not have, a URL that is none.
 *
 * A value is made in a buffer of its own and then written through the part's encoding, in which
 * line ends are the part's own.
 */
#include "track/mail_fill.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/email_address.h"
#include "text/encoded_word.h"
#include "track/mail_segment.h"

#include <errno.h>
#include <iconv.h>

enum { PLAIN_MAX_BYTES = 900 }; /* so that the line is no longer than mail may have */

static struct span value_of(const struct mail_recipient *recipient, const struct mail_piece *piece)
{
	struct span value = {.data = NULL};

	if (recipient->values)
		value = recipient->values[piece->column];
	return value.data ? value : SPAN("");
}

static int refuse(const struct mail_piece *piece, struct error *error, const char *what)
{
	return error_set(error, MAIL_TEMPLATE_E_VALUE, "{{%.*s}}: %s", (int)piece->text.size,
			 (const char *)piece->text.data, what);
}

static bool is_break(uint8_t byte)
{
	return byte == '\n' || byte == '\r';
}

static bool has_control(struct span value)
{
	for (size_t i = 0; i < value.size; i++)
		if ((value.data[i] < ' ' && value.data[i] != '\t' && !is_break(value.data[i])) ||
		    value.data[i] == 0x7F)
			return true;
	return false;
}

static bool has_break(struct span value)
{
	return span_find(value, '\n', 0) < value.size || span_find(value, '\r', 0) < value.size;
}

static bool is_ascii(struct span value)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] >= 0x80)
			return false;
	return true;
}

static void write_break(struct transfer_writer *writer)
{
	if (writer->style->encoding == TRANSFER_BASE64) {
		transfer_write(writer, writer->style->line_end);
		return;
	}
	buffer_append_span(writer->to, writer->style->line_end);
	writer->column = 0;
}

/* Lines of the value; what would be blanks at the end of a line is left out. */
static void write_lines(struct transfer_writer *writer, struct span text)
{
	size_t at = 0;

	for (;;) {
		size_t end = at, size;

		while (end < text.size && !is_break(text.data[end]))
			end++;
		size = end - at;
		while (end < text.size && size > 0 &&
		       (text.data[at + size - 1] == ' ' || text.data[at + size - 1] == '\t'))
			size--;
		transfer_write(writer, span_slice(text, at, size));
		if (end >= text.size)
			return;
		write_break(writer);
		at = end + 1;
		if (text.data[end] == '\r' && at < text.size && text.data[at] == '\n')
			at++;
	}
}

/* Inside of a tag white space and '=' would end an attribute that has no quotes. */
static void append_html(const struct mail_fill *fill, struct span value, struct buffer *to)
{
	bool tag = fill->kind == MAIL_FILL_ATTRIBUTE || fill->kind == MAIL_FILL_URL;

	for (size_t at = 0; at < value.size;) {
		size_t start = at;
		uint32_t code = utf8_next(value, &at);

		if (code >= 0x80 && !fill->references)
			buffer_append_span(to, span_slice(value, start, at - start));
		else if (code >= 0x80 || strchr("&<>\"'", (int)code) ||
			 (tag && (code <= ' ' || code == '=' || code == '`')))
			buffer_printf(to, "&#%u;", code);
		else
			buffer_append_byte(to, (uint8_t)code);
	}
}

static int write_html(const struct mail_fill *fill, struct span value,
		      struct transfer_writer *writer)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	append_html(fill, value, &text);
	write_lines(writer, buffer_span(&text));
	return text.error;
}

/* Return: 0; 1: the charset does not have it; -ENOMEM. */
static int convert(const char *charset, struct span value, struct buffer *to)
{
	iconv_t converter = iconv_open(charset, "UTF-8");
	union {
		const uint8_t *in;
		char *out;
	} from = {.in = value.data};
	size_t room = value.size * 4 + 16, left = value.size;
	char *at = (char *)buffer_reserve(to, room);
	bool done;

	if (converter == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr)
		return 1;
	done = at && iconv(converter, &from.out, &left, &at, &room) != (size_t)-1 &&
	       iconv(converter, NULL, NULL, &at, &room) != (size_t)-1;
	(void)iconv_close(converter);
	if (done)
		to->size = (size_t)((uint8_t *)at - to->data);
	return to->error ? to->error : !done;
}

static int write_text(const struct mail_fill *fill, struct span value,
		      struct transfer_writer *writer, struct error *error)
{
	cleanup_buffer struct buffer converted = BUFFER_INIT;
	const struct mail_piece *piece = &fill->pieces.items[0];
	struct span written = value;
	int r = 0;

	if (!is_ascii(value) && fill->ascii)
		return refuse(piece, error,
			      "what it says is not ASCII, and the text's charset is; send the "
			      "message as UTF-8");
	if (!is_ascii(value) && fill->charset) {
		r = convert(fill->charset, value, &converted);
		written = buffer_span(&converted);
	}
	if (r > 0)
		return refuse(piece, error,
			      "what it says cannot be written in the text's charset; send the "
			      "message as UTF-8");
	if (fill->seven_bits && !is_ascii(written))
		return refuse(piece, error,
			      "what it says is not ASCII, and its part is 7bit; send the part as "
			      "quoted-printable");
	write_lines(writer, written);
	return r;
}

static void append_percent(struct span value, const char *kept, struct buffer *to)
{
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (((byte | 32) >= 'a' && (byte | 32) <= 'z') || (byte >= '0' && byte <= '9') ||
		    (byte && strchr("-._~", byte)) || (kept && byte && strchr(kept, byte)))
			buffer_append_byte(to, byte);
		else
			buffer_printf(to, "%%%02X", byte);
	}
}

static int write_url_part(const struct mail_fill *fill, struct span value,
			  struct transfer_writer *writer)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;

	append_percent(value, fill->kept, &text);
	transfer_write(writer, buffer_span(&text));
	return text.error;
}

/* A URL as browsers would ask for it. Return: 0; 1: it is none; -ENOMEM. */
static int judge_url(struct span value, bool utf8, struct buffer *location, struct span *ret_url)
{
	enum url_refusal refusal;
	enum url_class class = url_classify(value, utf8, location, &refusal);

	if (location->error)
		return location->error;
	if (class == URL_NONE)
		return 1;
	*ret_url = class == URL_EXACT ? value : buffer_span(location);
	return 0;
}

static const char of_another[] = "what it says is a link that is tracked for another person";

static int write_url(const struct mail_template *template, const struct mail_fill *fill,
		     const struct mail_recipient *recipient, struct transfer_writer *writer,
		     struct error *error)
{
	struct span value = span_trim(value_of(recipient, &fill->pieces.items[0]));
	cleanup_buffer struct buffer location = BUFFER_INIT;
	struct span url;
	int r = judge_url(value, true, &location, &url);

	if (r > 0)
		return refuse(&fill->pieces.items[0], error,
			      "what it says is not a URL that begins with https:// or http://");
	if (r < 0)
		return r;
	if (mail_template_is_of_another(template, recipient, url))
		return refuse(&fill->pieces.items[0], error, of_another);
	if (fill->html)
		return write_html(fill, url, writer);
	transfer_write(writer, url);
	return 0;
}

static bool has_column(const struct mail_pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].column != MAIL_NO_COLUMN)
			return true;
	return false;
}

/* The column that messages name: the first. There is one. */
static const struct mail_piece *first_column(const struct mail_pieces *pieces)
{
	const struct mail_piece *piece = pieces->items;

	while (piece->column == MAIL_NO_COLUMN)
		piece++;
	return piece;
}

static int write_link(const struct mail_template *template, const struct mail_fill *fill,
		      const struct mail_recipient *recipient, struct transfer_writer *writer,
		      struct error *error)
{
	cleanup_buffer struct buffer filled = BUFFER_INIT, location = BUFFER_INIT;
	struct rewrite_slot slot = {.purpose = PURPOSE_SELF_CONTAINED};
	char text[TOKEN_MAX_CHARS + 1];
	int r;

	for (size_t i = 0; i < fill->pieces.count; i++) {
		const struct mail_piece *piece = &fill->pieces.items[i];

		if (piece->column == MAIL_NO_COLUMN)
			buffer_append_span(&filled, piece->text);
		else if (i == 0)
			buffer_append_span(&filled, span_trim(value_of(recipient, piece)));
		else
			append_percent(value_of(recipient, piece), NULL, &filled);
	}
	if (filled.error)
		return filled.error;
	r = judge_url(buffer_span(&filled), fill->utf8, &location, &slot.url);
	if (r < 0)
		return r;
	if (r > 0 || slot.url.size > TOKEN_URL_MAX_BYTES)
		return refuse(first_column(&fill->pieces), error,
			      r > 0 ? "with it the link is not a URL of https or http"
				    : "with it the link is too long to be tracked");
	if (mail_template_is_of_another(template, recipient, slot.url))
		return refuse(first_column(&fill->pieces), error, of_another);
	if (rewrite_mint(template, &slot, &recipient->prospect, text) != 0)
		return -EINVAL;
	transfer_write(writer, fill->before);
	transfer_write(writer, span_text(text));
	return 0;
}

/* What a header field is to say. */
static int gather(const struct mail_pieces *pieces, const struct mail_recipient *recipient,
		  struct buffer *to, struct error *error)
{
	for (size_t i = 0; i < pieces->count; i++) {
		const struct mail_piece *piece = &pieces->items[i];
		struct span value;

		if (piece->column == MAIL_NO_COLUMN) {
			buffer_append_span(to, piece->text);
			continue;
		}
		value = value_of(recipient, piece);
		if (has_break(value))
			return refuse(piece, error,
				      "what it says has a line break, and a header field cannot");
		for (size_t at = 0; at < value.size; at++)
			buffer_append_byte(to, value.data[at] == '\t' ? ' ' : value.data[at]);
	}
	return to->error;
}

static int write_field(const struct mail_fill *fill, const struct mail_recipient *recipient,
		       struct transfer_writer *writer, struct error *error)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	int r = gather(&fill->pieces, recipient, &text, error);

	if (r == 0)
		encoded_word_write(span_trim(buffer_span(&text)), fill->column,
				   writer->style->line_end, writer->to);
	return r;
}

/* What would end the quotes or the angle brackets that the message has around a value. */
static const struct mail_piece *find_delimiter(const struct mail_pieces *pieces,
					       const struct mail_recipient *recipient)
{
	for (size_t i = 0; i < pieces->count && pieces->count > 1; i++) {
		const struct mail_piece *piece = &pieces->items[i];
		struct span value;

		if (piece->column == MAIL_NO_COLUMN)
			continue;
		value = value_of(recipient, piece);
		for (size_t at = 0; at < value.size; at++)
			if (strchr("<>\"\\", value.data[at]))
				return piece;
	}
	return NULL;
}

static int write_plain(const struct mail_fill *fill, const struct mail_recipient *recipient,
		       struct transfer_writer *writer, struct error *error)
{
	const struct mail_piece *ends = find_delimiter(&fill->pieces, recipient);
	cleanup_buffer struct buffer text = BUFFER_INIT;
	int r = gather(&fill->pieces, recipient, &text, error);

	if (r != 0)
		return r;
	if (ends)
		return refuse(ends, error,
			      "what it says has a quote, backslash or angle bracket, which would "
			      "end what it stands in");
	if (!is_ascii(buffer_span(&text)) || text.size > PLAIN_MAX_BYTES)
		return refuse(first_column(&fill->pieces), error,
			      "what it says is not ASCII, or too long for this header field");
	transfer_write(writer, span_trim(buffer_span(&text)));
	return 0;
}

/* "Somebody <address>", on two lines where one would be long. */
static int write_mailbox(const struct mail_fill *fill, const struct mail_recipient *recipient,
			 struct transfer_writer *writer, struct error *error)
{
	cleanup_buffer struct buffer phrase = BUFFER_INIT, gathered = BUFFER_INIT;
	const struct mail_pieces *pieces = fill->address.count ? &fill->address : &fill->pieces;
	bool named = fill->address.count > 0;
	struct span address, name;
	int r = gather(pieces, recipient, &gathered, error);

	if (r == 0 && named)
		r = gather(&fill->pieces, recipient, &phrase, error);
	if (r != 0)
		return r;
	address = fill->own ? recipient->address : span_trim(buffer_span(&gathered));
	name = span_trim(buffer_span(&phrase));
	if (!fill->own && has_column(pieces) && !email_address_is_valid(address))
		return refuse(first_column(pieces), error,
			      "with it the header field has no e-mail address");
	if (name.size == 0) {
		buffer_append_span(writer->to, address);
		return 0;
	}
	encoded_word_write_phrase(name, fill->column, writer->style->line_end, writer->to);
	if (fill->column + name.size + address.size > 70)
		buffer_append_span(writer->to, writer->style->line_end);
	buffer_append_text(writer->to, " <");
	buffer_append_span(writer->to, address);
	buffer_append_byte(writer->to, '>');
	return 0;
}

/* A size, a colour or a name: nothing that could end a declaration of CSS, or ask for a file. */
static bool is_style_word(struct span value)
{
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (((byte | 32) < 'a' || (byte | 32) > 'z') && (byte < '0' || byte > '9') &&
		    (byte >= 0x80 || !strchr("#%.,+-_ ", byte)))
			return false;
	}
	return true;
}

static int write_value(const struct mail_template *template, const struct mail_fill *fill,
		       const struct mail_recipient *recipient, struct transfer_writer *writer,
		       struct error *error)
{
	struct span value = value_of(recipient, &fill->pieces.items[0]);

	if (fill->style && !is_style_word(value))
		return refuse(&fill->pieces.items[0], error,
			      "what it says is more than a size, a colour or a name, and stands in "
			      "a style");
	switch (fill->kind) {
	case MAIL_FILL_TEXT:
		return write_text(fill, value, writer, error);
	case MAIL_FILL_URL_PART:
		return write_url_part(fill, value, writer);
	case MAIL_FILL_URL:
		return write_url(template, fill, recipient, writer, error);
	default:
		return write_html(fill, value, writer);
	}
}

static int check_controls(const struct mail_pieces *pieces, const struct mail_recipient *recipient,
			  struct error *error)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].column != MAIL_NO_COLUMN &&
		    has_control(value_of(recipient, &pieces->items[i])))
			return refuse(&pieces->items[i], error,
				      "what it says has a control character");
	return 0;
}

static int write_by_kind(const struct mail_template *template, const struct mail_fill *fill,
			 const struct mail_recipient *recipient, struct transfer_writer *writer,
			 struct error *error)
{
	switch (fill->kind) {
	case MAIL_FILL_LINK:
		return write_link(template, fill, recipient, writer, error);
	case MAIL_FILL_FIELD:
		return write_field(fill, recipient, writer, error);
	case MAIL_FILL_MAILBOX:
		return write_mailbox(fill, recipient, writer, error);
	case MAIL_FILL_PLAIN:
		return write_plain(fill, recipient, writer, error);
	case MAIL_FILL_TO:
		buffer_append_span(writer->to, recipient->address);
		return 0;
	case MAIL_FILL_MESSAGE_ID:
		buffer_append_byte(writer->to, '<');
		buffer_append_span(writer->to, recipient->message_id);
		buffer_append_byte(writer->to, '>');
		return 0;
	case MAIL_FILL_TEXT:
	case MAIL_FILL_HTML:
	case MAIL_FILL_ATTRIBUTE:
	case MAIL_FILL_URL_PART:
	case MAIL_FILL_URL:
		return write_value(template, fill, recipient, writer, error);
	}
	return -EINVAL;
}

int mail_fill_write(const struct mail_template *template, const struct mail_fill *fill,
		    const struct mail_recipient *recipient, struct transfer_writer *writer,
		    struct error *error)
{
	bool header = fill->kind >= MAIL_FILL_FIELD;
	int r = check_controls(&fill->pieces, recipient, error);

	if (r == 0)
		r = check_controls(&fill->address, recipient, error);
	if (r == 0 && header)
		buffer_append_span(writer->to, fill->before);
	if (r == 0)
		r = write_by_kind(template, fill, recipient, writer, error);
	if (r == 0 && header)
		buffer_append_span(writer->to, fill->after);
	return r;
}
