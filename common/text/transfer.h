/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_TRANSFER_H
#define WAYMARK_TEXT_TRANSFER_H

#include "base/bytes.h"

/*
 * Content transfer encodings of mails (RFC 2045 section 6): read so that each byte can be found
 * again where it stands encoded, and written in the style that the part is written in. Linear; any
 * bytes are read as mail programs read them.
 */
enum transfer_encoding { TRANSFER_IDENTITY, TRANSFER_QUOTED_PRINTABLE, TRANSFER_BASE64 };

/* How a part is encoded. line_end points into the part or to a constant. */
struct transfer_style {
	enum transfer_encoding encoding;
	size_t line_bytes;    /* of an encoded line without its end, at most; identity: no limit */
	struct span line_end; /* CR LF or LF */
	bool lower_hex;	      /* quoted-printable: =3d instead of =3D */
};

/* @line_end is for a part that has none of its own. */
void transfer_style_of(struct span encoded, enum transfer_encoding encoding, struct span line_end,
		       struct transfer_style *ret_style);

/*
 * Quoted-printable: append the text to @to, and to @at the offset of each of its bytes in @encoded
 * (uint32_t, one more than the text has bytes: the last is the end). What is no escape stands for
 * itself. @encoded is shorter than 4 GiB.
 */
void transfer_read_quoted(struct span encoded, struct buffer *to, struct buffer *at);
/* Bytes of the character at @at in quoted-printable: three of an escape, else one. */
size_t transfer_atom_bytes(struct span encoded, size_t at);

/*
 * Base64: append the text to @to. Between the characters only white space may stand; *ret_end is
 * the end of the last. What follows the padding is no part of the text (programs of mailing lists
 * put their footers there).
 *
 * Return: 0; TRANSFER_E_DAMAGED: something else stands there, or the end is missing.
 */
enum { TRANSFER_E_DAMAGED = 1 };
int transfer_read_base64(struct span encoded, struct buffer *to, size_t *ret_end);

/*
 * Where base64 must be written anew when the text's byte @at changes: the start of the line, if
 * possible, that it stands in. *ret_text is the offset of the first byte that is encoded from
 * there on. @encoded ends with its last character.
 */
size_t transfer_base64_line(struct span encoded, size_t at, size_t *ret_text);

/* Writes a part piece by piece. @style and @to are borrowed. */
struct transfer_writer {
	const struct transfer_style *style;
	struct buffer *to;
	size_t column; /* bytes of the line that is being written */
	uint8_t held[3];
	size_t held_count; /* base64: bytes that do not fill a group yet */
};

static inline void transfer_writer_init(struct transfer_writer *writer,
					const struct transfer_style *style, struct buffer *to)
{
	*writer = (struct transfer_writer){.style = style, .to = to};
}

/* Bytes that are encoded already. Base64: nothing may be held. */
void transfer_copy(struct transfer_writer *writer, struct span encoded);
/* Quoted-printable: the same, but a line that becomes too long is broken. No line end in it. */
void transfer_copy_broken(struct transfer_writer *writer, struct span encoded);
/* Encode @text. Quoted-printable: no break in it if a line can hold it; no line end in it. */
void transfer_write(struct transfer_writer *writer, struct span text);
/* Base64: write what is held, with its padding. */
void transfer_flush(struct transfer_writer *writer);

#endif
