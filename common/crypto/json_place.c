/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the strict readers of keys.json and tokens.json have in common.
 *
 * The sentences of jansson may quote what it read, which here may be a master: ours name the line
 * and the column alone. A member that is there twice is refused, since two readers would take
 * different ones of them.
 */
#include "crypto/json_place.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int json_place_load(const struct json_place *place, struct span text, json_t **ret_root)
{
	json_error_t syntax;
	json_t *root =
		json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &syntax);

	if (root) {
		*ret_root = root;
		return 0;
	}
	if (json_error_code(&syntax) == json_error_out_of_memory)
		return -ENOMEM;
	return error_set(place->error, place->code, "%s:%d:%d: %s", place->path, syntax.line,
			 syntax.column > 0 ? syntax.column : 1,
			 json_error_code(&syntax) == json_error_duplicate_key
				 ? "the member before this place is there twice"
				 : "not valid JSON");
}

int json_place_refuse(const struct json_place *place, const char *format, ...)
{
	char sentence[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return error_set(place->error, place->code, "%s: %s: %s", place->path, place->key,
			 sentence);
}

int json_place_members(const struct json_place *place, json_t *object, const char *const *names)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return json_place_refuse(place, "must be an object");
	json_object_foreach(object, key, value)
	{
		const char *const *name = names;

		while (*name && strcmp(*name, key) != 0)
			name++;
		if (!*name)
			return json_place_refuse(place, "holds the unknown member \"%s\"", key);
	}
	return 0;
}

int json_place_version(struct json_place *place, const json_t *root)
{
	const json_t *version = json_object_get(root, "version");

	(void)snprintf(place->key, sizeof(place->key), "version");
	if (!json_is_integer(version) || json_integer_value(version) != 1)
		return json_place_refuse(place, "must be 1");
	return 0;
}
