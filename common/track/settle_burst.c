/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clicks that are told by each other: several links of one mail faster than anybody reads, and one
 * link from two places at once.
 *
 * The clicks of a group are a chain from the group's first one on, so that each is walked along
 * once for a rule, whatever lies between them.
 */
#include "track/settle_internal.h"

enum {
	NEIGHBOURS = 8, /* clicks on a link that one is compared with for second_click */
	NO_EVENT = SETTLE_NO_GROUP
};

/* Clicks of the same mailing, or link, one after the other. */
static void chain_clicks(struct settle_work *work, bool by_link)
{
	for (size_t i = 0; i < work->count; i++)
		work->rows[i].first = work->rows[i].next = NO_EVENT;
	for (size_t i = 0; i < work->count; i++) {
		const struct settle_group *groups = &work->groups[i];
		struct settle_row *group;

		if (work->events[i].type != EVENT_click || groups->link == SETTLE_NO_GROUP)
			continue;
		group = &work->rows[by_link ? groups->link : groups->mailing];
		if (group->first == NO_EVENT)
			group->first = (uint16_t)i;
		else
			work->rows[group->last].next = (uint16_t)i;
		group->last = (uint16_t)i;
	}
}

struct burst {
	usec_t reach;
	uint64_t links;	 /* so many of them */
	uint64_t reason; /* is what each click of it gets, */
	uint64_t unless; /* but for those that have a stronger one */
};

/* A window moves over the clicks from @first on; where it holds a burst, all of it is marked. */
static void mark_burst(struct settle_work *work, const struct burst *burst, uint16_t first)
{
	uint16_t left = first, mark = first;
	struct settle_row *rows = work->rows;
	uint64_t distinct = 0;

	for (uint16_t right = first; right != NO_EVENT; right = rows[right].next) {
		distinct += rows[work->groups[right].link].links++ == 0;
		for (; work->events[right].time - work->events[left].time > burst->reach;
		     left = rows[left].next)
			distinct -= --rows[work->groups[left].link].links == 0;
		if (distinct < burst->links)
			continue;
		for (mark = mark > left ? mark : left; mark <= right && mark != NO_EVENT;
		     mark = rows[mark].next)
			if (!(work->verdicts[mark].reasons & burst->unless))
				work->verdicts[mark].reasons |= burst->reason;
	}
	for (; left != NO_EVENT; left = rows[left].next)
		rows[work->groups[left].link].links--;
}

void settle_bursts(struct settle_work *work)
{
	const struct verdict_limits *limits = work->limits;
	const struct burst bursts[] = {
		{limits->fast, limits->burst_links, VERDICT_BIT(burst_fast), 0},
		{limits->burst, limits->burst_links, VERDICT_BIT(burst), VERDICT_BIT(burst_fast)},
		{limits->fast, 2, VERDICT_BIT(pair_fast),
		 VERDICT_BIT(burst_fast) | VERDICT_BIT(burst)},
	};

	chain_clicks(work, false);
	for (size_t kind = 0; kind < sizeof(bursts) / sizeof(bursts[0]); kind++)
		for (size_t i = 0; i < work->count; i++)
			if (work->rows[i].first != NO_EVENT)
				mark_burst(work, &bursts[kind], work->rows[i].first);
}

static bool is_repeated(const struct settle_work *work, size_t one, size_t other)
{
	const struct settle_event *a = &work->events[one], *b = &work->events[other];

	return a->network && b->network && a->network != b->network && a->agent_id && b->agent_id &&
	       a->agent_id != b->agent_id && !settle_is_hit(work, one) &&
	       !settle_is_hit(work, other);
}

/* The one whose page a person saw repeats nothing: the other one does. */
void settle_repeated(struct settle_work *work)
{
	const uint64_t person = VERDICT_BIT(landing) | VERDICT_BIT(input) | VERDICT_BIT(proof);
	usec_t reach = settle_at_most(work->limits->second_click, work->limits->settle);

	chain_clicks(work, true);
	for (size_t i = 0; i < work->count; i++) {
		uint64_t *one = &work->verdicts[i].reasons;
		uint16_t other = work->rows[i].next;

		for (int n = 0; n < NEIGHBOURS && other != NO_EVENT; n++) {
			uint64_t *also = &work->verdicts[other].reasons;

			if (work->events[other].time - work->events[i].time > reach)
				break;
			if (is_repeated(work, i, other)) {
				if (!(*one & person) || *also & person)
					*one |= VERDICT_BIT(second_click);
				if (!(*also & person) || *one & person)
					*also |= VERDICT_BIT(second_click);
			}
			other = work->rows[other].next;
		}
	}
}
