/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a beacon, by two tables: what each key holds, and which keys each type needs. A line is
 * right as a whole or not at all, since a view whose address was cut would be counted for another
 * page.
 *
 * Invariant: what beacon_props() appends is a JSON object of valid UTF-8 without controls, and the
 * limits of its values leave it shorter than the field of an event.
 */
#include "track/beacon.h"

#include "base/cleanup.h"
#include "text/form_body.h"
#include "text/url.h"
#include "track/privacy.h"
#include "track/site_props.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum {
	VIEW_CHARS = 16,
	PROOF_CHARS = 50,
	NUMBER_CHARS_MAX = 10,
	CAPPED_CHARS_MAX = 16,
	SITE_PROPS_MAX_BYTES = 4096,
	TEXT_MAX_BYTES = 255
};

enum form {
	FORM_TYPE,
	FORM_HEX,    /* VIEW_CHARS lower-case digits */
	FORM_URL,    /* absolute, http or https */
	FORM_ANY,    /* anything: whoever takes it drops or refuses what it is not */
	FORM_TEXT,   /* one line for people */
	FORM_NUMBER, /* decimal digits, at most @max */
	FORM_CAPPED, /* likewise; more than @max counts as @max */
	FORM_FLAG,   /* 0 or 1 */
	FORM_KIND,
	FORM_JSON
};

/* clang-format off */
static const struct key_row {
	char key;   /* on the wire */
	const char *name;  /* among the props; NULL: the event has a field for it */
	enum form form;
	uint32_t max;      /* bytes, or the number itself */
} key_rows[BEACON_KEY_COUNT] = {
	[BEACON_TYPE]	  = {'t', NULL,		FORM_TYPE,	16},
	[BEACON_VIEW]	  = {'v', "view",	FORM_HEX,	VIEW_CHARS},
	[BEACON_URL]	  = {'u', NULL,		FORM_URL,	URL_MAX_BYTES},
	[BEACON_REFERRER] = {'r', NULL,		FORM_ANY,	URL_MAX_BYTES},
	[BEACON_NAME]	  = {'n', NULL,		FORM_TEXT,	TEXT_MAX_BYTES},
	[BEACON_PROPS]	  = {'p', "props",	FORM_JSON,	SITE_PROPS_MAX_BYTES},
	[BEACON_TERM]	  = {'q', "term",	FORM_TEXT,	TEXT_MAX_BYTES},
	[BEACON_VISIBLE]  = {'w', "visible_ms",	FORM_CAPPED,	604800000}, /* a week */
	[BEACON_DEPTH]	  = {'d', "depth",	FORM_NUMBER,	100},
	[BEACON_INPUT]	  = {'i', "input",	FORM_FLAG,	1},
	[BEACON_SERIAL]	  = {'s', "serial",	FORM_NUMBER,	1000000},
	[BEACON_KIND]	  = {'k', "kind",	FORM_KIND,	16},
	[BEACON_FORM]	  = {'f', "form",	FORM_TEXT,	TEXT_MAX_BYTES},
	[BEACON_LOGIN]	  = {'l', NULL,		FORM_ANY,	PROOF_CHARS},
};

#define NEEDS(key) (1u << (key))

static const struct type_row {
	const char *name;
	enum event_type type;
	unsigned needs;
} type_rows[] = {
	{"download",	EVENT_download,	NEEDS(BEACON_URL)},
	{"event",	EVENT_event,	NEEDS(BEACON_NAME)},
	{"identify",	EVENT_login,	NEEDS(BEACON_LOGIN)},
	{"leave",	EVENT_leave,	NEEDS(BEACON_URL) | NEEDS(BEACON_VIEW)},
	{"search",	EVENT_search,	NEEDS(BEACON_TERM)},
	{"view",	EVENT_view,	NEEDS(BEACON_URL)},
};
/* clang-format on */

static const char *const kinds[] = {"load", "spa", "bfcache", "prerender"};

bool beacon_next(struct span body, size_t *at, struct span *ret_line)
{
	while (*at < body.size) {
		size_t end = span_find(body, '\n', *at);

		*ret_line = span_trim(span_slice(body, *at, end - *at));
		*at = end + 1;
		if (ret_line->size > 0)
			return true;
	}
	return false;
}

