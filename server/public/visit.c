/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every handler of the public listener asks of its request before it makes an event: the
 * purpose that the browser states, the identity that its cookies and its consent come to, and
 * whether there is room for an event at all. The rules are in track/; this file carries the headers
 * to them and counts what they find.
 */
#include "public/visit.h"

#include "public/public.h"
#include "track/verdict.h"

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

bool visit_is_prefetch(const struct request *request)
{
	return verdict_is_prefetch(find_purpose(request));
}

void visit_ask(const struct visit *visit, struct identity_request *ret_asked)
{
	struct request *request = visit->request;

	*ret_asked = (struct identity_request){
		.tracker = visit->tracker,
		.config = visit->settings->config,
		.keyring = visit->settings->keyring,
		.sec_gpc = request_value(request, HEADER_SEC_GPC),
		.dnt = request_value(request, HEADER_DNT),
		.sec_fetch_mode = request_value(request, HEADER_SEC_FETCH_MODE),
		.sec_fetch_dest = request_value(request, HEADER_SEC_FETCH_DEST),
		.countries = visit->settings->countries,
		.client = request->client,
		.probe = visit_is_probe(visit),
		.now = visit->now,
	};
	ret_asked->cookie_count = request_values(request, HEADER_COOKIE, &ret_asked->cookies);
}

void visit_init(struct visit *visit, struct request *request, enum event_type type)
{
	struct identity_request asked;

	visit->request = request;
	visit->app = request->context;
	visit->settings = public_settings(request);
	visit->tracker = public_tracker(request);
	visit->purpose = find_purpose(request);
	visit->prefetch = verdict_is_prefetch(visit->purpose);
	visit->head = request->method == METHOD_HEAD;
	visit->now = clock_wall();
	visit->type = type;
	if ((type == EVENT_click || type == EVENT_open) && visit_is_probe(visit))
		visit->type = EVENT_probe;
	visit_ask(visit, &asked);
	identity_resolve(&asked, type, &visit->identity);
}

void visit_for_reader(struct visit *visit, struct span choice)
{
	struct identity_request asked;

	visit_ask(visit, &asked);
	identity_of_reader(&asked, choice, &visit->identity);
}

void visit_count_forged(struct request *request, enum purpose purpose)
{
	static const enum metric counters[PURPOSE_COUNT] = {
		[PURPOSE_CLICK] = METRIC_FORGED_CLICK,
		[PURPOSE_LINK_PART] = METRIC_FORGED_LINK_PART,
		[PURPOSE_PROSPECT_PART] = METRIC_FORGED_PROSPECT_PART,
		[PURPOSE_SELF_CONTAINED] = METRIC_FORGED_SELF_CONTAINED,
		[PURPOSE_OPEN] = METRIC_FORGED_OPEN,
		[PURPOSE_VISITOR] = METRIC_FORGED_VISITOR,
		[PURPOSE_HANDOVER] = METRIC_FORGED_HANDOVER,
		[PURPOSE_STAFF] = METRIC_FORGED_STAFF,
		[PURPOSE_LOGIN] = METRIC_FORGED_LOGIN,
		[PURPOSE_FORM_VIEW] = METRIC_FORGED_FORM_VIEW,
		[PURPOSE_CONFIRM] = METRIC_FORGED_CONFIRM,
		[PURPOSE_SUBSCRIPTION] = METRIC_FORGED_SUBSCRIPTION,
	};
	struct app *app = request->context;

	metrics_add(&app->metrics, counters[purpose], 1);
}

void visit_count_malformed(const struct visit *visit)
{
	event_writer_count_rejected(visit->app->writer);
	metrics_add(&visit->app->metrics, METRIC_REJECTED_MALFORMED, 1);
}

void visit_count_cookies(const struct visit *visit)
{
	if (visit->identity.conflicting_cookies)
		metrics_add(&visit->app->metrics, METRIC_CONFLICTING_COOKIES, 1);
	if (visit->identity.invalid_cookie)
		visit_count_forged(visit->request, PURPOSE_VISITOR);
}

const char *visit_format_cookie(const struct visit *visit)
{
	struct buffer *text = &visit->app->event_scratch;
	struct span copy;

	if (!visit->identity.set_cookie && !visit->identity.drop_cookie)
		return NULL;
	buffer_clear(text);
	if (visit->identity.set_cookie)
		identity_format_cookie(visit->tracker, visit->identity.cookie_value, text);
	else
		identity_format_no_cookie(visit->tracker, text);
	if (text->error)
		return NULL;
	copy = arena_copy(&visit->request->arena, buffer_span(text));
	return (const char *)copy.data;
}

static void count_rejected(const struct visit *visit)
{
	event_writer_count_rejected(visit->app->writer);
	metrics_add(&visit->app->metrics,
		    visit->request->limited == OVER_ADDRESS_RATE ? METRIC_REJECTED_ADDRESS
								 : METRIC_REJECTED_TRACKER,
		    1);
}

bool visit_is_left_out(const struct visit *visit, enum event_type type)
{
	struct app *app = visit->app;

	if (visit->request->limited) {
		count_rejected(visit);
		return true;
	}
	if (!disk_room_drops(app->disk, type))
		return false;
	event_writer_count_dropped(app->writer);
	metrics_add(&app->metrics, METRIC_DROPPED_DISK, 1);
	return true;
}

bool visit_gives_way(const struct visit *visit)
{
	struct app *app = visit->app;

	if (app->admission.squeeze == 0)
		return false;
	event_writer_count_dropped(app->writer);
	metrics_add(&app->metrics, METRIC_DROPPED_QUEUE, 1);
	return true;
}
