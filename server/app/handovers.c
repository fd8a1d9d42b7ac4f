/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of small sets, as recent_tags.c has one: a nonce is random, so its first bytes say its
 * set. The rows of a set stand in the order in which they were put, and the last one gives way: to
 * push one out within its minutes takes as many others as there are ways, all in the same set.
 */
#include "app/handovers.h"

#include "base/encode.h"
#include "crypto/random.h"

#include <stdlib.h>

enum { WAYS = 8, SETS = HANDOVERS / WAYS };

static bool prepare(struct handovers *handovers)
{
	if (handovers->rows)
		return true;
	handovers->rows = calloc(HANDOVERS, sizeof(*handovers->rows));
	if (!handovers->rows)
		return false;
	short_hash_key_make(&handovers->key);
	return true;
}

static struct handover *set_of(struct handovers *handovers, const struct token_nonce *nonce)
{
	return handovers->rows + (size_t)(get_u32(nonce->bytes) % SETS) * WAYS;
}

bool handovers_put(struct handovers *handovers, const struct handover *handover,
		   struct token_nonce *ret_nonce)
{
	struct token_nonce nonce;
	struct handover *set;

	if (!prepare(handovers))
		return false;
	random_take(&nonce, sizeof(nonce));
	set = set_of(handovers, &nonce);
	memmove(set + 1, set, (WAYS - 1) * sizeof(*set));
	set[0] = *handover;
	set[0].nonce = nonce;
	*ret_nonce = nonce;
	return true;
}

bool handovers_take(struct handovers *handovers, const struct token_nonce *nonce,
		    struct handover *ret_handover)
{
	struct handover *set;

	if (!handovers->rows)
		return false;
	set = set_of(handovers, nonce);
	for (unsigned i = 0; i < WAYS; i++) {
		if (id_is_zero(&set[i].visitor, sizeof(set[i].visitor)) ||
		    memcmp(&set[i].nonce, nonce, sizeof(*nonce)) != 0)
			continue;
		*ret_handover = set[i];
		set[i] = (struct handover){0};
		return true;
	}
	return false;
}

void handovers_forget(struct handovers *handovers, const struct visitor_id *visitor)
{
	for (size_t i = 0; handovers->rows && i < HANDOVERS; i++)
		if (memcmp(&handovers->rows[i].visitor, visitor, sizeof(*visitor)) == 0)
			handovers->rows[i] = (struct handover){0};
}

void handovers_finish(struct handovers *handovers)
{
	free(handovers->rows);
	handovers->rows = NULL;
}

uint64_t handovers_agent(struct handovers *handovers, struct span agent)
{
	return prepare(handovers) ? short_hash(&handovers->key, agent) : 0;
}
