/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of small sets, as recent_tags.c has one: a visitor id is random and came in by a cookie
 * that has verified, so its first bytes say its set. The rows of a set stand in the order of their
 * last claims, and the last one gives way.
 */
#include "app/recent_claims.h"

#include "base/encode.h"

#include <stdlib.h>

enum { WAYS = 8, SETS = RECENT_CLAIMS / WAYS };

struct recent_claim {
	struct visitor_id visitor; /* zeros: the row is free */
	struct handle person;
	usec_t time;
};

static struct recent_claim *set_of(const struct recent_claims *claims,
				   const struct visitor_id *visitor)
{
	return claims->rows + (size_t)(get_u32(visitor->bytes) % SETS) * WAYS;
}

static unsigned find(const struct recent_claim *set, const struct visitor_id *visitor)
{
	unsigned at = 0;

	while (at < WAYS && memcmp(&set[at].visitor, visitor, sizeof(*visitor)) != 0)
		at++;
	return at;
}

void recent_claims_put(struct recent_claims *claims, const struct visitor_id *visitor,
		       const struct handle *person, usec_t time)
{
	struct recent_claim *set;
	unsigned at;

	if (!claims->rows)
		claims->rows = calloc(RECENT_CLAIMS, sizeof(*claims->rows));
	if (!claims->rows)
		return;
	set = set_of(claims, visitor);
	at = find(set, visitor);
	memmove(set + 1, set, (at < WAYS ? at : WAYS - 1) * sizeof(*set));
	set[0] = (struct recent_claim){.visitor = *visitor, .person = *person, .time = time};
}

usec_t recent_claims_find(const struct recent_claims *claims, const struct visitor_id *visitor,
			  const struct handle *person)
{
	const struct recent_claim *set;
	unsigned at;

	if (!claims->rows || id_is_zero(visitor, sizeof(*visitor)))
		return 0;
	set = set_of(claims, visitor);
	at = find(set, visitor);
	if (at == WAYS || memcmp(&set[at].person, person, sizeof(*person)) != 0)
		return 0;
	return set[at].time;
}

void recent_claims_forget(struct recent_claims *claims, const struct visitor_id *visitor)
{
	struct recent_claim *set;
	unsigned at;

	if (!claims->rows)
		return;
	set = set_of(claims, visitor);
	at = find(set, visitor);
	if (at < WAYS)
		set[at] = (struct recent_claim){.time = 0};
}

void recent_claims_finish(struct recent_claims *claims)
{
	free(claims->rows);
	claims->rows = NULL;
}
