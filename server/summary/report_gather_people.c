/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People by likelihood: everybody is folded once to find the first of them, and these once more for
 * what is shown of them, because a summary is only there for as long as it is looked at. That is
 * cheaper than to keep a hundred thousand.
 *
 * Who a handle is, is asked for those alone who are shown: each question is recorded. Who they are
 * does not depend on their grades, which rest on what is known of them; their order does.
 */
#include "summary/report_gather.h"

#include "summary/calendar.h"
#include "summary/fold.h"
#include "summary/likelihood.h"
#include "summary/person.h"
#include "summary/report_top.h"
#include "summary/score.h"

#include <errno.h>
#include <stdlib.h>

enum { HUNDREDTHS = 100, THOUSANDTHS_PER_HUNDREDTH = 10 };

struct people_walk {
	struct gather *gather;
	struct top top;
	uint64_t all;
	struct report_person *person; /* that is being filled */
	json_t *identity;	      /* theirs; NULL: not asked for, or nobody knows */
};

static int rank(void *context, const struct handle *person, const struct person_summary *summary)
{
	struct people_walk *walk = context;
	struct likelihood likelihood = {0};
	struct handle evicted;

	if (summary->score)
		likelihood_of(summary->score, GRADE_NONE, false, &likelihood);
	walk->all++;
	(void)top_add(&walk->top, likelihood.weight, (int64_t)summary->last.time, person, &evicted);
	return 0;
}

static struct span text_of(struct gather *gather, uint32_t id)
{
	return id ? gather_plain(gather, summary_text(gather->summary, id)) : (struct span){0};
}

static struct span name_of(struct gather *gather, enum name_kind kind, const void *id)
{
	if (id_is_zero(id, name_kind_id_bytes(kind)))
		return (struct span){0};
	return gather_plain(gather, summary_name(gather->summary, kind, id));
}

/* What it was about: a name, else the page, else the campaign. */
static struct span where_of(struct gather *gather, const struct person_moment *moment)
{
	struct span where = text_of(gather, moment->name);

	if (where.size == 0)
		where = text_of(gather, moment->page);
	if (where.size == 0)
		where = name_of(gather, NAME_FORM, &moment->form);
	if (where.size == 0)
		where = name_of(gather, NAME_CAMPAIGN, &moment->campaign);
	return where;
}

static void fill_last(struct gather *gather, const struct person_moment *last,
		      struct report_person *person)
{
	const struct event_type_row *type = last->time ? event_type_row(last->type) : NULL;

	if (!type)
		return;
	person->last.time = last->time;
	person->last.sequence = last->sequence;
	person->last.type = span_text(type->name);
	person->last.where = where_of(gather, last);
	person->last.campaign = name_of(gather, NAME_CAMPAIGN, &last->campaign);
}

static struct report_touch touch_of(struct gather *gather, const struct person_touch *touch)
{
	struct report_touch result = {.time = touch->time};

	if (touch->time == 0)
		return result;
	result.class = span_text(source_class_name(touch->source));
	if (touch->source == SOURCE_MAIL || touch->source == SOURCE_LINK)
		result.name = name_of(gather, NAME_CAMPAIGN, &touch->campaign);
	else
		result.name = text_of(gather, touch->source == SOURCE_UTM ? touch->utm[0]
									  : touch->referrer);
	return result;
}

static void fill_windows(const struct person_counts *counts, struct report_window *windows)
{
	for (int i = 0; i < REPORT_WINDOWS; i++)
		windows[i] = (struct report_window){
			.views = (int64_t)counts[i].views,
			.sessions = (int64_t)counts[i].sessions,
			.visible_ms = (int64_t)counts[i].visible_ms,
			.clicks = (int64_t)counts[i].clicks,
			.clicks_machine = (int64_t)counts[i].clicks_machine,
			.opens = (int64_t)counts[i].opens,
			.downloads = (int64_t)counts[i].downloads,
			.searches = (int64_t)counts[i].searches,
			.submits = (int64_t)counts[i].submits,
			.logins = (int64_t)counts[i].logins,
			.purchases = (int64_t)counts[i].purchases,
		};
}

static int fill_categories(struct gather *gather, const struct score *score,
			   struct report_person *person)
{
	const struct summary_rules *rules = score->rules;

