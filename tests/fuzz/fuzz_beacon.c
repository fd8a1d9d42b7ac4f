/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the body of a beacon: a line is right or its mistake has a sentence, and the props
 * of a right one are a JSON object that fits the event and holds no address.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "store/event.h"
#include "text/url.h"
#include "track/beacon.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	assert(!url_holds_address(span_of(text, size)));
}

static void check_value(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		check_text(json_string_value(value), json_string_length(value));
	json_array_foreach(value, i, item) check_value(item);
	json_object_foreach(value, key, item)
	{
		check_text(key, strlen(key));
		check_value(item);
	}
}

static void check_props(const struct beacon_line *line)
{
	cleanup_buffer struct buffer props = BUFFER_INIT;
	json_t *read;

	beacon_props(line, &props);
	assert(props.error == 0);
	if (props.size == 0)
		return;
	assert(props.size <= event_field_row(EVENT_FIELD_props)->max_bytes);
	assert(utf8_valid(buffer_span(&props)));
	read = json_loadb((const char *)props.data, props.size, JSON_REJECT_DUPLICATES, NULL);
	assert(json_is_object(read));
	check_value(read);
	json_decref(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct span text, body = span_of(data, size);
	size_t used = 0;

	for (size_t at = 0; beacon_next(body, &at, &text); used += text.size) {
		struct beacon_line line = {0};
		struct error error = {""};
		int code = beacon_parse(text, &arena, &line, &error);

		assert(text.size > 0 && text.data >= data && text.data + text.size <= data + size);
		assert(code == 0 || code == BEACON_E_LINE);
		assert((code != 0) == (error.text[0] != '\0'));
		if (code == 0)
			check_props(&line);
	}
	assert(used <= size);
	return 0;
}
