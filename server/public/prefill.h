/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_PREFILL_H
#define WAYMARK_PUBLIC_PREFILL_H

#include "public/visit.h"
#include "store/binding.h"
#include "track/prefill.h"

/*
 * What a browser is shown in a form: the rule of track/prefill.h with what the stores know. Used by
 * GET /p and by the hosted page.
 *
 * A stranger costs the same as whoever is known: the same number of lookups in the same order, with
 * ids that nobody has. So neither the time nor the reads of a request tell a page that may not ask
 * whether its reader is known.
 */
struct prefill {
	const struct form *form;
	struct binding bound; /* what ties the browser to the person of the values */
	/* By the index of the field; in the request's arena. Absent: nothing. */
	struct span values[FORM_FIELDS_MAX];
	enum prefill_source sources[FORM_FIELDS_MAX];
	struct prefill_rights rights;
	bool shows; /* a value is there, so it needs its event */
};

/*
 * @visit: of EVENT_prefill. @allowed: whoever asks may be told, as far as the request itself goes;
 * otherwise, and for a probe, a kiosk, or without the consent to be known, it is a stranger's.
 */
void prefill_look_up(const struct visit *visit, const struct form *form, bool allowed,
		     struct prefill *ret_prefill);

/*
 * The event of showing @prefill, which says which fields, by what level, and what ties the browser
 * to the person; never a value. NULL: it cannot be recorded (counted), so nothing may be shown.
 */
struct event_ticket *prefill_record(const struct visit *visit, const struct prefill *prefill);

#endif
