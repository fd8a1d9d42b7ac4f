/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an item: one table of types with the keys that each has. What people wrote (products,
 * names, props) has e-mail addresses cut out, as all that enters the log; a key that is to be found
 * again is refused with one instead.
 */
#include "app/report_item.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/url.h"
#include "track/money.h"
#include "track/privacy.h"
#include "track/site_props.h"

#include <errno.h>
#include <stdio.h>

enum {
	KEY_MAX_BYTES = 255,
	TEXT_MAX_BYTES = 255,
	TIME_MAX_BYTES = 40,
	TRACKER_MAX_BYTES = 2048,
	TAG_CHARS = 2 * sizeof(struct visitor_tag),
	AMOUNT_MAX_BYTES = 32,
	PROPS_MAX_BYTES = 16384 /* of the event's field */
};

/* clang-format off */
#define COMMON_KEYS "email", "idempotency_key", "props", "tag", "time", "tracker", "type"

static const struct type_row {
	const char *name;
	enum event_type type;
	const char *const keys[16];
} type_rows[] = {
	{"event",    EVENT_event,    {COMMON_KEYS, "name", "url", NULL}},
	{"login",    EVENT_login,    {COMMON_KEYS, NULL}},
	{"purchase", EVENT_purchase, {COMMON_KEYS, "amount", "currency", "order", "product", "url", NULL}},
};
/* clang-format on */

static int refuse(const struct report_item *item, const char *key, const char *what,
		  struct error *error)
{
	return error_set(error, OPERATION_E_REFUSED, "%s.%s: %s", item->where, key, what);
}

static int read_type(struct report_item *item, const json_t *object, struct error *error)
{
	const struct type_row *row = type_rows;
	struct span name;
	int code;

	if (!json_is_object(object))
		return error_set(error, OPERATION_E_REFUSED, "%s: must be an object", item->where);
	code = operation_text(object, item->where, "type", true, TEXT_MAX_BYTES, &name, error);
	if (code)
		return code;
	while (row < type_rows + sizeof(type_rows) / sizeof(type_rows[0]) &&
	       !span_equal(name, span_text(row->name)))
		row++;
	if (row == type_rows + sizeof(type_rows) / sizeof(type_rows[0]))
		return refuse(item, "type", "must be event, login or purchase", error);
	item->type = row->type;
	return operation_check_keys(object, item->where, row->keys, error);
}

static int read_key(struct report_item *item, const json_t *object, struct error *error)
{
	int code = operation_text(object, item->where, "idempotency_key", true, KEY_MAX_BYTES,
				  &item->key, error);

	if (code)
		return code;
	if (id_check_name(item->key) != 0)
		return refuse(item, "idempotency_key", "must be text without controls", error);
	if (url_holds_address(item->key))
		return refuse(item, "idempotency_key",
			      "holds an e-mail address, which must not enter the log", error);
	return 0;
}

static int read_time(struct report_item *item, const json_t *object, struct error *error)
{
	struct span text;
	int code = operation_text(object, item->where, "time", false, TIME_MAX_BYTES, &text, error);

	item->now = item->time = clock_wall();
	if (code || !text.data)
		return code;
	if (clock_parse((const char *)text.data, &item->time) != 0)
		return refuse(item, "time", "must be a time such as 2026-11-21T12:00:00Z", error);
	if (item->time > item->now + REPORT_AHEAD_S * USEC_PER_SEC)
		return refuse(item, "time", "lies ahead of this server's clock", error);
	if (item->time + REPORT_BEHIND_DAYS * USEC_PER_DAY < item->now)
		return refuse(item, "time",
			      "is more than 30 days ago; 'waymark events import' takes what is "
			      "older",
			      error);
	return 0;
}

static int read_tracker(struct report_item *item, const struct settings *settings,
			const json_t *object, struct error *error)
{
	struct span text;
	int code = operation_text(object, item->where, "tracker", false, TRACKER_MAX_BYTES, &text,
				  error);

	item->tracker = settings->trackers->primary;
	if (code || !text.data)
		return code;
	item->tracker = tracker_of_url(settings->trackers, text);
	if (!item->tracker)
		item->tracker = tracker_find(settings->trackers, text);
	return item->tracker
		       ? 0
		       : refuse(item, "tracker", "is not the address of a tracker here", error);
}

static int read_tag(struct report_item *item, const json_t *object, struct error *error)
{
	struct span text;
	int code = operation_text(object, item->where, "tag", false, TAG_CHARS, &text, error);

	if (!code && text.data && hex_parse(text, &item->tag, sizeof(item->tag)) != 0)
		return refuse(item, "tag", "must be the 16 hexadecimal digits that /tag gives",
			      error);
	return code;
}

/* What a rule has written, in the arena. */
static int keep(const struct buffer *clean, struct arena *arena, struct span *ret_text)
{
	*ret_text = arena_copy(arena, buffer_span(clean));
	return clean->error || !ret_text->data ? -ENOMEM : 0;
}

static int read_url(struct report_item *item, const struct config *config, const json_t *object,
		    struct arena *arena, struct error *error)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;
	struct span text;
	int code = operation_text(object, item->where, "url", false, URL_MAX_BYTES, &text, error);

	if (code || !text.data)
		return code;
	privacy_page_url(config, text, &clean);
	if (clean.size == 0)
		return refuse(item, "url", "must be an absolute http or https address", error);
	return keep(&clean, arena, &item->url);
}

