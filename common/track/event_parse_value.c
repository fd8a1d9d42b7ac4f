/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by kind. Each function returns NULL or a sentence about what is wrong, which the caller
 * puts behind the key. Texts that are shown to nobody but machines (a slug, an id) are refused when
 * they hold an e-mail address; texts that people wrote have it cut out.
 */
#include "track/event_parse_value.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/seal.h"
#include "text/address.h"
#include "text/url.h"
#include "track/privacy.h"

static const char too_long[] = "is too long";
static const char holds_address[] = "holds an e-mail address, which must not enter the log";

static struct span text_of(const json_t *value)
{
	return span_of(json_string_value(value), json_string_length(value));
}

static const char *keep(struct event_value *out, enum event_field field, struct span bytes)
{
	struct span copy;

	if (bytes.size > event_field_row(field)->max_bytes)
		return too_long;
	copy = arena_copy(out->arena, bytes);
	out->memory |= !copy.data;
	event_set(&out->parsed->event, field, copy);
	return NULL;
}

static const char *keep_buffer(struct event_value *out, enum event_field field,
			       const struct buffer *buffer)
{
	out->memory |= buffer->error != 0;
	return keep(out, field, buffer_span(buffer));
}

static const char *take_text(struct event_value *out, enum event_field field, const json_t *value)
{
	const struct config *config = out->options->config;
	cleanup_buffer struct buffer clean = BUFFER_INIT, cut = BUFFER_INIT;
	struct span text = text_of(value);

	if (!text.data)
		return "must be a text";
	switch (field) {
	case EVENT_FIELD_url:
		if (text.size > event_field_row(field)->max_bytes)
			return too_long;
		privacy_page_url(config, text, &clean);
		if (text.size > 0 && clean.size == 0)
			return "is no http or https address";
		break;
	case EVENT_FIELD_referrer:
		privacy_referrer(config, text, &clean);
		if (text.size > 0 && clean.size == 0)
			return NULL;
		break;
	case EVENT_FIELD_query:
		privacy_query(config, text, &clean);
		break;
	case EVENT_FIELD_agent:
	case EVENT_FIELD_language:
	case EVENT_FIELD_actor:
		/* As long as a browser's would be kept: nothing is refused for a strange agent. */
		privacy_text(text, &clean);
		utf8_append_clean(&cut, buffer_span(&clean), event_field_row(field)->max_bytes);
		out->memory |= clean.error != 0;
		return keep_buffer(out, field, &cut);
	default:
		return url_holds_address(text) ? holds_address : keep(out, field, text);
	}
	return keep_buffer(out, field, &clean);
}

static const char *take_hex(struct event_value *out, enum event_field field, const json_t *value)
{
	size_t size = event_field_row(field)->max_bytes;
	struct span text = text_of(value);
	uint8_t bytes[64];

	if (size > sizeof(bytes) || !text.data || hex_parse(text, bytes, size) != 0)
		return "must be hexadecimal digits, two for each byte of the id";
	return keep(out, field, span_of(bytes, size));
}

static const char *take_list(struct event_value *out, enum event_field field, const json_t *value)
{
	cleanup_buffer struct buffer joined = BUFFER_INIT;
	const json_t *item;
	size_t index;

	if (json_is_string(value) && json_string_length(value) > 0)
		buffer_append_span(&joined, text_of(value));
	else if (!json_is_array(value))
		return "must be a list of texts";
	json_array_foreach(value, index, item)
	{
		struct span text = text_of(item);

		if (text.size == 0 || span_find(text, ',', 0) < text.size)
			return "must be a list of texts without a comma";
		if (index > 0)
			buffer_append_byte(&joined, ',');
		buffer_append_span(&joined, text);
	}
	if (joined.size == 0)
		return NULL;
	return url_holds_address(buffer_span(&joined)) ? holds_address
						       : keep_buffer(out, field, &joined);
}

static const char *take_name(struct event_value *out, enum event_field field, const json_t *value)
{
	static const enum name_kind kinds[EVENT_FIELD_COUNT] = {
		[EVENT_FIELD_mailing] = NAME_MAILING,
		[EVENT_FIELD_campaign] = NAME_CAMPAIGN,
		[EVENT_FIELD_list] = NAME_LIST,
		[EVENT_FIELD_form] = NAME_FORM,
	};
	struct event_parsed *parsed = out->parsed;
	struct span name = text_of(value);
	uint8_t id[8];

	if (!name.data || id_check_name(name) != 0)
		return "must be a name: 1 to 255 bytes of text without controls";
	if (url_holds_address(name))
		return holds_address;
	id_of_name(kinds[field], name, id);
	parsed->names[parsed->name_count].kind = kinds[field];
	parsed->names[parsed->name_count].name = arena_copy(out->arena, name);
	out->memory |= !parsed->names[parsed->name_count].name.data;
	parsed->name_count++;
	return keep(out, field, span_of(id, name_kind_id_bytes(kinds[field])));
}

static const char *take_choice(struct event_value *out, enum event_field field, const json_t *value)
{
	const struct event_field_row *row = event_field_row(field);
	struct span text = text_of(value);

	for (uint8_t i = 0; text.data && row->choices[i]; i++)
		if (span_equal(text, span_text(row->choices[i]))) {
			event_set_choice(&out->parsed->event, field, i);
			return NULL;
		}
	return "is none of the values that it can have";
}

