/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PERSON_ALIKE_H
#define WAYMARK_TRACK_PERSON_ALIKE_H

#include "base/bytes.h"

/*
 * Addresses that may be one person's. Who is who is decided by rule v1 alone (crypto/id.h), which
 * knows spaces and case and nothing else; what providers do beyond that differs, changes, and is
 * known to them alone. So addresses that are one by what is documented are proposed to an operator,
 * and never merged by themselves.
 */
enum person_alike_rule {
	PERSON_ALIKE_WIDTH = 1,	 /* full-width letters and signs */
	PERSON_ALIKE_CASE = 2,	 /* of letters beyond ASCII */
	PERSON_ALIKE_IDN = 4,	 /* a domain's Unicode and its A-label */
	PERSON_ALIKE_TAG = 8,	 /* "+news"; "-news" at Yahoo */
	PERSON_ALIKE_DOTS = 16,	 /* in the name, which Gmail, Hotmail and Live ignore */
	PERSON_ALIKE_DOMAIN = 32 /* of one provider: googlemail.com is gmail.com */
};

/*
 * Append the form that is the same for all that may be one, of an @address normalised by rule v1.
 * *ret_rules: what was changed on the way. Return: 0; -ENOMEM.
 */
int person_alike_form(struct span address, struct buffer *ret_form, unsigned *ret_rules);

/* "tag", "dots": of one rule. */
const char *person_alike_text(enum person_alike_rule rule);

#endif
