/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that speaks for or against a click lies before or behind it in time, so what is
 * needed is, for each group of events (one browser, one mail, ...), the last thing that happened
 * before and the first that happens after. Two walks over the events, one each way, keep just that:
 * linear, whatever a scanner does.
 *
 * A burst is folded back: once its third link is there, all of its clicks are suspect, the first
 * one too. A page that a person saw outweighs that.
 *
 * Views and what else a browser does take over the weight of the click that brought it: a scanner
 * that runs scripts shows pages, too.
 *
 * What is known of an event, and of the group that it is the first of, lies in one row: the rows of
 * the few events that most units have stay in the nearest cache, where an array for each thing
 * would miss it every time. Where nobody followed a link there is nothing to look for in mails.
 *
 * The same evidence is looked for whatever @as_of is, but none after it; and none after the instant
 * at which the verdict settles, so that it then stays.
 */
#include "track/settle.h"

#include "base/cleanup.h"
#include "track/settle_internal.h"

#include <errno.h>

enum { STACK_EVENTS = 64 };

#define NO_TIME	   UINT64_MAX
#define TYPE(name) (UINT64_C(1) << EVENT_##name)
#define CLICKS	   (TYPE(click) | TYPE(probe))
/* What a browser does after a click brought it. */
#define FOLLOWERS                                                                 \
	(TYPE(view) | TYPE(leave) | TYPE(event) | TYPE(search) | TYPE(download) | \
	 TYPE(submit_error))
/* Somebody said who they are, or did what no scanner does. */
#define DECLARATIONS (TYPE(submit) | TYPE(confirm) | TYPE(login) | TYPE(purchase))

static bool is_of(const struct settle_event *event, uint64_t types)
{
	return types >> event->type & 1;
}

static bool is_near(usec_t a, usec_t b, usec_t reach)
{
	return b != NO_TIME && (a > b ? a - b : b - a) <= reach;
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

/* What a request showed by itself: those of one browser are mostly alike. */
static void begin(struct settle_work *work, usec_t as_of, size_t count)
{
	const struct settle_event *before = NULL;
	uint64_t reasons = 0;

	for (size_t i = 0; i < count; i++) {
		const struct settle_event *event = &work->events[i];

		work->verdicts[i] = (struct settle_verdict){0};
		if (is_of(event, CLICKS | FOLLOWERS | DECLARATIONS | TYPE(open))) {
			if (!before || before->agent != event->agent || before->net != event->net ||
			    before->bits != event->bits)
				reasons = settle_request_reasons(work->rules, event);
			work->verdicts[i].reasons = reasons;
			before = event;
		}
		if (event->time <= as_of)
			work->count = i + 1;
		if (event->type == EVENT_click || event->type == EVENT_probe)
			work->clicks = true;
	}
}

static void forget(struct settle_work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		struct settle_row *row = &work->rows[i];

		row->input = row->proof = row->declared = row->hit = row->trapped = row->sent =
			row->landed = row->shown = row->seen = NO_TIME;
	}
}

/* Also of events after @as_of, which are judged as far as they tell by themselves. */
static void clear(struct settle_work *work, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct settle_row *row = &work->rows[i];

		row->seen_at = row->page_at = row->clicked = NO_TIME;
		row->links = 0;
	}
}

/* A leave says of its view that it was seen. */
static void note_views(struct settle_work *work)
{
	for (size_t i = 0; i < work->count; i++) {
		const struct settle_event *event = &work->events[i];
		uint16_t view = work->groups[i].view;

		if (event->type == EVENT_leave && view != SETTLE_NO_GROUP &&
		    event->visible_ms >= work->limits->visible &&
		    work->events[view].type == EVENT_view && work->rows[view].seen_at == NO_TIME)
			work->rows[view].seen_at = event->time;
	}
}

