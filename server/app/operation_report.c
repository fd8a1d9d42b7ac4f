/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the site's own server saw: logins, purchases, interactions of people whom it knows by
 * address.
 *
 *   POST /api/v1/events   {"events": [{"type": "purchase", "email": "…", "idempotency_key": "…",
 *                          "amount": "1980", "currency": "JPY", "order": "…", "tag": "…"}]}
 *                         {"results": [{"status": "stored", "prospect": "<24 hex>"}]}
 *
 * All of a body is stored, in one commit, or nothing is, and the refusal names the item and the
 * key. An event whose key was stored before, from the same source, is not stored again and answered
 * as it was then, so that whoever got no answer sends the same again. The same key with another
 * type or person is a mistake that would lose an event, and is refused.
 *
 * A tag leads to the browser's visitor for as long as it is remembered (recent_tags.h). A login is
 * then a proof and binds that browser. Where it is known as somebody else's it is left out of the
 * event, unless a login wins over what was known; two known people are never brought together.
 */
#include "app/bind.h"
#include "app/person_of_address.h"
#include "app/report_item.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event_reader.h"
#include "store/people.h"

#include <errno.h>
#include <stdio.h>

enum { EVENTS_MAX = 100, ITEM_ARENA_BYTES = 1 << 20 };

struct report {
	struct operation_call *call;
	struct arena arena; /* of one item */
	json_t *met;	    /* "key:<key>" of this body, and who was met */
	json_t *results;
};

static int answer(struct report *report, const struct handle *handle)
{
	char text[2 * sizeof(*handle) + 1];

	hex_format(handle, sizeof(*handle), text);
	return json_array_append_new(report->results, json_pack("{s:s, s:s}", "status", "stored",
								"prospect", text)) == 0
		       ? 0
		       : -ENOMEM;
}

/* What the log says of an event that was stored before. */
struct earlier {
	uint64_t sequence;
	bool found;
	enum event_type type;
	struct handle handle;
};

static int take_earlier(void *context, const struct event *event, struct span record)
{
	struct earlier *earlier = context;
	struct span handle = event->fields[EVENT_FIELD_prospect];

	(void)record;
	earlier->found =
		event->sequence == earlier->sequence && handle.size == sizeof(earlier->handle);
	earlier->type = event->type;
	if (earlier->found)
		memcpy(&earlier->handle, handle.data, sizeof(earlier->handle));
	return 1;
}

static int conflict(const struct report_item *item, const char *what, struct error *error)
{
	return error_set(error, OPERATION_E_CONFLICT,
			 "%s.idempotency_key: %s; give every event "
			 "its own",
			 item->where, what);
}

static int find_person(struct report *report, const struct report_item *item,
		       struct handle *ret_handle, struct error *error)
{
	int code = person_of_address(report->call, report->met, item->email, ret_handle, error);

	if (code == OPERATION_E_REFUSED)
		error_prefix(error, "%s.email: ", item->where);
	return code;
}

/* Known by its key. Where the log does not go back so far any more, the key alone says so. */
static int answer_again(struct report *report, const struct report_item *item, uint64_t sequence,
			struct error *error)
{
	struct earlier earlier = {.sequence = sequence};
	struct handle handle;
	uint64_t last;
	int code = event_reader_each(report->call->app->store, sequence - 1, take_earlier, &earlier,
				     &last);

	if (code < 0)
		return code;
	code = find_person(report, item, &handle, error);
	if (code)
		return code;
	if (earlier.found && earlier.type != item->type)
		return conflict(item, "an event of another type was stored under it", error);
	if (earlier.found && memcmp(&earlier.handle, &handle, sizeof(handle)) != 0)
		return conflict(item, "an event of another person was stored under it", error);
	return answer(report, &handle);
}

/* The browser that an event is of, and what that does to its binding. */
struct browser {
	bool known;
	struct bind_evidence evidence;
	struct bind_decision decision; /* of a login */
};

static bool find_visitor(struct report *report, const struct report_item *item,
			 struct visitor_id *ret_visitor)
{
	struct app *app = report->call->app;

	return recent_tags_find(&app->recent_tags, &item->tag, ret_visitor) &&
	       id_tag_is_of_visitor(app->keyring, item->tracker->index, &item->tag, ret_visitor);
}

static bool is_anothers(struct app *app, const struct binding_evidence *evidence)
{
	struct binding binding;
	int code = binding_find(app->store, &evidence->visitor, &binding);

	/* That of an erased person is nobody's, and stays out of what others do. */
	return code != STORE_E_NOT_FOUND && (code != 0 || memcmp(&binding.person, &evidence->person,
								 sizeof(binding.person)) != 0);
}