static const struct type_row *find_type(struct span name)
{
	for (size_t i = 0; i < sizeof(type_rows) / sizeof(type_rows[0]); i++)
		if (span_equal(name, span_text(type_rows[i].name)))
			return &type_rows[i];
	return NULL;
}

static bool is_kind(struct span value)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_equal(value, span_text(kinds[i])))
			return true;
	return false;
}

static bool is_view(struct span value)
{
	for (size_t i = 0; i < value.size; i++)
		if (!((value.data[i] >= '0' && value.data[i] <= '9') ||
		      (value.data[i] >= 'a' && value.data[i] <= 'f')))
			return false;
	return value.size == VIEW_CHARS;
}

/* Without leading zeros, so that it is JSON as it stands. */
static bool read_number(struct span value, size_t chars_max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (value.size > chars_max || (value.size > 1 && value.data[0] == '0'))
		return false;
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
		number = number * 10 + (value.data[i] - '0');
	}
	*ret_number = number;
	return value.size > 0;
}

static bool is_number(struct span value, uint32_t max)
{
	uint64_t number;

	return read_number(value, NUMBER_CHARS_MAX, &number) && number <= max;
}

static bool is_url(struct span value)
{
	return span_starts_nocase(value, SPAN("https://")) ||
	       span_starts_nocase(value, SPAN("http://"));
}

/* A JSON object, written anew into the arena. */
static int take_props(struct span *value, struct arena *arena, struct error *error)
{
	json_t *read =
		json_loadb((const char *)value->data, value->size, JSON_REJECT_DUPLICATES, NULL);
	int code = site_props_write(read, arena, value);

	json_decref(read);
	if (code > 0)
		return error_set(error, BEACON_E_LINE,
				 "p is a JSON object, at most %d deep, each name once",
				 SITE_PROPS_DEPTH_MAX);
	return code;
}

static int wrong(const struct key_row *row, struct error *error)
{
	switch (row->form) {
	case FORM_TYPE:
		return error_set(error, BEACON_E_LINE,
				 "t is one of download, event, identify, leave, search and "
				 "view");
	case FORM_HEX:
		return error_set(error, BEACON_E_LINE, "%c is %d lower-case hexadecimal digits",
				 row->key, VIEW_CHARS);
	case FORM_URL:
		return error_set(error, BEACON_E_LINE, "%c is an absolute http or https address",
				 row->key);
	case FORM_FLAG:
	case FORM_NUMBER:
		return error_set(error, BEACON_E_LINE, "%c is a whole number from 0 to %u",
				 row->key, row->max);
	case FORM_CAPPED:
		return error_set(error, BEACON_E_LINE, "%c is a whole number of at most %d digits",
				 row->key, CAPPED_CHARS_MAX);
	case FORM_KIND:
		return error_set(error, BEACON_E_LINE,
				 "k is one of load, spa, bfcache and prerender");
	case FORM_ANY:
	case FORM_TEXT:
	case FORM_JSON:
		break;
	}
	return error_set(error, BEACON_E_LINE, "%c is not right", row->key);
}

/* A page that is open for longer than any report is worth still tells the rest of its line. */
static int take_capped(const struct key_row *row, struct span *value, struct arena *arena,
		       struct error *error)
{
	char text[NUMBER_CHARS_MAX + 1];
	uint64_t number;

	if (!read_number(*value, CAPPED_CHARS_MAX, &number))
		return wrong(row, error);
	if (number <= row->max)
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRIu32, row->max);
	*value = arena_copy(arena, span_text(text));
	return value->data ? 0 : -ENOMEM;
}

static int take_value(const struct key_row *row, struct span *value, struct arena *arena,
		      struct error *error)
{
	bool right = true;

