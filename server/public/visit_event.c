/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of what a request caused: signals as they came, the identity that consent allows, the
 * person as a handle. Domain rules are in track/; this file only carries values from the request to
 * fields.
 *
 * Texts from outside are cleaned into one buffer that is reserved whole before the first of them,
 * since growing it would move the ones that are already in the event. It is the app's, and so is
 * what comes of headers that many requests share: an event allocates nothing here.
 *
 * A person is looked up (and a handle minted for an id that is new) only where the policy allows
 * the person: otherwise a request would leave a trace in people/ that consent has refused.
 */
#include "public/visit_event.h"

#include "base/cleanup.h"
#include "crypto/seal.h"
#include "http/incident.h"
#include "track/attachment.h"
#include "track/event_json.h"
#include "track/internal.h"
#include "track/privacy.h"
#include "track/staff.h"
#include "track/verdict.h"

#include <errno.h>

enum {
	/* More than the TEXT, JSON and SEALED fields of one event together. */
	TEXT_BYTES = 65536,
	SEC_FETCH_PART_BYTES = 31
};

/* Whether it is the owner's own people who ask. */
static unsigned find_internal(const struct visit *visit)
{
	const struct span *cookies;
	size_t cookie_count = request_values(visit->request, HEADER_COOKIE, &cookies);
	unsigned reasons = 0;

	if (internal_holds_address(&visit->settings->trackers->internal, &visit->request->client))
		reasons |= INTERNAL_NETWORK;
	if (staff_is_marked(visit->settings->keyring, visit->tracker, cookies, cookie_count))
		reasons |= INTERNAL_STAFF;
	return reasons;
}

void visit_event_init(struct visit_event *builder, const struct visit *visit)
{
	builder->visit = visit;
	builder->ticket = NULL;
	builder->text = &visit->app->event_text;
	builder->scratch = &visit->app->event_scratch;
	builder->internal = find_internal(visit);
	builder->has_person = builder->looked = false;
}

static void forget_person(struct visit_event *builder)
{
	if (builder->has_person && builder->seals)
		sodium_memzero(&builder->person.key, sizeof(builder->person.key));
	builder->has_person = false;
}

void visit_event_finish(struct visit_event *builder)
{
	event_ticket_free(builder->ticket);
	builder->ticket = NULL;
	forget_person(builder);
}

struct event_ticket *visit_event_take(struct visit_event *builder)
{
	if (!builder->ticket || builder->ticket->count == 0)
		return NULL;
	return take_ptr(builder->ticket);
}

void visit_event_scratch(struct visit_event *builder, enum event_field field)
{
	if (!builder->scratch->error)
		visit_event_text(builder, field, buffer_span(builder->scratch));
	buffer_clear(builder->scratch);
}

/* Anybody can write anything into a header. */
static void set_header(struct visit_event *builder, enum event_field field, struct span value)
{
	if (value.size == 0)
		return;
	privacy_text(value, builder->scratch);
	visit_event_scratch(builder, field);
}

