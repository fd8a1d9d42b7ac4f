/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_ENCODED_WORD_H
#define WAYMARK_TEXT_ENCODED_WORD_H

#include "base/bytes.h"

/*
 * Text in header fields of mails that is not ASCII (RFC 2047). Pure; linear.
 */

/*
 * Append what a field's value says as valid UTF-8: unfolded, encoded words decoded, also where one
 * character was cut in two by them. Controls become spaces.
 */
void encoded_word_read(struct span value, struct buffer *to);

/*
 * Append @text (valid UTF-8 without controls) as the value of a field whose line has @column bytes
 * already: as it is where it is ASCII that stays what it is, else in encoded words. Folded, so that
 * a line has 76 bytes where words allow.
 */
void encoded_word_write(struct span text, size_t column, struct span line_end, struct buffer *to);

/* The same before an address: what is ASCII is quoted where it must be. */
void encoded_word_write_phrase(struct span text, size_t column, struct span line_end,
			       struct buffer *to);

#endif
