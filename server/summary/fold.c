/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold itself: facts are gathered until nothing happens for as long as verdicts look back, then
 * the stretch is judged as a whole and each fact goes its way: to the totals (fold_count.c), to the
 * visits of its browser (fold_visit.c), to the summary (fold_person.c).
 *
 * Everything is a function of the facts, the rules and as_of. What is looked up by text is kept for
 * all units, since it does not change while the rules are in force; the rest is forgotten with each
 * unit, but its memory is kept.
 *
 * Invariant: between two calls fold->facts holds one stretch, in order, each sequence once.
 */
#include "summary/fold_internal.h"

#include "base/encode.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_FACTS = 64, ROWS_KEPT = 1 << 14 };

void *fold_rows_add(struct fold *fold, struct fold_rows *rows, size_t size)
{
	void *row;

	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? rows->capacity * 2 : 16;
		void *larger = realloc(rows->rows, capacity * size);

		if (!larger) {
			fold->error = -ENOMEM;
			return NULL;
		}
		rows->rows = larger;
		rows->capacity = capacity;
	}
	row = (uint8_t *)rows->rows + rows->count++ * size;
	memset(row, 0, size);
	return row;
}

static void rows_clear(struct fold_rows *rows)
{
	rows->count = 0;
	if (rows->capacity <= ROWS_KEPT)
		return;
	free(rows->rows);
	*rows = (struct fold_rows){0};
}

int fold_new(const struct fold_context *context, const struct fold_sink *sink,
	     struct fold **ret_fold)
{
	struct fold *fold = calloc(1, sizeof(*fold));

	if (!fold)
		return -ENOMEM;
	fold->context = context;
	fold->sink = sink;
	fold->met.limit = FOLD_MET_MAX;
	if (fold_person_new(&fold->summary) != 0) {
		free(fold);
		return -ENOMEM;
	}
	*ret_fold = fold;
	return 0;
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	fold_person_free(fold->summary);
	memo_finish(&fold->met);
	memo_finish(&fold->known);
	free(fold->browsers.rows);
	free(fold->views.rows);
	free(fold->facts);
	free(fold->events);
	free(fold->verdicts);
	free(fold);
}

void fold_begin(struct fold *fold, const struct handle *person, bool summarise)
{
	fold->is_person = person != NULL;
	fold->person = person ? *person : (struct handle){{0}};
	fold->summarise = summarise;
	fold->as_of = fold->context->as_of;
	fold->due = 0;
	fold->error = 0;
	fold->count = 0;
	fold->arrival = (struct person_touch){0};
	memo_clear(&fold->met);
	rows_clear(&fold->browsers);
	rows_clear(&fold->views);
	fold->view_count = 0;
	if (summarise)
		fold_person_begin(fold);
}

static bool is_request(const struct fact *fact)
{
	return !(fact->bits & (FACT_IMPORTED | FACT_REPORTED)) && fact->type != EVENT_sent &&
	       fact->type != EVENT_bounce;
}

static uint32_t settle_bits(const struct fact *fact)
{
	static const struct {
		uint32_t fact, settle;
	} bits[] = {
		{FACT_LANGUAGE, SETTLE_LANGUAGE}, {FACT_SEC_FETCH, SETTLE_SEC_FETCH},
		{FACT_HTTPS, SETTLE_HTTPS},	  {FACT_HEAD, SETTLE_HEAD},
		{FACT_PREFETCH, SETTLE_PREFETCH}, {FACT_TRAP, SETTLE_TRAP},
		{FACT_INPUT, SETTLE_INPUT},
	};
	uint32_t found = is_request(fact) ? 0 : SETTLE_NO_HEADERS;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (fact->bits & bits[i].fact)
			found |= bits[i].settle;
	return found;
}

/* Of what is no request nothing follows from a missing agent. */
static const struct verdict_agent *agent_of(const struct fold *fold, const struct fact *fact)
{
	static const struct verdict_agent absent = {.absent = true};

	if (fact->agent)
		return fold->context->agent(fold->context->context, fact->agent);
	return is_request(fact) ? &absent : NULL;
}

/* Rows of totals are many, and where they lie is known before what is counted there. */
static void expect(const struct fold *fold, const struct fact *fact)
{
	const struct fold_sink *sink = fold->sink;
	uint8_t id[4];

	if (!sink || !sink->expect || fact->type != EVENT_view)
		return;
	put_u32(id, fact->page);
	sink->expect(sink->context, TOTAL_KIND_page, span_of(id, sizeof(id)),
		     calendar_day(fold->context->calendar, fact->time));
}

/* @before: an event of the same stretch, or NULL. */
static void set_event(struct fold *fold, const struct fact *fact, struct settle_event *event,
		      const struct settle_event *before)
{
	bool again = before && fact->agent && before->agent_id == fact->agent;

	*event = (struct settle_event){
		.time = fact->time,
		.sequence = fact->sequence,
		.type = fact->type,
		.bits = settle_bits(fact),
		.agent = again ? before->agent : agent_of(fold, fact),
		.agent_id = fact->agent,
		.net = fold_net(fold, fact),
		.network = fact->network,
		.link = fact->link,
		.mailing = fact->mailing,
		.visitor = fact->visitor,
		.view = fact->view,
		.visible_ms = fact->visible_ms,
		.evidence = fact->evidence,
	};
}

