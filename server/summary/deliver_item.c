/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is judged of somebody before their rows are written: company and grade by who they are,
 * likelihood by what they did, and whether sales is late.
 *
 * A follow-up is asked for by the last form or purchase, else by a score that reached what the
 * rules say. It is done when the person's own field holds a later time, as the CRM gave it back; it
 * is overdue on the days behind its due day.
 */
#include "summary/deliver_value.h"

#include "base/cleanup.h"

#include <stdio.h>

static const char *const stage_texts[] = {"none", "sent", "clicked", "responded"};

const char *deliver_stage_text(enum deliver_stage stage)
{
	return stage_texts[stage];
}

enum deliver_stage deliver_stage_of(const struct person_response *response)
{
	if (response->submits > 0 || response->purchases > 0)
		return DELIVER_STAGE_RESPONDED;
	if (response->clicks > 0)
		return DELIVER_STAGE_CLICKED;
	return response->sent > 0 ? DELIVER_STAGE_SENT : DELIVER_STAGE_NONE;
}

struct span deliver_field(void *context, const char *field)
{
	const struct deliver_item *item = context;
	const json_t *value;

	if (strcmp(field, "email_domain") == 0)
		return item->company.domain[0] ? span_text(item->company.domain) : (struct span){0};
	if (strcmp(field, "free_mail") == 0)
		return item->company.is_free_mail ? SPAN("yes") : SPAN("no");
	if (strcmp(field, "company") == 0 && item->company.name[0])
		return span_text(item->company.name);
	value = json_object_get(item->identity->fields, field);
	return span_of(json_string_value(value), json_string_length(value));
}

/* Days and whole times are both taken: "2026-11-21" is the begin of that day. 0: it is neither. */
static usec_t time_of_field(const struct deliver_item *item, const char *field)
{
	struct span text = field ? deliver_field((void *)(uintptr_t)item, field) : (struct span){0};
	cleanup_free char *copy = text.data ? span_dup(text) : NULL;
	uint16_t day;
	usec_t time;

	if (!copy)
		return 0;
	if (clock_parse(copy, &time) == 0)
		return time;
	return calendar_parse(copy, &day) ? calendar_day_begin(item->calendar, day) : 0;
}

/* Of a day alone it is not known when on it sales spoke to them: all of it counts. */
static bool is_done(const struct deliver_item *item, usec_t since)
{
	usec_t done = time_of_field(item, item->rules->follow_up.done_field);

	return done != 0 &&
	       calendar_day(item->calendar, done) >= calendar_day(item->calendar, since);
}

static void take_moment(struct deliver_follow_up *wanted, const struct person_moment *moment)
{
	wanted->sequence = moment->sequence;
	wanted->time = moment->time;
	wanted->type = moment->type;
	wanted->page = moment->page;
	wanted->form = moment->form;
}

/* The last purchase as a moment: its day is all that is known of its time. */
static void take_purchase(const struct deliver_item *item, struct deliver_follow_up *wanted)
{
	const struct person_purchase *last;
	usec_t time;

	if (item->summary->purchases.count == 0)
		return;
	last = &item->summary->purchases.rows[item->summary->purchases.count - 1];
	time = calendar_day_begin(item->calendar, last->day);
	if (wanted->time != 0 && calendar_day(item->calendar, wanted->time) >= last->day)
		return;
	*wanted = (struct deliver_follow_up){.sequence = last->sequence,
					     .time = time,
					     .type = EVENT_purchase};
}

static void judge_follow_up(struct deliver_item *item, uint16_t today)
{
	const struct follow_up *rule = &item->rules->follow_up;
	const struct person_summary *summary = item->summary;
	struct deliver_follow_up *wanted = &item->follow_up;
	uint32_t due;

	*wanted = (struct deliver_follow_up){0};
	if (!rule->wanted || item->company.excluded)
		return;
	if (summary->submits.count > 0)
		take_moment(wanted, &summary->submits.rows[summary->submits.count - 1]);
	take_purchase(item, wanted);
	if (wanted->time == 0 && rule->score > 0 && summary->score &&
	    summary->score->total >= rule->score)
		wanted->time = summary->last.time;
	if (wanted->time == 0 || is_done(item, wanted->time))
		return;
	due = (uint32_t)calendar_day(item->calendar, wanted->time) + (uint32_t)rule->due_days;
	wanted->due_day = due < UINT16_MAX ? (uint16_t)due : UINT16_MAX;
	wanted->overdue = today > wanted->due_day;
}

void deliver_item_judge(struct deliver_item *item, uint16_t today)
{
	const json_t *written = json_object_get(item->identity->fields, "company");

	company_of(item->rules->companies, item->identity->address,
		   span_of(json_string_value(written), json_string_length(written)),
		   &item->company);
	item->grade = grade_of(item->rules->grades, deliver_field, item, NULL);
	item->likelihood = (struct likelihood){0};
	if (item->summary->score)
		likelihood_of(item->summary->score, item->grade, item->company.excluded,
			      &item->likelihood);
	judge_follow_up(item, today);
}
