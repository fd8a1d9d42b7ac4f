/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_IDENTITY_H
#define WAYMARK_TRACK_IDENTITY_H

#include "crypto/token.h"
#include "store/schema.h"
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
		      CONSENT_BY_PROSPECT
};

enum evidence { /* the order of the choices of field evidence */
		EVIDENCE_NONE,
		EVIDENCE_CLAIM,
		EVIDENCE_DECLARATION,
		EVIDENCE_PROOF
};

/* What one event may carry under one consent: a cell of the table in identity.c. */
struct consent_policy {
	bool stored;  /* an event is written at all */
	bool visitor; /* with the browser's id, and the cookie may be set */
	bool person;  /* with the person */
};

/* Consent x event, a table. GPC counts as denied. */
const struct consent_policy *consent_policy(enum consent consent, enum event_type type);

/* What the request said. Spans absent when the header is. */
struct identity_request {
	const struct tracker *tracker;
	const struct config *config;
	const struct keyring *keyring;
	const struct span *cookies; /* each Cookie header */
	size_t cookie_count;
	struct span sec_gpc, dnt, sec_fetch_mode, sec_fetch_dest;
	bool probe; /* HEAD or prefetch: neither sets a cookie nor binds */
	usec_t now; /* wall */
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
	char cookie_value[TOKEN_VISITOR_CHARS + 1];
};

/*
 * Resolve the identity for one click (type EVENT_click). A cookie is set for a new visitor;
 * refreshed only by a navigation, when a quarter of its age is used, and never under measure; never
 * for a request that is not a navigation.
 */
void identity_resolve_click(const struct identity_request *request, struct identity *ret_identity);

enum { COOKIE_MAX_AGE_DAYS = 395 };

/* "name=value; Path=/; Max-Age=34128000; Secure; HttpOnly; SameSite=Lax" for @tracker. */
void identity_format_cookie(const struct tracker *tracker, const char *value, struct buffer *to);

#endif
