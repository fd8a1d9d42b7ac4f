/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary of one person, gathered while their facts go by. Lists of what is most recent are
 * rings; the others grow with the facts and are cut at the end (fold_person_end.c), because only
 * then is known what was seen most. Nothing here moves a total.
 */
#include "summary/fold_internal.h"

#include <errno.h>
#include <stdlib.h>

enum { LIST_PAGE = 1, LIST_GROUP, LIST_RESPONSE, LIST_PURCHASE };

int fold_person_new(struct fold_person **ret_summary)
{
	struct fold_person *person = calloc(1, sizeof(*person));
	size_t moment = sizeof(struct person_moment);

	if (!person)
		return -ENOMEM;
	if (!ring_init(&person->touches, sizeof(struct person_touch), PERSON_TOUCHES_MAX) ||
	    !ring_init(&person->sessions, sizeof(struct person_session), PERSON_SESSIONS_MAX) ||
	    !ring_init(&person->downloads, moment, PERSON_MOMENTS_MAX) ||
	    !ring_init(&person->searches, moment, PERSON_MOMENTS_MAX) ||
	    !ring_init(&person->submits, moment, PERSON_MOMENTS_MAX)) {
		fold_person_free(person);
		return -ENOMEM;
	}
	*ret_summary = person;
	return 0;
}

void fold_person_free(struct fold_person *person)
{
	if (!person)
		return;
	ring_finish(&person->touches);
	ring_finish(&person->sessions);
	ring_finish(&person->downloads);
	ring_finish(&person->searches);
	ring_finish(&person->submits);
	free(person->pages.rows);
	free(person->groups.rows);
	free(person->responses.rows);
	free(person->purchases.rows);
	free(person);
}

void fold_person_begin(struct fold *fold)
{
	struct fold_person *person = fold->summary;
	const struct fold_context *context = fold->context;

	person->summary =
		(struct person_summary){.is_person = fold->is_person, .person = fold->person};
	ring_clear(&person->touches);
	ring_clear(&person->sessions);
	ring_clear(&person->downloads);
	ring_clear(&person->searches);
	ring_clear(&person->submits);
	person->pages.count = person->groups.count = person->responses.count =
		person->purchases.count = 0;
	if (context->rules)
		score_init(&person->score, context->rules,
			   calendar_day(context->calendar, fold->as_of));
}

/* Add to one count (by its place in struct person_counts) of each window that @time is in. */
static void count(struct fold *fold, size_t place, usec_t time, uint64_t by)
{
	static const usec_t lengths[] = {
		[PERSON_WINDOW_7] = 7 * USEC_PER_DAY,
		[PERSON_WINDOW_30] = 30 * USEC_PER_DAY,
	};

	for (int i = 0; i < PERSON_WINDOW_COUNT; i++) {
		struct person_counts *counts = &fold->summary->summary.windows[i];

		if (i == PERSON_WINDOW_ALL || time + lengths[i] > fold->as_of)
			*(uint64_t *)(void *)((uint8_t *)counts + place) += by;
	}
}

#define COUNT(name, time, by) count(fold, offsetof(struct person_counts, name), time, by)

/* The row of a list that @b and @c name; NULL when out of memory, or there is no room. */
static void *row_of(struct fold *fold, struct fold_rows *rows, size_t size, uint64_t list,
		    uint64_t b, uint64_t c)
{
	uint64_t *number =
		memo_at(&fold->met, &(struct memo_key){MET_PERSON | list << 8, b, c}, NULL);
	void *row;

	if (!number) {
		fold->error = -ENOMEM;
		return NULL;
	}
	if (*number)
		return (uint8_t *)rows->rows + (*number - 1) * size;
	if (rows->count >= FOLD_LIST_MAX)
		return NULL;
	row = fold_rows_add(fold, rows, size);
	if (row)
		*number = rows->count;
	return row;
}

static struct person_page *page_of(struct fold *fold, uint32_t page)
{
	struct person_page *row =
		row_of(fold, &fold->summary->pages, sizeof(*row), LIST_PAGE, page, 0);

	if (row)
		row->page = page;
	return row;
}