struct person_touch fold_touch_of_click(const struct fact *fact)
{
	struct person_touch touch = {
		.time = fact->time,
		.sequence = fact->sequence,
		.source = id_is_zero(&fact->mailing, sizeof(fact->mailing)) ? SOURCE_LINK
									    : SOURCE_MAIL,
		.campaign = fact->campaign,
		.mailing = fact->mailing,
		.link = fact->link,
		.page = fact->page,
		.referrer = fact->referrer,
		.click_ids = fact->click_ids,
	};

	memcpy(touch.utm, fact->utm, sizeof(touch.utm));
	return touch;
}

/* A conflict is no arrival of the link's owner, but in their own browser. */
static void touch_by_click(struct fold *fold, const struct fold_step *step)
{
	if (!step->human_click || !step->primary || (!step->theirs && !step->browser))
		return;
	fold->arrival = fold_touch_of_click(step->fact);
	if (fold->summarise)
		fold_person_touch(fold, &fold->arrival);
}

static void take_excluded(struct fold *fold, const struct fold_step *step)
{
	if (!step->primary)
		return;
	fold_count(fold, TOTAL_KIND_all, NULL, step->day, TOTAL_excluded, 1);
	fold_count_text(fold, TOTAL_KIND_tracker, step->fact->tracker, step->day, TOTAL_excluded,
			1);
}

static void take(struct fold *fold, const struct fact *fact, const struct settle_verdict *verdict)
{
	const struct fold_sink *sink = fold->sink;
	struct fold_step step = {
		.fact = fact,
		.verdict = verdict,
		.day = calendar_day(fold->context->calendar, fact->time),
		.primary = fact->bits & FACT_PRIMARY,
		.browser = fact->bits & FACT_BROWSER,
		.machine = verdict->class == VERDICT_MACHINE,
		.human_click = fact->type == EVENT_click && verdict->settled &&
			       verdict->class == VERDICT_HUMAN,
		.theirs = fact->bits & FACT_PRIMARY && !(fact->bits & FACT_CONFLICT),
	};

	if (sink && sink->judged)
		sink->judged(sink->context, fact, verdict);
	if (!verdict->settled && (fold->due == 0 || verdict->due < fold->due))
		fold->due = verdict->due;
	if (fact->bits & FACT_EXCLUDED) {
		take_excluded(fold, &step);
		return;
	}
	if (step.browser)
		fold_visit(fold, &step);
	touch_by_click(fold, &step);
	if (step.primary)
		fold_count_fact(fold, &step);
	if (step.primary && fold->summarise)
		fold_person_fact(fold, &step);
}

static void take_stretch(struct fold *fold)
{
	if (fold->count == 0)
		return;
	for (size_t i = 0; i < fold->count; i++) {
		expect(fold, &fold->facts[i]);
		set_event(fold, &fold->facts[i], &fold->events[i],
			  i > 0 ? &fold->events[i - 1] : NULL);
	}
	if (!fold->error)
		fold->error = settle(fold->context->verdicts, fold->events, fold->count,
				     fold->as_of, fold->verdicts);
	for (size_t i = 0; i < fold->count && !fold->error; i++)
		take(fold, &fold->facts[i], &fold->verdicts[i]);
	fold->count = 0;
}

static int grow(struct fold *fold)
{
	size_t capacity = fold->capacity ? fold->capacity * 2 : FIRST_FACTS;
	void *facts = realloc(fold->facts, capacity * sizeof(*fold->facts)), *events, *verdicts;

	if (facts)
		fold->facts = facts;
	events = realloc(fold->events, capacity * sizeof(*fold->events));
	if (events)
		fold->events = events;
	verdicts = realloc(fold->verdicts, capacity * sizeof(*fold->verdicts));
	if (verdicts)
		fold->verdicts = verdicts;
	if (!facts || !events || !verdicts)
		return fold->error = -ENOMEM;
	fold->capacity = capacity;
	return 0;
}

int fold_add(struct fold *fold, const struct fact *fact)
{
	struct fact *last = fold->count > 0 ? &fold->facts[fold->count - 1] : NULL;

	if (fold->error)
		return fold->error;
	if (last && last->sequence == fact->sequence) {
		last->bits |= fact->bits;
		return 0;
	}
	if (last && (fact->time - last->time > SETTLE_WINDOW || fold->count == SETTLE_MAX_EVENTS))
		take_stretch(fold);
	if (fold->count == fold->capacity && grow(fold) != 0)
		return fold->error;
	fold->facts[fold->count++] = *fact;
	return fold->error;
}

int fold_end(struct fold *fold, struct person_summary *ret_person, usec_t *ret_due)
{
	take_stretch(fold);
	fold_visit_end(fold);
	if (!fold->error && ret_person)
		fold_person_end(fold, ret_person);
	if (!fold->error)
		*ret_due = fold->due;
	return fold->error;
}
