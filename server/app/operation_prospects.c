/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People, as operators add them.
 *
 *   POST /api/v1/prospects         {"prospects": [{"email": "…", "fields": {"company": "…"}}]}
 *                                  {"results": [{"prospect": "<24 hex>", "status": "added"}]}
 *
 * An import is an upsert: fields are merged into those that are there, an empty value takes one
 * away. Rows are judged one by one, so that a bad address does not hold up the thousand good ones
 * beside it; with "strict": true the first bad one is the last that is looked at.
 *
 * Fewer results than rows mean that the rest was not looked at and must be sent again: this runs on
 * the thread that answers clicks, so it takes as many rows as fit into a slice of time.
 */
#include "app/operation.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"
#include "text/url.h"

#include <errno.h>
#include <stdio.h>

enum {
	PROSPECTS_MAX = 1000,
	FIELDS_MAX = 100,
	FIELD_NAME_MAX_BYTES = 64,
	FIELD_VALUE_MAX_BYTES = 4096,
	FIELDS_MAX_BYTES = 32768, /* of PERSON_FIELDS */
	PERSON_ARENA_BYTES = 1 << 20
};

struct import {
	struct operation_call *call;
	json_t *results; /* by row */
	bool strict, refused;
};

static int add_result(struct import *import, json_t *result)
{
	return json_array_append_new(import->results, result) == 0 ? 0 : -ENOMEM;
}

static int refuse_row(struct import *import, const char *sentence)
{
	import->refused = true;
	return add_result(import, json_pack("{s:s}", "error", sentence));
}

/* NULL, or what is wrong with a field. @room: for a sentence that names it. */
static const char *field_refusal(const char *name, const json_t *value, char *room, size_t size)
{
	struct span text = span_text(name);

	if (text.size < 1 || text.size > FIELD_NAME_MAX_BYTES || id_check_name(text) != 0)
		return "a field's name must be 1 to 64 bytes of text without controls";
	/* The log names the fields that change. */
	if (url_holds_address(text))
		return "a field's name holds an e-mail address, which must not enter the log";
	if (!json_is_string(value))
		(void)snprintf(room, size, "%s: a field's value must be a text", name);
	else if (json_string_length(value) > FIELD_VALUE_MAX_BYTES)
		(void)snprintf(room, size, "%s: a field's value is longer than 4096 bytes", name);
	else
		return NULL;
	return room;
}

static const char *row_refusal(const json_t *row, char *room, size_t size)
{
	static const char *const keys[] = {"email", "fields", NULL};
	const json_t *fields = json_object_get(row, "fields");
	const char *name, *refusal = NULL;
	json_t *value;

	if (operation_check_keys(row, "", keys, NULL) != 0)
		return "a row holds email and fields, nothing else";
	if (!json_is_string(json_object_get(row, "email")))
		return "there is no e-mail address";
	if (fields && !json_is_object(fields))
		return "fields must be an object";
	if (json_object_size(fields) > FIELDS_MAX)
		return "there are more than 100 fields";
	json_object_foreach((json_t *)(uintptr_t)fields, name, value) if (!refusal) refusal =
		field_refusal(name, value, room, size);
	return refusal;
}

/* What is known of the person, with @changes applied; an empty value removes a field. */
static json_t *merged_fields(struct span known, json_t *changes)
{
	json_t *fields =
		known.size > 0 ? json_loadb((const char *)known.data, known.size, 0, NULL) : NULL;
	const char *name;
	json_t *value;

	if (!fields)
		fields = json_object();
	if (!fields || json_object_update(fields, changes) != 0) {
		json_decref(fields);
		return NULL;
	}
	json_object_foreach(changes, name, value) if (json_string_length(value) == 0)(void)
		json_object_del(fields, name);
	return fields;
}

