/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_MAIL_DATE_H
#define WAYMARK_TEXT_MAIL_DATE_H

#include "base/bytes.h"
#include "base/clock.h"

/*
 * A date as mails have it (RFC 5322 section 3.3): "Sat, 21 Nov 2026 21:00:00 +0900 (JST)". The day
 * of the week is not looked at; seconds may be missing; years of two digits and the zones of the
 * obsolete syntax are read; a zone that nobody knows, or none, is UTC. Years 1970 to 9999.
 *
 * Return: 0; MAIL_DATE_E_FORM.
 */
enum { MAIL_DATE_E_FORM = 1 };
int mail_date_parse(struct span text, usec_t *ret_time);

#endif
