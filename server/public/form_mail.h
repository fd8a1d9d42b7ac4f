/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_FORM_MAIL_H
#define WAYMARK_PUBLIC_FORM_MAIL_H

#include "public/form_post.h"

/*
 * Whether the domains of typed addresses take mail, where a field of the form asks for that ("mx")
 * and forms.resolver says whom to ask. A post waits for it three seconds at most; what is not known
 * then is taken.
 */
enum { FORM_MAIL_WAIT_MS = 3000 };

/* Is @request a post that waits? The handler was called again and asks once more. */
bool form_mail_waits(const struct request *request);
/* False: it waits no longer, and goes on as a post that has just come. */
bool form_mail_ask(struct request *request, const struct form *form);

/* Give a reason to addresses whose domains are known to take none. */
void form_mail_judge(struct app *app, const struct form *form, struct form_answer *answer);

#endif
