/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events become facts. What counts is a row of a table; everything else is left out, but for what
 * says who is whom.
 *
 * Nothing here depends on what state/ says or on what came before: the same event makes the same
 * fact in a first run, beside a running server, and in a rebuild. Hence the subject of what is
 * neither a person's nor a browser's is made of the event alone: such events are taken together
 * when they come from one network with one agent on one day (UTC), about one mailing or, without
 * one, on one tracker. It is a hash under a key of this directory.
 *
 * Most texts come again and again, and the walk through the log numbers them: what follows from one
 * is kept by its number, so that most events are taken in without reading any text but the props.
 *
 * Imported events and those that a site's server reports carry no headers of a browser, and say so
 * in their bits, so that nothing is concluded from what is missing.
 */
#include "summary/intake_internal.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/retention.h"
#include "text/url.h"
#include "track/attachment.h"
#include "track/verdict.h"

#include <errno.h>

enum { CHOICE_HEAD = 2 /* of "method" */ };

static const bool makes_fact[EVENT_TYPE_COUNT] = {
	[EVENT_click] = true,	    [EVENT_open] = true,	 [EVENT_probe] = true,
	[EVENT_view] = true,	    [EVENT_leave] = true,	 [EVENT_event] = true,
	[EVENT_search] = true,	    [EVENT_download] = true,	 [EVENT_purchase] = true,
	[EVENT_submit] = true,	    [EVENT_submit_error] = true, [EVENT_unsubscribe] = true,
	[EVENT_resubscribe] = true, [EVENT_confirm] = true,	 [EVENT_login] = true,
	[EVENT_sent] = true,	    [EVENT_bounce] = true,
};

int intake_new(const struct tracker_set *trackers, struct text_ids *texts,
	       struct intake **ret_intake)
{
	struct intake *intake = calloc(1, sizeof(*intake));

	if (!intake)
		return -ENOMEM;
	intake->trackers = trackers;
	intake->texts = texts;
	*ret_intake = intake;
	return 0;
}

void intake_free(struct intake *intake)
{
	if (!intake)
		return;
	buffer_finish(&intake->scratch);
	buffer_finish(&intake->decoded);
	free(intake);
}

static void copy_id(const struct event *event, enum event_field field, void *ret_id, size_t size)
{
	struct span value = event->fields[field];

	if (value.size == size)
		memcpy(ret_id, value.data, size);
}

/* NULL: the field's text has no number. */
static struct intake_known *known_of(struct intake *intake, enum event_field field)
{
	uint32_t number = (int)field < EVENT_WALK_FIELDS ? intake->numbers->of[field] : 0;
	struct intake_known *known = &intake->known[number % TEXTS_KNOWN];

	if (number == 0)
		return NULL;
	if (known->number != number)
		*known = (struct intake_known){.number = number};
	return known;
}

static int intern(struct intake *intake, const struct event *event, enum event_field field,
		  uint32_t *ret_id)
{
	struct intake_known *known = known_of(intake, field);
	int r;

	if (known && known->text) {
		*ret_id = known->text;
		return 0;
	}
	r = text_ids_intern(intake->texts, event->fields[field], ret_id);
	if (!r && known)
		known->text = *ret_id;
	return r;
}

/* A tracker that is not configured any more was one on the internet. */
static bool is_https(struct intake *intake, uint32_t id, struct span host)
{
	const struct tracker *tracker;
	unsigned slot = id % TRACKERS_MAX;

	if (intake->asked[slot] != id) {
		tracker = tracker_find(intake->trackers, host);
		intake->asked[slot] = id;
		intake->https[slot] = !tracker || tracker->https;
	}
	return intake->https[slot];
}

/* "cross-site,navigate,document": Site, Mode and Dest, each may be empty. */
static uint32_t read_sec_fetch(struct span text)
{
	size_t mode = span_find(text, ',', 0) + 1, dest = span_find(text, ',', mode) + 1;
	bool navigates = span_equal(span_slice(text, mode, dest - mode - 1), SPAN("navigate")) &&
			 span_equal(span_slice(text, dest, text.size), SPAN("document"));

	return FACT_SEC_FETCH | (navigates ? FACT_NAVIGATION : 0);
}