static struct person_group *group_of(struct fold *fold, uint32_t page)
{
	int group = fold_group(fold, page);
	struct person_group *row;

	if (group == RULES_NONE)
		return NULL;
	row = row_of(fold, &fold->summary->groups, sizeof(*row), LIST_GROUP, (uint64_t)group, 0);
	if (row)
		row->group = (uint16_t)group;
	return row;
}

/* NULL without a campaign. */
static struct person_response *response_of(struct fold *fold, const struct campaign_id *campaign,
					   const struct mailing_id *mailing)
{
	struct person_response *row;
	uint64_t number = 0;

	if (id_is_zero(campaign, sizeof(*campaign)))
		return NULL;
	memcpy(&number, campaign, sizeof(*campaign));
	row = row_of(fold, &fold->summary->responses, sizeof(*row), LIST_RESPONSE, number, 0);
	if (!row)
		return NULL;
	row->campaign = *campaign;
	if (!id_is_zero(mailing, sizeof(*mailing)))
		row->mailing = *mailing;
	return row;
}

static void responded(struct person_response *row, usec_t time)
{
	if (!row->first_response)
		row->first_response = time;
	row->last_response = time;
}

static struct person_moment moment_of(const struct fact *fact)
{
	return (struct person_moment){
		.time = fact->time,
		.sequence = fact->sequence,
		.type = fact->type,
		.page = fact->page,
		.name = fact->type == EVENT_purchase ? fact->product : fact->name,
		.campaign = fact->campaign,
		.mailing = fact->mailing,
		.link = fact->link,
		.form = fact->form,
	};
}

static void interacted(struct fold *fold, const struct fold_step *step)
{
	struct person_summary *summary = &fold->summary->summary;

	summary->last = moment_of(step->fact);
	if (!summary->first.time)
		summary->first = summary->last;
}

static void score(struct fold *fold, const struct fold_step *step, int kind)
{
	const struct fact *fact = step->fact;
	struct score_item item;

	if (kind == RULES_NONE || !fold->context->rules || !step->theirs || step->machine ||
	    !step->verdict->settled || (fact->type == EVENT_click && !step->human_click))
		return;
	item = (struct score_item){
		.kind = (enum score_kind)kind,
		.day = step->day,
		.sequence = fact->sequence,
		.group = fold_group(fold, fact->page),
		.text = fact->type == EVENT_event || fact->type == EVENT_search ? fact->name
										: fact->page,
		.campaign = fact->campaign,
		.form = fact->form,
	};
	if (fact->type == EVENT_event && fact->name)
		item.name = fold->context->text(fold->context->context, fact->name);
	score_add(&fold->summary->score, &item);
}

static void score_fact(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;

	score(fold, step,
	      score_kind_of(fact->type, !id_is_zero(&fact->mailing, sizeof(fact->mailing))));
}

void fold_person_visits(struct fold *fold, const struct fold_step *step)
{
	score(fold, step, SCORE_session);
}

static void take_click(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	struct person_response *row;

	if (step->human_click)
		COUNT(clicks, fact->time, 1);
	else if (step->machine && step->verdict->settled)
		COUNT(clicks_machine, fact->time, 1);
	else
		COUNT(clicks_unknown, fact->time, 1);
	if (!step->human_click || !step->theirs)
		return;
	interacted(fold, step);
	row = response_of(fold, &fact->campaign, &fact->mailing);
	if (!row)
		return;
	row->clicks++;
	responded(row, fact->time);
}

/* What came to them. */
static void take_mail(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	bool opened = fact->type == EVENT_open && step->verdict->open != VERDICT_OPEN_PREFETCH;
	struct person_response *row = response_of(fold, &fact->campaign, &fact->mailing);

	if (fact->type == EVENT_sent)
		COUNT(sent, fact->time, 1);
	if (opened)
		COUNT(opens, fact->time, 1);
	if (!row)
		return;
	row->opens += opened;
	row->sent += fact->type == EVENT_sent;
	row->bounces += fact->type == EVENT_bounce;
	if (fact->type == EVENT_sent && !row->first_sent)
		row->first_sent = fact->time;
}

