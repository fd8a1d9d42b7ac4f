/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people/ holds of one person, for whoever answers them.
 *
 *   POST /api/v1/prospects/export   {"email": "…"} or {"prospect": "<24 hex>"}
 *     {"person": {…}, "prospects": ["<24 hex>", …], "keys": {"<24 hex>": "…"},
 *      "typed": [{"visitor": "<32 hex>", "time": "…", "event": 42, "values": {…}}]}
 *
 * "prospects" are all handles of theirs, and "keys" open what the log has sealed for these. The log
 * keeps one `access` event.
 */
#include "app/erase.h"
#include "app/operation.h"
#include "app/person_item.h"
#include "app/person_named.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"
#include "store/typed.h"

#include <errno.h>

enum { TYPED_MAX = 200, EXPORT_ARENA_BYTES = 8 << 20 };

static json_t *hex_text(const void *id, size_t size)
{
	char text[2 * sizeof(struct visitor_id) + 1];

	hex_format(id, size, text);
	return json_string(text);
}

static int add_typed(struct operation_call *call, const struct handle *handle, json_t *list)
{
	struct arena arena = ARENA_INIT(EXPORT_ARENA_BYTES);
	cleanup_free struct typed_row *rows = calloc(TYPED_MAX, sizeof(*rows));
	size_t count = 0;
	int code =
		rows ? typed_find_person(call->app->store, handle, &arena, rows, TYPED_MAX, &count)
		     : -ENOMEM;

	for (size_t i = 0; i < count && !code; i++) {
		const struct typed *typed = &rows[i].typed;
		char time[CLOCK_TEXT_BYTES];

		clock_format(typed->time, time);
		if (json_array_append_new(
			    list,
			    json_pack("{s:o, s:s, s:I, s:o?}", "visitor",
				      hex_text(&rows[i].visitor, sizeof(rows[i].visitor)), "time",
				      time, "event", (json_int_t)typed->event, "values",
				      json_loadb((const char *)typed->values.data,
						 typed->values.size, 0, NULL))))
			code = -ENOMEM;
	}
	arena_finish(&arena);
	return code;
}

static int add_key(struct operation_call *call, const struct handle *handle, json_t *keys)
{
	char encoded[BASE64URL_CHARS(PERSON_KEY_BYTES) + 1], name[2 * sizeof(*handle) + 1];
	struct person person = {0};
	int code = people_find_handle(call->app->store, handle, NULL, &person);

	if (code == PEOPLE_E_NOT_FOUND)
		return 0;
	if (code)
		return code;
	hex_format(handle, sizeof(*handle), name);
	base64url_format(&person.key, sizeof(person.key), encoded);
	code = json_object_set_new(keys, name, json_string(encoded)) == 0 ? 0 : -ENOMEM;
	sodium_memzero(&person.key, sizeof(person.key));
	sodium_memzero(encoded, sizeof(encoded));
	return code;
}

static int add_access_event(struct operation_call *call, const struct handle *handle,
			    struct error *error)
{
	struct event event;

	event_init(&event, EVENT_access, clock_wall());
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
	event_set(&event, EVENT_FIELD_reason, SPAN("export"));
	operation_count(call, METRIC_EVENT_ACCESS, 1);
	return operation_add_event(call, &event, error);
}

static int add_handles(struct operation_call *call, const struct handle *person, json_t *reply)
{
	struct erase_set all = {.handles = BUFFER_INIT, .marks = BUFFER_INIT};
	json_t *handles = json_object_get(reply, "prospects");
	int code = erase_find(call->app, person, &all);

	for (size_t at = 0; at < all.handles.size && !code; at += sizeof(struct handle)) {
		struct handle handle;

		memcpy(&handle, all.handles.data + at, sizeof(handle));
		if (json_array_append_new(handles, hex_text(&handle, sizeof(handle))))
			code = -ENOMEM;
		if (!code)
			code = add_key(call, &handle, json_object_get(reply, "keys"));
		if (!code)
			code = add_typed(call, &handle, json_object_get(reply, "typed"));
	}
	erase_finish(&all);
	return code;
}

int operation_prospects_export(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"email", "prospect", NULL};
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	json_t *reply = json_pack("{s:[], s:{}, s:[]}", "prospects", "keys", "typed");
	struct person person = {0};
	json_t *item = NULL;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = person_named(call, call->body, "", &arena, &person, error);
	if (!code)
		code = person_item(call->app->store, &person, &item, error);
	if (!code && json_object_set_new(reply, "person", item))
		code = -ENOMEM;
	if (!code)
		code = add_handles(call, &person.handle, reply);
	if (!code)
		code = add_access_event(call, &person.handle, error);
	if (!code)
		call->reply = json_incref(reply);
	json_decref(reply);
	sodium_memzero(&person.key, sizeof(person.key));
	arena_finish(&arena);
	return code;
}
