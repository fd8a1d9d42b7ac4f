/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_FORM_BODY_H
#define WAYMARK_TEXT_FORM_BODY_H

#include "base/arena.h"

/*
 * A body of type application/x-www-form-urlencoded, by the URL Standard (section 5.1): pieces
 * between '&', of which the empty ones are skipped; the first '=' ends the name, and a piece
 * without one is a name with an empty value; then '+' is a space and %XX a byte, once, in name and
 * value; what is no escape stays as it is. Nothing else separates: "a;b" is one name, and "=v" a
 * value whose name is empty.
 *
 * Names and values are valid UTF-8: each maximal ill-formed run of bytes becomes U+FFFD, as a
 * browser would read it. They may hold NUL and other controls. A pair that comes twice is there
 * twice, in order.
 */
struct form_pair {
	struct span name, value;
};

struct form_body {
	struct form_pair *pairs; /* in the arena, as is what they point to */
	size_t count;
};

enum {
	FORM_BODY_E_SIZE = 1,  /* longer than FORM_BODY_MAX_BYTES */
	FORM_BODY_E_PAIRS = 2, /* more than FORM_BODY_PAIRS_MAX */
	FORM_BODY_E_TYPE = 3,  /* of no type that is read here */
	FORM_BODY_E_FORM = 4,  /* not what its type says: malformed multipart or JSON */
	FORM_BODY_MAX_BYTES = 65536,
	FORM_BODY_PAIRS_MAX = 256
};

/*
 * Time is linear in the body; memory at most four times its size and the pairs.
 *
 * Return: 0; FORM_BODY_E_*; -ENOMEM.
 */
int form_body_parse(struct span body, struct arena *arena, struct form_body *ret_form);

/*
 * A form's body of any kind, as the same list of pairs: application/x-www-form-urlencoded (also
 * when
 * @type, the Content-Type, is absent), multipart/form-data (RFC 7578) and application/json, an
 * object of texts, numbers, booleans and lists of these; null is no pair. Files are left out.
 *
 * What is no UTF-8 is decoded from the charset that the body names: in a field "_charset_", or a
 * multipart part in its type; else the one in @type; else, when it is not valid UTF-8, @charset,
 * the one of the page (absent: unknown). Labels are those of the Encoding Standard.
 *
 * Return: 0; FORM_BODY_E_*; -ENOMEM.
 */
int form_body_read(struct span type, struct span body, struct span charset, struct arena *arena,
		   struct form_body *ret_form);

/* The first value of @name; absent when there is none. */
struct span form_body_get(const struct form_body *form, struct span name);

#endif