/* A machine that looked at links: what a browser loads ahead says nothing of its address. */
bool settle_is_hit(const struct settle_work *work, size_t index)
{
	return is_of(&work->events[index], CLICKS) &&
	       verdict_rules_certain(work->rules,
				     work->verdicts[index].reasons & ~VERDICT_BIT(prefetch));
}

/* What an event is to its browser's others, and to its mail's, further on in a walk. */
static void note_browser(struct settle_work *work, size_t index, uint16_t visitor)
{
	const struct settle_event *event = &work->events[index];

	if (event->bits & SETTLE_INPUT)
		work->rows[visitor].input = event->time;
	if (event->type == EVENT_login || event->type == EVENT_confirm)
		work->rows[visitor].proof = event->time;
	if (event->type == EVENT_submit)
		work->rows[visitor].declared = event->time;
}

static void note_mail(struct settle_work *work, size_t index)
{
	const struct settle_event *event = &work->events[index];
	uint16_t address = work->groups[index].address, mailing = work->groups[index].mailing;

	if (address != SETTLE_NO_GROUP && settle_is_hit(work, index))
		work->rows[address].hit = event->time;
	if (event->bits & SETTLE_TRAP)
		work->rows[mailing].trapped = event->time;
	if (event->type == EVENT_sent)
		work->rows[mailing].sent = event->time;
	if (work->rows[index].page_at != NO_TIME)
		work->rows[mailing].landed =
			settle_at_most(work->rows[mailing].landed, work->rows[index].page_at);
}

static void judge_browser(struct settle_work *work, size_t index, uint16_t visitor, usec_t reach)
{
	usec_t time = work->events[index].time;
	uint64_t *reasons = &work->verdicts[index].reasons;

	if (!is_of(&work->events[index], CLICKS | FOLLOWERS))
		return;
	if (is_near(time, work->rows[visitor].input, reach))
		*reasons |= VERDICT_BIT(input);
	if (is_near(time, work->rows[visitor].proof, reach))
		*reasons |= VERDICT_BIT(proof);
	if (is_near(time, work->rows[visitor].declared, reach))
		*reasons |= VERDICT_BIT(declaration);
}

static void judge_click(struct settle_work *work, size_t index, usec_t reach)
{
	const struct verdict_limits *limits = work->limits;
	usec_t time = work->events[index].time;
	uint16_t address = work->groups[index].address, mailing = work->groups[index].mailing;
	uint64_t *reasons = &work->verdicts[index].reasons;

	if (address != SETTLE_NO_GROUP && !settle_is_hit(work, index) &&
	    is_near(time, work->rows[address].hit, settle_at_most(limits->machine_address, reach)))
		*reasons |= VERDICT_BIT(machine_address);
	if (is_near(time, work->rows[mailing].trapped, settle_at_most(limits->near_trap, reach)))
		*reasons |= VERDICT_BIT(near_trap);
	if (work->groups[index].visitor != SETTLE_NO_GROUP &&
	    work->rows[index].page_at == NO_TIME &&
	    (limits->expect_landing || is_near(time, work->rows[mailing].landed, reach)))
		*reasons |= VERDICT_BIT(no_landing);
}

/* Pages behind the event, in the walk backwards. */
static void judge_pages(struct settle_work *work, size_t index, uint16_t visitor)
{
	const struct settle_event *event = &work->events[index];
	usec_t settle = work->limits->settle;

	if (event->type == EVENT_view) {
		work->rows[visitor].shown = event->time;
		work->rows[visitor].seen =
			settle_at_most(work->rows[visitor].seen, work->rows[index].seen_at);
	}
	if (event->type != EVENT_click)
		return;
	if (is_near(event->time, work->rows[visitor].shown, settle))
		work->rows[index].page_at = work->rows[visitor].shown;
	if (is_near(event->time, work->rows[visitor].seen, settle))
		work->verdicts[index].reasons |= VERDICT_BIT(landing);
}

