/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People, as operators add them.
 *
 *   POST /api/v1/prospects         {"prospects": [{"email": "…", "fields": {"company": "…"}}],
 *                                   "own": false, "strict": false, "anew": false}
 *                                  {"results": [{"prospect": "<24 hex>", "status": "added"}]}
 *
 * An import is an upsert: what a row says (app/prospect_row.h) is put into what is known. Rows are
 * judged one by one, so that a bad address does not hold up the thousand good ones beside it; with
 * "strict": true the first bad one is the last that is looked at.
 *
 * With crm.share_field only records that take part are taken, and "own" says that the rows are not
 * the CRM's. Of somebody who is known and takes part no more, that alone is taken: status
 * "unshared"; of anybody else nothing: "left_out".
 *
 * Somebody who was erased is refused; with "anew", which only the owner may say, they are taken as
 * a new person (operation_anew.c).
 *
 * Fewer results than rows mean that the rest was not looked at and must be sent again: this runs on
 * the thread that answers clicks, so it takes as many rows as fit into a slice of time.
 */
#include "app/operation.h"

#include "app/erased_file.h"
#include "app/person_named.h"
#include "app/prospect_row.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"
#include "track/person_share.h"

#include <errno.h>

enum { PROSPECTS_MAX = 1000 };

struct import {
	struct operation_call *call;
	json_t *results; /* by row */
	json_t *met;	 /* names that this call has recorded */
	struct prospect_row_source source;
	bool strict, own, anew, refused;
};

/* One row, and whom it is about. */
struct subject {
	const json_t *row;
	struct span address;
	struct prospect_id id;
	bool known;
	struct person_record *record;
	json_t *changed; /* names */
	struct buffer fields;
};

static void finish_subject(struct subject *subject)
{
	person_record_free(subject->record);
	json_decref(subject->changed);
	buffer_finish(&subject->fields);
}

static int add_result(struct import *import, json_t *result)
{
	return json_array_append_new(import->results, result) == 0 ? 0 : -ENOMEM;
}

static int refuse_row(struct import *import, const char *sentence)
{
	import->refused = true;
	return add_result(import, json_pack("{s:s}", "error", sentence));
}