static uint32_t sec_fetch_bits(struct intake *intake, struct span text)
{
	struct intake_known *known = known_of(intake, EVENT_FIELD_sec_fetch);

	if (!text.data)
		return 0;
	if (!known)
		return read_sec_fetch(text);
	if (!known->sec_fetch)
		known->sec_fetch = read_sec_fetch(text);
	return known->sec_fetch;
}

static uint32_t origin_bits(const struct event *event)
{
	if (event->fields[EVENT_FIELD_actor].data)
		return FACT_REPORTED;
	return event->fields[EVENT_FIELD_source].data ? FACT_IMPORTED : 0;
}

static void take_signals(struct intake *intake, const struct event *event, struct fact *fact)
{
	struct span purpose = event->fields[EVENT_FIELD_purpose];
	struct span flags = event->fields[EVENT_FIELD_signals];
	struct span language = event->fields[EVENT_FIELD_language];
	uint8_t signals = flags.size == 1 ? flags.data[0] : 0;

	fact->evidence = event_choice(event, EVENT_FIELD_evidence);
	fact->method = event_choice(event, EVENT_FIELD_method);
	fact->bits |=
		sec_fetch_bits(intake, event->fields[EVENT_FIELD_sec_fetch]) | origin_bits(event);
	if (span_trim(language).size > 0)
		fact->bits |= FACT_LANGUAGE;
	if (purpose.data && verdict_is_prefetch(purpose))
		fact->bits |= FACT_PREFETCH;
	if (event->fields[EVENT_FIELD_excluded].size > 0)
		fact->bits |= FACT_EXCLUDED;
	if (retention_is_anonymous(event))
		fact->bits |= FACT_ANONYMOUS;
	if (fact->method == CHOICE_HEAD)
		fact->bits |= FACT_HEAD;
	fact->bits |= (signals & SIGNAL_PROXY ? FACT_PROXY : 0) |
		      (signals & SIGNAL_TRAP ? FACT_TRAP : 0) |
		      (signals & SIGNAL_LATE ? FACT_LATE : 0);
}

/* v4 as the number that it is; of v6 the first eight bytes, which hold all that is kept of it. */
static uint64_t network_of(struct span address)
{
	if (address.size == 4)
		return get_u32(address.data);
	return address.size == 16 ? get_u64(address.data) : 0;
}

static uint32_t click_id_of(struct span name)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} rows[] = {
		{"gclid", CLICK_ID_GOOGLE},	  {"gbraid", CLICK_ID_GOOGLE},
		{"wbraid", CLICK_ID_GOOGLE},	  {"dclid", CLICK_ID_GOOGLE},
		{"fbclid", CLICK_ID_META},	  {"msclkid", CLICK_ID_MICROSOFT},
		{"ttclid", CLICK_ID_TIKTOK},	  {"twclid", CLICK_ID_X},
		{"li_fat_id", CLICK_ID_LINKEDIN}, {"yclid", CLICK_ID_YANDEX},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_equal(name, span_text(rows[i].name)))
			return rows[i].bit;
	return 0;
}

static int utm_of(struct span name)
{
	static const char *const names[UTM_COUNT] = {"source", "medium", "campaign", "term",
						     "content"};

	if (!span_starts(name, SPAN("utm_")))
		return -1;
	for (int i = 0; i < UTM_COUNT; i++)
		if (span_equal(span_slice(name, 4, name.size), span_text(names[i])))
			return i;
	return -1;
}

/* '+' is a space in what a form or a mailer wrote. */
static struct span decode(struct intake *intake, struct span value)
{
	struct buffer *decoded = &intake->decoded;

	if (span_find(value, '%', 0) == value.size && span_find(value, '+', 0) == value.size)
		return value;
	buffer_clear(&intake->scratch);
	buffer_append_span(&intake->scratch, value);
	for (size_t i = 0; i < intake->scratch.size; i++)
		if (intake->scratch.data[i] == '+')
			intake->scratch.data[i] = ' ';
	buffer_clear(decoded);
	url_percent_decode(buffer_span(&intake->scratch), decoded);
	buffer_clear(&intake->scratch);
	utf8_append_clean(&intake->scratch, buffer_span(decoded), decoded->size * 3);
	return buffer_span(&intake->scratch);
}

