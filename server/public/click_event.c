/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a click: signals as they came, the identity that consent allows, the person as a
 * handle. Domain rules are in track/; this file only carries values from the request to fields.
 *
 * Texts from outside are cleaned into one buffer that is reserved whole before the first of them,
 * since growing it would move the ones that are already in the event. It is the app's, and so is
 * what comes of headers that many requests share: a click allocates nothing here.
 *
 * A person is looked up (and a handle minted for an id that is new) only where the policy allows
 * the person: otherwise a click would leave a trace in people/ that consent has refused.
 */
#include "public/click_event.h"

#include "base/cleanup.h"
#include "crypto/seal.h"
#include "http/incident.h"
#include "public/public.h"
#include "store/people.h"
#include "track/event_json.h"
#include "track/privacy.h"
#include "track/verdict.h"

#include <errno.h>

enum {
	TEXT_BYTES = 24576, /* more than all TEXT and SEALED fields of a click together */
	SEC_FETCH_PART_BYTES = 31
};

struct builder {
	const struct click_request *click;
	const struct click_target *target;
	struct app *app;
	const struct config *config; /* under which the request began */
	struct event *event;	     /* set up by event_init() alone: clearing one costs as much */
	struct event_ticket *ticket;
	struct buffer *text, *scratch; /* the app's */
	const struct header_reading *agent;
	bool has_person;
	struct person person; /* its key only where something is sealed */
};

static void cleanup_builder(struct builder *builder)
{
	event_ticket_free(builder->ticket);
	sodium_memzero(&builder->person.key, sizeof(builder->person.key));
}

/* What the request says it is for: whichever header says prefetch, else the first with a value. */
static struct span find_purpose(const struct request *request)
{
	static const enum header_name names[] = {HEADER_SEC_PURPOSE, HEADER_PURPOSE, HEADER_X_MOZ};
	struct span first = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct span value = request_value(request, names[i]);

		if (verdict_is_prefetch(value))
			return value;
		if (first.size == 0)
			first = value;
	}
	return first;
}

static bool is_probe(const struct click_request *click)
{
	return click->head || click->prefetch;
}

void click_request_init(struct click_request *click, struct request *request)
{
	const struct settings *settings = public_settings(request);
	struct identity_request identity = {
		.tracker = public_tracker(request),
		.config = settings->config,
		.keyring = settings->keyring,
		.sec_gpc = request_value(request, HEADER_SEC_GPC),
		.dnt = request_value(request, HEADER_DNT),
		.sec_fetch_mode = request_value(request, HEADER_SEC_FETCH_MODE),
		.sec_fetch_dest = request_value(request, HEADER_SEC_FETCH_DEST),
		.now = clock_wall(),
	};

	*click = (struct click_request){.request = request,
					.tracker = identity.tracker,
					.now = identity.now};
	click->purpose = find_purpose(request);
	click->prefetch = verdict_is_prefetch(click->purpose);
	click->head = request->method == METHOD_HEAD;
	identity.probe = is_probe(click);
	identity.cookie_count = request_values(request, HEADER_COOKIE, &identity.cookies);
	identity_resolve_click(&identity, &click->identity);
}

static void set_text(struct builder *builder, enum event_field field, struct span text)
{
	if (text.size > 0)
		event_set_text(builder->event, field, text, builder->text);
}

/* What a rule of track/privacy.h appended to scratch, as a field. */
static void set_scratch(struct builder *builder, enum event_field field)
{
	if (!builder->scratch->error)
		set_text(builder, field, buffer_span(builder->scratch));
	buffer_clear(builder->scratch);
}

static void set_id(struct builder *builder, enum event_field field, const void *id, size_t size)
{
	if (!id_is_zero(id, size))
		event_set(builder->event, field, span_of(id, size));
}

/* Anybody can write anything into a header. */
static void set_header(struct builder *builder, enum event_field field, struct span value)
{
	if (value.size == 0)
		return;
	privacy_text(value, builder->scratch);
	set_scratch(builder, field);
}

static void set_reading(struct builder *builder, enum event_field field,
			const struct header_reading *reading)
{
	if (reading->text.size > 0)
		event_set(builder->event, field, reading->text);
}

static void append_part(struct span value, struct buffer *to)
{
	uint8_t part[SEC_FETCH_PART_BYTES];
	size_t size = 0;

	for (; size < value.size && size < sizeof(part); size++)
		part[size] = value.data[size] == ',' ? ' ' : value.data[size];
	privacy_text(span_of(part, size), to);
}