static void walk_back(struct settle_work *work)
{
	forget(work);
	for (size_t i = work->count; i-- > 0;) {
		uint16_t visitor = work->groups[i].visitor;

		if (visitor != SETTLE_NO_GROUP) {
			judge_pages(work, i, visitor);
			note_browser(work, i, visitor);
			judge_browser(work, i, visitor, work->limits->settle);
		}
		if (work->events[i].type == EVENT_click)
			judge_click(work, i, work->limits->settle);
		if (work->clicks)
			note_mail(work, i);
	}
}

static void walk_on(struct settle_work *work)
{
	forget(work);
	for (size_t i = 0; i < work->count; i++) {
		const struct settle_event *event = &work->events[i];
		uint16_t visitor = work->groups[i].visitor;

		if (visitor != SETTLE_NO_GROUP) {
			note_browser(work, i, visitor);
			judge_browser(work, i, visitor, SETTLE_WINDOW);
		}
		if (event->type == EVENT_click) {
			judge_click(work, i, SETTLE_WINDOW);
			if (is_near(event->time, work->rows[work->groups[i].mailing].sent,
				    work->limits->after_sent))
				work->verdicts[i].reasons |= VERDICT_BIT(after_sent);
		}
		if (work->clicks)
			note_mail(work, i);
	}
}

/* An image that the provider shows says that the mail was shown, not by whom it was fetched. */
static void judge_open(const struct settle_work *work, size_t index)
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
static int take_doubt(struct settle_work *work, size_t index)
{
	const struct settle_event *event = &work->events[index];
	struct settle_verdict *verdict = &work->verdicts[index];
	uint16_t visitor = work->groups[index].visitor;

	if (visitor == SETTLE_NO_GROUP)
		return 0;
	if (is_of(event, CLICKS)) {
		bool certain = verdict_rules_certain(work->rules, verdict->reasons);

		work->rows[visitor].clicked = event->time;
		work->rows[visitor].doubt =
			certain ? VERDICT_MACHINE_WEIGHT
				: verdict_rules_sum(work->rules, verdict->reasons);
		return 0;
	}
	if (!is_near(event->time, work->rows[visitor].clicked, SETTLE_WINDOW) ||
	    work->rows[visitor].doubt <= 0)
		return 0;
	verdict->reasons |= VERDICT_BIT(its_click);
	return work->rows[visitor].doubt;
}

static void judge(struct settle_work *work, size_t index, usec_t as_of)
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

static int look_around(struct settle_work *work, const struct settle_event *events, size_t count)
{
	int r = settle_group(events, count, work->clicks, work->groups);

	if (r)
		return r;
	clear(work, count);
	if (work->clicks)
		note_views(work);
	walk_back(work);
	walk_on(work);
	if (work->clicks) {
		settle_bursts(work);
		settle_repeated(work);
	}
	return 0;
}

int settle(const struct verdict_rules *rules, const struct settle_event *events, size_t count,
	   usec_t as_of, struct settle_verdict *ret_verdicts)
{
	struct settle_group some_groups[STACK_EVENTS];
	struct settle_row some_rows[STACK_EVENTS];
	cleanup_free struct settle_group *groups = NULL;
	cleanup_free struct settle_row *rows = NULL;
	struct settle_work work = {
		.rules = rules,
		.limits = verdict_rules_limits(rules),
		.events = events,
		.verdicts = ret_verdicts,
		.groups = some_groups,
		.rows = some_rows,
	};
	int r;

	if (count > STACK_EVENTS) {
		work.groups = groups = reallocarray(NULL, count, sizeof(*groups));
		work.rows = rows = reallocarray(NULL, count, sizeof(*rows));
		if (!groups || !rows)
			return -ENOMEM;
	}
	begin(&work, as_of, count);
	r = look_around(&work, events, count);
	for (size_t i = 0; i < count && !r; i++)
		judge(&work, i, as_of);
	return r;
}
