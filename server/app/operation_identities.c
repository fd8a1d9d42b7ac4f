/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who people are, for a delivery to the owner's CRM.
 *
 *   POST /api/v1/prospects/identities
 *     {"prospects": ["<24 hex>", …], "fields": ["company", "title"], "reason": "deliver"}
 *     {"people": [{"email": "…", "fields": {"company": "…"}, …}, null, …]}
 *
 * In the order of the question; null: nobody is known by that handle. What else is there, where it
 * is so: "crm": ids there by kind; "registered": {"source": "form:contact", "time": µs};
 * "opted_out", "bounced": true; "left": names of lists; "shared": false, who must not be delivered;
 * "merged_into": a handle. Only the fields that are asked for leave. Fewer answers than questions
 * mean that the rest was not looked at and must be asked again: this runs on the thread that
 * answers clicks, so it takes as many as fit into a slice of time, and into a reply.
 *
 * The log keeps one `access` event for each call, with how many people it was about. One for each
 * person would grow the log by all people at every delivery, and say no more: a delivery looks at
 * everybody.
 */
#include "app/operation.h"

#include "app/person_named.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"
#include "track/person_marks.h"
#include "track/person_share.h"

#include <errno.h>
#include <stdio.h>

enum { IDENTITIES_MAX = 1000, FIELDS_MAX = 200, REASON_MAX_BYTES = 64, REPLY_MAX_BYTES = 4 << 20 };

struct identities {
	struct operation_call *call;
	const json_t *fields; /* names; NULL: none */
	json_t *people;
	size_t known, bytes;
};

static json_t *text_value(struct span text)
{
	return json_stringn((const char *)text.data, text.size);
}

static int add_fields(const struct identities *identities, const struct person_record *record,
		      json_t *item)
{
	json_t *wanted = json_object();
	const json_t *name;
	size_t index;
	int failed = json_object_set_new(item, "fields", wanted);

	json_array_foreach(identities->fields, index, name)
	{
		struct person_value value;

		if (person_record_find(record, span_text(json_string_value(name)), &value))
			failed |= json_object_set_new(wanted, json_string_value(name),
						      text_value(value.value));
	}
	return failed ? -ENOMEM : 0;
}

static int add_crm(const struct person_record *record, json_t *item)
{
	json_t *ids = json_object();
	struct person_value registered;
	int failed = 0;

	for (int i = 0; i < PERSON_EXTERNAL_COUNT; i++) {
		enum person_external external = (enum person_external)i;
		struct span id = person_record_external(record, external);

		if (id.size > 0)
			failed |= json_object_set_new(ids, person_external_text(external),
						      text_value(id));
	}
	if (json_object_size(ids) > 0)
		failed |= json_object_set(item, "crm", ids);
	json_decref(ids);
	if (person_record_registered(record, &registered))
		failed |= json_object_set_new(item, "registered",
					      json_pack("{s:o, s:I}", "source",
							text_value(registered.source), "time",
							(json_int_t)registered.time));
	return failed ? -ENOMEM : 0;
}

struct left {
	struct identities *identities;
	json_t *names;
};

static int add_list(void *context, const struct list_id *list, usec_t time)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct left *left = context;
	char id[2 * sizeof(*list) + 1];
	struct span name = {0};

	(void)time;
	if (name_find(left->identities->call->app->store, NAME_LIST, list->bytes, &arena, &name)) {
		hex_format(list, sizeof(*list), id);
		name = span_text(id);
	}
	return json_array_append_new(left->names, text_value(name)) ? -ENOMEM : 0;
}

static int add_suppressed(struct identities *identities, const struct person_record *record,
			  json_t *item)
{
	struct left left = {identities, json_array()};
	int failed = person_record_each_list(record, add_list, &left);

	if (person_record_is(record, PERSON_OPTED_OUT))
		failed |= json_object_set_new(item, "opted_out", json_true());
	if (person_record_is(record, PERSON_BOUNCED))
		failed |= json_object_set_new(item, "bounced", json_true());
	if (json_array_size(left.names) > 0)
		failed |= json_object_set(item, "left", left.names);
	json_decref(left.names);
	return failed ? -ENOMEM : 0;
}

static int fill(struct identities *identities, const struct person *person,
		const struct person_record *record, json_t *item)
{
	char into[2 * sizeof(struct handle) + 1];
	int code = add_fields(identities, record, item);

	if (!code)
		code = add_crm(record, item);
	if (!code)
		code = add_suppressed(identities, record, item);
	if (!code && !person_may_be_delivered(identities->call->app->config, record))
		code = json_object_set_new(item, "shared", json_false()) ? -ENOMEM : 0;
	if (code || id_is_zero(&person->merged, sizeof(person->merged)))
		return code;
	hex_format(&person->merged, sizeof(person->merged), into);
	return json_object_set_new(item, "merged_into", json_string(into)) ? -ENOMEM : 0;
}

static int add_person(struct identities *identities, const struct person *person,
		      struct error *error)
{
	struct span address = person->address;
	json_t *item =
		json_pack("{s:o}", "email", address.data ? text_value(address) : json_null());
	struct person_record *record = NULL;
	int code = item ? person_record_parse(person->fields, person->changed, &record) : -ENOMEM;

	if (code > 0)
		code = error_set(error, OPERATION_E_FAILED, "a person's record is damaged");
	if (!code)
		code = fill(identities, person, record, item);
	person_record_free(record);
	identities->known++;
	identities->bytes += address.size + person->fields.size;
	if (code)
		json_decref(item);
	else if (json_array_append_new(identities->people, item))
		code = -ENOMEM;
	return code;
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
		code = add_person(identities, &person, error);
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
