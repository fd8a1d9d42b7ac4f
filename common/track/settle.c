/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that speaks for or against a click lies before or behind it in time, so what is
 * needed is, for each group of events (one browser, one mail, ...), the last thing that happened
 * before and the first that happens after. Two walks over the events, one each way, keep just that:
 * linear, whatever a scanner does, and without memory of the heap.
 *
 * A burst is folded back: once its third link is there, all of its clicks are suspect, the first
 * one too. A page that a person saw outweighs that.
 *
 * Views and what else a browser does take over the weight of the click that brought it: a scanner
 * that runs scripts shows pages, too.
 *
 * The same evidence is looked for whatever @as_of is, but none after it; and none after the instant
 * at which the verdict settles, so that it then stays.
 */
#include "track/settle.h"

#include "track/settle_group.h"

enum {
	NEIGHBOURS = 8, /* clicks on a link that one is compared with for second_click */
	NO_EVENT = SETTLE_NO_GROUP
};

#define NO_TIME	   UINT64_MAX
#define TYPE(name) (UINT64_C(1) << EVENT_##name)
#define CLICKS	   (TYPE(click) | TYPE(probe))
/* What a browser does after a click brought it. */
#define FOLLOWERS                                                                 \
	(TYPE(view) | TYPE(leave) | TYPE(event) | TYPE(search) | TYPE(download) | \
	 TYPE(submit_error))
/* Somebody said who they are, or did what no scanner does. */
#define DECLARATIONS (TYPE(submit) | TYPE(confirm) | TYPE(login) | TYPE(purchase))

struct work {
	const struct verdict_rules *rules;
	const struct verdict_limits *limits;
	const struct settle_event *events;
	struct settle_verdict *verdicts;
	size_t count; /* of the events that are not after @as_of */
	struct settle_groups groups;

	/* By group: the last time before the event at hand, or the first one after it. */
	usec_t input[SETTLE_MAX_EVENTS];    /* visitor: a trusted input event */
	usec_t proof[SETTLE_MAX_EVENTS];    /* visitor: a login, a confirmation */
	usec_t declared[SETTLE_MAX_EVENTS]; /* visitor: a form */
	usec_t hit[SETTLE_MAX_EVENTS];	    /* address: a certain machine */
	usec_t trapped[SETTLE_MAX_EVENTS];  /* mailing: a trap link */
	usec_t sent[SETTLE_MAX_EVENTS];	    /* mailing: it was sent; forwards only */
	usec_t landed[SETTLE_MAX_EVENTS];   /* mailing: the page of a click was shown */
	usec_t shown[SETTLE_MAX_EVENTS];    /* visitor: a page; backwards only */
	usec_t seen[SETTLE_MAX_EVENTS];	    /* visitor: when it was known that one was seen;
					       backwards only */
	usec_t clicked[SETTLE_MAX_EVENTS];  /* visitor: its last click; forwards only */
	int doubt[SETTLE_MAX_EVENTS];	    /* visitor: what that weighs */

	/* By event. */
	usec_t seen_at[SETTLE_MAX_EVENTS]; /* of a view: when it was known that it was seen */
	usec_t page_at[SETTLE_MAX_EVENTS]; /* of a click: when its page was shown */

	/* Clicks of one group, in order, from the group's first one. */
	uint16_t first[SETTLE_MAX_EVENTS], last[SETTLE_MAX_EVENTS], next[SETTLE_MAX_EVENTS];
	uint16_t links[SETTLE_MAX_EVENTS]; /* by group of link: clicks in the window */
};

static bool is_of(const struct settle_event *event, uint64_t types)
{
	return types >> event->type & 1;
}

static bool is_near(usec_t a, usec_t b, usec_t reach)
{
	return b != NO_TIME && (a > b ? a - b : b - a) <= reach;
}

