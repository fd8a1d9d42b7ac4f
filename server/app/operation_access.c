/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking people up. Whoever sees more than a handle leaves an `access` event, one per person, so
 * that the log answers who looked at whose data. Whoever only turns an address into the handle that
 * stands for it in the log has seen nothing, and leaves none.
 */
#include "app/person_item.h"
#include "app/person_named.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"

#include <errno.h>
#include <stdio.h>

enum { REVEAL_MAX = 1000 };

static int add_access_event(struct operation_call *call, const struct handle *handle,
			    struct span reason, struct error *error)
{
	struct event event;

	event_init(&event, EVENT_access, clock_wall());
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
	event_set(&event, EVENT_FIELD_reason, reason);
	operation_count(call, METRIC_EVENT_ACCESS, 1);
	return operation_add_event(call, &event, error);
}

static json_t *handle_item(const struct handle *handle)
{
	char text[2 * sizeof(*handle) + 1];

	hex_format(handle, sizeof(*handle), text);
	return json_pack("{s:s}", "prospect", text);
}

int operation_prospects_find(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"email", "fields", "prospect", NULL};
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person person = {0};
	bool with_fields = false;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_bool(call->body, "", "fields", &with_fields, error);
	if (!code)
		code = person_named(call, call->body, "", &arena, &person, error);
	if (!code && with_fields)
		code = add_access_event(call, &person.handle, SPAN("show"), error);
	if (!code && with_fields)
		code = person_item(call->app->store, &person, &call->reply, error);
	if (!code && !with_fields) {
		call->reply = handle_item(&person.handle);
		code = call->reply ? 0 : -ENOMEM;
	}
	sodium_memzero(&person.key, sizeof(person.key));
	arena_finish(&arena);
	return code;
}

/* The key of one person into @keys; somebody who is gone has none, and nothing to reveal. */
static int reveal_one(struct operation_call *call, const char *where, struct span text,
		      json_t *keys, struct error *error)
{
	char encoded[BASE64URL_CHARS(PERSON_KEY_BYTES) + 1], name[2 * sizeof(struct handle) + 1];
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person person = {0};
	struct handle handle;
	int code = person_parse_handle(text, where, &handle, error);

	if (code)
		return code;
	code = people_find_handle(call->app->store, &handle, &arena, &person);
	arena_finish(&arena);
	if (code > 0)
		return 0;
	if (code < 0)
		return code;
	hex_format(&handle, sizeof(handle), name);
	base64url_format(&person.key, sizeof(person.key), encoded);
	code = json_object_set_new(keys, name, json_string(encoded)) == 0 ? 0 : -ENOMEM;
	sodium_memzero(&person.key, sizeof(person.key));
	sodium_memzero(encoded, sizeof(encoded));
	return code ? code : add_access_event(call, &handle, SPAN("reveal"), error);
}

int operation_prospects_reveal(struct operation_call *call, struct error *error)
{
	static const char *const allowed[] = {"prospects", NULL};
	const json_t *list, *value;
	json_t *keys = json_object();
	size_t index;
	int code = operation_check_keys(call->body, "", allowed, error);

	if (!code)
		code = operation_list(call->body, "prospects", REVEAL_MAX, &list, error);
	if (!code) {
		json_array_foreach(list, index, value)
		{
			char where[32];

			(void)snprintf(where, sizeof(where), "prospects[%zu]", index);
			code = reveal_one(call, where,
					  span_of(json_string_value(value),
						  json_string_length(value)),
					  keys, error);
			if (code)
				break;
		}
	}
	if (!code)
		call->reply = json_pack("{s:O}", "keys", keys);
	json_decref(keys);
	return code ? code : call->reply ? 0 : -ENOMEM;
}
