/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one JSON form of an event, made from the field table of store/schema.h: a field's json column
 * is its path ("signals.method" nests), its kind decides how the bytes are shown. What the form
 * always shows, and in which order, is the one list below; a new field of the schema appears by
 * itself wherever an event has it.
 *
 * jansson returns NULL for text that is not UTF-8 and when memory runs out. Text is therefore
 * cleaned first, and every reference goes through put(), which remembers a NULL: either the whole
 * event comes out, or none.
 */
#include "track/event_json.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/address.h"

#include <stdio.h>
#include <string.h>

enum { FORM_VERSION = 1, REVEAL_ARENA_BYTES = 1 << 20 };

/* Always present, in this order, null when the event does not have them (DESIGN.md 6). */
static const enum event_field shown_always[] = {
	EVENT_FIELD_tracker,  EVENT_FIELD_visitor, EVENT_FIELD_prospect,  EVENT_FIELD_evidence,
	EVENT_FIELD_link,     EVENT_FIELD_mailing, EVENT_FIELD_campaign,  EVENT_FIELD_url,
	EVENT_FIELD_referrer, EVENT_FIELD_ip,	   EVENT_FIELD_agent,	  EVENT_FIELD_language,
	EVENT_FIELD_consent,  EVENT_FIELD_method,  EVENT_FIELD_sec_fetch, EVENT_FIELD_purpose,
	EVENT_FIELD_net,      EVENT_FIELD_signals, EVENT_FIELD_query,	  EVENT_FIELD_verdict,
	EVENT_FIELD_reasons,  EVENT_FIELD_props,
};

struct rendering {
	const struct event *event;
	const struct event_json_options *options;
	struct arena arena;
	json_t *root;
	bool failed;
};

/* Take @value into @object under the first @size bytes of @key; NULL makes the whole fail. */
static void put(struct rendering *rendering, json_t *object, const char *key, size_t size,
		json_t *value)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", (int)size, key);
	if (!value || !object || json_object_set_new(object, name, value) != 0)
		rendering->failed = true;
}

/* The object that @path lies in, made when it is not there; *ret_leaf is the last name. */
static json_t *object_of_path(struct rendering *rendering, const char *path, const char **ret_leaf)
{
	const char *dot = strchr(path, '.');
	json_t *object;

	*ret_leaf = path;
	if (!dot)
		return rendering->root;
	*ret_leaf = dot + 1;
	object = json_object_getn(rendering->root, path, (size_t)(dot - path));
	if (!object) {
		put(rendering, rendering->root, path, (size_t)(dot - path), json_object());
		object = json_object_getn(rendering->root, path, (size_t)(dot - path));
	}
	return object;
}

static void put_path(struct rendering *rendering, const char *path, json_t *value)
{
	const char *leaf;
	json_t *object = object_of_path(rendering, path, &leaf);

	put(rendering, object, leaf, strlen(leaf), value);
}

static json_t *text_value(struct span text)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;

	if (utf8_valid(text))
		return json_stringn((const char *)text.data, text.size);
	utf8_append_clean(&clean, text, text.size * 3);
	if (clean.error)
		return NULL;
	return json_stringn((const char *)buffer_span(&clean).data, clean.size);
}

static json_t *hex_value(struct span bytes)
{
	cleanup_free char *text = malloc(bytes.size * 2 + 1);

	if (!text)
		return NULL;
	hex_format(bytes.data, bytes.size, text);
	return json_string(text);
}

static json_t *list_value(struct span text)
{
	json_t *list = json_array();
	size_t at = 0;

	while (list && text.size > 0 && at <= text.size) {
		size_t comma = span_find(text, ',', at);

		if (json_array_append_new(list, text_value(span_slice(text, at, comma - at))) !=
		    0) {
			json_decref(list);
			return NULL;
		}
		at = comma + 1;
	}
	return list;
}

static json_t *name_value(struct rendering *rendering, enum event_field field, struct span id)
{
	static const enum name_kind kinds[EVENT_FIELD_COUNT] = {
		[EVENT_FIELD_mailing] = NAME_MAILING,
		[EVENT_FIELD_campaign] = NAME_CAMPAIGN,
		[EVENT_FIELD_list] = NAME_LIST,
		[EVENT_FIELD_form] = NAME_FORM,
	};
	const struct event_json_options *options = rendering->options;
	enum name_kind kind = kinds[field];
	struct span name;

	if (options->name && kind && id.size == name_kind_id_bytes(kind) &&
	    options->name(options->context, kind, id.data, &rendering->arena, &name) == 0)
		return text_value(name);
	return hex_value(id);
}

static json_t *choice_value(const struct event_field_row *row, struct span byte)
{
	size_t count = 0;

	while (row->choices && row->choices[count])
		count++;
	if (byte.size != 1 || byte.data[0] >= count)
		return json_null();
	return json_string(row->choices[byte.data[0]]);
}

static json_t *address_value(struct span bytes)
{
	struct address address = {.known = true};
	char text[ADDRESS_TEXT_BYTES];

	if (bytes.size == 4) {
		address.bytes[10] = address.bytes[11] = 0xFF;
		memcpy(address.bytes + 12, bytes.data, 4);
	} else if (bytes.size == 16) {
		memcpy(address.bytes, bytes.data, 16);
	} else {
		return json_null();
	}
	address_format(&address, text);
	return json_string(text);
}

static json_t *json_value(struct span text)
{
	json_t *value = json_loadb((const char *)text.data, text.size, 0, NULL);

	return value ? value : text_value(text);
}

