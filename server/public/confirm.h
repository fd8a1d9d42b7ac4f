/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_CONFIRM_H
#define WAYMARK_PUBLIC_CONFIRM_H

#include "public/texts.h"
#include "public/visit.h"
#include "track/form.h"

/*
 * A person confirms an address that was typed into a form: a link is mailed to it, and whoever
 * opens it in the browser that the form was sent from has proved to read that mail (purpose 14:
 * prospect id, visitor tag, when its time is over). Elsewhere it is worth nothing, and there it is
 * worth something once.
 */
enum { CONFIRM_DAYS = 7 };

/*
 * Append the mail (RFC 5322) by which @prospect at @address, which is normalised, can confirm what
 * the browser of @visit has declared. Return: 0; negative errno.
 */
int confirm_mail_append(const struct visit *visit, const struct form *form, enum language language,
			const struct prospect_id *prospect, struct span address, struct buffer *to);

#endif
