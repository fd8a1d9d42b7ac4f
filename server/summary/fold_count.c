/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one event adds to which totals. By type: which kinds of things an event happened to, and
 * which counter it moves; the rest are the rules that totals.h states: machines count as machines,
 * what is counted once, and whom a conversion is owed to.
 *
 * Only primary facts come here, and none that is excluded. Views with a browser are counted where
 * their visit is (fold_visit.c), because a view that was sent twice is one.
 */
#include "summary/fold_internal.h"

#include "base/encode.h"

#include <errno.h>

#define CONVERSION_USEC (30 * USEC_PER_DAY)

void fold_count(struct fold *fold, enum total_kind kind, const void *id, uint16_t day,
		enum total total, int64_t by)
{
	const struct fold_sink *sink = fold->sink;

	if (sink && sink->count)
		sink->count(sink->context, kind,
			    span_of(id ? id : "", total_kind_row(kind)->id_bytes), day, total, by);
}

void fold_count_text(struct fold *fold, enum total_kind kind, uint32_t text, uint16_t day,
		     enum total total, int64_t by)
{
	uint8_t id[4];

	put_u32(id, text);
	if (text)
		fold_count(fold, kind, id, day, total, by);
}

void fold_count_group(struct fold *fold, uint32_t page, uint16_t day, enum total total, int64_t by)
{
	int group = fold_group(fold, page);
	uint8_t id[2];

	if (group == RULES_NONE)
		return;
	put_u16(id, (uint16_t)group);
	fold_count(fold, TOTAL_KIND_group, id, day, total, by);
}

bool fold_once(struct fold *fold, enum total_kind kind, const void *id, enum total total)
{
	uint8_t bytes[16] = {0};
	struct memo_key key = {.a = MET_ONCE | (uint64_t)kind << 8 | (uint64_t)total << 16};
	bool is_new = false;

	if (id)
		memcpy(bytes, id, total_kind_row(kind)->id_bytes);
	key.b = get_u64(bytes);
	key.c = get_u64(bytes + 8);
	if (!memo_at(&fold->met, &key, &is_new))
		fold->error = -ENOMEM;
	return is_new;
}

void fold_source_id(const struct fold_source *source, uint8_t ret_id[FOLD_SOURCE_BYTES])
{
	ret_id[0] = (uint8_t)source->class;
	memcpy(ret_id + 1, source->what, sizeof(source->what));
	put_u32(ret_id + 5, source->medium);
}

struct fold_source fold_source_of_touch(const struct person_touch *touch)
{
	struct fold_source source = {.class = touch->source};

	switch (touch->source) {
	case SOURCE_MAIL:
	case SOURCE_LINK:
		memcpy(source.what, &touch->campaign, sizeof(source.what));
		break;
	case SOURCE_UTM:
		put_u32(source.what, touch->utm[UTM_SOURCE]);
		source.medium = touch->utm[UTM_MEDIUM];
		break;
	case SOURCE_SEARCH:
	case SOURCE_SOCIAL:
	case SOURCE_WEBMAIL:
	case SOURCE_REFERRAL:
		put_u32(source.what, touch->referrer);
		break;
	default:
		break;
	}
	return source;
}

/* The things that an event of the mailings happened to, and "all". */
struct things {
	struct {
		enum total_kind kind;
		const void *id;
	} rows[5];
	size_t count;
};

static void add_thing(struct things *things, enum total_kind kind, const void *id)
{
	size_t size = total_kind_row(kind)->id_bytes;

	if (size > 0 && id_is_zero(id, size))
		return;
	things->rows[things->count].kind = kind;
	things->rows[things->count++].id = id;
}

/* All, campaign, mailing and link; @link NULL: not the link. */
static struct things things_of(const struct campaign_id *campaign, const struct mailing_id *mailing,
			       const struct link_id *link)
{
	struct things things = {.count = 0};

	add_thing(&things, TOTAL_KIND_all, NULL);
	add_thing(&things, TOTAL_KIND_campaign, campaign);
	add_thing(&things, TOTAL_KIND_mailing, mailing);
	if (link)
		add_thing(&things, TOTAL_KIND_link, link);
	return things;
}

static void count_things(struct fold *fold, const struct things *things, uint16_t day,
			 enum total total)
{
	for (size_t i = 0; i < things->count; i++)
		fold_count(fold, things->rows[i].kind, things->rows[i].id, day, total, 1);
}

static void count_things_once(struct fold *fold, const struct things *things, uint16_t day,
			      enum total total)
{
	for (size_t i = 0; i < things->count; i++)
		if (fold_once(fold, things->rows[i].kind, things->rows[i].id, total))
			fold_count(fold, things->rows[i].kind, things->rows[i].id, day, total, 1);
}

