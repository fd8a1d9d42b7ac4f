/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_LOGIN_H
#define WAYMARK_PUBLIC_LOGIN_H

#include "public/proof.h"

/*
 * A login at the site, told by its page with a proof that the site's own server minted for this
 * browser (purpose 9; deploy/examples/login.py). The proof is good if its key is this tracker's, if
 * its expiry lies ahead, but no more than LOGIN_AHEAD_S, and if its tag is that of the visitor in
 * the cookie: in any other browser it is worth nothing, however it got there.
 *
 * Adds the `login` event to the ticket of @builder, whose visit is @visit, and ties the browser to
 * the person. A browser that is known as somebody else's by a login or a form is a second person's
 * from here on: @visit then has a new visitor, and the answer has to set its cookie.
 *
 * Return: 0; LOGIN_E_FORGED (counted; nothing is recorded); LOGIN_E_LEFT_OUT (counted): a limit or
 * the disk keeps it out, or there is no such person any more, or people/ cannot be read; otherwise
 * as visit_event_begin() and visit_event_add().
 */
enum { LOGIN_AHEAD_S = 300 };
enum { LOGIN_E_FORGED = 20, LOGIN_E_LEFT_OUT = PROOF_E_LEFT_OUT };
int login_take(struct visit *visit, struct visit_event *builder, struct span proof);

#endif