static const char *take_address(struct event_value *out, enum event_field field,
				const json_t *value)
{
	struct span text = text_of(value);
	struct address address;

	if (!text.data || address_parse(text, &address) != 0)
		return "is no IP address";
	if (out->options->config->ip == IP_NONE)
		return NULL;
	address_truncate(&address);
	if (address_is_v4(&address))
		return keep(out, field, span_of(address.bytes + 12, 4));
	return keep(out, field, span_of(address.bytes, sizeof(address.bytes)));
}

/* Does @value nest deeper than @levels? Whoever reads the log has a parser with a limit, too. */
static bool is_deep(const json_t *value, unsigned levels)
{
	const char *key;
	json_t *item;
	size_t index;

	if (!json_is_object(value) && !json_is_array(value))
		return false;
	if (levels == 0)
		return true;
	json_object_foreach((json_t *)(uintptr_t)value, key,
			    item) if (is_deep(item, levels - 1)) return true;
	json_array_foreach(value, index, item) if (is_deep(item, levels - 1)) return true;
	return false;
}

static json_t *without_addresses(const json_t *value);

static json_t *text_without_addresses(struct span text)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;

	privacy_text(text, &clean);
	if (clean.error)
		return NULL;
	return json_stringn((const char *)buffer_span(&clean).data, clean.size);
}

static json_t *object_without_addresses(const json_t *object)
{
	json_t *copy = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		json_t *name = text_without_addresses(span_text(key));

		if (!name || json_object_set_new(copy, json_string_value(name),
						 without_addresses(value)) != 0) {
			json_decref(name);
			json_decref(copy);
			return NULL;
		}
		json_decref(name);
	}
	return copy;
}

/* As deep as is_deep() allows. */
static json_t *without_addresses(const json_t *value)
{
	const json_t *item;
	json_t *copy;
	size_t index;

	if (json_is_string(value))
		return text_without_addresses(text_of(value));
	if (json_is_object(value))
		return object_without_addresses(value);
	if (!json_is_array(value))
		return json_copy((json_t *)(uintptr_t)value);
	copy = json_array();
	json_array_foreach(value, index, item)
	{
		if (json_array_append_new(copy, without_addresses(item)) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static const char *take_props(struct event_value *out, enum event_field field, const json_t *value)
{
	cleanup_free char *text = NULL;
	json_t *clean;

	if (!json_is_object(value))
		return "must be an object";
	if (json_object_size(value) == 0)
		return NULL;
	if (is_deep(value, EVENT_PARSE_DEPTH_MAX))
		return "nests too deeply";
	clean = without_addresses(value);
	text = clean ? json_dumps(clean, JSON_COMPACT) : NULL;
	json_decref(clean);
	out->memory |= !text;
	return text ? keep(out, field, span_text(text)) : NULL;
}

static const char *take_whole_address(struct event_value *out, struct span text)
{
	struct address address;
	bool v4;

	if (!text.data || address_parse(text, &address) != 0)
		return "is no IP address";
	if (out->options->config->ip != IP_SEALED)
		return NULL;
	v4 = address_is_v4(&address);
	out->parsed->clear |= EVENT_HAS(ip_sealed);
	return keep(out, EVENT_FIELD_ip_sealed,
		    span_of(address.bytes + (v4 ? 12 : 0), v4 ? 4 : 16));
}

/* Clear text, to be sealed by whoever has the person's key; or nothing that can be kept. */
static const char *take_sealed(struct event_value *out, enum event_field field, const json_t *value)
{
	size_t room = event_field_row(field)->max_bytes - SEAL_OVERHEAD_BYTES;
	cleanup_free char *text = NULL;
	struct span clear = text_of(value);
	const char *trouble;

	if (json_is_true(json_object_get(value, "sealed")))
		return out->options->drop_sealed
			       ? NULL
			       : "is sealed, and only its own instance can open it: export with "
				 "--reveal, or import with --drop-sealed";
	if (field == EVENT_FIELD_ip_sealed)
		return take_whole_address(out, clear);
	if (!clear.data && field != EVENT_FIELD_props_sealed)
		return "must be a text";
	if (field == EVENT_FIELD_props_sealed) {
		if (is_deep(value, EVENT_PARSE_DEPTH_MAX))
			return "nests too deeply";
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		clear = span_text(text);
		out->memory |= !text;
	}
	if (clear.size > room)
		return too_long;
	trouble = keep(out, field, clear);
	out->parsed->clear |= UINT64_C(1) << field;
	return trouble;
}

static const char *take_number(struct event_value *out, enum event_field field, const json_t *value)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return "must be a whole number";
	if (field != EVENT_FIELD_stored)
		event_set_number(&out->parsed->event, field, (uint64_t)json_integer_value(value));
	return NULL;
}

const char *event_value_take(struct event_value *out, enum event_field field, const json_t *value)
{
	switch (event_field_row(field)->kind) {
	case EVENT_KIND_TEXT:
		return take_text(out, field, value);
	case EVENT_KIND_HEX:
		return take_hex(out, field, value);
	case EVENT_KIND_LIST:
		return take_list(out, field, value);
	case EVENT_KIND_NAME:
		return take_name(out, field, value);
	case EVENT_KIND_CHOICE:
		return take_choice(out, field, value);
	case EVENT_KIND_ADDRESS:
		return take_address(out, field, value);
	case EVENT_KIND_JSON:
		return take_props(out, field, value);
	case EVENT_KIND_SEALED:
		return take_sealed(out, field, value);
	case EVENT_KIND_NUMBER:
		return take_number(out, field, value);
	case EVENT_KIND_FLAGS:
		break;
	}
	return "cannot be imported";
}
