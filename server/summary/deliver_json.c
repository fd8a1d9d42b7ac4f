/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One person as a JSON object. Nothing in it says when it was made: an object that is the same as
 * the one delivered before is not delivered again, and time alone must not make it another.
 *
 * jansson takes NULL members for a failure of the whole, so each function returns what it made or
 * NULL, and the first failure is seen at the end.
 */
#include "summary/deliver.h"

#include "base/encode.h"
#include "store/event.h"

enum { POINTS_UNIT = 1000 };

static json_t *text_value(struct span text)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;

	if (text.size == 0)
		return json_null();
	utf8_append_clean(&clean, text, text.size * 3);
	return clean.error ? NULL : json_stringn((const char *)clean.data, clean.size);
}

static json_t *interned(const struct deliver_item *item, uint32_t id)
{
	return id ? text_value(item->names->text(item->names->context, id)) : json_null();
}

static json_t *name_value(const struct deliver_item *item, enum name_kind kind, const void *id,
			  size_t size)
{
	if (id_is_zero(id, size))
		return json_null();
	return text_value(item->names->name(item->names->context, kind, id));
}

static json_t *campaign_value(const struct deliver_item *item, const struct campaign_id *id)
{
	return name_value(item, NAME_CAMPAIGN, id, sizeof(*id));
}

static json_t *mailing_value(const struct deliver_item *item, const struct mailing_id *id)
{
	return name_value(item, NAME_MAILING, id, sizeof(*id));
}

static json_t *hex_value(const void *id, size_t size)
{
	char text[2 * sizeof(struct visitor_id) + 1];

	if (id_is_zero(id, size))
		return json_null();
	hex_format(id, size, text);
	return json_string(text);
}

static json_t *time_value(usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(time, text);
	return time ? json_string(text) : json_null();
}

static json_t *day_value(uint16_t day)
{
	char text[CALENDAR_TEXT_BYTES];

	calendar_format(day, text);
	return json_string(text);
}

static json_t *moment_value(const struct deliver_item *item, const struct person_moment *moment)
{
	if (!moment->time)
		return json_null();
	return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "time",
			 time_value(moment->time), "event", (json_int_t)moment->sequence, "type",
			 event_type_row(moment->type)->name, "page", interned(item, moment->page),
			 "name", interned(item, moment->name), "campaign",
			 campaign_value(item, &moment->campaign), "mailing",
			 mailing_value(item, &moment->mailing), "link",
			 hex_value(&moment->link, sizeof(moment->link)), "form",
			 name_value(item, NAME_FORM, &moment->form, sizeof(moment->form)));
}

static json_t *counts_value(const struct person_counts *counts)
{
	json_t *value = json_object();

#define COUNT(name, sentence) \
	(void)json_object_set_new(value, #name, json_integer((json_int_t)counts->name));
	PERSON_COUNTS(COUNT)
#undef COUNT
	return value;
}

static json_t *touch_value(const struct deliver_item *item, const struct person_touch *touch)
{
	static const char *const utm_names[] = {"source", "medium", "campaign", "term", "content"};
	json_t *utm;

	if (!touch->time)
		return json_null();
	utm = json_object();
	for (size_t i = 0; i < sizeof(utm_names) / sizeof(utm_names[0]); i++)
		if (touch->utm[i])
			(void)json_object_set_new(utm, utm_names[i], interned(item, touch->utm[i]));
	return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "time",
			 time_value(touch->time), "event", (json_int_t)touch->sequence, "source",
			 source_class_name(touch->source), "campaign",
			 campaign_value(item, &touch->campaign), "mailing",
			 mailing_value(item, &touch->mailing), "link",
			 hex_value(&touch->link, sizeof(touch->link)), "page",
			 interned(item, touch->page), "referrer", interned(item, touch->referrer),
			 "utm", utm);
}

static json_t *response_value(const struct deliver_item *item,
			      const struct person_response *response)
{
	return json_pack("{s:o, s:o, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "campaign",
			 campaign_value(item, &response->campaign), "mailing",
			 mailing_value(item, &response->mailing), "stage",
			 deliver_stage_text(deliver_stage_of(response)), "sent",
			 (int)response->sent, "bounces", (int)response->bounces, "opens",
			 (int)response->opens, "clicks", (int)response->clicks, "submits",
			 (int)response->submits, "purchases", (int)response->purchases,
			 "first_sent", time_value(response->first_sent), "first_response",
			 time_value(response->first_response), "last_response",
			 time_value(response->last_response));
}

static json_t *session_value(const struct deliver_item *item, const struct person_session *session)
{
	return json_pack("{s:o, s:o, s:I, s:i, s:i, s:I, s:o, s:o, s:o}", "first",
			 time_value(session->first), "last", time_value(session->last), "event",
			 (json_int_t)session->sequence, "views", (int)session->views, "events",
			 (int)session->events, "visible_ms", (json_int_t)session->visible_ms,
			 "entry", interned(item, session->entry), "exit",
			 interned(item, session->exit), "campaign",
			 campaign_value(item, &session->campaign));
}

static json_t *page_value(const struct deliver_item *item, const struct person_page *page)
{
	return json_pack("{s:o, s:i, s:I, s:o}", "page", interned(item, page->page), "views",
			 (int)page->views, "visible_ms", (json_int_t)page->visible_ms, "last",
			 time_value(page->last));
}

static json_t *group_value(const struct deliver_item *item, const struct person_group *group)
{
	const char *name = group->group < item->rules->group_count
				   ? item->rules->groups[group->group].name
				   : "";

	return json_pack("{s:s, s:i, s:I, s:o}", "group", name, "views", (int)group->views,
			 "visible_ms", (json_int_t)group->visible_ms, "last",
			 time_value(group->last));
}

