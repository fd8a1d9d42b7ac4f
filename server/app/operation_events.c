/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of another system, or of another log of ours.
 *
 *   POST /api/v1/events/import   {"source": "old", "events": [{"id": "…", "time": "…", …}],
 *                                 "keep_handles": false, "drop_sealed": false, "strict": false}
 *                                {"results": [{"status": "added"}]}
 *
 * A row's status is "added", "known" (its source and id are in the log already) or "left out"
 * (events of its type belong to one log alone; "reason" says what to do instead); a bad row has
 * "error". What is accepted is one ticket and therefore one commit, with the people and the names
 * that are new, so that a crash leaves all of it or nothing, and sending it again adds the rest.
 * A bounce that says that the address takes no mail is noted in the person's record as well
 * (app/bounced.h), once, when the event is added.
 * Fewer results than rows mean that the rest was not looked at, as in operation_prospects.c.
 *
 * What earlier operations have queued is applied before this one runs (admin/operation_post.c), so
 * state/ and "seen" together know every event there is.
 */
#include "app/bounced.h"
#include "app/person_of_address.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "store/people.h"
#include "text/url.h"
#include "track/bounce.h"
#include "track/event_json.h"
#include "track/event_parse.h"

#include <errno.h>
#include <stdio.h>

enum {
	EVENTS_MAX = 1000,
	ROW_ARENA_BYTES = 1 << 20,
	ROW_EVENTS_MAX = 3 + EVENT_PARSE_NAMES_MAX, /* a person, a mark, names, the event itself */
	ROW_BYTES_MAX = 2 * EVENT_RECORD_MAX_BYTES
};

struct import {
	struct operation_call *call;
	struct arena arena; /* of one row */
	struct event_parse_options options;
	struct span source;
	bool keep_handles, strict, refused;
	json_t *seen; /* "source:<mark>", "name:<kind>:<id>", and who was met, of this body */
	json_t *results;
	struct error *error;
};

/* A row on its way through the steps; @said: it has its result. */
struct row {
	struct event_parsed parsed;
	struct span source, source_id;
	char mark[2 * ID_SOURCE_MARK_BYTES + 8];
	struct person person; /* of the row; without a key when nobody here has the handle */
	bool has_key, said;
};

static int say(struct import *import, struct row *row, json_t *result)
{
	row->said = true;
	return json_array_append_new(import->results, result) == 0 ? 0 : -ENOMEM;
}

static int refuse(struct import *import, struct row *row, const char *sentence)
{
	import->refused = true;
	return say(import, row, json_pack("{s:s}", "error", sentence));
}

static int parse(struct import *import, const json_t *object, struct row *row)
{
	struct error error;
	int code = event_parse(object, &import->options, &import->arena, &row->parsed, &error);

	if (code == EVENT_PARSE_E_TYPE)
		return say(import, row,
			   json_pack("{s:s, s:O, s:s}", "status", "left out", "type",
				     json_object_get(object, "type"), "reason", error.text));
	return code > 0 ? refuse(import, row, error.text) : code;
}

/* Where the event comes from: what it says itself, else the body's source and its id there. */
static int find_source(struct import *import, struct row *row)
{
	const struct event *event = &row->parsed.event;
	bool own =
		event->fields[EVENT_FIELD_source].data && event->fields[EVENT_FIELD_source_id].data;
	uint8_t mark[ID_SOURCE_MARK_BYTES];

	row->source = own ? event->fields[EVENT_FIELD_source] : import->source;
	row->source_id = own ? event->fields[EVENT_FIELD_source_id] : row->parsed.id;
	if (row->source.size == 0)
		return refuse(import, row, "source: is missing");
	if (row->source_id.size == 0)
		return refuse(import, row, "id: is missing; by it the event is kept only once");
	if (id_check_name(row->source) != 0)
		return refuse(import, row, "source: must be a name without controls");
	if (url_holds_address(row->source))
		return refuse(import, row,
			      "source: holds an e-mail address, which must not enter the log");
	if (url_holds_address(row->source_id))
		return refuse(import, row,
			      "id: holds an e-mail address, which must not enter the log");
	id_of_source(row->source, row->source_id, mark);
	memcpy(row->mark, "source:", 8);
	hex_format(mark, sizeof(mark), row->mark + 7);
	return 0;
}

static int find_known(struct import *import, struct row *row)
{
	uint64_t sequence;
	int code;

	if (!json_object_get(import->seen, row->mark)) {
		code = source_find(import->call->app->store, row->source, row->source_id,
				   &sequence);
		if (code)
			return code == STORE_E_NOT_FOUND ? 0 : code;
	}
	return say(import, row, json_pack("{s:s}", "status", "known"));
}

