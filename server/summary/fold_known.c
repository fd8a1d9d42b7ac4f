/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from a text or an address alone: the group that a page is in, the class of a
 * referrer, the network of a scanner. Each is a walk through rules or lists, and few of them make
 * most of the events, so the answer is kept for all units, as long as there are not too many.
 * Networks are as many as visitors, and one is asked for several times in a row and then hardly
 * ever again: of these the last few are kept.
 */
#include "summary/fold_internal.h"

#include "text/address.h"
#include "track/verdict_rules.h"

#include <errno.h>

enum { KNOWN_MAX = 1 << 16 };
enum { KNOWN_GROUP, KNOWN_REFERRER };

/* The place of an answer, 0 when it is to be found out; NULL when out of memory. */
static uint64_t *known_at(struct fold *fold, uint64_t what, uint64_t b, uint64_t c)
{
	uint64_t *value;

	if (fold->known.count >= KNOWN_MAX)
		memo_finish(&fold->known);
	value = memo_at(&fold->known, &(struct memo_key){what, b, c}, NULL);
	if (!value)
		fold->error = -ENOMEM;
	return value;
}

static struct span text_of(const struct fold *fold, uint32_t id)
{
	return id ? fold->context->text(fold->context->context, id) : span_of(NULL, 0);
}

int fold_group(struct fold *fold, uint32_t page)
{
	uint64_t *value;

	if (!fold->context->rules || fold->context->rules->group_count == 0 || page == 0)
		return RULES_NONE;
	value = known_at(fold, KNOWN_GROUP, page, 0);
	if (!value)
		return RULES_NONE;
	if (*value == 0) {
		int group = rules_group_of_page(fold->context->rules, text_of(fold, page));

		*value = (uint64_t)group - (uint64_t)RULES_NONE + 1;
	}
	return (int)*value + RULES_NONE - 1;
}

enum source_class fold_referrer_class(struct fold *fold, uint32_t referrer, uint32_t tracker)
{
	uint64_t *value;

	if (referrer == 0)
		return SOURCE_DIRECT;
	value = known_at(fold, KNOWN_REFERRER, referrer, tracker);
	if (!value)
		return SOURCE_DIRECT;
	if (*value == 0) {
		cleanup_buffer struct buffer first = BUFFER_INIT;

		/* The second text may take the place of the first. */
		buffer_append_span(&first, text_of(fold, referrer));
		*value = 1 +
			 (uint64_t)source_of_referrer(buffer_span(&first), text_of(fold, tracker));
	}
	return (enum source_class)(*value - 1);
}

/* As fact.network has it: v4 in the low 32 bits, else the first half of v6. */
static struct address address_of(uint64_t network)
{
	struct address address = {.known = network != 0};
	bool v4 = network >> 32 == 0;

	if (v4)
		address.bytes[10] = address.bytes[11] = 0xFF;
	for (unsigned i = 0; i < 8; i++) {
		unsigned at = v4 ? i + 8 : i;

		if (!v4 || i >= 4)
			address.bytes[at] = (uint8_t)(network >> (56 - 8 * i));
	}
	return address;
}

static struct fold_net *net_at(struct fold *fold, const struct fact *fact)
{
	uint64_t mixed = (fact->network ^ (uint64_t)fact->net << 40) * UINT64_C(0x9E3779B97F4A7C15);

	return &fold->nets[(mixed >> 32) % FOLD_NETS];
}

uint32_t fold_net(struct fold *fold, const struct fact *fact)
{
	struct fold_net *known = net_at(fold, fact);
	struct address address;

	if (fact->net == 0 && fact->network == 0)
		return 0;
	if (known->name != fact->net || known->network != fact->network) {
		address = address_of(fact->network);
		*known = (struct fold_net){
			.network = fact->network,
			.name = fact->net,
			.net = verdict_rules_recorded_net(fold->context->verdicts,
							  text_of(fold, fact->net), &address),
		};
	}
	return known->net;
}