static json_t *purchase_value(const struct deliver_item *item, const struct person_purchase *row)
{
	return json_pack("{s:o, s:o, s:o, s:i, s:I, s:I, s:I}", "day", day_value(row->day),
			 "product", interned(item, row->product), "currency",
			 interned(item, row->currency), "purchases", (int)row->purchases, "items",
			 (json_int_t)row->items, "amount_minor", (json_int_t)row->amount, "event",
			 (json_int_t)row->sequence);
}

static json_t *evidence_value(const struct deliver_item *item, const struct score_evidence *row)
{
	const struct summary_rules *rules = item->rules;

	return json_pack("{s:I, s:s, s:o, s:i, s:o, s:s?, s:s?}", "event",
			 (json_int_t)row->sequence, "kind", score_kind_text(row->kind), "day",
			 day_value(row->day), "points", (int)(row->points / POINTS_UNIT), "about",
			 interned(item, row->text), "group",
			 row->group == RULES_NONE ? NULL : rules->groups[row->group].name,
			 "category",
			 row->category == RULES_NONE ? NULL : rules->categories[row->category]);
}

static json_t *score_value(const struct deliver_item *item)
{
	const struct score *score = item->summary->score;
	json_t *categories, *evidence;

	if (!score)
		return json_null();
	categories = json_object();
	evidence = json_array();
	for (size_t i = 0; i < item->rules->category_count; i++)
		(void)json_object_set_new(categories, item->rules->categories[i],
					  json_integer(score->by_category[i]));
	for (unsigned i = 0; i < score->strongest_count; i++)
		(void)json_array_append_new(evidence, evidence_value(item, &score->strongest[i]));
	return json_pack("{s:i, s:o, s:i, s:i, s:o}", "total", (int)score->total, "by_category",
			 categories, "events", (int)score->items, "capped", (int)score->capped,
			 "evidence", evidence);
}

static json_t *company_value(const struct company *company)
{
	if (!company->key[0])
		return json_null();
	return json_pack("{s:s, s:o, s:b}", "name", company->name, "domain",
			 company->domain[0] && !company->is_free_mail ? json_string(company->domain)
								      : json_null(),
			 "excluded", company->excluded);
}

static json_t *likelihood_value(const struct deliver_item *item)
{
	cleanup_buffer struct buffer why = BUFFER_INIT;

	if (!item->summary->score)
		return json_null();
	likelihood_explain(item->summary->score, item->grade, item->company.excluded, &why);
	return json_pack("{s:i, s:s}", "percent", (int)item->likelihood.percent, "why",
			 buffer_text(&why));
}

#define SET_LIST(object, name, list, make)                                                    \
	do {                                                                                  \
		json_t *rows_ = json_array();                                                 \
                                                                                              \
		for (size_t i_ = 0; i_ < (list).count; i_++)                                  \
			(void)json_array_append_new(rows_, make(item, &(list).rows[i_]));     \
		(void)json_object_set_new(object, name, rows_);                               \
		if ((list).left_out > 0)                                                      \
			(void)json_object_set_new(object, name "_left_out",                   \
						  json_integer((json_int_t)(list).left_out)); \
	} while (0)

static void set_lists(json_t *object, const struct deliver_item *item)
{
	const struct person_summary *summary = item->summary;

	SET_LIST(object, "touches", summary->touches, touch_value);
	SET_LIST(object, "sessions", summary->sessions, session_value);
	SET_LIST(object, "campaigns", summary->responses, response_value);
	SET_LIST(object, "pages", summary->pages, page_value);
	SET_LIST(object, "groups", summary->groups, group_value);
	SET_LIST(object, "downloads", summary->downloads, moment_value);
	SET_LIST(object, "searches", summary->searches, moment_value);
	SET_LIST(object, "submits", summary->submits, moment_value);
	SET_LIST(object, "purchases", summary->purchases, purchase_value);
}

static void set_id(json_t *object, const char *name, struct span id)
{
	if (id.size > 0)
		(void)json_object_set_new(object, name, text_value(id));
}

/* Where the CRM stands, and who gets no mail; only what is so. */
static void set_standing(json_t *object, const struct deliver_identity *identity)
{
	set_id(object, "salesforce_lead", identity->lead);
	set_id(object, "salesforce_contact", identity->contact);
	set_id(object, "salesforce_account", identity->account);
	set_id(object, "registered_by", identity->registered);
	if (identity->opted_out)
		(void)json_object_set_new(object, "opted_out", json_true());
	if (identity->bounced)
		(void)json_object_set_new(object, "bounced", json_true());
	if (identity->left)
		(void)json_object_set(object, "left_lists", (json_t *)(uintptr_t)identity->left);
}

json_t *deliver_person_json(const struct deliver_item *item)
{
	const struct person_summary *summary = item->summary;
	json_t *object =
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i}",
			  "prospect", hex_value(&item->person, sizeof(item->person)), "email",
			  text_value(item->identity->address), "company",
			  company_value(&item->company), "grade",
			  item->grade == GRADE_NONE ? json_null()
						    : json_string(grade_text(item->grade)),
			  "likelihood", likelihood_value(item), "score", score_value(item),
			  "first_interaction", moment_value(item, &summary->first),
			  "last_interaction", moment_value(item, &summary->last), "last_7_days",
			  counts_value(&summary->windows[PERSON_WINDOW_7]), "last_30_days",
			  counts_value(&summary->windows[PERSON_WINDOW_30]), "all",
			  counts_value(&summary->windows[PERSON_WINDOW_ALL]), "first_touch",
			  touch_value(item, &summary->first_touch), "last_touch",
			  touch_value(item, &summary->last_touch), "browsers",
			  (int)summary->browsers);

	if (object) {
		set_standing(object, item->identity);
		set_lists(object, item);
	}
	return object;
}
