/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_CHARSET_H
#define WAYMARK_TEXT_CHARSET_H

#include "base/bytes.h"

/* How a charset must be treated before its bytes are searched for ASCII markup. */
enum charset_treatment {
	CHARSET_UTF8,	    /* UTF-8 or ASCII */
	CHARSET_ASCII_SAFE, /* an ASCII superset whose multi-byte characters never hold markup bytes
			     */
	CHARSET_ISO_2022_JP, /* mask the shifted runs first */
	CHARSET_UNTOUCHABLE  /* UTF-16, UTF-32, UTF-7, HZ, ISO-2022-KR/CN: leave the document alone
			      */
};

/* By label, ASCII case-insensitive (WHATWG Encoding labels and mail names); absent: by the bytes
 * themselves: BOM, ISO-2022-JP escapes, valid UTF-8, else ASCII_SAFE. */
enum charset_treatment charset_treatment_of(struct span label, struct span document);

/* A copy of the same length in which the bytes of shifted runs are 'x'. Appends to @to. */
void charset_mask_iso_2022_jp(struct span document, struct buffer *to);

#endif