	if (row->form != FORM_NUMBER && row->form != FORM_CAPPED && row->form != FORM_FLAG &&
	    value->size > row->max)
		return error_set(error, BEACON_E_LINE, "%c is longer than %u bytes", row->key,
				 row->max);
	switch (row->form) {
	case FORM_TYPE:
		right = find_type(*value) != NULL;
		break;
	case FORM_HEX:
		right = is_view(*value);
		break;
	case FORM_URL:
		right = is_url(*value);
		break;
	case FORM_FLAG:
	case FORM_NUMBER:
		right = is_number(*value, row->max);
		break;
	case FORM_CAPPED:
		return take_capped(row, value, arena, error);
	case FORM_KIND:
		right = is_kind(*value);
		break;
	case FORM_JSON:
		return take_props(value, arena, error);
	case FORM_ANY:
	case FORM_TEXT:
		break;
	}
	return right ? 0 : wrong(row, error);
}

static enum beacon_key find_key(struct span name)
{
	unsigned key = 0;

	if (name.size != 1)
		return BEACON_KEY_COUNT;
	while (key < BEACON_KEY_COUNT && key_rows[key].key != (char)name.data[0])
		key++;
	return (enum beacon_key)key;
}

/* The first value of each key counts. */
static int take_pairs(const struct form_body *form, struct arena *arena, struct beacon_line *line,
		      struct error *error)
{
	bool seen[BEACON_KEY_COUNT] = {false};

	for (size_t i = 0; i < form->count; i++) {
		enum beacon_key key = find_key(form->pairs[i].name);
		struct span value = form->pairs[i].value;
		int code;

		if (key == BEACON_KEY_COUNT || seen[key] || value.size == 0)
			continue;
		seen[key] = true;
		code = take_value(&key_rows[key], &value, arena, error);
		if (code)
			return code;
		line->values[key] = value;
	}
	return 0;
}

static int check_needs(struct beacon_line *line, struct error *error)
{
	const struct type_row *row = find_type(line->values[BEACON_TYPE]);

	if (!row)
		return wrong(&key_rows[BEACON_TYPE], error);
	line->type = row->type;
	for (unsigned key = 0; key < BEACON_KEY_COUNT; key++)
		if (row->needs & NEEDS(key) && !line->values[key].data)
			return error_set(error, BEACON_E_LINE, "%c is missing, which %s needs",
					 key_rows[key].key, row->name);
	return 0;
}

int beacon_parse(struct span text, struct arena *arena, struct beacon_line *line,
		 struct error *error)
{
	struct form_body form;
	int code = form_body_parse(text, arena, &form);

	if (code < 0)
		return code;
	if (code)
		return error_set(error, BEACON_E_LINE, "the line has more than %d keys",
				 FORM_BODY_PAIRS_MAX);
	code = take_pairs(&form, arena, line, error);
	return code ? code : check_needs(line, error);
}

bool beacon_follows(const struct beacon_line *line)
{
	struct span serial = line->values[BEACON_SERIAL];

	return serial.data && !span_equal(serial, SPAN("0"));
}

/* The text is valid UTF-8; controls say nothing to a reader and become spaces. */
static void append_string(struct span text, struct buffer *to)
{
	buffer_append_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i] < 0x20 || text.data[i] == 0x7f ? ' ' : text.data[i];

		if (byte == '"' || byte == '\\')
			buffer_append_byte(to, '\\');
		buffer_append_byte(to, byte);
	}
	buffer_append_byte(to, '"');
}

static void append_redacted(struct span text, struct buffer *to)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;

	privacy_value(text, &clean);
	append_string(buffer_span(&clean), to);
}

static void append_value(const struct key_row *row, struct span value, struct buffer *to)
{
	switch (row->form) {
	case FORM_NUMBER:
	case FORM_CAPPED:
	case FORM_JSON:
		buffer_append_span(to, value);
		break;
	case FORM_FLAG:
		buffer_append_text(to, value.data[0] == '1' ? "true" : "false");
		break;
	case FORM_HEX:
	case FORM_KIND:
		append_string(value, to);
		break;
	default:
		append_redacted(value, to);
		break;
	}
}

void beacon_props(const struct beacon_line *line, struct buffer *to)
{
	bool any = false;

	for (unsigned key = 0; key < BEACON_KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];

		if (!row->name || !line->values[key].data)
			continue;
		buffer_append_text(to, any ? ",\"" : "{\"");
		buffer_append_text(to, row->name);
		buffer_append_text(to, "\":");
		append_value(row, line->values[key], to);
		any = true;
	}
	if (any)
		buffer_append_byte(to, '}');
}
