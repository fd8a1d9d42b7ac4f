/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a browser did: visits, views and how long they were seen, and by what they came.
 *
 * A view is known by its id in its browser: sent twice it is one, and its dwell is the largest that
 * its leaves tell. It may be that a leave comes first, or that the view was never heard of: then
 * the leave stands for it, on its own day and page.
 *
 * A visit is counted when it ends, on the day that it began, and when something was done in it: a
 * link that was followed to a page which was never heard of is a click, and no visit. Its views are
 * counted at once, since what it came by does not change any more. The view behind a click is its
 * landing, whatever that page's address says of where it came from.
 *
 * A click that another unit counts (a link of somebody else; a browser that is nobody's any more)
 * is judged there, so here its verdict is not asked: it is an arrival when its page was seen.
 */
#include "summary/fold_internal.h"

#include "base/encode.h"

#include <errno.h>

static struct fold_browser *browser_at(const struct fold *fold, uint64_t number)
{
	return (struct fold_browser *)fold->browsers.rows + number;
}

static struct fold_browser *find_browser(struct fold *fold, const struct visitor_id *visitor)
{
	struct memo_key key = {MET_BROWSER, get_u64(visitor->bytes), get_u64(visitor->bytes + 8)};
	uint64_t *number = memo_at(&fold->met, &key, NULL);
	struct fold_browser *browser;

	if (!number) {
		fold->error = -ENOMEM;
		return NULL;
	}
	if (*number)
		return browser_at(fold, *number - 1);
	browser = fold_rows_add(fold, &fold->browsers, sizeof(*browser));
	if (!browser)
		return NULL;
	browser->visitor = *visitor;
	*number = fold->browsers.count;
	return browser;
}

static struct fold_view *view_at(const struct fold *fold, uint64_t number)
{
	return (struct fold_view *)fold->views.rows + number % FOLD_VIEWS_MAX;
}

/* The view of this id in this browser; made by what tells of it first. */
static struct fold_view *find_view(struct fold *fold, const struct fold_browser *browser,
				   const struct fold_step *step)
{
	uint64_t place = (uint64_t)(browser - browser_at(fold, 0));
	struct memo_key key = {MET_VIEW, place, step->fact->view};
	uint64_t *number = memo_at(&fold->met, &key, NULL);
	struct fold_view *view;

	if (!number) {
		fold->error = -ENOMEM;
		return NULL;
	}
	if (*number && *number + FOLD_VIEWS_MAX > fold->view_count)
		return view_at(fold, *number - 1);
	if (fold->views.count < FOLD_VIEWS_MAX && !fold_rows_add(fold, &fold->views, sizeof(*view)))
		return NULL;
	view = view_at(fold, fold->view_count);
	*number = ++fold->view_count;
	*view = (struct fold_view){
		.time = step->fact->time,
		.page = step->fact->page,
		.tracker = step->fact->tracker,
		.day = step->day,
	};
	return view;
}

static void count_source(struct fold *fold, const struct fold_browser *browser, uint16_t day,
			 enum total total)
{
	uint8_t id[FOLD_SOURCE_BYTES];

	fold_source_id(&browser->source, id);
	fold_count(fold, TOTAL_KIND_source, id, day, total, 1);
}

static void count_campaign(struct fold *fold, const struct fold_browser *browser, uint16_t day,
			   enum total total)
{
	const struct campaign_id *campaign = &browser->session.campaign;

	if (!id_is_zero(campaign, sizeof(*campaign)))
		fold_count(fold, TOTAL_KIND_campaign, campaign, day, total, 1);
}

/* By what the visit came, beside all and its tracker. */
static void count_visit(struct fold *fold, const struct fold_browser *browser, uint16_t day,
			enum total total)
{
	fold_count(fold, TOTAL_KIND_all, NULL, day, total, 1);
	fold_count_text(fold, TOTAL_KIND_tracker, browser->tracker, day, total, 1);
	count_campaign(fold, browser, day, total);
	count_source(fold, browser, day, total);
}

static void end_session(struct fold *fold, const struct fold_browser *browser)
{
	if (browser->session.events == browser->session.arrivals)
		return;
	count_visit(fold, browser, browser->day, TOTAL_sessions);
	if (session_is_bounce(&browser->session))
		count_visit(fold, browser, browser->day, TOTAL_bounced_sessions);
	fold_count_text(fold, TOTAL_KIND_page, browser->entry, browser->day, TOTAL_entries, 1);
	fold_count_text(fold, TOTAL_KIND_page, browser->exit, browser->day, TOTAL_exits, 1);
	fold_count_group(fold, browser->entry, browser->day, TOTAL_entries, 1);
	fold_count_group(fold, browser->exit, browser->day, TOTAL_exits, 1);
	if (fold->summarise)
		fold_person_session(fold, browser);
}

void fold_visit_end(struct fold *fold)
{
	for (size_t i = 0; i < fold->browsers.count; i++)
		end_session(fold, browser_at(fold, i));
}

/* What the address of a page, and the page before, say of how they came. */
static struct person_touch touch_of_view(struct fold *fold, const struct fact *fact)
{
	struct person_touch touch = {
		.time = fact->time,
		.sequence = fact->sequence,
		.page = fact->page,
		.referrer = fact->referrer,
		.click_ids = fact->click_ids,
	};

	memcpy(touch.utm, fact->utm, sizeof(touch.utm));
	if (fact->utm[UTM_SOURCE])
		touch.source = SOURCE_UTM;
	else if (fact->click_ids)
		touch.source = SOURCE_AD;
	else
		touch.source = fold_referrer_class(fold, fact->referrer, fact->tracker);
	return touch;
}

static struct fold_source source_of_first(struct fold *fold, const struct fact *fact)
{
	struct person_touch touch = {.source = SOURCE_DIRECT};

	if (fact->type == EVENT_click) {
		touch.source = id_is_zero(&fact->mailing, sizeof(fact->mailing)) ? SOURCE_LINK
										 : SOURCE_MAIL;
		touch.campaign = fact->campaign;
	} else if (fact->type == EVENT_view) {
		touch = touch_of_view(fold, fact);
	}
	if (touch.source == SOURCE_INTERNAL)
		touch.source = SOURCE_DIRECT;
	return fold_source_of_touch(&touch);
}

static struct session_event session_event_of(const struct fact *fact)
{
	struct session_event event = {
		.time = fact->time,
		.is_view = fact->type == EVENT_view,
		.is_arrival = fact->type == EVENT_click,
		.is_leave = fact->type == EVENT_leave,
	};

	if (event.is_arrival)
		event.campaign = fact->campaign;
	return event;
}

/* The visit that the event is of; with the event a new one may begin. */
static void visit(struct fold *fold, struct fold_browser *browser, const struct fold_step *step)
{
	struct session_event event = session_event_of(step->fact);
	bool begins = browser->session.events == 0;

	if (!session_add(&browser->session, &event)) {
		if (event.is_leave)
			return;
		end_session(fold, browser);
		browser->session = (struct session){0};
		(void)session_add(&browser->session, &event);
		begins = true;
	}
	if (!begins)
		return;
	browser->sequence = step->fact->sequence;
	browser->tracker = step->fact->tracker;
	browser->day = step->day;
	browser->entry = browser->exit = 0;
	browser->visible_ms = 0;
	browser->awaits_landing = false;
	browser->claim.time = 0;
	browser->source = source_of_first(fold, step->fact);
}

/* The same, and what follows when it is the first thing that is done there. */
static void visit_and_do(struct fold *fold, struct fold_browser *browser,
			 const struct fold_step *step)
{
	visit(fold, browser, step);
	if (fold->summarise && browser->session.events - browser->session.arrivals == 1)
		fold_person_visits(fold, step);
}

/* Once a day for the browser, and for each thing that it saw. */
static bool first_today(struct fold *fold, const struct fold_browser *browser, enum total_kind kind,
			uint32_t id, uint16_t day)
{
	uint64_t place = (uint64_t)(browser - browser_at(fold, 0));
	struct memo_key key = {MET_DAY | (uint64_t)kind << 8 | (uint64_t)day << 16, place, id};
	bool is_new = false;

	if (!memo_at(&fold->met, &key, &is_new))
		fold->error = -ENOMEM;
	return is_new;
}

static void count_gap(struct fold *fold, struct fold_browser *browser, uint16_t day)
{
	uint16_t gap = browser->has_day ? (uint16_t)(day - browser->last_day) : 0;
	uint8_t id[2];

	put_u16(id, gap);
	fold_count(fold, TOTAL_KIND_gap, id, day, TOTAL_visitors, 1);
	if (!browser->has_day)
		count_visit(fold, browser, day, TOTAL_new_visitors);
	browser->has_day = true;
	browser->last_day = day;
}

static void count_visitor(struct fold *fold, struct fold_browser *browser,
			  const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	int group = fold_group(fold, fact->page);
	uint16_t day = step->day;

	if (first_today(fold, browser, TOTAL_KIND_all, 0, day)) {
		fold_count(fold, TOTAL_KIND_all, NULL, day, TOTAL_visitors, 1);
		count_gap(fold, browser, day);
	}
	if (first_today(fold, browser, TOTAL_KIND_tracker, fact->tracker, day))
		fold_count_text(fold, TOTAL_KIND_tracker, fact->tracker, day, TOTAL_visitors, 1);
	if (first_today(fold, browser, TOTAL_KIND_page, fact->page, day))
		fold_count_text(fold, TOTAL_KIND_page, fact->page, day, TOTAL_visitors, 1);
	if (group != RULES_NONE &&
	    first_today(fold, browser, TOTAL_KIND_group, (uint32_t)group, day))
		fold_count_group(fold, fact->page, day, TOTAL_visitors, 1);
}

static void count_view(struct fold *fold, struct fold_browser *browser,
		       const struct fold_step *step)
{
	const struct fact *fact = step->fact;

	fold_count(fold, TOTAL_KIND_all, NULL, step->day, TOTAL_views, 1);
	fold_count_text(fold, TOTAL_KIND_tracker, fact->tracker, step->day, TOTAL_views, 1);
	fold_count_text(fold, TOTAL_KIND_page, fact->page, step->day, TOTAL_views, 1);
	fold_count_group(fold, fact->page, step->day, TOTAL_views, 1);
	count_campaign(fold, browser, step->day, TOTAL_views);
	count_source(fold, browser, step->day, TOTAL_views);
	count_visitor(fold, browser, step);
}

static void count_machine_view(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;

	fold_count(fold, TOTAL_KIND_all, NULL, step->day, TOTAL_views_machine, 1);
	fold_count_text(fold, TOTAL_KIND_tracker, fact->tracker, step->day, TOTAL_views_machine, 1);
	fold_count_text(fold, TOTAL_KIND_page, fact->page, step->day, TOTAL_views_machine, 1);
	fold_count_group(fold, fact->page, step->day, TOTAL_views_machine, 1);
	fold_count_reasons(fold, step, TOTAL_views_machine);
}

/* A landing belongs to its click; else the view may be an arrival of its own. */
static void touch_by_view(struct fold *fold, struct fold_browser *browser,
			  const struct fold_step *step)
{
	struct person_touch touch = browser->claim;

	if (!browser->awaits_landing)
		touch = touch_of_view(fold, step->fact);
	browser->awaits_landing = false;
	browser->claim.time = 0;
	if (!touch.time || touch.source == SOURCE_DIRECT || touch.source == SOURCE_INTERNAL)
		return;
	touch.time = step->fact->time;
	fold->arrival = touch;
	if (fold->summarise)
		fold_person_touch(fold, &touch);
}

static void take_view(struct fold *fold, struct fold_browser *browser, const struct fold_step *step)
{
	const struct fact *fact = step->fact;

	if (fact->view) {
		struct fold_view *view = find_view(fold, browser, step);

		if (!view || view->viewed)
			return;
		view->viewed = true;
	}
	if (step->machine) {
		count_machine_view(fold, step);
		return;
	}
	visit_and_do(fold, browser, step);
	touch_by_view(fold, browser, step);
	if (!browser->entry)
		browser->entry = fact->page;
	browser->exit = fact->page;
	count_view(fold, browser, step);
	if (fold->summarise)
		fold_person_view(fold, step);
}

static void take_leave(struct fold *fold, struct fold_browser *browser,
		       const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	struct fold_view *view;
	uint32_t more_ms;

	visit(fold, browser, step);
	view = fact->view ? find_view(fold, browser, step) : NULL;
	if (!view || fact->visible_ms <= view->visible_ms)
		return;
	more_ms = fact->visible_ms - view->visible_ms;
	view->visible_ms = fact->visible_ms;
	browser->visible_ms += more_ms;
	fold_count(fold, TOTAL_KIND_all, NULL, view->day, TOTAL_visible_ms, more_ms);
	fold_count_text(fold, TOTAL_KIND_tracker, view->tracker, view->day, TOTAL_visible_ms,
			more_ms);
	fold_count_text(fold, TOTAL_KIND_page, view->page, view->day, TOTAL_visible_ms, more_ms);
	fold_count_group(fold, view->page, view->day, TOTAL_visible_ms, more_ms);
	if (fold->summarise)
		fold_person_dwell(fold, view, more_ms);
}

static void take_click(struct fold *fold, struct fold_browser *browser,
		       const struct fold_step *step)
{
	visit(fold, browser, step);
	if (step->primary && !step->human_click)
		return;
	browser->awaits_landing = true;
	browser->claim.time = 0;
	if (!step->primary)
		browser->claim = fold_touch_of_click(step->fact);
}

void fold_visit(struct fold *fold, const struct fold_step *step)
{
	struct fold_browser *browser = find_browser(fold, &step->fact->visitor);

	if (!browser || (step->primary && step->machine && step->fact->type != EVENT_view))
		return;
	switch (step->fact->type) {
	case EVENT_view:
		take_view(fold, browser, step);
		break;
	case EVENT_leave:
		take_leave(fold, browser, step);
		break;
	case EVENT_click:
		take_click(fold, browser, step);
		break;
	case EVENT_event:
	case EVENT_search:
	case EVENT_download:
	case EVENT_purchase:
	case EVENT_submit:
	case EVENT_submit_error:
	case EVENT_login:
	case EVENT_confirm:
		visit_and_do(fold, browser, step);
		break;
	default:
		break;
	}
}
