/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_CHARSET_INTERNAL_H
#define WAYMARK_TEXT_CHARSET_INTERNAL_H

#include "text/charset_decode.h"

enum { CHARSET_ERROR = 0xFFFD, CHARSET_NOTHING = 0x110000 };

/* Bytes that are being decoded; all zeros but @bytes to begin with. */
struct charset_reading {
	struct span bytes;
	size_t at;
	uint32_t pending; /* the second of two code points that one character stands for */
	uint8_t set;	  /* of ISO-2022-JP: the one that was chosen last */
	bool escaped;	  /* and nothing has come since */
};

struct charset {
	const char *name;
	const char *labels; /* each between spaces; the name is one by itself */
	/* The next code point; CHARSET_ERROR for what is ill-formed, CHARSET_NOTHING when the bytes
	 * that were left stand for none. There is a byte left. */
	uint32_t (*next)(const struct charset *charset, struct charset_reading *reading);
	const uint16_t *table;
	size_t count;
	size_t posted_from;    /* below this pointer browsers only read */
	const uint8_t *beyond; /* bit per row: it is of the third plane */
	bool has_all;	       /* browsers post every character in it as it is */
};

/* charset_tables.c */
extern const struct charset charset_all[];
extern const size_t charset_count;
uint32_t charset_jis0212(size_t pointer);	 /* 0: none */
uint32_t charset_gb18030_four(uint32_t pointer); /* 0: none */
/* The code point of a row; 0: none, also beyond the table. */
uint32_t charset_row(const struct charset *charset, size_t pointer);

/* charset_next.c */
uint32_t charset_next_utf8(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_single(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_shift_jis(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_euc_jp(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_iso_2022_jp(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_big5(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_euc_kr(const struct charset *charset, struct charset_reading *reading);
uint32_t charset_next_gb18030(const struct charset *charset, struct charset_reading *reading);

#endif
