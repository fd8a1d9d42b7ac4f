/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header text. Reading is as lenient as mail programs are: a word that is none stays as it is.
 * Neighbouring words of one charset are put together before they are decoded, since programs cut
 * them anywhere. Writing is strict: words of whole characters in UTF-8 and base64, at most 75 bytes
 * each, and never a word beside a letter.
 *
 * A text becomes encoded words as a whole or not at all: nothing that stands between two words
 * could be told from what belongs to them.
 */
#include "text/encoded_word.h"

#include "base/encode.h"
#include "text/charset_decode.h"
#include "text/transfer.h"

enum {
	LINE_BYTES = 76,
	WORD_BYTES = 45,      /* of text in an encoded word: 60 characters of base64, and 12 */
	WORD_AROUND = 12,     /* =?UTF-8?B? and ?= */
	PLAIN_WORD_MAX = 200, /* a longer one is cut, which only encoded words can be */
	LABEL_MAX_BYTES = 40
};

/* An encoded word at the start of a text. */
struct word {
	struct span charset, text;
	bool base64;
	size_t size;
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* =?charset*language?B?text?= */
static bool parse_word(struct span from, struct word *ret_word)
{
	size_t charset_end, end;
	struct span charset;
	uint8_t encoding;

	if (!span_starts(from, SPAN("=?")))
		return false;
	from = span_slice(from, 0, 1024);
	charset_end = span_find(from, '?', 2);
	if (charset_end + 3 >= from.size || from.data[charset_end + 2] != '?')
		return false;
	encoding = from.data[charset_end + 1] | 0x20;
	end = span_find(from, '?', charset_end + 3);
	if ((encoding != 'b' && encoding != 'q') || end + 1 >= from.size ||
	    from.data[end + 1] != '=')
		return false;
	charset = span_slice(from, 2, charset_end - 2);
	*ret_word = (struct word){
		.charset = span_slice(charset, 0, span_find(charset, '*', 0)),
		.text = span_slice(from, charset_end + 3, end - charset_end - 3),
		.base64 = encoding == 'b',
		.size = end + 2,
	};
	return ret_word->charset.size > 0 && ret_word->charset.size <= LABEL_MAX_BYTES;
}

static int hex_of(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static void read_quoted(struct span text, struct buffer *to)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		int high = i + 2 < text.size ? hex_of(text.data[i + 1]) : -1;
		int low = i + 2 < text.size ? hex_of(text.data[i + 2]) : -1;

		if (byte == '=' && high >= 0 && low >= 0) {
			byte = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (byte == '_') {
			byte = ' ';
		}
		buffer_append_byte(to, byte);
	}
}

/* The last two characters of an escape may be the last of the text. */
static void read_word(const struct word *word, struct buffer *to)
{
	cleanup_buffer struct buffer padded = BUFFER_INIT;
	size_t end;

	if (!word->base64) {
		buffer_append_span(&padded, word->text);
		buffer_append_byte(&padded, '_');
		read_quoted(buffer_span(&padded), to);
		if (to->size > 0)
			to->size--;
		return;
	}
	if (transfer_read_base64(word->text, to, &end) != 0)
		buffer_append_span(to, word->text);
}

/* Words that stand together, until something else comes. */
struct gathering {
	struct span charset;
	struct buffer bytes;
};

static void flush(struct gathering *gathering, struct buffer *to)
{
	const struct charset *charset = charset_find(gathering->charset);

	if (gathering->bytes.size == 0)
		return;
	if (charset)
		charset_decode(charset, buffer_span(&gathering->bytes), to);
	else
		utf8_append_clean(to, buffer_span(&gathering->bytes), 4 * gathering->bytes.size);
	buffer_clear(&gathering->bytes);
}

/* Behind the white space at @at; *at stays where there is none. */
static size_t skip_blanks(struct span value, size_t at)
{
	while (at < value.size && is_blank(value.data[at]))
		at++;
	return at;
}

static void read_all(struct span value, struct gathering *gathering, struct buffer *to)
{
	struct word word;
	size_t at = 0;

	while (at < value.size) {
		size_t next = skip_blanks(value, at), end;

		if (parse_word(span_slice(value, next, value.size), &word)) {
			/* White space between two words is none. */
			if (gathering->bytes.size == 0 && next > at)
				buffer_append_byte(to, ' ');
			if (!span_equal_nocase(gathering->charset, word.charset))
				flush(gathering, to);
			gathering->charset = word.charset;
			read_word(&word, &gathering->bytes);
			at = next + word.size;
			continue;
		}
		flush(gathering, to);
		if (next > at)
			buffer_append_byte(to, ' ');
		for (end = next; end < value.size && !is_blank(value.data[end]);)
			end++;
		utf8_append_clean(to, span_slice(value, next, end - next), 4 * (end - next));
		at = end;
	}
	flush(gathering, to);
}

void encoded_word_read(struct span value, struct buffer *to)
{
	struct gathering gathering = {.bytes = BUFFER_INIT};
	size_t start = to->size;

	read_all(value, &gathering, to);
	if (gathering.bytes.error)
		to->error = gathering.bytes.error;
	buffer_finish(&gathering.bytes);
	for (size_t i = start; i < to->size && !to->error; i++)
		if (to->data[i] < ' ' || to->data[i] == 0x7F)
			to->data[i] = ' ';
}

/* Is @text a value that reads as it is written, and can be folded? */
static bool is_plain(struct span text)
{
	size_t word = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (byte < ' ' || byte > '~' || ++word > PLAIN_WORD_MAX ||
		    (byte == '=' && i + 1 < text.size && text.data[i + 1] == '?'))
			return false;
		if (byte == ' ') {
			if (word == 1)
				return false;
			word = 0;
		}
	}
	return text.size == 0 || word > 0;
}