static int take_query(struct intake *intake, struct span query, struct fact *fact)
{
	struct span name, value;
	size_t at = 0;
	int r = 0;

	while (!r && url_query_next(query, &at, &name, &value)) {
		int utm = utm_of(name);

		if (utm < 0)
			fact->click_ids |= value.size ? click_id_of(name) : 0;
		else if (value.size && fact->utm[utm] == 0)
			r = text_ids_intern(intake->texts, decode(intake, value), &fact->utm[utm]);
	}
	return r;
}

static int take_url(struct intake *intake, struct span url, struct fact *fact)
{
	struct intake_known *known = known_of(intake, EVENT_FIELD_url);
	size_t fragment, query;
	int r;

	if (known && known->page) {
		fact->page = known->page;
		return 0;
	}
	fragment = span_find(url, '#', 0);
	query = span_find(url, '?', 0);
	r = text_ids_intern(intake->texts, span_slice(url, 0, query < fragment ? query : fragment),
			    &fact->page);
	if (!r && query < fragment)
		r = take_query(intake, span_slice(url, query + 1, fragment - query - 1), fact);
	else if (!r && known)
		known->page = fact->page;
	return r;
}

static int take_address(struct intake *intake, const struct event *event, struct fact *fact)
{
	int r = take_url(intake, event->fields[EVENT_FIELD_url], fact);

	if (!r && event->fields[EVENT_FIELD_query].size > 0)
		r = take_query(intake, event->fields[EVENT_FIELD_query], fact);
	return r;
}

static int take_name(struct intake *intake, const struct event *event, struct fact *fact)
{
	switch (event->type) {
	case EVENT_event:
		return intern(intake, event, EVENT_FIELD_name, &fact->name);
	case EVENT_submit_error:
	case EVENT_bounce:
	case EVENT_unsubscribe:
		return intern(intake, event, EVENT_FIELD_reason, &fact->name);
	default:
		return 0;
	}
}

static int take_texts(struct intake *intake, const struct event *event, struct fact *fact)
{
	int r = intern(intake, event, EVENT_FIELD_tracker, &fact->tracker);

	if (!r)
		r = intern(intake, event, EVENT_FIELD_agent, &fact->agent);
	if (!r && event->fields[EVENT_FIELD_net].size)
		r = intern(intake, event, EVENT_FIELD_net, &fact->net);
	if (!r && event->fields[EVENT_FIELD_referrer].size)
		r = intern(intake, event, EVENT_FIELD_referrer, &fact->referrer);
	if (!r && event->fields[EVENT_FIELD_url].size)
		r = take_address(intake, event, fact);
	if (!r)
		r = take_name(intake, event, fact);
	if (!r && event->fields[EVENT_FIELD_props].size)
		r = intake_props(intake, event, fact);
	if (fact->tracker && is_https(intake, fact->tracker, event->fields[EVENT_FIELD_tracker]))
		fact->bits |= FACT_HTTPS;
	return r;
}

static void take_ids(const struct event *event, struct fact *fact)
{
	copy_id(event, EVENT_FIELD_visitor, &fact->visitor, sizeof(fact->visitor));
	copy_id(event, EVENT_FIELD_link, &fact->link, sizeof(fact->link));
	copy_id(event, EVENT_FIELD_mailing, &fact->mailing, sizeof(fact->mailing));
	copy_id(event, EVENT_FIELD_campaign, &fact->campaign, sizeof(fact->campaign));
	copy_id(event, EVENT_FIELD_form, &fact->form, sizeof(fact->form));
	copy_id(event, EVENT_FIELD_list, &fact->list, sizeof(fact->list));
	/* Whom a browser belongs to is not the event's to say. */
	if (!attachment_follows_binding(event->type) ||
	    id_is_zero(&fact->visitor, sizeof(fact->visitor)))
		copy_id(event, EVENT_FIELD_prospect, &fact->person, sizeof(fact->person));
}

static struct subject anonymous(const struct intake *intake, const struct fact *fact)
{
	struct subject subject = {{SUBJECT_ANONYMOUS}};
	uint8_t text[8 + 4 + 8 + 4 + 4];
	bool mailed = !id_is_zero(&fact->mailing, sizeof(fact->mailing));

