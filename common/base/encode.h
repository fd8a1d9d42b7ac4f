/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_BASE_ENCODE_H
#define WAYMARK_BASE_ENCODE_H

#include "base/bytes.h"

/* Big-endian integers, the only byte order on disk and in tokens. */
static inline void put_u16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static inline void put_u32(uint8_t *to, uint32_t value)
{
	put_u16(to, (uint16_t)(value >> 16));
	put_u16(to + 2, (uint16_t)value);
}

static inline void put_u64(uint8_t *to, uint64_t value)
{
	put_u32(to, (uint32_t)(value >> 32));
	put_u32(to + 4, (uint32_t)value);
}

static inline uint16_t get_u16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

static inline uint32_t get_u32(const uint8_t *from)
{
	return (uint32_t)get_u16(from) << 16 | get_u16(from + 2);
}

static inline uint64_t get_u64(const uint8_t *from)
{
	return (uint64_t)get_u32(from) << 32 | get_u32(from + 4);
}

/* Lower-case hexadecimal; @ret_text needs 2 * size + 1 bytes. */
void hex_format(const void *data, size_t size, char *ret_text);
/* Exactly 2 * @size hex digits of either case; ENCODE_E_FORM otherwise. */
int hex_parse(struct span text, void *ret_data, size_t size);

/* Base64url without padding, RFC 4648 section 5. */
#define BASE64URL_CHARS(bytes) (((bytes)*4 + 2) / 3)
void base64url_format(const void *data, size_t size, char *ret_text); /* + NUL */

/*
 * Canonical only: no padding, no white space, no foreign character, unused bits zero, so that each
 * value has exactly one text. @ret_data holds @capacity bytes.
 *
 * Return: 0; ENCODE_E_FORM; ENCODE_E_LONG when it does not fit.
 */
enum { ENCODE_E_FORM = 1, ENCODE_E_LONG = 2 };
int base64url_parse(struct span text, void *ret_data, size_t capacity, size_t *ret_size);

/*
 * Valid UTF-8 out of any bytes: each maximal ill-formed run becomes U+FFFD (WHATWG decode), cut at
 * a character boundary so that at most @limit bytes result. Appends to @to.
 */
void utf8_append_clean(struct buffer *to, struct span text, size_t limit);
bool utf8_valid(struct span text);

/* One code point at @text[*at], which advances past it; U+FFFD for an ill-formed run. */
uint32_t utf8_next(struct span text, size_t *at);
void utf8_append(struct buffer *to, uint32_t code_point);

#endif