static void write_plain(struct span text, size_t column, struct span line_end, struct buffer *to)
{
	size_t at = 0;

	while (at < text.size) {
		size_t end = span_find(text, ' ', at);

		if (at > 0 && column + 1 + end - at > LINE_BYTES) {
			buffer_append_span(to, line_end);
			column = 0;
		}
		if (at > 0) {
			buffer_append_byte(to, ' ');
			column++;
		}
		buffer_append_span(to, span_slice(text, at, end - at));
		column += end - at;
		at = end + 1;
	}
}

static void write_words(struct span text, size_t column, struct span line_end, struct buffer *to)
{
	const struct transfer_style style = {.encoding = TRANSFER_BASE64, .line_bytes = SIZE_MAX};
	size_t room = column + WORD_AROUND + 8 < LINE_BYTES
			      ? (LINE_BYTES - WORD_AROUND - column) / 4 * 3
			      : 0;

	if (room == 0) {
		buffer_append_span(to, line_end);
		buffer_append_byte(to, ' ');
		room = WORD_BYTES;
	}
	for (size_t at = 0; at < text.size;) {
		struct transfer_writer writer;
		size_t limit = room < WORD_BYTES ? room : WORD_BYTES;
		size_t size = text.size - at < limit ? text.size - at : limit;

		while (at + size < text.size && size > 1 && (text.data[at + size] & 0xC0) == 0x80)
			size--;
		if (at > 0) {
			buffer_append_span(to, line_end);
			buffer_append_byte(to, ' ');
		}
		buffer_append_text(to, "=?UTF-8?B?");
		transfer_writer_init(&writer, &style, to);
		transfer_write(&writer, span_slice(text, at, size));
		transfer_flush(&writer);
		buffer_append_text(to, "?=");
		at += size;
		room = WORD_BYTES;
	}
}

void encoded_word_write(struct span text, size_t column, struct span line_end, struct buffer *to)
{
	if (is_plain(text))
		write_plain(text, column, line_end, to);
	else
		write_words(text, column, line_end, to);
}

/* Letters, digits and what else may stand in a phrase without quotes (RFC 5322 section 3.2.3). */
static bool is_phrase(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (!((byte | 32) >= 'a' && (byte | 32) <= 'z') && !(byte >= '0' && byte <= '9') &&
		    !strchr(" !#$%&'*+-/=?^_`{|}~", byte))
			return false;
	}
	return true;
}

void encoded_word_write_phrase(struct span text, size_t column, struct span line_end,
			       struct buffer *to)
{
	bool phrase = is_phrase(text);

	/* What stands in quotes is not folded. */
	if (!is_plain(text) || (!phrase && text.size > PLAIN_WORD_MAX)) {
		write_words(text, column, line_end, to);
		return;
	}
	if (phrase) {
		write_plain(text, column, line_end, to);
		return;
	}
	buffer_append_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			buffer_append_byte(to, '\\');
		buffer_append_byte(to, text.data[i]);
	}
	buffer_append_byte(to, '"');
}
