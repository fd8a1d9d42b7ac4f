/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_IDENTITY_H
#define WAYMARK_TRACK_IDENTITY_H

#include "crypto/token.h"
#include "store/schema.h"
#include "track/country.h"
#include "track/tracker.h"

/*
 * Who is asking, and what consent allows to be done about it (DESIGN.md 5). Pure: reads the
 * headers, decides; the caller mints, stores and answers.
 */
enum consent_reason { /* the order of the choices of field consent_reason */
		      CONSENT_BY_DEFAULT,
		      CONSENT_BY_COOKIE,
		      CONSENT_BY_GPC,
		      CONSENT_BY_DNT,
		      CONSENT_BY_PROSPECT,
		      CONSENT_BY_COUNTRY
};

/* What one event may carry under one consent: a cell of the table in identity.c. */
struct consent_policy {
	bool stored;  /* an event is written at all */
	bool visitor; /* with the browser's id, and the cookie may be set */
	bool person;  /* with the person */
};

/* Whether the answer to an event may set the cookie: a column of the same table. */
enum cookie_rule {
	COOKIE_NEVER,	      /* it reads what is there */
	COOKIE_BY_NAVIGATION, /* a top-level navigation sets and refreshes it */
	COOKIE_BY_BEACON      /* sets it where there is none; never sends it again */
};

/* Consent x event, a table. GPC counts as denied. */
const struct consent_policy *consent_policy(enum consent consent, enum event_type type);
enum cookie_rule consent_cookie_rule(enum event_type type);

/* What the request said. Spans absent when the header is. */
struct identity_request {
	const struct tracker *tracker;
	const struct config *config;
	const struct keyring *keyring;
	const struct span *cookies; /* each Cookie header */
	size_t cookie_count;
	struct span sec_gpc, dnt, sec_fetch_mode, sec_fetch_dest;
	const struct country_table *countries; /* NULL: consent.default holds everywhere */
	struct address client;
	bool scripted; /* what does not say how it was made is no navigation either */
	bool probe;    /* HEAD or prefetch: neither sets a cookie nor binds */
	usec_t now;    /* wall */
};

struct identity {
	enum consent consent;
	enum consent_reason reason;
	struct visitor_id visitor; /* zeros: none; only where the policy allows a visitor */
	bool is_new;		   /* minted now */
	bool navigation;	   /* top-level navigation, or a browser that does not say */
	bool conflicting_cookies;  /* two different valid values: a new one was minted */
	bool invalid_cookie;	   /* a value of our name that did not verify */
	bool set_cookie;	   /* send cookie_value */
	bool drop_cookie;	   /* send identity_format_no_cookie() */
	char cookie_value[TOKEN_VISITOR_CHARS + 1];
};

/*
 * Resolve the identity for one event of a type that a request can cause. What the table says of the
 * cookie holds: a click sets one for a new visitor and refreshes one, but only as a top-level
 * navigation; a view, leave or event sets one where the browser sends none that is valid; all else
 * only reads. Nothing is set where the policy allows no visitor, nor for a probe.
 *
 * A navigation refreshes a cookie under identify, never under measure, when a quarter of the time
 * is used that a browser keeps it: COOKIE_MAX_AGE_DAYS for one that a navigation set, and
 * COOKIE_SHORT_AGE_DAYS for one that a beacon or a script's request set (Safari). A cookie that is
 * set without the browser having chosen carries no choice, so that another default takes it along.
 */
void identity_resolve(const struct identity_request *request, enum event_type type,
		      struct identity *ret_identity);

/*
 * What a choice makes of the browser's identity (POST /consent): @ret_identity has the consent that
 * is in force from now on, and the cookie that remembers it. Pending is no choice: the cookie is
 * dropped and the default holds again. Denied is remembered without an id. The id of a browser that
 * was bound under identify is not kept under measure, else what it does from there on would still
 * be told of its person. While the browser itself says no (GPC, DNT), only denied is taken.
 *
 * Return: the consent that was in force until now.
 */
enum consent identity_choose(const struct identity_request *request, enum consent choice,
			     struct identity *ret_identity);

/*
 * The ids in all valid cookies of the browser, each once, whatever consent says: for who wants to
 * be forgotten. Return: how many, at most @limit.
 */
size_t identity_visitors(const struct identity_request *request, struct visitor_id *ret_visitors,
			 size_t limit);

/* The consent of a browser that has not said anything: by its country, else consent.default. */
enum consent identity_default(const struct identity_request *request,
			      enum consent_reason *ret_reason);

/*
 * The consent of whoever a mail was sent to, for what the mail asks for by itself (an open):
 * @choice, as the person's record says it, or, where that is absent, the stricter one of
 * consent.default and what is listed for the country, since the network is mostly that of a mail
 * provider. What the request says of a browser (cookie, GPC, DNT) is that of whatever has fetched
 * the picture for the reader, so nothing of it is asked, and there is no visitor and no cookie. A
 * choice that is no consent allows nothing.
 */
void identity_of_reader(const struct identity_request *request, struct span choice,
			struct identity *ret_identity);

/*
 * Another visitor from here on, for a browser that a second known person uses: what it did before
 * stays the first one's. Its choice of consent stays, too. @identity is what was resolved for
 * @request; it has a new cookie to set, also where a beacon would not send one again, since it is
 * another one.
 */
void identity_renew(const struct identity_request *request, struct identity *identity);

/* The same with that visitor, who got a cookie a moment ago that this browser may not have kept. */
void identity_resume(const struct identity_request *request, const struct visitor_id *visitor,
		     struct identity *identity);

enum { COOKIE_MAX_AGE_DAYS = 395, COOKIE_SHORT_AGE_DAYS = 7 };

/* "name=value; Path=/; Max-Age=34128000; Secure; HttpOnly; SameSite=Lax" for @tracker. */
void identity_format_cookie(const struct tracker *tracker, const char *value, struct buffer *to);
/* The same cookie, empty and over at once: the browser drops it. */
void identity_format_no_cookie(const struct tracker *tracker, struct buffer *to);

#endif