/* {"sealed": true}, or the clear value where the caller holds the person's key. */
static json_t *sealed_value(struct rendering *rendering, enum event_field field, struct span sealed)
{
	const struct event_json_options *options = rendering->options;
	struct span owner = rendering->event->fields[EVENT_FIELD_prospect];
	cleanup_buffer struct buffer clear = BUFFER_INIT;
	uint8_t context[EVENT_SEAL_CONTEXT_BYTES];
	struct person_key key;
	struct handle handle;
	int r = 1;

	if (options->reveal && owner.size == sizeof(handle)) {
		memcpy(&handle, owner.data, sizeof(handle));
		r = options->reveal(options->context, &handle, &key);
		if (r == 0) {
			event_seal_context(rendering->event->type, field, context);
			r = seal_open(&key, span_of(context, sizeof(context)), sealed, &clear);
			explicit_bzero(&key, sizeof(key));
		}
	}
	if (r != 0 || clear.error)
		return json_pack("{s:b}", "sealed", 1);
	if (field == EVENT_FIELD_ip_sealed)
		return address_value(buffer_span(&clear));
	return field == EVENT_FIELD_props_sealed ? json_value(buffer_span(&clear))
						 : text_value(buffer_span(&clear));
}

static json_t *field_value(struct rendering *rendering, enum event_field field, struct span value)
{
	const struct event_field_row *row = event_field_row(field);

	switch (row->kind) {
	case EVENT_KIND_TEXT:
		return text_value(value);
	case EVENT_KIND_HEX:
		return hex_value(value);
	case EVENT_KIND_LIST:
		return list_value(value);
	case EVENT_KIND_NAME:
		return name_value(rendering, field, value);
	case EVENT_KIND_CHOICE:
		return choice_value(row, value);
	case EVENT_KIND_ADDRESS:
		return address_value(value);
	case EVENT_KIND_NUMBER:
		return value.size == 8 ? json_integer((json_int_t)get_u64(value.data))
				       : json_null();
	case EVENT_KIND_JSON:
		return json_value(value);
	case EVENT_KIND_SEALED:
		return sealed_value(rendering, field, value);
	case EVENT_KIND_FLAGS:
		break; /* put_flags() */
	}
	return json_null();
}

/* "signals.proxy|trap|late": one boolean per bit, from bit 0. */
static void put_flags(struct rendering *rendering, const char *path, struct span value)
{
	uint8_t bits = value.size == 1 ? value.data[0] : 0;
	const char *leaf;
	json_t *object = object_of_path(rendering, path, &leaf);

	for (unsigned bit = 0; *leaf; bit++) {
		size_t length = strcspn(leaf, "|");

		put(rendering, object, leaf, length, json_boolean(bits >> bit & 1));
		leaf += length + (leaf[length] == '|');
	}
}

static void put_field(struct rendering *rendering, enum event_field field)
{
	const struct event_field_row *row = event_field_row(field);
	struct span value = rendering->event->fields[field];

	if (row->kind == EVENT_KIND_FLAGS)
		put_flags(rendering, row->json, value);
	else if (value.data)
		put_path(rendering, row->json, field_value(rendering, field, value));
	else if (field == EVENT_FIELD_reasons)
		put_path(rendering, row->json, json_array());
	else if (field == EVENT_FIELD_props)
		put_path(rendering, row->json, json_object());
	else
		put_path(rendering, row->json, json_null());
}

static bool is_shown_always(enum event_field field)
{
	for (size_t i = 0; i < sizeof(shown_always) / sizeof(shown_always[0]); i++)
		if (shown_always[i] == field)
			return true;
	return false;
}

static void put_header(struct rendering *rendering)
{
	const struct event *event = rendering->event;
	const struct event_type_row *type = event_type_row(event->type);
	char id[64], time[CLOCK_TEXT_BYTES];

	(void)snprintf(id, sizeof(id), "%s.%u-%llu", rendering->options->node, event->incarnation,
		       (unsigned long long)event->sequence);
	clock_format(event->time, time);
	put_path(rendering, "v", json_integer(FORM_VERSION));
	put(rendering, rendering->root, "id", 2, json_string(id));
	put_path(rendering, "seq", json_integer((json_int_t)event->sequence));
	put_path(rendering, "time", json_string(time));
	put_path(rendering, "type", json_string(type ? type->name : "unknown"));
}

/* A bind or a conflict that names no event is about the one right before it (store/schema.h). */
static void put_refers(struct rendering *rendering)
{
	const struct event *event = rendering->event;
	char id[64];

	if ((event->type != EVENT_bind && event->type != EVENT_conflict) ||
	    event->fields[EVENT_FIELD_refers].data || event->sequence < 2)
		return;
	(void)snprintf(id, sizeof(id), "%s.%u-%llu", rendering->options->node, event->incarnation,
		       (unsigned long long)event->sequence - 1);
	put_path(rendering, "refers", json_string(id));
}

json_t *event_json(const struct event *event, const struct event_json_options *options)
{
	struct rendering rendering = {
		.event = event,
		.options = options,
		.arena = ARENA_INIT(REVEAL_ARENA_BYTES),
		.root = json_object(),
	};

	if (!rendering.root)
		return NULL;
	put_header(&rendering);
	for (size_t i = 0; i < sizeof(shown_always) / sizeof(shown_always[0]); i++)
		put_field(&rendering, shown_always[i]);
	for (unsigned field = 1; field < EVENT_FIELD_COUNT; field++)
		if (event->fields[field].data && event_field_row(field) &&
		    !is_shown_always((enum event_field)field))
			put_field(&rendering, (enum event_field)field);
	put_refers(&rendering);
	arena_finish(&rendering.arena);
	if (rendering.failed) {
		json_decref(rendering.root);
		return NULL;
	}
	return rendering.root;
}
