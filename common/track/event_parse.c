/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back from JSON, driven by the same field table as the way there. Objects nest one deep,
 * so a key's path is its own name or "signals.name"; each path is one field, or one bit of the
 * flags.
 *
 * What is read here was recorded by rules of somebody else, or by ours with another configuration.
 * So the privacy rules are applied again: they change nothing that they have produced themselves,
 * and an export of ours comes out as it went in.
 *
 * Invariant: what event_parse() accepts, event_encode() takes: a field that the type does not have,
 * or one that it misses, is refused here.
 */
#include "track/event_parse.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/address.h"
#include "text/url.h"
#include "track/event_parse_value.h"

#include <errno.h>
#include <stdio.h>

enum { PATH_BYTES = 96, TIME_BYTES = 48, ID_BYTES = 255 };

/* Types that are not imported: what is done instead. The others have no row. */
static const char *const places[EVENT_TYPE_COUNT] = {
	[EVENT_bind] = "a browser is tied to a person by what it does here",
	[EVENT_unbind] = "bindings are undone in the log that holds them",
	[EVENT_merge] = "people are merged in the log that holds them",
	[EVENT_prospect] = "people come in by 'waymark prospect import'",
	[EVENT_name] = "names are recorded by the first event that has them",
	[EVENT_link] = "links are registered by 'waymark link new'",
	[EVENT_form] = "forms are defined where they are answered",
	[EVENT_access] = "who looked at what is a matter of each log",
	[EVENT_erase] = "a person is erased in each log that holds them",
	[EVENT_account] = "each log counts for itself",
};

struct parsing {
	const struct event_parse_options *options;
	struct arena *arena;
	struct event_parsed *parsed;
	struct error *error;
	const json_t *object;
	uint8_t flags;
	struct span time;
};

static int refuse(struct parsing *parsing, const char *key, const char *what)
{
	return error_set(parsing->error, EVENT_PARSE_E_FORM, "%s: %s", key, what);
}

enum event_field event_parse_field(const char *path)
{
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		const struct event_field_row *row = event_field_row(field);

		if (row && row->kind != EVENT_KIND_FLAGS && strcmp(row->json, path) == 0)
			return (enum event_field)field;
	}
	return (enum event_field)0;
}

/* The bit of the flags at @path ("signals.proxy|trap|late" is three paths); 0: none. */
static uint8_t flag_of_path(const char *path)
{
	const char *names = event_field_row(EVENT_FIELD_signals)->json;
	size_t stem = (size_t)(strchr(names, '.') + 1 - names);

	if (strncmp(path, names, stem) != 0)
		return 0;
	names += stem;
	for (uint8_t bit = 1; *names; bit = (uint8_t)(bit << 1)) {
		size_t size = strcspn(names, "|");

		if (strlen(path + stem) == size && strncmp(path + stem, names, size) == 0)
			return bit;
		names += size + (names[size] == '|');
	}
	return 0;
}

static int take_flag(struct parsing *parsing, const char *path, uint8_t bit, const json_t *value)
{
	if (!json_is_boolean(value))
		return refuse(parsing, path, "must be true or false");
	if (json_is_true(value))
		parsing->flags |= bit;
	return 0;
}

static int take_field(struct parsing *parsing, const char *path, enum event_field field,
		      const json_t *value)
{
	struct event_value out = {
		.options = parsing->options,
		.arena = parsing->arena,
		.parsed = parsing->parsed,
	};
	const char *trouble = event_value_take(&out, field, value);

	if (out.memory)
		return -ENOMEM;
	return trouble ? refuse(parsing, path, trouble) : 0;
}

static int take_header_text(struct parsing *parsing, const char *key, const json_t *value,
			    size_t max_bytes, struct span *to)
{
	struct span text = span_of(json_string_value(value), json_string_length(value));

	if (!text.data || text.size == 0 || text.size > max_bytes)
		return error_set(parsing->error, EVENT_PARSE_E_FORM,
				 "%s: must be a text of 1 to %zu bytes", key, max_bytes);
	*to = arena_copy(parsing->arena, text);
	return to->data ? 0 : -ENOMEM;
}

static bool is_header(const char *key)
{
	static const char *const keys[] = {"v", "id", "email", "time", "seq", "type"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* What stands in front of the fields; null is none, as for a field. *ret_known: @key was one of
 * these. */
static int take_header(struct parsing *parsing, const char *key, const json_t *value,
		       bool *ret_known)
{
	struct span ignored;

	*ret_known = true;
	if (json_is_null(value) && is_header(key))
		return 0;
	if (strcmp(key, "v") == 0)
		return json_integer_value(value) == 1 ? 0 : refuse(parsing, key, "must be 1");
	if (strcmp(key, "id") == 0)
		return take_header_text(parsing, key, value, ID_BYTES, &parsing->parsed->id);
	if (strcmp(key, "email") == 0)
		return take_header_text(parsing, key, value, ID_ADDRESS_MAX_BYTES,
					&parsing->parsed->email);
	if (strcmp(key, "time") == 0)
		return take_header_text(parsing, key, value, TIME_BYTES - 1, &parsing->time);
	if (strcmp(key, "seq") == 0)
		return json_is_integer(value) ? 0 : refuse(parsing, key, "must be a number");
	if (strcmp(key, "type") == 0)
		return take_header_text(parsing, key, value, TIME_BYTES, &ignored);
	*ret_known = false;
	return 0;
}

static int take_key(struct parsing *parsing, const char *path, const json_t *value);

static int take_nested(struct parsing *parsing, const char *path, const json_t *object)
{
	const char *key;
	json_t *value;
	int code = 0;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char inner[PATH_BYTES];

		if (snprintf(inner, sizeof(inner), "%s.%s", path, key) >= (int)sizeof(inner))
			code = refuse(parsing, path, "holds a key that there is not");
		if (!code)
			code = take_key(parsing, inner, value);
		if (code)
			break;
	}
	return code;
}

static bool is_stem(const char *path)
{
	size_t size = strlen(path);

	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		const struct event_field_row *row = event_field_row(field);

		if (row && strncmp(row->json, path, size) == 0 && row->json[size] == '.')
			return true;
	}
	return false;
}

