/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PREFILL_H
#define WAYMARK_TRACK_PREFILL_H

#include "base/clock.h"
#include "store/schema.h"
#include "track/form.h"

#include <stdbool.h>

/*
 * Which values a browser may be shown in a form (DESIGN.md 8). Pure: whoever asks looks up what is
 * known of the browser, and does what the rule says.
 *
 * The level of a field (enum form_level) is the weakest evidence that opens it: click, a link of
 * that person, followed here just now and by no other browser ever; own, the value was sent by this
 * browser itself; confirmed, a login, or the link of a mail that was sent after the declaration.
 * What opens a level opens those before it, and nothing opens never.
 */
enum { PREFILL_CLAIM_MINUTES = 30 };

/* What is known of a browser that consents to be tied to a person. */
struct prefill_situation {
	enum evidence evidence; /* of what ties it to a person; EVIDENCE_NONE: it is nobody's */
	/*
	 * When it last followed a link of that person: by a top-level navigation, not as a machine,
	 * and by a token of one part, which nobody can put together from two mails. 0: never.
	 */
	usec_t claimed;
	bool only;  /* no other browser was ever tied to that person, or tried to be */
	bool typed; /* what this browser has sent, it sent as that person */
	usec_t now;
};

/* What it opens. Without any, whoever asks gets what a stranger gets. */
struct prefill_rights {
	bool click, own, confirmed;
};
void prefill_judge(const struct prefill_situation *situation, struct prefill_rights *ret_rights);

enum prefill_source {
	PREFILL_NOTHING,
	PREFILL_TYPED, /* what this browser itself sent */
	PREFILL_KNOWN  /* what is known of the person */
};
/* Where the value of a field of @level comes from; @is_typed: this browser has sent one for it. */
enum prefill_source prefill_choose(const struct prefill_rights *rights, enum form_level level,
				   bool is_typed);

/*
 * May @value stand in @field at all? Where the field has choices it is one of them (or several,
 * joined by ';'), and a number is a number: otherwise what a level allows of a choice would let
 * out whatever else is kept under that name.
 */
bool prefill_fits(const struct form_field *field, struct span value);

#endif