static usec_t at_most(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

uint64_t settle_request_reasons(const struct verdict_rules *rules, const struct settle_event *event)
{
	static const struct verdict_agent absent = {.absent = true, .open = VERDICT_OPEN_PREFETCH};
	const struct verdict_agent *agent = event->agent ? event->agent : &absent;
	uint64_t reasons = (event->bits & SETTLE_HEAD ? VERDICT_BIT(head) : 0) |
			   (event->bits & SETTLE_PREFETCH ? VERDICT_BIT(prefetch) : 0) |
			   (event->bits & SETTLE_TRAP ? VERDICT_BIT(trap) : 0) |
			   verdict_rules_net_reason(rules, event->net);

	if (event->bits & SETTLE_NO_HEADERS)
		return reasons | (verdict_agent_reasons(agent) & ~VERDICT_BIT(no_agent));
	return reasons | verdict_agent_reasons(agent) |
	       verdict_missing_reasons(agent, event->bits & SETTLE_HTTPS,
				       event->bits & SETTLE_SEC_FETCH,
				       event->bits & SETTLE_LANGUAGE);
}

static void begin(struct work *work, usec_t as_of, size_t count)
{
	work->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct settle_event *event = &work->events[i];

		work->verdicts[i] = (struct settle_verdict){0};
		if (is_of(event, CLICKS | FOLLOWERS | DECLARATIONS | TYPE(open)))
			work->verdicts[i].reasons = settle_request_reasons(work->rules, event);
		work->seen_at[i] = work->page_at[i] = work->clicked[i] = NO_TIME;
		work->links[i] = 0;
		if (event->time <= as_of)
			work->count = i + 1;
	}
}

static void forget(struct work *work)
{
	for (size_t i = 0; i < work->count; i++)
		work->input[i] = work->proof[i] = work->declared[i] = work->hit[i] =
			work->trapped[i] = work->sent[i] = work->landed[i] = work->shown[i] =
				work->seen[i] = NO_TIME;
}

/* A leave says of its view that it was seen. */
static void note_views(struct work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		const struct settle_event *event = &work->events[i];
		uint16_t view = work->groups.view[i];

		if (event->type == EVENT_leave && view != SETTLE_NO_GROUP &&
		    event->visible_ms >= work->limits->visible &&
		    work->events[view].type == EVENT_view && work->seen_at[view] == NO_TIME)
			work->seen_at[view] = event->time;
	}
}

/* A machine that looked at links: what a browser loads ahead says nothing of its address. */
static bool is_hit(const struct work *work, size_t index)
{
	return is_of(&work->events[index], CLICKS) &&
	       verdict_rules_certain(work->rules,
				     work->verdicts[index].reasons & ~VERDICT_BIT(prefetch));
}

/* What an event is to its browser's others, and to its mail's, further on in a walk. */
static void note_browser(struct work *work, size_t index, uint16_t visitor)
{
	const struct settle_event *event = &work->events[index];

	if (event->bits & SETTLE_INPUT)
		work->input[visitor] = event->time;
	if (event->type == EVENT_login || event->type == EVENT_confirm)
		work->proof[visitor] = event->time;
	if (event->type == EVENT_submit)
		work->declared[visitor] = event->time;
}

static void note_mail(struct work *work, size_t index)
{
	const struct settle_event *event = &work->events[index];
	uint16_t address = work->groups.address[index], mailing = work->groups.mailing[index];

	if (address != SETTLE_NO_GROUP && is_hit(work, index))
		work->hit[address] = event->time;
	if (event->bits & SETTLE_TRAP)
		work->trapped[mailing] = event->time;
	if (event->type == EVENT_sent)
		work->sent[mailing] = event->time;
	if (work->page_at[index] != NO_TIME)
		work->landed[mailing] = at_most(work->landed[mailing], work->page_at[index]);
}

static void judge_browser(struct work *work, size_t index, uint16_t visitor, usec_t reach)
{
	usec_t time = work->events[index].time;
	uint64_t *reasons = &work->verdicts[index].reasons;

	if (!is_of(&work->events[index], CLICKS | FOLLOWERS))
		return;
	if (is_near(time, work->input[visitor], reach))
		*reasons |= VERDICT_BIT(input);
	if (is_near(time, work->proof[visitor], reach))
		*reasons |= VERDICT_BIT(proof);
	if (is_near(time, work->declared[visitor], reach))
		*reasons |= VERDICT_BIT(declaration);
}

static void judge_click(struct work *work, size_t index, usec_t reach)
{
	const struct verdict_limits *limits = work->limits;
	usec_t time = work->events[index].time;
	uint16_t address = work->groups.address[index], mailing = work->groups.mailing[index];
	uint64_t *reasons = &work->verdicts[index].reasons;

	if (address != SETTLE_NO_GROUP && !is_hit(work, index) &&
	    is_near(time, work->hit[address], at_most(limits->machine_address, reach)))
		*reasons |= VERDICT_BIT(machine_address);
	if (is_near(time, work->trapped[mailing], at_most(limits->near_trap, reach)))
		*reasons |= VERDICT_BIT(near_trap);
	if (work->groups.visitor[index] != SETTLE_NO_GROUP && work->page_at[index] == NO_TIME &&
	    (limits->expect_landing || is_near(time, work->landed[mailing], reach)))
		*reasons |= VERDICT_BIT(no_landing);
}