static void take_purchase(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	struct person_purchase *row =
		row_of(fold, &fold->summary->purchases, sizeof(*row), LIST_PURCHASE,
		       (uint64_t)fact->product << 32 | fact->currency, step->day);

	COUNT(purchases, fact->time, 1);
	if (!row)
		return;
	row->day = step->day;
	row->product = fact->product;
	row->currency = fact->currency;
	row->purchases++;
	row->items += fact->count ? fact->count : 1;
	row->amount = total_add(row->amount, fact->amount);
	row->sequence = fact->sequence;
}

static void keep_moment(struct ring *ring, const struct fact *fact)
{
	struct person_moment moment = moment_of(fact);

	ring_add(ring, &moment);
}

static void take_deed(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;

	switch (fact->type) {
	case EVENT_download:
		COUNT(downloads, fact->time, 1);
		keep_moment(&fold->summary->downloads, fact);
		break;
	case EVENT_search:
		COUNT(searches, fact->time, 1);
		keep_moment(&fold->summary->searches, fact);
		break;
	case EVENT_submit:
		COUNT(submits, fact->time, 1);
		keep_moment(&fold->summary->submits, fact);
		break;
	case EVENT_event:
		COUNT(events, fact->time, 1);
		break;
	case EVENT_login:
		COUNT(logins, fact->time, 1);
		break;
	case EVENT_purchase:
		take_purchase(fold, step);
		break;
	case EVENT_confirm:
		break;
	default:
		return;
	}
	if (step->theirs)
		interacted(fold, step);
}

void fold_person_fact(struct fold *fold, const struct fold_step *step)
{
	switch (step->fact->type) {
	case EVENT_click:
		take_click(fold, step);
		break;
	case EVENT_sent:
	case EVENT_bounce:
	case EVENT_open:
		take_mail(fold, step);
		return;
	case EVENT_view: /* fold_person_view() */
	case EVENT_leave:
		return;
	default:
		if (step->machine)
			return;
		take_deed(fold, step);
		break;
	}
	score_fact(fold, step);
}

void fold_person_view(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	struct person_page *page = page_of(fold, fact->page);
	struct person_group *group = group_of(fold, fact->page);

	COUNT(views, fact->time, 1);
	if (page) {
		page->views++;
		page->last = fact->time;
	}
	if (group) {
		group->views++;
		group->last = fact->time;
	}
	if (step->theirs)
		interacted(fold, step);
	score_fact(fold, step);
}

void fold_person_dwell(struct fold *fold, const struct fold_view *view, uint32_t more_ms)
{
	struct person_page *page = page_of(fold, view->page);
	struct person_group *group = group_of(fold, view->page);

	COUNT(visible_ms, view->time, more_ms);
	if (page)
		page->visible_ms += more_ms;
	if (group)
		group->visible_ms += more_ms;
}

void fold_person_session(struct fold *fold, const struct fold_browser *browser)
{
	const struct session *session = &browser->session;
	struct person_session row = {
		.first = session->first,
		.last = session->last,
		.sequence = browser->sequence,
		.views = session->views,
		.events = session->events,
		.entry = browser->entry,
		.exit = browser->exit,
		.visible_ms = browser->visible_ms > UINT32_MAX ? UINT32_MAX
							       : (uint32_t)browser->visible_ms,
		.campaign = session->campaign,
		.visitor = browser->visitor,
	};

	COUNT(sessions, session->first, 1);
	ring_add(&fold->summary->sessions, &row);
}

void fold_person_touch(struct fold *fold, const struct person_touch *touch)
{
	struct person_summary *summary = &fold->summary->summary;

	ring_add(&fold->summary->touches, touch);
	summary->last_touch = *touch;
	if (!summary->first_touch.time)
		summary->first_touch = *touch;
}

void fold_person_converted(struct fold *fold, const struct fold_step *step)
{
	struct person_response *row =
		response_of(fold, &fold->arrival.campaign, &fold->arrival.mailing);

	if (!row)
		return;
	row->submits += step->fact->type == EVENT_submit;
	row->purchases += step->fact->type == EVENT_purchase;
	responded(row, step->fact->time);
}