/* {"fields": ["company", …]}: which fields changed, never their values. */
static char *names_of_fields(json_t *changes)
{
	json_t *names = json_array(), *props;
	const char *name;
	json_t *value;
	char *text = NULL;

	json_object_foreach(changes, name, value)(void)
		json_array_append_new(names, json_string(name));
	props = json_pack("{s:o}", "fields", names);
	if (props)
		text = json_dumps(props, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(props);
	return text;
}

static int add_prospect_event(struct import *import, const struct handle *handle, bool added,
			      json_t *changes, struct error *error)
{
	cleanup_free char *props = names_of_fields(changes);
	struct event event;

	if (!props)
		return -ENOMEM;
	event_init(&event, EVENT_prospect, clock_wall());
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	event_set(&event, EVENT_FIELD_props, span_text(props));
	event_set(&event, EVENT_FIELD_reason, added ? SPAN("added") : SPAN("changed"));
	event_set(&event, EVENT_FIELD_actor, span_text(import->call->actor));
	operation_count(import->call, METRIC_EVENT_PROSPECT, 1);
	return operation_add_event(import->call, &event, error);
}

static int accept_row(struct import *import, const struct handle *handle, const char *status)
{
	char text[2 * sizeof(*handle) + 1];

	hex_format(handle, sizeof(*handle), text);
	return add_result(import, json_pack("{s:s, s:s}", "prospect", text, "status", status));
}

/* Look the person up: whether there is one, and the merged fields as text. */
static int merge_person(struct import *import, const struct prospect_id *id, json_t *changes,
			bool *ret_known, char **ret_fields)
{
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person person = {0};
	int code = people_find(import->call->app->store, id, &arena, &person);
	json_t *fields = NULL;

	if (code == 0 || code == PEOPLE_E_NOT_FOUND) {
		*ret_known = code == 0 && person.address.data;
		fields = merged_fields(person.fields, changes);
		*ret_fields = fields ? json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
		code = *ret_fields ? 0 : -ENOMEM;
	}
	sodium_memzero(&person.key, sizeof(person.key));
	json_decref(fields);
	arena_finish(&arena);
	return code;
}

static int store_person(struct import *import, struct span address, const struct prospect_id *id,
			json_t *changes, struct error *error)
{
	cleanup_free char *fields = NULL;
	struct people_change *change;
	struct handle handle = {0};
	bool same, known;
	int code;

	code = merge_person(import, id, changes, &known, &fields);
	if (!code && strlen(fields) > FIELDS_MAX_BYTES)
		return refuse_row(import, "the fields together are longer than 32768 bytes");
	if (!code)
		code = people_prepare(import->call->app->store, id, address, span_text(fields),
				      &handle, &change, &same);
	if (code == PEOPLE_E_ERASED)
		return refuse_row(import, "this person was erased");
	if (code)
		return code < 0 ? code : -EIO;
	if (same)
		return accept_row(import, &handle, "same");
	code = add_prospect_event(import, &handle, !known, changes, error);
	if (code) {
		people_change_free(change);
		return code;
	}
	change->told_by = import->call->ticket->count;
	event_ticket_add_change(import->call->ticket, change);
	return accept_row(import, &handle, known ? "changed" : "added");
}

static int import_row(struct import *import, const json_t *row, struct error *error)
{
	cleanup_buffer struct buffer address = BUFFER_INIT;
	char room[FIELD_NAME_MAX_BYTES + 64];
	const char *refusal = row_refusal(row, room, sizeof(room));
	struct prospect_id id;
	json_t *email, *fields;
	int code;

	if (refusal)
		return refuse_row(import, refusal);
	email = json_object_get(row, "email");
	if (id_normalise_address(span_of(json_string_value(email), json_string_length(email)),
				 &address) != 0 ||
	    id_of_address(import->call->app->keyring, buffer_span(&address), &id) != 0)
		return refuse_row(import, "that is not an e-mail address");
	fields = json_object_get(row, "fields");
	fields = fields ? json_incref(fields) : json_object();
	code = fields ? store_person(import, buffer_span(&address), &id, fields, error) : -ENOMEM;
	json_decref(fields);
	return code;
}

/* Beside clicks, only as long as they may wait; a command that owns the stores takes all. */
static bool is_over(const struct import *import, usec_t began)
{
	const struct app *app = import->call->app;

	if (import->strict && import->refused)
		return true;
	return app->role == APP_SERVE && clock_monotonic() - began > OPERATION_SLICE_USEC;
}

static int import_all(struct import *import, const json_t *list, struct error *error)
{
	usec_t began = clock_monotonic();
	const json_t *row;
	size_t index;
	int code = 0;

	json_array_foreach(list, index, row)
	{
		if (index > 0 && is_over(import, began))
			break;
		code = import_row(import, row, error);
		if (code)
			break;
	}
	return code;
}

int operation_prospects_import(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"prospects", "strict", NULL};
	struct import import = {.call = call, .results = json_array()};
	const json_t *list;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_bool(call->body, "", "strict", &import.strict, error);
	if (!code)
		code = operation_list(call->body, "prospects", PROSPECTS_MAX, &list, error);
	if (!code)
		code = import_all(&import, list, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", import.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(import.results);
	return code;
}