static void find_browser(struct report *report, const struct report_item *item,
			 const struct handle *handle, struct browser *browser)
{
	struct app *app = report->call->app;
	struct binding_evidence *binding = &browser->evidence.binding;

	*browser = (struct browser){.known = false};
	browser->known = find_visitor(report, item, &binding->visitor);
	if (!browser->known)
		return;
	binding->person = *handle;
	binding->evidence = EVIDENCE_PROOF;
	binding->time = item->time;
	binding->tracker = span_text(item->tracker->host);
	if (item->type == EVENT_login)
		bind_decide(app, &browser->evidence, &browser->decision);
	browser->known = item->type == EVENT_login
				 ? !browser->decision.failed &&
					   browser->decision.action != BINDING_NEW_VISITOR
				 : !is_anothers(app, binding);
}

static int put_event(struct operation_call *call, const struct report_item *item,
		     const struct handle *handle, const struct browser *browser,
		     struct error *error)
{
	const struct visitor_id *visitor = &browser->evidence.binding.visitor;
	struct event event;

	event_init(&event, item->type, item->time);
	event_set(&event, EVENT_FIELD_tracker, span_text(item->tracker->host));
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	if (browser->known)
		event_set(&event, EVENT_FIELD_visitor, span_of(visitor, sizeof(*visitor)));
	if (browser->known && item->type == EVENT_login)
		event_set_choice(&event, EVENT_FIELD_evidence, EVIDENCE_PROOF);
	event_set(&event, EVENT_FIELD_url, item->url);
	event_set(&event, EVENT_FIELD_name, item->name);
	event_set(&event, EVENT_FIELD_props, item->props);
	event_set(&event, EVENT_FIELD_source, span_text(call->source));
	event_set(&event, EVENT_FIELD_source_id, item->key);
	if (item->time != item->now)
		event_set_number(&event, EVENT_FIELD_stored, item->now);
	event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
	return operation_add_event(call, &event, error);
}

static int add_event(struct report *report, const struct report_item *item,
		     const struct handle *handle, struct error *error)
{
	struct operation_call *call = report->call;
	struct browser browser;
	enum metric metric = METRIC_COUNT;
	int code;

	find_browser(report, item, handle, &browser);
	code = put_event(call, item, handle, &browser, error);
	operation_count(call, METRIC_EVENT_REPORTED, 1);
	if (!code && browser.known && item->type == EVENT_login)
		metric = bind_add(call->app, &browser.evidence, &browser.decision, call->ticket);
	if (metric != METRIC_COUNT)
		operation_count(call, metric, 1);
	return code;
}

/* Has this body met the key already? Return: 0: not until now; OPERATION_E_REFUSED; -ENOMEM. */
static int meet_key(struct report *report, const struct report_item *item, struct error *error)
{
	char key[sizeof("key:") + 2 * ID_SOURCE_MARK_BYTES] = "key:";
	uint8_t mark[ID_SOURCE_MARK_BYTES];
	const char *first;

	id_of_source(span_text(report->call->source), item->key, mark);
	hex_format(mark, sizeof(mark), key + 4);
	first = json_string_value(json_object_get(report->met, key));
	if (first)
		return error_set(error, OPERATION_E_REFUSED,
				 "%s.idempotency_key: is that of %s, too", item->where, first);
	return json_object_set_new(report->met, key, json_string(item->where)) == 0 ? 0 : -ENOMEM;
}

static int take_item(struct report *report, struct report_item *item, const json_t *object,
		     struct error *error)
{
	struct app *app = report->call->app;
	struct handle handle;
	uint64_t sequence;
	int code = report_item_read(item, app->settings, object, &report->arena, error);

	if (!code)
		code = meet_key(report, item, error);
	if (code)
		return code;
	code = source_find(app->store, span_text(report->call->source), item->key, &sequence);
	if (code == 0)
		return answer_again(report, item, sequence, error);
	if (code != STORE_E_NOT_FOUND)
		return code;
	code = find_person(report, item, &handle, error);
	if (!code)
		code = add_event(report, item, &handle, error);
	return code ? code : answer(report, &handle);
}

static int take_items(struct report *report, const json_t *list, struct error *error)
{
	const json_t *object;
	size_t index;
	int code = 0;

	json_array_foreach(list, index, object)
	{
		struct report_item item = {.type = EVENT_event};

		(void)snprintf(item.where, sizeof(item.where), "events[%zu]", index);
		code = take_item(report, &item, object, error);
		arena_reset(&report->arena);
		if (code)
			break;
	}
	return code;
}

/* Below the reserve of the disk it is better that the site's server keeps it and tries again. */
static int check_room(const struct app *app, struct error *error)
{
	if (app->disk == DISK_AMPLE)
		return 0;
	return error_set(error, OPERATION_E_FAILED,
			 "the disk is nearly full, and nothing was stored; send it again later");
}

int operation_events_report(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"events", NULL};
	struct report report = {
		.call = call,
		.arena = ARENA_INIT(ITEM_ARENA_BYTES),
		.met = json_object(),
		.results = json_array(),
	};
	const json_t *list;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_list(call->body, "events", EVENTS_MAX, &list, error);
	if (!code)
		code = check_room(call->app, error);
	if (!code)
		code = take_items(&report, list, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", report.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(report.met);
	json_decref(report.results);
	arena_finish(&report.arena);
	return code;
}