/* Pages behind the event, in the walk backwards. */
static void judge_pages(struct work *work, size_t index, uint16_t visitor)
{
	const struct settle_event *event = &work->events[index];
	usec_t settle = work->limits->settle;

	if (event->type == EVENT_view) {
		work->shown[visitor] = event->time;
		work->seen[visitor] = at_most(work->seen[visitor], work->seen_at[index]);
	}
	if (event->type != EVENT_click)
		return;
	if (is_near(event->time, work->shown[visitor], settle))
		work->page_at[index] = work->shown[visitor];
	if (is_near(event->time, work->seen[visitor], settle))
		work->verdicts[index].reasons |= VERDICT_BIT(landing);
}

static void walk_back(struct work *work)
{
	forget(work);
	for (size_t i = work->count; i-- > 0;) {
		uint16_t visitor = work->groups.visitor[i];

		if (visitor != SETTLE_NO_GROUP) {
			judge_pages(work, i, visitor);
			note_browser(work, i, visitor);
			judge_browser(work, i, visitor, work->limits->settle);
		}
		if (work->events[i].type == EVENT_click)
			judge_click(work, i, work->limits->settle);
		note_mail(work, i);
	}
}

static void walk_on(struct work *work)
{
	forget(work);
	for (size_t i = 0; i < work->count; i++) {
		const struct settle_event *event = &work->events[i];
		uint16_t visitor = work->groups.visitor[i];

		if (visitor != SETTLE_NO_GROUP) {
			note_browser(work, i, visitor);
			judge_browser(work, i, visitor, SETTLE_WINDOW);
		}
		if (event->type == EVENT_click) {
			judge_click(work, i, SETTLE_WINDOW);
			if (is_near(event->time, work->sent[work->groups.mailing[i]],
				    work->limits->after_sent))
				work->verdicts[i].reasons |= VERDICT_BIT(after_sent);
		}
		note_mail(work, i);
	}
}

/* Clicks of the same group, one after the other. */
static void chain_clicks(struct work *work, const uint16_t *groups)
{
	for (size_t i = 0; i < work->count; i++)
		work->first[i] = NO_EVENT;
	for (size_t i = 0; i < work->count; i++) {
		uint16_t group = groups[i];

		work->next[i] = NO_EVENT;
		if (work->events[i].type != EVENT_click || work->groups.link[i] == SETTLE_NO_GROUP)
			continue;
		if (work->first[group] == NO_EVENT)
			work->first[group] = (uint16_t)i;
		else
			work->next[work->last[group]] = (uint16_t)i;
		work->last[group] = (uint16_t)i;
	}
}

struct burst {
	usec_t reach;
	uint64_t links;	 /* so many of them */
	uint64_t reason; /* is what each click of it gets, */
	uint64_t unless; /* but for those that have a stronger one */
};

/* A window moves over the clicks from @first on; where it holds a burst, all of it is marked. */
static void mark_burst(struct work *work, const struct burst *burst, uint16_t first)
{
	uint16_t left = first, mark = first, *links = work->links;
	uint64_t distinct = 0;

	for (uint16_t right = first; right != NO_EVENT; right = work->next[right]) {
		distinct += links[work->groups.link[right]]++ == 0;
		for (; work->events[right].time - work->events[left].time > burst->reach;
		     left = work->next[left])
			distinct -= --links[work->groups.link[left]] == 0;
		if (distinct < burst->links)
			continue;
		for (mark = mark > left ? mark : left; mark <= right && mark != NO_EVENT;
		     mark = work->next[mark])
			if (!(work->verdicts[mark].reasons & burst->unless))
				work->verdicts[mark].reasons |= burst->reason;
	}
	for (; left != NO_EVENT; left = work->next[left])
		links[work->groups.link[left]]--;
}

static void find_bursts(struct work *work)
{
	const struct verdict_limits *limits = work->limits;
	const struct burst bursts[] = {
		{limits->fast, limits->burst_links, VERDICT_BIT(burst_fast), 0},
		{limits->burst, limits->burst_links, VERDICT_BIT(burst), VERDICT_BIT(burst_fast)},
		{limits->fast, 2, VERDICT_BIT(pair_fast),
		 VERDICT_BIT(burst_fast) | VERDICT_BIT(burst)},
	};

	chain_clicks(work, work->groups.mailing);
	for (size_t kind = 0; kind < sizeof(bursts) / sizeof(bursts[0]); kind++)
		for (size_t i = 0; i < work->count; i++)
			if (work->first[i] != NO_EVENT)
				mark_burst(work, &bursts[kind], work->first[i]);
}

