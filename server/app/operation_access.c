/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking people up. Whoever sees more than a handle leaves an `access` event, one per person, so
 * that the log answers who looked at whose data. Whoever only turns an address into the handle that
 * stands for it in the log has seen nothing, and leaves none.
 */
#include "app/operation.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"

#include <errno.h>
#include <stdio.h>

enum { REVEAL_MAX = 1000, PERSON_ARENA_BYTES = 1 << 20 };

static int parse_handle(struct span text, const char *where, struct handle *ret_handle,
			struct error *error)
{
	if (text.size != 2 * sizeof(*ret_handle) ||
	    hex_parse(text, ret_handle, sizeof(*ret_handle)) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "%s: a handle is 24 hexadecimal digits", where);
	return 0;
}

static int find_by_handle(struct operation_call *call, struct span text, struct arena *arena,
			  struct person *ret_person, struct error *error)
{
	struct handle handle;
	int code = parse_handle(text, "prospect", &handle, error);

	if (code)
		return code;
	code = people_find_handle(call->app->store, &handle, arena, ret_person);
	if (code > 0)
		return error_set(error, OPERATION_E_ABSENT, "nobody is known by that handle");
	return code;
}

static int find_by_email(struct operation_call *call, struct span email, struct arena *arena,
			 struct person *ret_person, struct error *error)
{
	struct prospect_id id;
	int code;

	if (id_of_address(call->app->keyring, email, &id) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "email: that is not an e-mail address");
	code = people_find(call->app->store, &id, arena, ret_person);
	if (code > 0)
		return error_set(error, OPERATION_E_ABSENT, "nobody is known by that address");
	return code;
}

static int find_person(struct operation_call *call, struct arena *arena, struct person *ret_person,
		       struct error *error)
{
	struct span email, text;
	int code =
		operation_text(call->body, "", "email", false, ID_ADDRESS_MAX_BYTES, &email, error);

	if (!code)
		code = operation_text(call->body, "", "prospect", false, 24, &text, error);
	if (code)
		return code;
	if (!email.data == !text.data)
		return error_set(error, OPERATION_E_REFUSED,
				 "either an email or a prospect is needed");
	return text.data ? find_by_handle(call, text, arena, ret_person, error)
			 : find_by_email(call, email, arena, ret_person, error);
}

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

static json_t *time_value(usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(time, text);
	return time ? json_string(text) : json_null();
}

static json_t *person_value(const struct person *person, bool with_fields)
{
	char text[2 * sizeof(struct handle) + 1];
	json_t *email, *fields;

	hex_format(&person->handle, sizeof(person->handle), text);
	if (!with_fields)
		return json_pack("{s:s}", "prospect", text);
	fields = person->fields.size > 0 ? json_loadb((const char *)person->fields.data,
						      person->fields.size, 0, NULL)
					 : json_object();
	email = person->address.data
			? json_stringn((const char *)person->address.data, person->address.size)
			: json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "prospect", text, "email", email, "created",
			 time_value(person->created), "changed", time_value(person->changed),
			 "fields", fields);
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
		code = find_person(call, &arena, &person, error);
	if (!code && with_fields)
		code = add_access_event(call, &person.handle, SPAN("show"), error);
	if (!code) {
		call->reply = person_value(&person, with_fields);
		code = call->reply ? 0 : error_set(error, OPERATION_E_FAILED, "out of memory");
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
	int code = parse_handle(text, where, &handle, error);

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