/* Site, mode and destination joined by ','; a ',' from outside would add a part. */
static void set_sec_fetch(struct builder *builder)
{
	static const enum header_name names[] = {HEADER_SEC_FETCH_SITE, HEADER_SEC_FETCH_MODE,
						 HEADER_SEC_FETCH_DEST};
	bool any = false;

	for (size_t i = 0; i < 3; i++) {
		struct span value = request_value(builder->click->request, names[i]);

		if (i > 0)
			buffer_append_byte(builder->scratch, ',');
		append_part(value, builder->scratch);
		any |= value.data != NULL;
	}
	if (any)
		set_scratch(builder, EVENT_FIELD_sec_fetch);
	buffer_clear(builder->scratch);
}

static void set_method(struct builder *builder)
{
	static const uint8_t choices[] = {
		[METHOD_GET] = 1, [METHOD_HEAD] = 2, [METHOD_POST] = 3, [METHOD_OPTIONS] = 0};

	event_set_choice(builder->event, EVENT_FIELD_method,
			 choices[builder->click->request->method]);
}

static void set_signals(struct builder *builder)
{
	const struct request *request = builder->click->request;
	uint8_t flags = (uint8_t)((request->through_proxy ? SIGNAL_PROXY : 0) |
				  (builder->target->trap ? SIGNAL_TRAP : 0));

	set_method(builder);
	set_sec_fetch(builder);
	set_header(builder, EVENT_FIELD_purpose, builder->click->purpose);
	set_reading(builder, EVENT_FIELD_agent, builder->agent);
	set_header(builder, EVENT_FIELD_language, request_value(request, HEADER_ACCEPT_LANGUAGE));
	event_set_choice(builder->event, EVENT_FIELD_signals, flags);
	set_reading(builder, EVENT_FIELD_referrer,
		    header_cache_referrer(builder->app->headers, builder->config,
					  request_value(request, HEADER_REFERER)));
}

static void set_verdict(struct builder *builder)
{
	const struct request *request = builder->click->request;
	struct verdict_signals signals = {
		.agent = builder->agent->agent,
		.accept_language = request_value(request, HEADER_ACCEPT_LANGUAGE),
		.sec_fetch_site = request_value(request, HEADER_SEC_FETCH_SITE),
		.sec_fetch_mode = request_value(request, HEADER_SEC_FETCH_MODE),
		.sec_fetch_dest = request_value(request, HEADER_SEC_FETCH_DEST),
		.purpose = builder->click->purpose,
		.head = builder->click->head,
		.https = builder->click->tracker->https,
		.trap = builder->target->trap,
	};
	struct verdict verdict;

	verdict_of_request(&signals, &verdict);
	event_set_choice(builder->event, EVENT_FIELD_verdict, (uint8_t)verdict.class);
	set_text(builder, EVENT_FIELD_reasons, span_text(verdict.reasons));
}

static void set_link(struct builder *builder)
{
	const struct click_target *target = builder->target;

	set_text(builder, EVENT_FIELD_tracker, span_text(builder->click->tracker->host));
	set_id(builder, EVENT_FIELD_link, &target->link, sizeof(target->link));
	set_id(builder, EVENT_FIELD_mailing, &target->mailing, sizeof(target->mailing));
	set_id(builder, EVENT_FIELD_campaign, &target->campaign, sizeof(target->campaign));
	set_text(builder, EVENT_FIELD_url, target->url);
	set_text(builder, EVENT_FIELD_slug, target->slug);
}

/* Will a field need the person's key? */
static bool seals(const struct builder *builder)
{
	const struct request *request = builder->click->request;

	return request->query.size > 0 ||
	       (builder->config->ip == IP_SEALED && request->client.known);
}

/* The person behind the link, where consent allows it and the store knows who it is. */
static void find_person(struct builder *builder)
{
	const struct prospect_id *id = &builder->target->prospect;
	struct store *store = builder->app->store;
	struct people_change *change = NULL;
	int code;

	if (!builder->target->has_prospect)
		return;
	code = seals(builder) ? people_resolve(store, id, &builder->person, &change)
			      : people_resolve_handle(store, id, &builder->person.handle, &change);
	if (code == PEOPLE_E_ERASED) {
		metrics_add(&builder->app->metrics, METRIC_ERASED_PERSONS, 1);
		return;
	}
	if (code) {
		metrics_add(&builder->app->metrics, METRIC_PEOPLE_FAILED, 1);
		incident_report(builder->click->request, LOG_LEVEL_ERROR, "people", 0,
				"people/ cannot be read: a click is recorded without its person");
		return;
	}
	if (change)
		event_ticket_add_change(builder->ticket, change);
	builder->has_person = true;
}