/* "all" is among the things already. */
static void count_tracker(struct fold *fold, const struct fold_step *step, enum total total)
{
	fold_count_text(fold, TOTAL_KIND_tracker, step->fact->tracker, step->day, total, 1);
}

void fold_count_reasons(struct fold *fold, const struct fold_step *step, enum total total)
{
	uint64_t reasons = step->verdict->reasons;

	for (unsigned bit = 0; bit < VERDICT_RULE_COUNT; bit++) {
		const struct verdict_rule_row *row = verdict_rule_row((enum verdict_rule)bit);
		uint8_t id = (uint8_t)bit;

		if (reasons >> bit & 1 && row && row->name && row->stage != VERDICT_PERSON)
			fold_count(fold, TOTAL_KIND_reason, &id, step->day, total, 1);
	}
}

static enum total class_of_click(const struct fold_step *step)
{
	if (!step->verdict->settled)
		return TOTAL_clicks_pending;
	if (step->machine)
		return TOTAL_clicks_machine;
	return step->human_click ? TOTAL_clicks_human : TOTAL_clicks_unknown;
}

static void count_click(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	struct things things = things_of(&fact->campaign, &fact->mailing, &fact->link);
	enum total class = class_of_click(step);

	count_things(fold, &things, step->day, TOTAL_clicks);
	count_things(fold, &things, step->day, class);
	count_tracker(fold, step, TOTAL_clicks);
	count_tracker(fold, step, class);
	if (step->human_click)
		count_things_once(fold, &things, step->day, TOTAL_clickers);
	if (class == TOTAL_clicks_machine)
		fold_count_reasons(fold, step, class);
	if (!(fact->bits & FACT_CONFLICT))
		return;
	count_things(fold, &things, step->day, TOTAL_conflicts);
	count_tracker(fold, step, TOTAL_conflicts);
}

static void count_open(struct fold *fold, const struct fold_step *step)
{
	static const enum total totals[] = {
		[VERDICT_OPEN_DIRECT] = TOTAL_opens_direct,
		[VERDICT_OPEN_PROXY] = TOTAL_opens_proxy,
		[VERDICT_OPEN_PREFETCH] = TOTAL_opens_prefetch,
	};
	const struct fact *fact = step->fact;
	struct things things = things_of(&fact->campaign, &fact->mailing, NULL);
	enum total total = totals[step->verdict->open];

	count_things(fold, &things, step->day, total);
	count_tracker(fold, step, total);
	if (total != TOTAL_opens_prefetch)
		count_things_once(fold, &things, step->day, TOTAL_openers);
	if (total != TOTAL_opens_direct)
		fold_count_reasons(fold, step, total);
}

static void count_all(struct fold *fold, const struct fold_step *step, enum total total)
{
	fold_count(fold, TOTAL_KIND_all, NULL, step->day, total, 1);
	count_tracker(fold, step, total);
}

static void count_text(struct fold *fold, const struct fold_step *step, enum total_kind kind,
		       uint32_t text, enum total total)
{
	count_all(fold, step, total);
	fold_count_text(fold, kind, text, step->day, total, 1);
}

/* Sent, bounced, left a list: things of the mail; no machine does them, or it is no matter. */
static void count_mail(struct fold *fold, const struct fold_step *step, enum total total)
{
	const struct fact *fact = step->fact;
	struct things things = things_of(&fact->campaign, &fact->mailing, NULL);

	add_thing(&things, TOTAL_KIND_list, &fact->list);
	count_things(fold, &things, step->day, total);
	count_tracker(fold, step, total);
}

static bool is_owed(const struct fold *fold, const struct fold_step *step)
{
	return fold->arrival.time && step->fact->time - fold->arrival.time <= CONVERSION_USEC;
}

static void count_conversion(struct fold *fold, const struct fold_step *step, enum total total)
{
	const struct person_touch *arrival = &fold->arrival;
	struct things things = things_of(&arrival->campaign, &arrival->mailing, &arrival->link);
	struct fold_source source = fold_source_of_touch(arrival);
	uint8_t id[FOLD_SOURCE_BYTES];

	count_all(fold, step, total);
	count_all(fold, step, TOTAL_conversions);
	if (!is_owed(fold, step))
		return;
	fold_source_id(&source, id);
	fold_count(fold, TOTAL_KIND_source, id, step->day, total, 1);
	fold_count(fold, TOTAL_KIND_source, id, step->day, TOTAL_conversions, 1);
	for (size_t i = 1; i < things.count; i++) {
		fold_count(fold, things.rows[i].kind, things.rows[i].id, step->day, total, 1);
		fold_count(fold, things.rows[i].kind, things.rows[i].id, step->day,
			   TOTAL_conversions, 1);
	}
	if (fold->summarise)
		fold_person_converted(fold, step);
}

