/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of fields, and values of each.
 *
 * The list is short and asked for a few values of one person at a time, so it is looked through. A
 * number is kept as it was written, without what says nothing: it may be longer than any machine's.
 */
#include "track/person_type.h"

#include "base/clock.h"
#include "base/encode.h"
#include "text/url.h"
#include "track/person_record.h"

#include <errno.h>
#include <stdio.h>

enum { KEY_TEXT_BYTES = 64, DATE_CHARS = 10, NUMBER_MAX_BYTES = 64 };

static const char *const type_names[PERSON_TYPE_COUNT] = {"text", "number", "flag", "date", "url"};

const char *person_type_text(enum person_type type)
{
	return type_names[type];
}

static enum person_type type_of_name(struct span name)
{
	unsigned i = 0;

	while (i < PERSON_TYPE_COUNT && !span_equal(name, span_text(type_names[i])))
		i++;
	return (enum person_type)i;
}

/* The last '=' divides, since a name may hold one. */
static struct span name_of(struct span item)
{
	size_t at = item.size;

	while (at > 0 && item.data[at - 1] != '=')
		at--;
	return span_slice(item, 0, at > 0 ? at - 1 : 0);
}

int person_types_check(const struct config *config, struct error *error)
{
	for (size_t i = 0; i < config->people_fields.count; i++) {
		struct span item = span_text(config->people_fields.items[i]), name = name_of(item);
		char key[KEY_TEXT_BYTES];

		if (!person_name_refusal(name) &&
		    type_of_name(span_slice(item, name.size + 1, item.size)) != PERSON_TYPE_COUNT)
			continue;
		(void)snprintf(key, sizeof(key), "people.fields[%zu]", i);
		return config_error(config, error, key,
				    "\"%s\" is not a field and its type; write it like "
				    "\"employees=number\", with text, number, flag, date or url",
				    config->people_fields.items[i]);
	}
	return 0;
}

enum person_type person_type_of(const struct config *config, struct span name)
{
	for (size_t i = 0; i < config->people_fields.count; i++) {
		struct span item = span_text(config->people_fields.items[i]);

		if (span_equal(name_of(item), name))
			return type_of_name(span_slice(item, name.size + 1, item.size));
	}
	return PERSON_TYPE_text;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int read_number(struct span text, struct buffer *to)
{
	size_t at = text.data[0] == '-' || text.data[0] == '+', digits = 0, dots = 0;
	bool negative = text.data[0] == '-';

	for (size_t i = at; i < text.size; i++) {
		digits += is_digit(text.data[i]);
		dots += text.data[i] == '.';
	}
	if (digits == 0 || dots > 1 || at + digits + dots != text.size ||
	    !is_digit(text.data[text.size - 1]) || !is_digit(text.data[at]) ||
	    text.size > NUMBER_MAX_BYTES)
		return PERSON_TYPE_E_FORM;
	while (at + 1 < text.size && text.data[at] == '0' && is_digit(text.data[at + 1]))
		at++;
	if (negative)
		buffer_append_byte(to, '-');
	buffer_append_span(to, span_slice(text, at, text.size));
	return 0;
}

static int read_flag(struct span text, struct buffer *to)
{
	static const char *const words[] = {"false", "true", "no", "yes", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_equal_nocase(text, span_text(words[i]))) {
			buffer_append_text(to, words[i % 2]);
			return 0;
		}
	return PERSON_TYPE_E_FORM;
}

/* By the clock's parser, which knows how long months are. */
static int read_date(struct span text, struct buffer *to)
{
	cleanup_buffer struct buffer whole = BUFFER_INIT;
	usec_t time;

	buffer_append_span(&whole, text);
	if (text.size == DATE_CHARS)
		buffer_append_text(&whole, "T00:00:00Z");
	if (whole.error)
		return whole.error;
	if (text.size < DATE_CHARS || clock_parse(buffer_text(&whole), &time) != 0)
		return PERSON_TYPE_E_FORM;
	buffer_append_span(to, span_slice(text, 0, DATE_CHARS));
	return 0;
}

static int read_url(struct span text, struct buffer *to)
{
	struct url url;

	if (url_parse(text, &url) != 0)
		return PERSON_TYPE_E_FORM;
	buffer_append_span(to, text);
	return 0;
}

static int read_typed(enum person_type type, struct span text, struct buffer *to)
{
	switch (type) {
	case PERSON_TYPE_number:
		return read_number(text, to);
	case PERSON_TYPE_flag:
		return read_flag(text, to);
	case PERSON_TYPE_date:
		return read_date(text, to);
	case PERSON_TYPE_url:
		return read_url(text, to);
	case PERSON_TYPE_text:
	case PERSON_TYPE_COUNT:
		break;
	}
	return PERSON_TYPE_E_FORM;
}

int person_type_read(enum person_type type, struct span value, struct buffer *ret_value)
{
	struct span text = span_trim(value);
	int r = 0;

	if (type == PERSON_TYPE_text)
		buffer_append_span(ret_value, value);
	else if (text.size > 0)
		r = read_typed(type, text, ret_value);
	return r ? r : ret_value->error;
}