/* Has this body met @key before? If not, it has now. Return: 1 yes; 0 no; -ENOMEM. */
static int meet(struct import *import, const char *key, struct span value)
{
	if (json_object_get(import->seen, key))
		return 1;
	return json_object_set_new(import->seen, key,
				   json_stringn((const char *)value.data, value.size)) == 0
		       ? 0
		       : -ENOMEM;
}

static int check_name(struct import *import, struct row *row, size_t index)
{
	enum name_kind kind = row->parsed.names[index].kind;
	struct span name = row->parsed.names[index].name, known;
	struct error error;
	uint8_t id[8];
	int code;

	id_of_name(kind, name, id);
	code = name_find(import->call->app->store, kind, id, &import->arena, &known);
	if (code == STORE_E_NOT_FOUND || (code == 0 && span_equal(known, name)))
		return 0;
	if (code)
		return code;
	(void)error_set(&error, 0, "%s: another name has the same id; choose another",
			name_kind_text(kind));
	return refuse(import, row, error.text);
}

static int check_names(struct import *import, struct row *row)
{
	int code = 0;

	for (size_t i = 0; !code && !row->said && i < row->parsed.name_count; i++)
		code = check_name(import, row, i);
	return code;
}

static int add_name(struct import *import, enum name_kind kind, struct span name)
{
	char text[17], key[48];
	struct event event;
	struct span known;
	uint8_t id[8];
	int code;

	id_of_name(kind, name, id);
	hex_format(id, name_kind_id_bytes(kind), text);
	(void)snprintf(key, sizeof(key), "name:%d:%s", (int)kind, text);
	code = meet(import, key, name);
	if (code)
		return code < 0 ? code : 0;
	if (name_find(import->call->app->store, kind, id, &import->arena, &known) == 0)
		return 0;
	event_init(&event, EVENT_name, clock_wall());
	event_set_choice(&event, EVENT_FIELD_kind, (uint8_t)kind);
	event_set(&event, EVENT_FIELD_name_id, span_of(id, name_kind_id_bytes(kind)));
	event_set(&event, EVENT_FIELD_name, name);
	operation_count(import->call, METRIC_EVENT_NAME, 1);
	return operation_add_event(import->call, &event, import->error);
}

/* The person of an address, added when nobody has it yet. */
static int find_by_email(struct import *import, struct row *row)
{
	struct handle handle;
	struct error error;
	int code =
		person_of_address(import->call, import->seen, row->parsed.email, &handle, &error);

	if (code == OPERATION_E_REFUSED) {
		error_prefix(&error, "email: ");
		return refuse(import, row, error.text);
	}
	if (code > 0)
		return error_set(import->error, code, "%s", error.text);
	if (code)
		return code;
	code = people_find_handle(import->call->app->store, &handle, &import->arena, &row->person);
	row->has_key = code == 0;
	event_set(&row->parsed.event, EVENT_FIELD_prospect,
		  span_of(&row->person.handle, sizeof(row->person.handle)));
	return code > 0 ? -EIO : code;
}

static int check_handle(struct import *import, struct row *row, enum event_field field,
			struct person *ret_person)
{
	struct span bytes = row->parsed.event.fields[field];
	struct handle handle;
	int code;

	if (!bytes.data)
		return 0;
	memcpy(&handle, bytes.data, sizeof(handle));
	code = people_find_handle(import->call->app->store, &handle, &import->arena, ret_person);
	if (code < 0)
		return code;
	if (code == 0)
		row->has_key = field == EVENT_FIELD_prospect || row->has_key;
	else if (!import->keep_handles)
		return refuse(import, row,
			      "prospect: nobody here has this handle; give the person's email "
			      "instead, or import with --keep-handles");
	return 0;
}

static int find_person(struct import *import, struct row *row)
{
	struct person other = {0};
	int code = check_handle(import, row, EVENT_FIELD_other, &other);

	sodium_memzero(&other.key, sizeof(other.key));
	row->has_key = false;
	if (code || row->said)
		return code;
	if (row->parsed.email.data)
		return find_by_email(import, row);
	return check_handle(import, row, EVENT_FIELD_prospect, &row->person);
}

static int seal(struct import *import, struct row *row)
{
	struct event *event = &row->parsed.event;

	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		cleanup_buffer struct buffer sealed = BUFFER_INIT;
		uint8_t context[EVENT_SEAL_CONTEXT_BYTES];
		struct span copy;

		if (!(row->parsed.clear >> field & 1))
			continue;
		event_seal_context(event->type, (enum event_field)field, context);
		seal_append(&row->person.key, span_of(context, sizeof(context)),
			    event->fields[field], &sealed);
		copy = arena_copy(&import->arena, buffer_span(&sealed));
		if (sealed.error || !copy.data)
			return -ENOMEM;
		event_set(event, (enum event_field)field, copy);
	}
	return 0;
}