	if (!rules || rules->category_count == 0)
		return 0;
	person->categories = arena_alloc(&gather->report->arena,
					 rules->category_count * sizeof(*person->categories));
	if (!person->categories)
		return -ENOMEM;
	for (size_t i = 0; i < rules->category_count; i++)
		if (score->by_category[i] != 0)
			person->categories[person->category_count++] = (struct report_category){
				.name = gather_plain(gather, span_text(rules->categories[i])),
				.points = (int64_t)score->by_category[i] * HUNDREDTHS};
	return 0;
}

static int fill_evidence(struct gather *gather, const struct score *score,
			 struct report_person *person)
{
	if (score->strongest_count == 0)
		return 0;
	person->evidence = arena_alloc(&gather->report->arena,
				       score->strongest_count * sizeof(*person->evidence));
	if (!person->evidence)
		return -ENOMEM;
	for (unsigned i = 0; i < score->strongest_count; i++) {
		const struct score_evidence *evidence = &score->strongest[i];

		person->evidence[person->evidence_count++] =
			(struct report_evidence){.what = span_text(score_kind_text(evidence->kind)),
						 .where = text_of(gather, evidence->text),
						 .day = evidence->day,
						 .points = evidence->decayed /
							   THOUSANDTHS_PER_HUNDREDTH,
						 .sequence = evidence->sequence};
	}
	return 0;
}

static int fill_person(void *context, const struct handle *handle,
		       const struct person_summary *summary)
{
	struct people_walk *walk = context;
	struct gather *gather = walk->gather;
	struct report_person *person = walk->person;
	int r;

	person->id = gather_hex(gather, handle, sizeof(*handle));
	fill_last(gather, &summary->last, person);
	person->first_touch = touch_of(gather, &summary->first_touch);
	person->last_touch = touch_of(gather, &summary->last_touch);
	fill_windows(summary->windows, person->windows);
	if (!summary->score)
		return 0;
	gather_identity(gather, walk->identity, summary->score, person);
	person->score = (int64_t)summary->score->total * HUNDREDTHS;
	r = fill_categories(gather, summary->score, person);
	return r ? r : fill_evidence(gather, summary->score, person);
}

static int fill_people(struct people_walk *walk)
{
	struct gather *gather = walk->gather;
	struct report *report = gather->report;
	const struct report_options *options = gather->options;

	top_sort(&walk->top);
	report->people_all = walk->all;
	report->people = arena_alloc(&report->arena, walk->top.count * sizeof(*report->people) + 1);
	if (!report->people)
		return -ENOMEM;
	for (size_t i = 0; i < walk->top.count; i++) {
		const struct handle *handle = top_get(&walk->top, i);
		int r;

		walk->person = &report->people[report->people_count];
		*walk->person = (struct report_person){0};
		if (options->reveal &&
		    options->reveal(options->context, handle, &walk->identity, gather->error) != 0)
			return 1;
		r = summary_person(gather->summary, handle, 0, fill_person, walk);
		json_decref(walk->identity);
		walk->identity = NULL;
		if (r == SUMMARY_E_ABSENT)
			continue; /* erased since */
		if (r != 0)
			return r;
		report->people_count++;
	}
	return 0;
}

/* What is known of a person moves them among those who are shown. */
static int by_likelihood(const void *left, const void *right)
{
	const struct report_person *a = left, *b = right;

	if (a->likelihood != b->likelihood)
		return a->likelihood > b->likelihood ? -1 : 1;
	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return memcmp(a->id.data, b->id.data, a->id.size < b->id.size ? a->id.size : b->id.size);
}

int gather_people(struct gather *gather)
{
	struct people_walk walk = {.gather = gather};
	int r = top_init(&walk.top, sizeof(struct handle), gather->options->rows);

	if (r == 0)
		r = summary_persons(gather->summary, NULL, 0, rank, &walk);
	if (r == 0)
		r = fill_people(&walk);
	if (r == 0 && gather->options->reveal && gather->report->people_count > 1)
		qsort(gather->report->people, gather->report->people_count,
		      sizeof(*gather->report->people), by_likelihood);
	if (r == 0)
		r = gather_companies(gather);
	top_finish(&walk.top);
	return r;
}
