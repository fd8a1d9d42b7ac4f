/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a JSON value in which every text and every name has lost what looks like an e-mail
 * address, and then the text of that copy.
 */
#include "track/site_props.h"

#include "base/cleanup.h"
#include "track/privacy.h"

#include <errno.h>

enum { REAL_DIGITS = 15 /* what every double keeps both ways, so that 0.1 stays 0.1 */ };

static json_t *redacted_text(const char *text, size_t size)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;

	privacy_value(span_of(text, size), &clean);
	return clean.error ? NULL
			   : json_stringn((const char *)buffer_span(&clean).data, clean.size);
}

static json_t *redacted(const json_t *value, int depth);

static json_t *redacted_list(const json_t *list, int depth)
{
	json_t *copy = json_array();

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_array_append_new(copy, redacted(json_array_get(list, i), depth)) != 0) {
			json_decref(copy);
			return NULL;
		}
	return copy;
}

static json_t *redacted_object(json_t *object, int depth)
{
	json_t *copy = json_object(), *item;
	const char *key;

	json_object_foreach(object, key, item)
	{
		json_t *name = redacted_text(key, strlen(key));
		int r = name ? json_object_set_new(copy, json_string_value(name),
						   redacted(item, depth))
			     : -1;

		json_decref(name);
		if (r != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

/* A copy without addresses; NULL when it is nested too deep or memory runs out. */
static json_t *redacted(const json_t *value, int depth)
{
	if (depth == 0)
		return NULL;
	if (json_is_string(value))
		return redacted_text(json_string_value(value), json_string_length(value));
	if (json_is_array(value))
		return redacted_list(value, depth - 1);
	if (json_is_object(value))
		return redacted_object((json_t *)(uintptr_t)value, depth - 1);
	return json_incref((json_t *)(uintptr_t)value);
}

int site_props_write(const json_t *object, struct arena *arena, struct span *ret_text)
{
	json_t *clean = json_is_object(object) ? redacted(object, SITE_PROPS_DEPTH_MAX) : NULL;
	cleanup_free char *text =
		clean ? json_dumps(clean, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS)) : NULL;
	struct span copy;

	json_decref(clean);
	if (!text || strlen(text) > SITE_PROPS_WRITTEN_MAX_BYTES)
		return SITE_PROPS_E_FORM;
	copy = arena_copy(arena, span_text(text));
	if (!copy.data)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}