/* The person of a bounce gets no mail any more, if that is what it says. */
static int note_bounce(struct import *import, const struct row *row)
{
	const struct event *event = &row->parsed.event;
	struct prospect_id id = row->person.own;

	if (event->type != EVENT_bounce ||
	    !bounce_is_final(event->fields[EVENT_FIELD_reason], event->fields[EVENT_FIELD_props]))
		return 0;
	if (row->parsed.email.data &&
	    id_of_address(import->call->app->keyring, row->parsed.email, &id) != 0)
		return 0;
	return bounced_note(import->call, &id, row->source, event->time, import->error);
}

static int add_event(struct import *import, struct row *row)
{
	struct event *event = &row->parsed.event;
	int code = 0;

	for (size_t i = 0; !code && i < row->parsed.name_count; i++)
		code = add_name(import, row->parsed.names[i].kind, row->parsed.names[i].name);
	if (!code)
		code = note_bounce(import, row);
	if (!code)
		code = seal(import, row);
	event_set(event, EVENT_FIELD_source, row->source);
	event_set(event, EVENT_FIELD_source_id, row->source_id);
	event_set_number(event, EVENT_FIELD_stored, clock_wall());
	if (!code)
		code = operation_add_event(import->call, event, import->error);
	if (!code)
		code = meet(import, row->mark, SPAN(""));
	if (code)
		return code;
	operation_count(import->call, METRIC_EVENT_IMPORTED, 1);
	return say(import, row, json_pack("{s:s}", "status", "added"));
}

/* Everything that can refuse the row comes before anything that is written for it. */
static int import_row(struct import *import, const json_t *object, struct row *row)
{
	int code = parse(import, object, row);

	if (!code && !row->said)
		code = find_source(import, row);
	if (!code && !row->said)
		code = find_known(import, row);
	if (!code && !row->said)
		code = check_names(import, row);
	if (!code && !row->said)
		code = find_person(import, row);
	if (!code && !row->said && row->parsed.clear && !row->has_key)
		code = refuse(import, row,
			      "prospect: what is to be sealed needs a person that is known here; "
			      "give an email, or import with --drop-sealed");
	if (!code && !row->said)
		code = add_event(import, row);
	sodium_memzero(&row->person.key, sizeof(row->person.key));
	return code;
}

/* Enough for one call: of time beside clicks, or of what one ticket holds. */
static bool is_over(const struct import *import, usec_t began)
{
	const struct event_ticket *ticket = import->call->ticket;

	if (import->strict && import->refused)
		return true;
	if (ticket && (ticket->count + ROW_EVENTS_MAX > EVENT_TICKET_MAX_EVENTS ||
		       ticket->records.size + ROW_BYTES_MAX > EVENT_TICKET_MAX_BYTES))
		return true;
	return import->call->app->role == APP_SERVE &&
	       clock_monotonic() - began > OPERATION_SLICE_USEC;
}

static int import_all(struct import *import, const json_t *list)
{
	usec_t began = clock_monotonic();
	const json_t *object;
	struct row *row = calloc(1, sizeof(*row));
	size_t index;
	int code = row ? 0 : -ENOMEM;

	json_array_foreach(list, index, object)
	{
		if (code || (index > 0 && is_over(import, began)))
			break;
		row->said = row->has_key = false;
		code = import_row(import, object, row);
		arena_reset(&import->arena);
	}
	free(row);
	return code;
}

static int read_body(struct import *import, const json_t **ret_list, struct error *error)
{
	static const char *const keys[] = {"drop_sealed", "events", "keep_handles",
					   "source",	  "strict", NULL};
	const json_t *body = import->call->body;
	int code = operation_check_keys(body, "", keys, error);

	if (!code)
		code = operation_text(body, "", "source", false, 64, &import->source, error);
	if (!code)
		code = operation_bool(body, "", "keep_handles", &import->keep_handles, error);
	if (!code)
		code = operation_bool(body, "", "drop_sealed", &import->options.drop_sealed, error);
	if (!code)
		code = operation_bool(body, "", "strict", &import->strict, error);
	if (!code)
		code = operation_list(body, "events", EVENTS_MAX, ret_list, error);
	return code;
}

int operation_events_import(struct operation_call *call, struct error *error)
{
	struct import import = {
		.call = call,
		.arena = ARENA_INIT(ROW_ARENA_BYTES),
		.options = {.config = call->app->config,
			    .tracker = call->app->trackers->primary->host,
			    .now = clock_wall()},
		.seen = json_object(),
		.results = json_array(),
		.error = error,
	};
	const json_t *list;
	int code = read_body(&import, &list, error);

	if (!code)
		code = import_all(&import, list);
	if (!code) {
		call->reply = json_pack("{s:O}", "results", import.results);
		code = call->reply ? 0 : -ENOMEM;
	}
	arena_finish(&import.arena);
	json_decref(import.seen);
	json_decref(import.results);
	return code;
}