static void count_submit(struct fold *fold, const struct fold_step *step)
{
	struct things things = {.count = 0};

	count_conversion(fold, step, TOTAL_submits);
	add_thing(&things, TOTAL_KIND_form, &step->fact->form);
	count_things(fold, &things, step->day, TOTAL_submits);
	add_thing(&things, TOTAL_KIND_all, NULL);
	count_things_once(fold, &things, step->day, TOTAL_submitters);
}

static void count_money(struct fold *fold, const struct fold_step *step, enum total_kind kind,
			const void *id)
{
	const struct fact *fact = step->fact;

	fold_count(fold, kind, id, step->day, TOTAL_purchases, 1);
	fold_count(fold, kind, id, step->day, TOTAL_items, fact->count ? fact->count : 1);
	if (fact->amount)
		fold_count(fold, kind, id, step->day, TOTAL_amount, fact->amount);
}

static void count_purchase(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	uint8_t id[8];

	count_conversion(fold, step, TOTAL_purchases);
	fold_count(fold, TOTAL_KIND_all, NULL, step->day, TOTAL_items,
		   fact->count ? fact->count : 1);
	put_u32(id + 4, fact->currency);
	if (fact->currency)
		count_money(fold, step, TOTAL_KIND_currency, id + 4);
	put_u32(id, fact->product);
	if (fact->product)
		count_money(fold, step, TOTAL_KIND_product, id);
	if (!is_owed(fold, step) || !fact->currency ||
	    id_is_zero(&fold->arrival.campaign, sizeof(fold->arrival.campaign)))
		return;
	memcpy(id, &fold->arrival.campaign, 4);
	count_money(fold, step, TOTAL_KIND_campaign_sale, id);
}

/* Without a browser nobody can tell a view that was sent twice. */
static void count_view(struct fold *fold, const struct fold_step *step)
{
	enum total total = step->machine ? TOTAL_views_machine : TOTAL_views;

	count_text(fold, step, TOTAL_KIND_page, step->fact->page, total);
	fold_count_group(fold, step->fact->page, step->day, total, 1);
	if (step->machine)
		fold_count_reasons(fold, step, total);
}

static void count_error(struct fold *fold, const struct fold_step *step)
{
	struct things things = {.count = 0};

	add_thing(&things, TOTAL_KIND_form, &step->fact->form);
	count_all(fold, step, TOTAL_submit_errors);
	count_things(fold, &things, step->day, TOTAL_submit_errors);
}

static void count_probe(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;
	struct things things = things_of(&fact->campaign, &fact->mailing, &fact->link);

	count_things(fold, &things, step->day, TOTAL_probes);
	count_tracker(fold, step, TOTAL_probes);
}

/* What people do, and machines are not counted for. */
static void count_deed(struct fold *fold, const struct fold_step *step)
{
	const struct fact *fact = step->fact;

	switch (fact->type) {
	case EVENT_download:
		count_text(fold, step, TOTAL_KIND_page, fact->page, TOTAL_downloads);
		break;
	case EVENT_search:
		count_text(fold, step, TOTAL_KIND_term, fact->name, TOTAL_searches);
		break;
	case EVENT_event:
		count_text(fold, step, TOTAL_KIND_name, fact->name, TOTAL_events);
		break;
	case EVENT_login:
		count_all(fold, step, TOTAL_logins);
		break;
	case EVENT_confirm:
		count_all(fold, step, TOTAL_confirms);
		break;
	case EVENT_submit:
		count_submit(fold, step);
		break;
	case EVENT_submit_error:
		count_error(fold, step);
		break;
	case EVENT_purchase:
		count_purchase(fold, step);
		break;
	default:
		break;
	}
}

void fold_count_fact(struct fold *fold, const struct fold_step *step)
{
	switch (step->fact->type) {
	case EVENT_click:
		count_click(fold, step);
		break;
	case EVENT_open:
		count_open(fold, step);
		break;
	case EVENT_probe:
		count_probe(fold, step);
		break;
	case EVENT_sent:
		count_mail(fold, step, TOTAL_sent);
		break;
	case EVENT_bounce:
		count_mail(fold, step, TOTAL_bounces);
		break;
	case EVENT_unsubscribe:
		count_mail(fold, step, TOTAL_unsubscribes);
		break;
	case EVENT_resubscribe:
		count_mail(fold, step, TOTAL_resubscribes);
		break;
	case EVENT_view:
		if (!step->browser)
			count_view(fold, step);
		break;
	default:
		if (!step->machine)
			count_deed(fold, step);
		break;
	}
}