static int take_key(struct parsing *parsing, const char *path, const json_t *value)
{
	enum event_field field = event_parse_field(path);
	uint8_t flag = field ? 0 : flag_of_path(path);
	bool nested = !field && !flag && !strchr(path, '.') && is_stem(path);

	if (!field && !flag && !nested)
		return refuse(parsing, path, "there is no such key");
	if (json_is_null(value))
		return 0;
	if (flag)
		return take_flag(parsing, path, flag, value);
	if (field)
		return take_field(parsing, path, field, value);
	if (!json_is_object(value))
		return refuse(parsing, path, "must be an object");
	return take_nested(parsing, path, value);
}

static int take_all(struct parsing *parsing)
{
	const char *key;
	json_t *value;
	int code = 0;

	json_object_foreach((json_t *)(uintptr_t)parsing->object, key, value)
	{
		bool known;

		code = take_header(parsing, key, value, &known);
		if (!code && !known)
			code = take_key(parsing, key, value);
		if (code)
			break;
	}
	return code;
}

static int take_type(struct parsing *parsing)
{
	const json_t *value = json_object_get(parsing->object, "type");
	enum event_type type =
		event_type_find(span_of(json_string_value(value), json_string_length(value)));

	if (!json_is_string(value))
		return refuse(parsing, "type", "is missing, or no text");
	if (!type)
		return error_set(parsing->error, EVENT_PARSE_E_FORM,
				 "type: there are no events of type '%s'",
				 json_string_value(value));
	if (places[type])
		return error_set(parsing->error, EVENT_PARSE_E_TYPE, "%s", places[type]);
	event_init(&parsing->parsed->event, type, 0);
	return 0;
}

/* RFC 3339, which allows a space for the T. */
static int take_time(struct parsing *parsing)
{
	char text[TIME_BYTES] = "";
	usec_t time;

	if (!parsing->time.data)
		return refuse(parsing, "time", "is missing");
	memcpy(text, parsing->time.data, parsing->time.size);
	if (text[10] == ' ')
		text[10] = 'T';
	if (clock_parse(text, &time) != 0)
		return refuse(parsing, "time",
			      "must be like 2026-11-21T12:00:00Z or 2026-11-21 21:00:00+09:00, "
			      "from 1970 on");
	if (time > parsing->options->now + EVENT_PARSE_AHEAD_S * USEC_PER_SEC)
		return refuse(parsing, "time", "lies in the future");
	parsing->parsed->event.time = time;
	return 0;
}

/* What the type must have and may be given here. */
static void add_missing(struct parsing *parsing, uint64_t required)
{
	struct event *event = &parsing->parsed->event;

	if (parsing->flags)
		event_set_choice(event, EVENT_FIELD_signals, parsing->flags);
	if ((required & EVENT_HAS(tracker)) && !event->fields[EVENT_FIELD_tracker].data)
		event_set(event, EVENT_FIELD_tracker, span_text(parsing->options->tracker));
	if ((required & EVENT_HAS(props)) && !event->fields[EVENT_FIELD_props].data &&
	    json_object_get(parsing->object, "props"))
		event_set(event, EVENT_FIELD_props, SPAN("{}"));
}

static int check_fields(struct parsing *parsing)
{
	const struct event_parsed *parsed = parsing->parsed;
	const struct event_type_row *type = event_type_row(parsed->event.type);

	add_missing(parsing, type->required);
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++) {
		bool has = parsed->event.fields[field].data;
		const struct event_field_row *row = event_field_row(field);

		has |= field == EVENT_FIELD_prospect && parsed->email.data;
		if (has && !((type->required | type->optional) >> field & 1))
			return error_set(parsing->error, EVENT_PARSE_E_FORM,
					 "%s: events of type %s do not have it", row->json,
					 type->name);
		if (!has && (type->required >> field & 1))
			return error_set(parsing->error, EVENT_PARSE_E_FORM,
					 "%s: is missing, and events of type %s need it", row->json,
					 type->name);
	}
	return 0;
}

int event_parse(const json_t *object, const struct event_parse_options *options,
		struct arena *arena, struct event_parsed *ret_parsed, struct error *error)
{
	struct parsing parsing = {
		.options = options,
		.arena = arena,
		.parsed = ret_parsed,
		.error = error,
		.object = object,
	};
	int code;

	ret_parsed->id = ret_parsed->email = span_of(NULL, 0);
	ret_parsed->name_count = 0;
	ret_parsed->clear = 0;
	if (!json_is_object(object))
		return refuse(&parsing, "the event", "must be an object");
	code = take_type(&parsing);
	if (!code)
		code = take_all(&parsing);
	if (!code)
		code = take_time(&parsing);
	return code ? code : check_fields(&parsing);
}
