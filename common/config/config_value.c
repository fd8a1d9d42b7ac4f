/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of the configuration: is it of its row's type and within its bounds, and what does the
 * program get? Texts hold no control characters, so that none of them can break a header, a path or
 * a line of the log later. What a value means beside others is judged elsewhere.
 */
#include "config/config_value.h"

#include "config/config_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int config_value_refuse(const struct config_value *judged, const char *format, ...)
{
	va_list arguments;
	int code;

	va_start(arguments, format);
	code = config_error_at(judged->config, judged->error, judged->at, judged->key, format,
			       arguments);
	va_end(arguments);
	return code;
}

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number with a fraction or exponent";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		break;
	}
	return "null";
}

/* @may_be_empty: the row's default is the empty text, which then has a meaning. */
static int take_text(const struct config_value *judged, const json_t *value, bool may_be_empty,
		     char **ret_text)
{
	struct span text = span_of(json_string_value(value), json_string_length(value));
	char *copy;

	if (!text.data)
		return config_value_refuse(judged, "must be a text, not %s", kind_of(value));
	if (text.size == 0 && !may_be_empty)
		return config_value_refuse(judged, "must not be empty");
	if (text.size > CONFIG_TEXT_MAX_BYTES)
		return config_value_refuse(judged, "must be at most %d bytes, not %zu",
					   CONFIG_TEXT_MAX_BYTES, text.size);
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7F)
			return config_value_refuse(judged,
						   "must not hold the control character U+%04X",
						   text.data[i]);
	copy = span_dup(text);
	if (!copy)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}

static int take_number(const struct config_value *judged, const struct config_row *row,
		       const json_t *value, uint32_t *ret_number)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return config_value_refuse(judged, "must be a whole number of %s, not %s",
					   row->detail, kind_of(value));
	if (number < row->minimum || number > row->maximum)
		return config_value_refuse(judged,
					   "must be from %" PRIu32 " to %" PRIu32 " %s, not "
					   "%" JSON_INTEGER_FORMAT,
					   row->minimum, row->maximum, row->detail, number);
	*ret_number = (uint32_t)number;
	return 0;
}

static int find_choice(const struct config_row *row, struct span text)
{
	struct span choice;

	for (int index = 0; (choice = config_choice(row->detail, (size_t)index)).data; index++)
		if (span_equal(choice, text))
			return index;
	return -1;
}

static int take_choice(const struct config_value *judged, const struct config_row *row,
		       const json_t *value, int *ret_choice)
{
	struct span text = span_of(json_string_value(value), json_string_length(value));
	int choice = text.data ? find_choice(row, text) : -1;

	if (!text.data)
		return config_value_refuse(judged, "must be one of %s, not %s", row->detail,
					   kind_of(value));
	if (choice < 0)
		return config_value_refuse(judged, "must be one of %s, not \"%.64s\"", row->detail,
					   (const char *)text.data);
	*ret_choice = choice;
	return 0;
}

/* The items of a list of texts, each with its own place, so that the wrong one is named. */
static int take_items(const struct config_value *judged, const json_t *list,
		      struct config_texts *ret_texts)
{
	struct config_value item = *judged;
	struct json_walk walk;
	struct json_item place;
	bool placed = json_walk_init(&walk, span_text(judged->config->text), judged->at);

	for (size_t i = 0; i < json_array_size(list); i++) {
		int code;

		(void)snprintf(item.key, sizeof(item.key), "%.256s[%zu]", judged->key, i);
		if (placed && json_walk_next(&walk, &place))
			item.at = place.at;
		code = take_text(&item, json_array_get(list, i), false,
				 &ret_texts->items[ret_texts->count]);
		if (code)
			return code;
		ret_texts->count++;
	}
	return 0;
}

static int take_texts(const struct config_value *judged, const struct config_row *row,
		      const json_t *value, struct config_texts *ret_texts)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return config_value_refuse(judged, "must be a list of texts, not %s",
					   kind_of(value));
	if (count == 0 && !row->text)
		return config_value_refuse(judged, "must not be empty");
	if (count > CONFIG_LIST_MAX_ITEMS)
		return config_value_refuse(judged, "must be a list of at most %d, not %zu",
					   CONFIG_LIST_MAX_ITEMS, count);
	ret_texts->items = calloc(count ? count : 1, sizeof(*ret_texts->items));
	if (!ret_texts->items)
		return -ENOMEM;
	return take_items(judged, value, ret_texts);
}

int config_value_take(const struct config_value *judged, const struct config_row *row,
		      const json_t *value, void *base)
{
	void *member = config_member(row, base);

	switch (row->kind) {
	case CONFIG_TEXT_KIND:
		return take_text(judged, value, row->text && !*row->text, member);
	case CONFIG_NUMBER_KIND:
		return take_number(judged, row, value, member);
	case CONFIG_CHOICE_KIND:
		return take_choice(judged, row, value, member);
	case CONFIG_TEXTS_KIND:
		return take_texts(judged, row, value, member);
	case CONFIG_BOOL_KIND:
		break;
	}
	if (!json_is_boolean(value))
		return config_value_refuse(judged, "must be true or false, not %s", kind_of(value));
	*(bool *)member = json_is_true(value);
	return 0;
}
