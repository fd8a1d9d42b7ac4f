/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who people are, for a delivery to the owner's CRM.
 *
 *   POST /api/v1/prospects/identities
 *     {"prospects": ["<24 hex>", …], "fields": ["company", "title"], "reason": "deliver"}
 *     {"people": [{"email": "…", "fields": {"company": "…"}}, null, …]}
 *
 * In the order of the question; null: nobody is known by that handle. Only the fields that are
 * asked for leave. Fewer answers than questions mean that the rest was not looked at and must be
 * asked again: this runs on the thread that answers clicks, so it takes as many as fit into a slice
 * of time, and into a reply.
 *
 * The log keeps one `access` event for each call, with how many people it was about. One for each
 * person would grow the log by all people at every delivery, and say no more: a delivery looks at
 * everybody.
 */
#include "app/operation.h"

#include "base/encode.h"
#include "store/people.h"

#include <errno.h>
#include <stdio.h>

enum {
	IDENTITIES_MAX = 1000,
	FIELDS_MAX = 200,
	REASON_MAX_BYTES = 64,
	REPLY_MAX_BYTES = 4 << 20,
	PERSON_ARENA_BYTES = 1 << 20
};

struct identities {
	struct operation_call *call;
	const json_t *fields; /* names; NULL: none */
	json_t *people;
	size_t known, bytes;
};

static json_t *wanted_fields(const struct identities *identities, struct span text)
{
	json_t *all =
		text.size > 0 ? json_loadb((const char *)text.data, text.size, 0, NULL) : NULL;
	json_t *wanted = json_object();
	const json_t *name;
	size_t index;

	json_array_foreach(identities->fields, index, name)
	{
		json_t *value = json_object_get(all, json_string_value(name));

		if (value)
			(void)json_object_set(wanted, json_string_value(name), value);
	}
	json_decref(all);
	return wanted;
}

static int add_person(struct identities *identities, const struct person *person)
{
	struct span address = person->address;
	json_t *email =
		address.data ? json_stringn((const char *)address.data, address.size) : json_null();

	identities->known++;
	identities->bytes += address.size + person->fields.size;
	return json_array_append_new(identities->people,
				     json_pack("{s:o, s:o}", "email", email, "fields",
					       wanted_fields(identities, person->fields)))
		       ? -ENOMEM
		       : 0;
}

static int add_one(struct identities *identities, size_t index, const json_t *value,
		   struct error *error)
{
	struct span text = span_of(json_string_value(value), json_string_length(value));
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person person = {0};
	struct handle handle;
	int code;

	if (text.size != 2 * sizeof(handle) || hex_parse(text, &handle, sizeof(handle)) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "prospects[%zu]: a handle is 24 hexadecimal digits", index);
	code = people_find_handle(identities->call->app->store, &handle, &arena, &person);
	if (code == 0)
		code = add_person(identities, &person);
	else if (code > 0)
		code = json_array_append_new(identities->people, json_null()) ? -ENOMEM : 0;
	sodium_memzero(&person.key, sizeof(person.key));
	arena_finish(&arena);
	return code;
}

static bool is_over(const struct identities *identities, usec_t began)
{
	return identities->bytes > REPLY_MAX_BYTES ||
	       (identities->call->app->role == APP_SERVE &&
		clock_monotonic() - began > OPERATION_SLICE_USEC);
}

static int add_all(struct identities *identities, const json_t *list, struct error *error)
{
	usec_t began = clock_monotonic();
	const json_t *value;
	size_t index;
	int code = 0;

	json_array_foreach(list, index, value)
	{
		if (index > 0 && is_over(identities, began))
			break;
		code = add_one(identities, index, value, error);
		if (code)
			break;
	}
	return code;
}

static int add_access_event(struct identities *identities, struct span reason, struct error *error)
{
	struct operation_call *call = identities->call;
	struct event event;
	char props[48];

	if (identities->known == 0)
		return 0;
	(void)snprintf(props, sizeof(props), "{\"people\":%zu}", identities->known);
	event_init(&event, EVENT_access, clock_wall());
	event_set(&event, EVENT_FIELD_actor, span_text(call->actor));
	event_set(&event, EVENT_FIELD_reason, reason);
	event_set(&event, EVENT_FIELD_props, span_text(props));
	operation_count(call, METRIC_EVENT_ACCESS, 1);
	return operation_add_event(call, &event, error);
}

static int check_fields(const json_t *fields, struct error *error)
{
	const json_t *name;
	size_t index;

	json_array_foreach(fields, index, name) if (!json_is_string(name)) return error_set(
		error, OPERATION_E_REFUSED, "fields[%zu]: must be a text", index);
	return 0;
}

static int check_reason(struct span reason, struct error *error)
{
	if (id_check_name(reason) != 0 || span_find(reason, '@', 0) < reason.size)
		return error_set(error, OPERATION_E_REFUSED,
				 "reason: must be a word or two, without an address");
	return 0;
}

int operation_prospects_identities(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"fields", "prospects", "reason", NULL};
	struct identities identities = {.call = call, .people = json_array()};
	const json_t *list = NULL;
	struct span reason = {0};
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_text(call->body, "", "reason", true, REASON_MAX_BYTES, &reason,
				      error);
	if (!code)
		code = check_reason(reason, error);
	if (!code)
		code = operation_list(call->body, "prospects", IDENTITIES_MAX, &list, error);
	if (!code && json_object_get(call->body, "fields"))
		code = operation_list(call->body, "fields", FIELDS_MAX, &identities.fields, error);
	if (!code)
		code = check_fields(identities.fields, error);
	if (!code)
		code = add_all(&identities, list, error);
	if (!code)
		code = add_access_event(&identities, reason, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "people", identities.people);
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(identities.people);
	return code;
}
