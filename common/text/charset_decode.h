/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_CHARSET_DECODE_H
#define WAYMARK_TEXT_CHARSET_DECODE_H

#include "base/bytes.h"

/*
 * Text in a charset of web pages, as UTF-8: the decoders of the Encoding Standard
 * (https://encoding.spec.whatwg.org/) with the tables that browsers have, made when the program is
 * built (make_charset_tables.py). Without UTF-16, which no form is posted in, and without what the
 * standard replaces as a whole (ISO-2022-KR, HZ, UTF-7). Pure; linear time.
 */
struct charset;

/* By any label of the standard, ASCII case-insensitive, white space around it ignored; NULL: none
 * of those. */
const struct charset *charset_find(struct span label);
const char *charset_name(const struct charset *charset); /* as the standard writes it */
bool charset_is_utf8(const struct charset *charset);
/* Does all text in it look like ASCII, so that being valid UTF-8 says nothing? */
bool charset_is_seven_bit(const struct charset *charset);

/* Append @bytes as valid UTF-8, at most three bytes for each; U+FFFD for what is ill-formed. A byte
 * order mark is a character like others. */
void charset_decode(const struct charset *charset, struct span bytes, struct buffer *to);

/*
 * Append decoded text with the references (&#12354;) undone by which a browser posts characters
 * that @charset does not have, and only those: of one that it has somebody has typed the reference.
 */
void charset_unescape(const struct charset *charset, struct span text, struct buffer *to);

#endif
