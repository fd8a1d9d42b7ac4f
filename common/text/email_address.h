/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_EMAIL_ADDRESS_H
#define WAYMARK_TEXT_EMAIL_ADDRESS_H

#include "base/bytes.h"

/*
 * What may stand in a form's e-mail field: a valid e-mail address of the HTML Standard (4.10.5.1.5,
 * "E-mail state"), which is narrower than RFC 5322 (no comments, no quotes) and wider in that two
 * dots may stand together. ASCII only. This says nothing of who a person is: that is rule v1 of
 * crypto/id.h, which takes more.
 */
bool email_address_is_valid(struct span address);

/* What stands behind the last '@'; absent when there is none. */
struct span email_address_domain(struct span address);

/*
 * Append @address with its domain as browsers post it: what is not ASCII in it becomes an A-label
 * (UTS 46). Unchanged when the domain is ASCII, or is no domain.
 */
void email_address_append_ascii(struct buffer *to, struct span address);

/*
 * Append @text with the full-width forms of ASCII (U+FF01 to U+FF5E) and the ideographic space made
 * ASCII, as Japanese keyboards type addresses and numbers. Never longer than @text.
 */
void email_address_append_narrow(struct buffer *to, struct span text);

/*
 * Append @address so that its owner knows it and others learn little of it: the first letter of the
 * name and of the domain, and what stands behind the domain's last dot ("a•••@e•••.com").
 */
void email_address_append_masked(struct buffer *to, struct span address);

#endif
