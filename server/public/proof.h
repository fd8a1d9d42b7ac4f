/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_PROOF_H
#define WAYMARK_PUBLIC_PROOF_H

#include "public/visit_event.h"

/*
 * The strongest evidence: a token of ours, or of the site's, that is good in this browser alone
 * says whose it is. Completes and adds the event that @builder has begun for @visit, and ties the
 * browser to the person. A browser that is known as somebody else's by a login or a form is a
 * second person's from here on: @visit then has a new visitor, and the answer has to set its
 * cookie.
 *
 * Return: 0; PROOF_E_LEFT_OUT (counted): there is no such person any more, or people/ cannot be
 * read; otherwise as visit_event_add().
 */
enum { PROOF_E_LEFT_OUT = 21 };
int proof_take(struct visit *visit, struct visit_event *builder,
	       const struct prospect_id *prospect);

#endif