	memcpy(text, &fact->mailing, sizeof(fact->mailing));
	put_u32(text + 8, mailed ? 0 : fact->tracker);
	put_u64(text + 12, fact->network);
	put_u32(text + 20, fact->agent);
	put_u32(text + 24, (uint32_t)(fact->time / USEC_PER_DAY));
	text_ids_hash(intake->texts, span_of(text, sizeof(text)), subject.bytes + 1);
	return subject;
}

static void find_subjects(const struct intake *intake, struct intake_result *result)
{
	const struct fact *fact = &result->fact;
	bool person = !id_is_zero(&fact->person, sizeof(fact->person));
	bool visitor = !id_is_zero(&fact->visitor, sizeof(fact->visitor));
	struct intake_copy *copy = result->copies;

	if (person)
		*copy++ = (struct intake_copy){subject_of_person(&fact->person),
					       fact->bits | FACT_PRIMARY};
	if (visitor)
		*copy++ = (struct intake_copy){subject_of_visitor(&fact->visitor),
					       fact->bits | FACT_BROWSER |
						       (person ? 0 : FACT_PRIMARY)};
	if (!person && !visitor)
		*copy++ = (struct intake_copy){anonymous(intake, fact), fact->bits | FACT_PRIMARY};
	result->copy_count = (unsigned)(copy - result->copies);
}

/* The sequence of "<node>.<incarnation>-<sequence>"; 0: it is none. */
static uint64_t sequence_of(struct span id)
{
	uint64_t sequence = 0;
	size_t at = id.size;

	while (at > 0 && id.data[at - 1] != '-')
		at--;
	for (; at < id.size && id.data[at] >= '0' && id.data[at] <= '9'; at++)
		sequence = sequence * 10 + (uint64_t)(id.data[at] - '0');
	return at == id.size ? sequence : 0;
}

static enum intake_change change_of_unbind(const struct event *event)
{
	if (event->fields[EVENT_FIELD_refers].data)
		return INTAKE_BINDING;
	return event->fields[EVENT_FIELD_visitor].data ? INTAKE_BROWSER : INTAKE_LEAK;
}

static enum intake_change change_of(const struct event *event)
{
	bool person = event->fields[EVENT_FIELD_prospect].data != NULL;

	switch (event->type) {
	case EVENT_conflict:
		return INTAKE_CONFLICT;
	case EVENT_bind:
		return INTAKE_BROWSER;
	case EVENT_unbind:
		return change_of_unbind(event);
	case EVENT_merge:
		return INTAKE_MERGE;
	case EVENT_erase:
		return person ? INTAKE_ERASE : INTAKE_NOTHING;
	default:
		return INTAKE_NOTHING;
	}
}

static void take_change(const struct event *event, struct intake_result *result)
{
	result->change = change_of(event);
	if (result->change == INTAKE_NOTHING)
		return;
	copy_id(event, EVENT_FIELD_visitor, &result->visitor, sizeof(result->visitor));
	copy_id(event, EVENT_FIELD_prospect, &result->person, sizeof(result->person));
	copy_id(event, EVENT_FIELD_other, &result->other, sizeof(result->other));
	copy_id(event, EVENT_FIELD_link, &result->link, sizeof(result->link));
	copy_id(event, EVENT_FIELD_campaign, &result->campaign, sizeof(result->campaign));
	result->refers = sequence_of(event->fields[EVENT_FIELD_refers]);
}

int intake_take(struct intake *intake, const struct event *event,
		const struct event_walk_numbers *numbers, struct intake_result *ret_result)
{
	struct fact *fact = &ret_result->fact;
	int r;

	ret_result->copy_count = 0;
	ret_result->change = INTAKE_NOTHING;
	intake->numbers = numbers;
	if (!makes_fact[event->type]) {
		memset(ret_result, 0, sizeof(*ret_result));
		take_change(event, ret_result);
		return 0;
	}
	memset(fact, 0, sizeof(*fact));
	fact->sequence = event->sequence;
	fact->time = event->time;
	fact->type = event->type;
	fact->network = network_of(event->fields[EVENT_FIELD_ip]);
	take_ids(event, fact);
	take_signals(intake, event, fact);
	r = take_texts(intake, event, fact);
	if (!r)
		find_subjects(intake, ret_result);
	return r;
}
