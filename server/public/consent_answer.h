/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_CONSENT_ANSWER_H
#define WAYMARK_PUBLIC_CONSENT_ANSWER_H

#include "public/privacy_page.h"
#include "public/visit.h"

/*
 * The answer to a choice and to being forgotten: to a form of our own 303 back to its page, to a
 * script of a site 204 that it may read; with the cookies that remember it. It waits for its event
 * as the answer to a click does.
 */
struct consent_answer {
	bool is_form;
	bool needs_record; /* it promises what only the events do: without them it is refused */
	enum language language;
	enum privacy_done done;
	unsigned counter;
	const char *cookie, *held; /* whole Set-Cookie values in the request's arena, or NULL */
	const char *back;	   /* where a form of another page leads; NULL: to /privacy */
};

/* Is it a form of our own page, so that what it sets comes by a navigation? */
bool consent_answer_is_to_form(const struct request *request, const struct tracker *tracker);

/* Who asks, and the cookie of the visit's identity as it stands. @language: as the form says. */
void consent_answer_init(struct consent_answer *answer, const struct visit *visit,
			 struct span language);
/* Drop the cookie of a held click, too. */
void consent_answer_drop_held(struct consent_answer *answer, const struct visit *visit);

/* Once @ticket is durable or its time is up; at once when it is NULL. Takes the ticket. */
enum handled consent_answer_commit(struct request *request, struct event_ticket *ticket,
				   const struct consent_answer *answer);

/*
 * 403 for a request that does not come from a page of the tracker or its sites, or 400 for one that
 * makes no sense: a page for a person, a sentence for a script.
 */
enum handled consent_answer_refuse(struct request *request, unsigned counter, unsigned status,
				   enum text_id why, struct span language);

#endif