/* A line that people read; absent when it is. */
static int read_line(const struct report_item *item, const json_t *object, const char *key,
		     bool required, struct arena *arena, struct span *ret_line, struct error *error)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;
	struct span text;
	int code = operation_text(object, item->where, key, required, TEXT_MAX_BYTES, &text, error);

	*ret_line = (struct span){0};
	if (code || text.size == 0)
		return code;
	if (id_check_name(text) != 0)
		return refuse(item, key, "must be text without controls", error);
	privacy_text(text, &clean);
	return keep(&clean, arena, ret_line);
}

/* As text: a number of JSON is written as whoever sent it meant it, with the digits of a double. */
static void amount_text(const json_t *value, char ret_text[AMOUNT_MAX_BYTES])
{
	if (json_is_string(value) && json_string_length(value) < AMOUNT_MAX_BYTES)
		(void)snprintf(ret_text, AMOUNT_MAX_BYTES, "%s", json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(ret_text, AMOUNT_MAX_BYTES, "%lld",
			       (long long)json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(ret_text, AMOUNT_MAX_BYTES, "%.15g", json_real_value(value));
	else
		ret_text[0] = '\0';
}

static int read_money(const struct report_item *item, const json_t *object, json_t *props,
		      struct error *error)
{
	char given[AMOUNT_MAX_BYTES], amount[MONEY_CHARS], sentence[80];
	struct span currency;
	int decimals, code;

	code = operation_text(object, item->where, "currency", true, TEXT_MAX_BYTES, &currency,
			      error);
	if (code)
		return code;
	decimals = money_decimals(currency);
	if (decimals < 0)
		return refuse(item, "currency", "must be a code of ISO 4217, such as JPY", error);
	if (!json_object_get(object, "amount"))
		return refuse(item, "amount", "is missing", error);
	amount_text(json_object_get(object, "amount"), given);
	code = money_format(span_text(given), decimals, amount);
	if (code == MONEY_E_DECIMALS) {
		(void)snprintf(sentence, sizeof(sentence), "%.3s has %d decimals, no more",
			       (const char *)currency.data, decimals);
		return refuse(item, "amount", sentence, error);
	}
	if (code)
		return refuse(item, "amount",
			      "must be a decimal number of at least 0, such as \"1980.50\", with "
			      "at most 15 digits before the point",
			      error);
	if (json_object_set_new(props, "amount", json_string(amount)) != 0 ||
	    json_object_set_new(props, "currency",
				json_stringn((const char *)currency.data, currency.size)) != 0)
		return -ENOMEM;
	return 0;
}

static int read_purchase(const struct report_item *item, const json_t *object, json_t *props,
			 struct arena *arena, struct error *error)
{
	static const char *const keys[] = {"product", "order"};
	int code = read_money(item, object, props, error);

	for (size_t i = 0; !code && i < 2; i++) {
		struct span line;

		code = read_line(item, object, keys[i], false, arena, &line, error);
		if (!code && line.data &&
		    json_object_set_new(props, keys[i],
					json_stringn((const char *)line.data, line.size)) != 0)
			code = -ENOMEM;
	}
	return code;
}

/* What the site adds, below "props" as in a beacon's event. */
static int read_site_props(const struct report_item *item, const json_t *object, json_t *props,
			   struct arena *arena, struct error *error)
{
	const json_t *given = json_object_get(object, "props");
	struct span text;
	int code;

	if (!given || json_is_null(given))
		return 0;
	code = site_props_write(given, arena, &text);
	if (code > 0)
		return refuse(item, "props",
			      "must be a JSON object of at most 8192 bytes, at most 8 deep", error);
	if (code)
		return code;
	return json_object_set_new(props, "props",
				   json_loadb((const char *)text.data, text.size, 0, NULL)) == 0
		       ? 0
		       : -ENOMEM;
}

static int write_props(struct report_item *item, const json_t *props, struct arena *arena,
		       struct error *error)
{
	cleanup_free char *text = json_dumps(props, JSON_COMPACT | JSON_REAL_PRECISION(15));

	if (!text)
		return -ENOMEM;
	if (strlen(text) > PROPS_MAX_BYTES)
		return refuse(item, "props", "is too long", error);
	if (json_object_size(props) == 0)
		return 0;
	item->props = arena_copy(arena, span_text(text));
	return item->props.data ? 0 : -ENOMEM;
}

static int read_props(struct report_item *item, const json_t *object, struct arena *arena,
		      struct error *error)
{
	json_t *props = json_object();
	int code = props ? 0 : -ENOMEM;

	if (!code && item->type == EVENT_purchase)
		code = read_purchase(item, object, props, arena, error);
	if (!code)
		code = read_site_props(item, object, props, arena, error);
	if (!code)
		code = write_props(item, props, arena, error);
	json_decref(props);
	return code;
}

int report_item_read(struct report_item *item, const struct settings *settings,
		     const json_t *object, struct arena *arena, struct error *error)
{
	int code = read_type(item, object, error);

	if (!code)
		code = operation_text(object, item->where, "email", true, ID_ADDRESS_MAX_BYTES,
				      &item->email, error);
	if (!code)
		code = read_key(item, object, error);
	if (!code)
		code = read_time(item, object, error);
	if (!code)
		code = read_tracker(item, settings, object, error);
	if (!code)
		code = read_tag(item, object, error);
	if (!code && item->type != EVENT_login)
		code = read_url(item, settings->config, object, arena, error);
	if (!code && item->type == EVENT_event)
		code = read_line(item, object, "name", true, arena, &item->name, error);
	return code ? code : read_props(item, object, arena, error);
}