static void set_identity(struct builder *builder, const struct consent_policy *policy)
{
	const struct identity *identity = &builder->click->identity;

	event_set_choice(builder->event, EVENT_FIELD_consent, (uint8_t)identity->consent);
	event_set_choice(builder->event, EVENT_FIELD_consent_reason, (uint8_t)identity->reason);
	if (policy->visitor)
		set_id(builder, EVENT_FIELD_visitor, &identity->visitor, sizeof(identity->visitor));
	if (policy->person)
		find_person(builder);
	if (!builder->has_person)
		return;
	event_set(builder->event, EVENT_FIELD_prospect,
		  span_of(&builder->person.handle, sizeof(builder->person.handle)));
	if (!is_probe(builder->click))
		event_set_choice(builder->event, EVENT_FIELD_evidence, EVIDENCE_CLAIM);
}

static void set_sealed(struct builder *builder, enum event_field field, struct span clear)
{
	uint8_t context[EVENT_SEAL_CONTEXT_BYTES];
	struct buffer *to = builder->text;
	size_t start = to->size;

	event_seal_context(builder->event->type, field, context);
	seal_append(&builder->person.key, span_of(context, sizeof(context)), clear, to);
	if (!to->error)
		event_set(builder->event, field, span_of(to->data + start, to->size - start));
}

static void set_query(struct builder *builder)
{
	struct span query = builder->click->request->query;

	if (query.size == 0)
		return;
	privacy_query(builder->config, query, builder->scratch);
	set_scratch(builder, EVENT_FIELD_query);
	if (builder->has_person)
		set_sealed(builder, EVENT_FIELD_query_sealed, query);
}

static struct span address_span(const struct address *address)
{
	bool v4 = address_is_v4(address);

	return span_of(address->bytes + (v4 ? 12 : 0), v4 ? 4 : 16);
}

static void set_address(struct builder *builder, struct address *truncated)
{
	const struct address *client = &builder->click->request->client;
	int mode = builder->config->ip;

	if (mode == IP_NONE || !client->known)
		return;
	*truncated = *client;
	address_truncate(truncated);
	event_set(builder->event, EVENT_FIELD_ip, address_span(truncated));
	if (mode == IP_SEALED && builder->has_person)
		set_sealed(builder, EVENT_FIELD_ip_sealed, address_span(client));
}

/* Everything that is read from or written to by the setters. Return: 0; -ENOMEM. */
static int start(struct builder *builder, enum event_type type)
{
	struct app *app = builder->app;

	builder->text = &app->event_text;
	builder->scratch = &app->event_scratch;
	buffer_clear(builder->text);
	buffer_clear(builder->scratch);
	builder->ticket = event_writer_ticket(app->writer, EVENT_CLASS_CLICK);
	if (!builder->ticket || !buffer_reserve(builder->text, TEXT_BYTES))
		return -ENOMEM;
	builder->agent = header_cache_agent(app->headers, request_value(builder->click->request,
									HEADER_USER_AGENT));
	event_init(builder->event, type, builder->click->now);
	return 0;
}

int click_event_ticket(const struct click_request *click, const struct click_target *target,
		       struct event_ticket **ret_ticket)
{
	enum event_type type = is_probe(click) ? EVENT_probe : EVENT_click;
	const struct consent_policy *policy = consent_policy(click->identity.consent, type);
	struct event event;
	cleanup(cleanup_builder) struct builder builder = {
		.event = &event,
		.click = click,
		.target = target,
		.app = click->request->context,
		.config = public_settings(click->request)->config,
	};
	struct address truncated;
	int code;

	if (!policy->stored) {
		event_writer_count_dropped(builder.app->writer);
		metrics_add(&builder.app->metrics, METRIC_DROPPED_CONSENT, 1);
		return CLICK_E_NOT_STORED;
	}
	code = start(&builder, type);
	if (code)
		return code;
	set_link(&builder);
	set_identity(&builder, policy);
	set_signals(&builder);
	set_verdict(&builder);
	set_query(&builder);
	set_address(&builder, &truncated);
	code = event_ticket_add(builder.ticket, &event);
	if (code)
		return code;
	metrics_add(&builder.app->metrics,
		    type == EVENT_probe ? METRIC_EVENT_PROBE : METRIC_EVENT_CLICK, 1);
	*ret_ticket = take_ptr(builder.ticket);
	return 0;
}