static bool is_repeated(const struct work *work, size_t one, size_t other)
{
	const struct settle_event *a = &work->events[one], *b = &work->events[other];

	return a->network && b->network && a->network != b->network && a->agent_id && b->agent_id &&
	       a->agent_id != b->agent_id && !is_hit(work, one) && !is_hit(work, other);
}

/* The one whose page a person saw repeats nothing: the other one does. */
static void find_repeated(struct work *work)
{
	const uint64_t person = VERDICT_BIT(landing) | VERDICT_BIT(input) | VERDICT_BIT(proof);
	usec_t reach = at_most(work->limits->second_click, work->limits->settle);

	chain_clicks(work, work->groups.link);
	for (size_t i = 0; i < work->count; i++) {
		uint64_t *one = &work->verdicts[i].reasons;
		uint16_t other = work->next[i];

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
			other = work->next[other];
		}
	}
}

/* An image that the provider shows says that the mail was shown, not by whom it was fetched. */
static void judge_open(const struct work *work, size_t index)
{
	const struct settle_event *event = &work->events[index];
	struct settle_verdict *verdict = &work->verdicts[index];

	verdict->open = event->agent ? event->agent->open : VERDICT_OPEN_DIRECT;
	if (!event->agent && verdict->reasons & VERDICT_BIT(no_agent))
		verdict->open = VERDICT_OPEN_PREFETCH;
	if (verdict->open == VERDICT_OPEN_PROXY)
		verdict->reasons &= ~(VERDICT_BIT(known_agent) | VERDICT_BIT(bare_agent));
	if (verdict_rules_certain(work->rules, verdict->reasons))
		verdict->open = VERDICT_OPEN_PREFETCH;
	verdict->class = verdict_rules_class(work->rules, verdict->reasons, 0);
	verdict->settled = true;
}

/* What the browser's last click leaves in doubt, its pages are in doubt of. */
static int take_doubt(struct work *work, size_t index)
{
	const struct settle_event *event = &work->events[index];
	struct settle_verdict *verdict = &work->verdicts[index];
	uint16_t visitor = work->groups.visitor[index];

	if (visitor == SETTLE_NO_GROUP)
		return 0;
	if (is_of(event, CLICKS)) {
		bool certain = verdict_rules_certain(work->rules, verdict->reasons);

		work->clicked[visitor] = event->time;
		work->doubt[visitor] = certain ? VERDICT_MACHINE_WEIGHT
					       : verdict_rules_sum(work->rules, verdict->reasons);
		return 0;
	}
	if (!is_near(event->time, work->clicked[visitor], SETTLE_WINDOW) ||
	    work->doubt[visitor] <= 0)
		return 0;
	verdict->reasons |= VERDICT_BIT(its_click);
	return work->doubt[visitor];
}

static void judge(struct work *work, size_t index, usec_t as_of)
{
	const struct settle_event *event = &work->events[index];
	struct settle_verdict *verdict = &work->verdicts[index];
	bool certain = verdict_rules_certain(work->rules, verdict->reasons);

	verdict->settled = true;
	if (event->type == EVENT_open) {
		judge_open(work, index);
	} else if (is_of(event, DECLARATIONS)) {
		verdict->class = certain ? VERDICT_MACHINE : VERDICT_HUMAN;
	} else if (is_of(event, CLICKS | FOLLOWERS)) {
		int doubt = take_doubt(work, index);
		usec_t due = event->time + work->limits->settle;

		verdict->class = verdict_rules_class(work->rules, verdict->reasons, doubt);
		verdict->settled = as_of >= due || certain ||
				   verdict_rules_decisive(work->rules, verdict->reasons);
		verdict->due = verdict->settled ? 0 : due;
	}
}

void settle(const struct verdict_rules *rules, const struct settle_event *events, size_t count,
	    usec_t as_of, struct settle_verdict *ret_verdicts)
{
	struct work work;

	work.rules = rules;
	work.limits = verdict_rules_limits(rules);
	work.events = events;
	work.verdicts = ret_verdicts;
	begin(&work, as_of, count);
	settle_group(events, count, &work.groups);
	note_views(&work);
	walk_back(&work);
	walk_on(&work);
	find_bursts(&work);
	find_repeated(&work);
	for (size_t i = 0; i < count; i++)
		judge(&work, i, as_of);
}