/* {"fields": ["company", …]}: what changed, never the values. */
static int add_prospect_event(struct import *import, const struct handle *handle,
			      const struct subject *subject, struct error *error)
{
	json_t *props = json_pack("{s:O}", "fields", subject->changed);
	cleanup_free char *text = props ? json_dumps(props, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	struct event event;

	json_decref(props);
	if (!text)
		return -ENOMEM;
	event_init(&event, EVENT_prospect, import->source.time);
	event_set(&event, EVENT_FIELD_prospect, span_of(handle, sizeof(*handle)));
	event_set(&event, EVENT_FIELD_props, span_text(text));
	event_set(&event, EVENT_FIELD_reason, subject->known ? SPAN("changed") : SPAN("added"));
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

/* What is known of the person. Return: 0; PERSON_RECORD_E_DAMAGED; negative errno. */
static int find_record(struct import *import, struct subject *subject)
{
	struct arena arena = ARENA_INIT(PERSON_ARENA_BYTES);
	struct person person = {0};
	int code = people_find(import->call->app->store, &subject->id, &arena, &person);

	if (code == 0 || code == PEOPLE_E_NOT_FOUND) {
		subject->known = code == 0 && person.address.data;
		code = person_record_parse(person.fields, person.changed, &subject->record);
	}
	sodium_memzero(&person.key, sizeof(person.key));
	arena_finish(&arena);
	return code;
}

/* Only that they do not take part any more. */
static json_t *row_of_share(const struct import *import, const struct subject *subject)
{
	const char *field = import->call->app->config->crm_share_field;
	json_t *value = json_object_get(json_object_get(subject->row, "fields"), field);

	return json_pack("{s:{s:O*}}", "fields", field, value);
}

/* The row into the record. *ret_status: NULL, or what else became of it. */
static int apply_row(struct import *import, struct subject *subject, const char **ret_status)
{
	const struct config *config = import->call->app->config;
	json_t *share;
	int code;

	*ret_status = NULL;
	if (!import->own && person_share_is_on(config)) {
		bool shared = person_is_shared(config, subject->record);

		share = row_of_share(import, subject);
		code = share ? prospect_row_apply(subject->record, share, &import->source,
						  subject->changed)
			     : -ENOMEM;
		json_decref(share);
		if (code)
			return code;
		if (!person_is_shared(config, subject->record)) {
			*ret_status = subject->known && shared ? "unshared" : "left_out";
			return 0;
		}
	}
	return prospect_row_apply(subject->record, subject->row, &import->source, subject->changed);
}

/* Somebody who was erased and is wanted again; the mark beside the keys goes first. */
static int prepare_anew(struct import *import, struct subject *subject, struct handle *ret_handle,
			struct people_change **ret_change)
{
	struct app *app = import->call->app;
	uint8_t mark[PEOPLE_MARK_BYTES];
	int code;

	id_of_erased(app->keyring, &subject->id, mark);
	code = erased_file_remove(app->config->keys_file, span_of(mark, sizeof(mark)), NULL);
	if (code)
		return code < 0 ? code : -EIO;
	return people_prepare_anew(app->store, &subject->id, subject->address,
				   subject->fields.size > 0 ? buffer_span(&subject->fields)
							    : (struct span){0},
				   ret_handle, ret_change);
}

/* Nothing, but for a row that was not told of. */
static int prepare(struct import *import, struct subject *subject, struct handle *ret_handle,
		   struct people_change **ret_change, bool *ret_same)
{
	bool changed = json_array_size(subject->changed) > 0;
	int code = changed ? person_record_format(subject->record, &subject->fields) : 0;

	if (code)
		return code == PERSON_RECORD_E_LONG ? -EMSGSIZE : code;
	return people_prepare(import->call->app->store, &subject->id, subject->address,
			      changed ? buffer_span(&subject->fields) : (struct span){0},
			      ret_handle, ret_change, ret_same);
}

static int store_person(struct import *import, struct subject *subject, const char *status,
			struct error *error)
{
	struct people_change *change = NULL;
	struct handle handle = {0};
	bool same = true;
	int code = prepare(import, subject, &handle, &change, &same);

	if (code == PEOPLE_E_ERASED && import->anew) {
		code = prepare_anew(import, subject, &handle, &change);
		same = false;
	}
	if (code == -EMSGSIZE)
		return refuse_row(import, "the fields together are longer than 32768 bytes");
	if (code == PEOPLE_E_ERASED)
		return refuse_row(import, "this person was erased");
	if (code)
		return code < 0 ? code : -EIO;
	if (same)
		return accept_row(import, &handle, status ? status : "same");
	code = add_prospect_event(import, &handle, subject, error);
	if (code) {
		people_change_free(change);
		return code;
	}
	change->told_by = import->call->ticket->count;
	event_ticket_add_change(import->call->ticket, change);
	return accept_row(import, &handle, status ? status : subject->known ? "changed" : "added");
}

static int import_subject(struct import *import, struct subject *subject, struct error *error)
{
	const char *status;
	int code = find_record(import, subject);

	if (code == PERSON_RECORD_E_DAMAGED)
		return refuse_row(import, "what is known of this person is damaged");
	subject->changed = json_array();
	if (!code)
		code = subject->changed ? apply_row(import, subject, &status) : -ENOMEM;
	if (code == PERSON_RECORD_E_FULL)
		return refuse_row(import, "the person would have more than 100 fields, or lists");
	if (code)
		return code;
	if (status && strcmp(status, "left_out") == 0)
		return add_result(import, json_pack("{s:s}", "status", status));
	code = prospect_row_record_lists(import->call, import->met, subject->row, error);
	if (code == OPERATION_E_CONFLICT)
		return refuse_row(import, error->text);
	return code ? code : store_person(import, subject, status, error);
}

static int import_row(struct import *import, const json_t *row, struct error *error)
{
	cleanup(finish_subject) struct subject subject = {.row = row};
	cleanup_buffer struct buffer address = BUFFER_INIT;
	char room[PROSPECT_ROW_ROOM];
	const char *refusal = prospect_row_refusal(import->call->app->config, row, room);
	const json_t *email;

	if (refusal)
		return refuse_row(import, refusal);
	email = json_object_get(row, "email");
	if (id_normalise_address(span_of(json_string_value(email), json_string_length(email)),
				 &address) != 0 ||
	    id_of_address(import->call->app->keyring, buffer_span(&address), &subject.id) != 0)
		return refuse_row(import, "that is not an e-mail address");
	subject.address = buffer_span(&address);
	return import_subject(import, &subject, error);
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
	static const char *const keys[] = {"anew", "own", "prospects", "strict", NULL};
	bool is_owner = strcmp(call->actor, "owner") == 0;
	struct import import = {
		.call = call,
		.results = json_array(),
		.met = json_object(),
		.source = {is_owner ? SPAN("import") : SPAN("api"), clock_wall(),
			   call->app->config},
	};
	const json_t *list;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = operation_bool(call->body, "", "strict", &import.strict, error);
	if (!code)
		code = operation_bool(call->body, "", "own", &import.own, error);
	if (!code)
		code = operation_bool(call->body, "", "anew", &import.anew, error);
	if (!code && import.anew && !is_owner)
		code = error_set(error, OPERATION_E_REFUSED, "anew: only the owner may say so");
	if (!code)
		code = operation_list(call->body, "prospects", PROSPECTS_MAX, &list, error);
	if (!code)
		code = import_all(&import, list, error);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", import.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	json_decref(import.results);
	json_decref(import.met);
	return code;
}