static void set_reading(struct visit_event *builder, enum event_field field,
			const struct header_reading *reading)
{
	if (reading->text.size > 0)
		event_set(&builder->event, field, reading->text);
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
static void set_sec_fetch(struct visit_event *builder)
{
	static const enum header_name names[] = {HEADER_SEC_FETCH_SITE, HEADER_SEC_FETCH_MODE,
						 HEADER_SEC_FETCH_DEST};
	bool any = false;

	for (size_t i = 0; i < 3; i++) {
		struct span value = request_value(builder->visit->request, names[i]);

		if (i > 0)
			buffer_append_byte(builder->scratch, ',');
		append_part(value, builder->scratch);
		any |= value.data != NULL;
	}
	if (any)
		visit_event_scratch(builder, EVENT_FIELD_sec_fetch);
	buffer_clear(builder->scratch);
}

static void set_method(struct visit_event *builder)
{
	static const uint8_t choices[] = {
		[METHOD_GET] = 1, [METHOD_HEAD] = 2, [METHOD_POST] = 3, [METHOD_OPTIONS] = 0};

	event_set_choice(&builder->event, EVENT_FIELD_method,
			 choices[builder->visit->request->method]);
}

static void set_signals(struct visit_event *builder, const struct header_reading *agent)
{
	const struct visit *visit = builder->visit;
	const struct request *request = visit->request;
	uint8_t flags = (uint8_t)((request->through_proxy ? SIGNAL_PROXY : 0) |
				  (builder->trap ? SIGNAL_TRAP : 0));

	set_method(builder);
	set_sec_fetch(builder);
	set_header(builder, EVENT_FIELD_purpose, visit->purpose);
	set_reading(builder, EVENT_FIELD_agent, agent);
	set_header(builder, EVENT_FIELD_language, request_value(request, HEADER_ACCEPT_LANGUAGE));
	event_set_choice(&builder->event, EVENT_FIELD_signals, flags);
	set_reading(builder, EVENT_FIELD_referrer,
		    header_cache_referrer(visit->app->headers, visit->settings->config,
					  builder->referrer));
}

static void set_verdict(struct visit_event *builder, const struct header_reading *agent)
{
	const struct visit *visit = builder->visit;
	const struct request *request = visit->request;
	struct verdict_signals signals = {
		.agent = agent->agent,
		.accept_language = request_value(request, HEADER_ACCEPT_LANGUAGE),
		.sec_fetch_site = request_value(request, HEADER_SEC_FETCH_SITE),
		.sec_fetch_mode = request_value(request, HEADER_SEC_FETCH_MODE),
		.sec_fetch_dest = request_value(request, HEADER_SEC_FETCH_DEST),
		.purpose = visit->purpose,
		.net = verdict_rules_net(visit->settings->rules, &request->client),
		.head = visit->head,
		.https = visit->tracker->https,
		.trap = builder->trap,
	};
	struct verdict verdict;

	verdict_of_request(visit->settings->rules, &signals, &verdict);
	if (signals.net)
		event_set(&builder->event, EVENT_FIELD_net,
			  verdict_rules_net_name(visit->settings->rules, signals.net));
	event_set_choice(&builder->event, EVENT_FIELD_verdict, (uint8_t)verdict.class);
	visit_event_text(builder, EVENT_FIELD_reasons, span_text(verdict.reasons_text));
}

/* The person behind a token, where the store knows who it is. */
static bool find_person(struct visit_event *builder, const struct prospect_id *prospect)
{
	struct app *app = builder->visit->app;
	struct people_change *change = NULL;
	int code = builder->seals ? people_resolve(app->store, prospect, &builder->person, &change)
				  : people_resolve_handle(app->store, prospect,
							  &builder->person.handle, &change);

	builder->person_code = code;
	if (code == PEOPLE_E_ERASED) {
		/* Nor may the browser's id say whose link it was that led here. */
		builder->event.fields[EVENT_FIELD_visitor] = span_of(NULL, 0);
		metrics_add(&app->metrics, METRIC_ERASED_PERSONS, 1);
		return false;
	}
	if (code) {
		metrics_add(&app->metrics, METRIC_PEOPLE_FAILED, 1);
		incident_report(builder->visit->request, LOG_LEVEL_ERROR, "people", 0,
				"people/ cannot be read: an event is recorded without its person");
		return false;
	}
	if (change)
		event_ticket_add_change(builder->ticket, change);
	return true;
}

bool visit_event_person(struct visit_event *builder, const struct prospect_id *prospect)
{
	if (!builder->policy->person || !find_person(builder, prospect))
		return false;
	builder->has_person = true;
	event_set(&builder->event, EVENT_FIELD_prospect,
		  span_of(&builder->person.handle, sizeof(builder->person.handle)));
	return true;
}

bool visit_event_handle(struct visit_event *builder, const struct handle *handle)
{
	struct app *app = builder->visit->app;

	if (!builder->policy->person)
		return false;
	builder->person_code = people_find_handle(app->store, handle, NULL, &builder->person);
	if (builder->person_code)
		return false;
	builder->has_person = builder->seals = true;
	event_set(&builder->event, EVENT_FIELD_prospect,
		  span_of(&builder->person.handle, sizeof(builder->person.handle)));
	return true;
}

static void set_sealed(struct visit_event *builder, const struct person_key *key,
		       enum event_field field, struct span clear)
{
	uint8_t context[EVENT_SEAL_CONTEXT_BYTES];
	struct buffer *to = builder->text;
	size_t start = to->size;

	event_seal_context(builder->event.type, field, context);
	seal_append(key, span_of(context, sizeof(context)), clear, to);
	if (!to->error)
		event_set(&builder->event, field, span_slice(buffer_span(to), start, SIZE_MAX));
}

void visit_event_seal(struct visit_event *builder, enum event_field field, struct span clear)
{
	set_sealed(builder, &builder->person.key, field, clear);
}

void visit_event_query(struct visit_event *builder, struct span query)
{
	if (query.size == 0)
		return;
	privacy_query(builder->visit->settings->config, query, builder->scratch);
	visit_event_scratch(builder, EVENT_FIELD_query);
	if (builder->has_person && builder->seals)
		set_sealed(builder, &builder->person.key, EVENT_FIELD_query_sealed, query);
}

void visit_event_page_query(struct visit_event *builder, struct span query)
{
	struct person person;

	if (query.size == 0 || !builder->event.fields[EVENT_FIELD_prospect].data)
		return;
	if (people_find_handle(builder->visit->app->store, &builder->bound.person, NULL, &person))
		return;
	set_sealed(builder, &person.key, EVENT_FIELD_query_sealed, query);
	sodium_memzero(&person.key, sizeof(person.key));
}

static struct span address_span(const struct address *address)
{
	bool v4 = address_is_v4(address);

	return span_of(address->bytes + (v4 ? 12 : 0), v4 ? 4 : 16);
}

static void set_address(struct visit_event *builder)
{
	const struct address *client = &builder->visit->request->client;
	int mode = builder->visit->settings->config->ip;

	if (mode == IP_NONE || !client->known)
		return;
	builder->truncated = *client;
	address_truncate(&builder->truncated);
	event_set(&builder->event, EVENT_FIELD_ip, address_span(&builder->truncated));
	if (mode == IP_SEALED && builder->has_person && builder->seals)
		set_sealed(builder, &builder->person.key, EVENT_FIELD_ip_sealed,
			   address_span(client));
}

static void set_excluded(struct visit_event *builder)
{
	const struct internal *internal = &builder->visit->settings->trackers->internal;
	struct span url = builder->event.fields[EVENT_FIELD_url];
	unsigned reasons = builder->internal;

	if (url.data && internal_holds_page(internal, url))
		reasons |= INTERNAL_PAGE;
	if (!reasons)
		return;
	event_set(&builder->event, EVENT_FIELD_excluded, internal_text(reasons));
	metrics_add(&builder->visit->app->metrics, METRIC_EVENTS_EXCLUDED, 1);
}

static void set_identity(struct visit_event *builder)
{
	const struct identity *identity = &builder->visit->identity;

	event_set_choice(&builder->event, EVENT_FIELD_consent, (uint8_t)identity->consent);
	event_set_choice(&builder->event, EVENT_FIELD_consent_reason, (uint8_t)identity->reason);
	if (builder->policy->visitor)
		visit_event_id(builder, EVENT_FIELD_visitor, &identity->visitor,
			       sizeof(identity->visitor));
}

/* Whose the browser is, asked for once for all events of the visit. */
static void set_bound_person(struct visit_event *builder)
{
	const struct identity *identity = &builder->visit->identity;
	struct binding *bound = &builder->bound;

	if (id_is_zero(&identity->visitor, sizeof(identity->visitor)) || identity->is_new)
		return;
	if (!builder->looked &&
	    binding_find(builder->visit->app->store, &identity->visitor, bound) != 0)
		bound->evidence = EVIDENCE_NONE;
	builder->looked = true;
	if (bound->evidence == EVIDENCE_NONE)
		return;
	event_set(&builder->event, EVENT_FIELD_prospect,
		  span_of(&bound->person, sizeof(bound->person)));
	event_set_choice(&builder->event, EVENT_FIELD_evidence, (uint8_t)bound->evidence);
}

int visit_event_begin(struct visit_event *builder, enum event_type type)
{
	const struct visit *visit = builder->visit;
	struct app *app = visit->app;

	builder->policy = consent_policy(visit->identity.consent, type);
	if (!builder->policy->stored) {
		event_writer_count_dropped(app->writer);
		metrics_add(&app->metrics, METRIC_DROPPED_CONSENT, 1);
		return VISIT_EVENT_E_NOT_STORED;
	}
	buffer_clear(builder->text);
	buffer_clear(builder->scratch);
	if (!builder->ticket)
		builder->ticket = event_writer_ticket(app->writer, EVENT_CLASS_CLICK);
	if (!builder->ticket || !buffer_reserve(builder->text, TEXT_BYTES))
		return -ENOMEM;
	forget_person(builder);
	builder->trap = builder->complete = false;
	builder->seals = visit->settings->config->ip == IP_SEALED && visit->request->client.known;
	builder->referrer = request_value(visit->request, HEADER_REFERER);
	event_init(&builder->event, type, visit->now);
	visit_event_text(builder, EVENT_FIELD_tracker, span_text(visit->tracker->host));
	set_identity(builder);
	if (builder->policy->person && attachment_follows_binding(type))
		set_bound_person(builder);
	return 0;
}

/* Events that requests cause, and the counter of each. */
static const enum metric counters[EVENT_TYPE_COUNT] = {
	[EVENT_click] = METRIC_EVENT_CLICK,
	[EVENT_open] = METRIC_EVENT_OPEN,
	[EVENT_probe] = METRIC_EVENT_PROBE,
	[EVENT_view] = METRIC_EVENT_VIEW,
	[EVENT_leave] = METRIC_EVENT_LEAVE,
	[EVENT_event] = METRIC_EVENT_EVENT,
	[EVENT_search] = METRIC_EVENT_SEARCH,
	[EVENT_download] = METRIC_EVENT_DOWNLOAD,
	[EVENT_consent] = METRIC_EVENT_CONSENT,
	[EVENT_login] = METRIC_EVENT_LOGIN,
	[EVENT_submit] = METRIC_EVENT_SUBMIT,
	[EVENT_submit_error] = METRIC_EVENT_SUBMIT_ERROR,
	[EVENT_confirm] = METRIC_EVENT_CONFIRM,
	[EVENT_prefill] = METRIC_EVENT_PREFILL,
	[EVENT_unsubscribe] = METRIC_EVENT_UNSUBSCRIBE,
	[EVENT_resubscribe] = METRIC_EVENT_RESUBSCRIBE,
};

void visit_event_complete(struct visit_event *builder)
{
	const struct visit *visit = builder->visit;
	const struct header_reading *agent =
		header_cache_agent(visit->app->headers,
				   request_value(visit->request, HEADER_USER_AGENT));

	set_signals(builder, agent);
	set_verdict(builder, agent);
	set_address(builder);
	set_excluded(builder);
	builder->complete = true;
}

int visit_event_add(struct visit_event *builder)
{
	const struct visit *visit = builder->visit;
	int code;

	if (!builder->complete)
		visit_event_complete(builder);
	code = event_ticket_add(builder->ticket, &builder->event);
	if (code == 0)
		metrics_add(&visit->app->metrics, counters[builder->event.type], 1);
	return code;
}
