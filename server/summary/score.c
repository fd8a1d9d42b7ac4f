/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding up points. Items come in the order of time, so what a day has spent of its caps is one row
 * of counters that starts anew with each day. An item of an earlier day, which a caller's calendar
 * that goes back could make, starts one, too: a cap is then a little wide, and nothing else is
 * wrong.
 *
 * Evidence is chosen by what it counts for now, so the newest of equals stays; a person of a
 * thousand views costs ten places, not a thousand.
 */
#include "summary/score.h"

#include <stdlib.h>

enum { THOUSAND = 1000, DECAY_BITS = 31 };

int score_kind_of(enum event_type type, bool of_mailing)
{
	switch (type) {
	case EVENT_click:
		return of_mailing ? SCORE_click : SCORE_redirect;
	case EVENT_view:
		return SCORE_view;
	case EVENT_download:
		return SCORE_download;
	case EVENT_search:
		return SCORE_search;
	case EVENT_submit:
		return SCORE_submit;
	case EVENT_submit_error:
		return SCORE_submit_error;
	case EVENT_event:
		return SCORE_event;
	case EVENT_login:
		return SCORE_login;
	case EVENT_confirm:
		return SCORE_confirm;
	case EVENT_purchase:
		return SCORE_purchase;
	case EVENT_unsubscribe:
		return SCORE_unsubscribe;
	default:
		return RULES_NONE;
	}
}

void score_init(struct score *score, const struct summary_rules *rules, uint16_t today)
{
	*score = (struct score){.rules = rules, .today = today};
}

static const struct rules_named *find_id(const struct rules_named_list *list, const void *id,
					 size_t size)
{
	if (list->count == 0 || id_is_zero(id, size))
		return NULL;
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(list->items[i].id, id, size) == 0)
			return &list->items[i];
	return NULL;
}

static const struct rules_named *find_event(const struct rules_named_list *list, struct span name)
{
	for (size_t i = 0; name.data && i < list->count; i++)
		if (span_equal(span_text(list->items[i].name), name))
			return &list->items[i];
	return NULL;
}

/* The rules that speak of an item, the closest first. */
struct closest {
	const struct rules_points *points[4];
	int categories[4];
	size_t count;
};

static void add_rule(struct closest *closest, const struct rules_points *points, int category)
{
	closest->points[closest->count] = points;
	closest->categories[closest->count++] = category;
}

static void find_rules(const struct summary_rules *rules, const struct score_item *item,
		       struct closest *ret_closest)
{
	const struct rules_named *named[] = {
		find_event(&rules->events, item->name),
		find_id(&rules->forms, &item->form, sizeof(item->form)),
		find_id(&rules->campaigns, &item->campaign, sizeof(item->campaign)),
	};

	*ret_closest = (struct closest){0};
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i])
			add_rule(ret_closest, &named[i]->points, named[i]->category);
	if (item->group != RULES_NONE)
		add_rule(ret_closest, &rules->groups[item->group].points,
			 rules->groups[item->group].category);
}

static int32_t points_of(const struct summary_rules *rules, const struct closest *closest,
			 enum score_kind kind)
{
	for (size_t i = 0; i < closest->count; i++)
		if (closest->points[i]->set & (1u << kind))
			return closest->points[i]->points[kind];
	return rules->points[kind];
}

static int category_of(const struct closest *closest)
{
	for (size_t i = 0; i < closest->count; i++)
		if (closest->categories[i] != RULES_NONE)
			return closest->categories[i];
	return RULES_NONE;
}

/* What @cap leaves of @points when @spent of it are gone; both by their size. */
static int32_t take(int32_t points, int32_t cap, int32_t *spent)
{
	int32_t size = abs(points), left = cap - *spent;

	if (cap == 0)
		return points;
	if (size > left)
		size = left > 0 ? left : 0;
	*spent += size;
	return points < 0 ? -size : size;
}

static int32_t cap_points(struct score *score, const struct score_item *item, int32_t points)
{
	if (points > 0)
		points = take(points, score->rules->daily_caps[item->kind],
			      &score->kind_spent[item->kind]);
	if (item->group != RULES_NONE)
		points = take(points, score->rules->groups[item->group].daily_cap,
			      &score->group_spent[item->group]);
	return points;
}

static unsigned age_of(const struct score *score, uint16_t day)
{
	unsigned age = day < score->today ? (unsigned)(score->today - day) : 0;

	return age < RULES_AGES ? age : RULES_AGES;
}

static void keep_evidence(struct score *score, const struct score_evidence *evidence)
{
	struct score_evidence *rows = score->strongest;
	unsigned at = score->strongest_count;

	while (at > 0 && rows[at - 1].decayed <= evidence->decayed)
		at--;
	if (at == SCORE_EVIDENCE_MAX)
		return;
	if (score->strongest_count < SCORE_EVIDENCE_MAX)
		score->strongest_count++;
	memmove(&rows[at + 1], &rows[at], (score->strongest_count - at - 1) * sizeof(*rows));
	rows[at] = *evidence;
}

static void begin_day(struct score *score, uint16_t day)
{
	memset(score->kind_spent, 0, sizeof(score->kind_spent));
	memset(score->group_spent, 0, sizeof(score->group_spent));
	score->day = day;
}

static void count_item(struct score *score, const struct score_item *item, int32_t decayed)
{
	bool is_new_day = score->items == 0 || score->last_day != item->day;

	if (score->items++ == 0)
		score->first_day = item->day;
	score->last_day = item->day;
	score->sum += decayed;
	if (age_of(score, item->day) >= SCORE_RECENT_DAYS)
		return;
	score->recent += decayed;
	score->active_days += is_new_day;
	score->important += item->kind == SCORE_view && item->group != RULES_NONE &&
			    score->rules->groups[item->group].important;
}

void score_add(struct score *score, const struct score_item *item)
{
	struct closest closest;
	struct score_evidence evidence = {.sequence = item->sequence,
					  .kind = item->kind,
					  .day = item->day,
					  .group = item->group,
					  .text = item->text};
	int32_t points, given;

	if (item->day != score->day)
		begin_day(score, item->day);
	find_rules(score->rules, item, &closest);
	points = points_of(score->rules, &closest, item->kind);
	given = cap_points(score, item, points);
	score->capped += points != 0 && given == 0;
	if (given == 0)
		return;
	evidence.category = category_of(&closest);
	evidence.points = given * THOUSAND;
	evidence.decayed =
		(int32_t)((int64_t)evidence.points * score->rules->decay[age_of(score, item->day)] /
			  (INT64_C(1) << DECAY_BITS));
	count_item(score, item, evidence.decayed);
	if (evidence.category != RULES_NONE)
		score->category_sums[evidence.category] += evidence.decayed;
	keep_evidence(score, &evidence);
}

/* To the nearest, halves away from zero; an absurd sum stays at the limit. */
static int32_t round_points(int64_t sum)
{
	int64_t points = (sum < 0 ? sum - THOUSAND / 2 : sum + THOUSAND / 2) / THOUSAND;

	if (points > INT32_MAX)
		return INT32_MAX;
	return points < INT32_MIN ? INT32_MIN : (int32_t)points;
}

void score_finish(struct score *score)
{
	score->total = round_points(score->sum);
	for (size_t i = 0; i < score->rules->category_count; i++)
		score->by_category[i] = round_points(score->category_sums[i]);
}
