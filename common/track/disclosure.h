/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_DISCLOSURE_H
#define WAYMARK_TRACK_DISCLOSURE_H

#include "track/tracker.h"

/*
 * What the configuration discloses on /privacy about who records: the keys privacy.*, judged once
 * they are all there, because the page makes links of them.
 */
enum { DISCLOSURE_E_INVALID = 1 };

/* Return: 0; DISCLOSURE_E_INVALID with @error naming file, line and key; negative errno. */
int disclosure_check(const struct config *config, struct error *error);

/* Is @text a web address (else, of a contact that was checked, an e-mail address)? */
bool disclosure_is_web(const char *text);

/* Who is answerable: privacy.operator, else the host of the tracker's first site. */
const char *disclosure_operator(const struct config *config, const struct tracker *tracker);

#endif
