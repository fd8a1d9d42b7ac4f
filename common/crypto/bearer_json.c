/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of tokens.json: strict on reading, one token a line when written. Unknown members and
 * unknown scopes are refused, so that a file of a later version is never half understood, and a
 * scope that somebody mistyped grants nothing unnoticed.
 */
#include "crypto/bearer.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "crypto/json_place.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

static void append_scopes(struct buffer *to, unsigned scopes)
{
	const char *sentence, *name;
	bool any = false;

	for (unsigned i = 0; (name = bearer_scope_name(i, &sentence)); i++) {
		if (!(scopes & bearer_scope_find(span_text(name))))
			continue;
		buffer_printf(to, "%s\"%s\"", any ? ", " : "", name);
		any = true;
	}
}

static void append_time(struct buffer *to, const char *key, usec_t time)
{
	char text[CLOCK_TEXT_BYTES];

	if (!time)
		return;
	clock_format(time, text);
	buffer_printf(to, ", \"%s\": \"%s\"", key, text);
}

void bearer_set_format(const struct bearer_set *set, struct buffer *to)
{
	char hash[2 * BEARER_HASH_BYTES + 1];

	buffer_append_text(to, "{\n  \"version\": 1,\n  \"tokens\": [");
	for (size_t i = 0; i < set->count; i++) {
		const struct bearer *row = &set->rows[i];

		buffer_printf(to, "%s\n    {\"name\": \"%s\", \"source\": \"%s\", \"scopes\": [",
			      i > 0 ? "," : "", row->name, row->source);
		append_scopes(to, row->scopes);
		buffer_append_text(to, "]");
		append_time(to, "created", row->created);
		append_time(to, "expires", row->expires);
		append_time(to, "revoked", row->revoked);
		if (!row->revoked) {
			hex_format(row->hash, sizeof(row->hash), hash);
			buffer_printf(to, ", \"hash\": \"%s\"", hash);
		}
		buffer_append_text(to, "}");
	}
	buffer_append_text(to, "\n  ]\n}\n");
}

static struct span text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return span_of(json_string_value(value), json_string_length(value));
}

static int parse_name(const struct json_place *place, const json_t *value, const char *key,
		      char ret_name[BEARER_NAME_MAX_BYTES + 1])
{
	struct span name = text_of(value, key);

	if (!bearer_name_is_valid(name))
		return json_place_refuse(place, "its %s must be 1 to 64 of a-z 0-9 . _ -", key);
	memcpy(ret_name, name.data, name.size);
	ret_name[name.size] = '\0';
	return 0;
}

static int parse_scopes(const struct json_place *place, const json_t *value, unsigned *ret_scopes)
{
	const json_t *list = json_object_get(value, "scopes"), *item;
	size_t index;

	if (!json_is_array(list) || json_array_size(list) == 0)
		return json_place_refuse(place, "its scopes must be a list of at least one");
	json_array_foreach(list, index, item)
	{
		enum bearer_scope scope = bearer_scope_find(
			span_of(json_string_value(item), json_string_length(item)));

		if (!scope)
			return json_place_refuse(place, "holds the unknown scope \"%s\"",
						 json_is_string(item) ? json_string_value(item)
								      : "");
		*ret_scopes |= scope;
	}
	return 0;
}

static int parse_time(const struct json_place *place, const json_t *value, const char *key,
		      bool required, usec_t *ret_time)
{
	const json_t *text = json_object_get(value, key);

	if (!text && !required)
		return 0;
	if (!json_is_string(text) || clock_parse(json_string_value(text), ret_time) ||
	    *ret_time == 0)
		return json_place_refuse(place,
					 "its %s must be a time such as 2026-11-21T12:00:00Z", key);
	return 0;
}

static int parse_hash(const struct json_place *place, const json_t *value, struct bearer *bearer)
{
	struct span text = text_of(value, "hash");

	if (bearer->revoked)
		return json_object_get(value, "hash")
			       ? json_place_refuse(place, "a revoked token must not keep its hash")
			       : 0;
	if (!text.data || hex_parse(text, bearer->hash, sizeof(bearer->hash)))
		return json_place_refuse(place, "its hash must be 64 hexadecimal digits");
	return 0;
}

static int parse_row(const struct json_place *place, json_t *value, struct bearer *bearer)
{
	static const char *const names[] = {"created", "expires", "hash",   "name",
					    "revoked", "scopes",  "source", NULL};
	int code = json_place_members(place, value, names);

	if (!code)
		code = parse_name(place, value, "name", bearer->name);
	if (!code)
		code = parse_name(place, value, "source", bearer->source);
	if (!code)
		code = parse_scopes(place, value, &bearer->scopes);
	if (!code)
		code = parse_time(place, value, "created", true, &bearer->created);
	if (!code)
		code = parse_time(place, value, "expires", false, &bearer->expires);
	if (!code)
		code = parse_time(place, value, "revoked", false, &bearer->revoked);
	return code ? code : parse_hash(place, value, bearer);
}

static int check_unique(const struct json_place *place, const struct bearer_set *set)
{
	const struct bearer *last = &set->rows[set->count - 1];

	for (const struct bearer *row = set->rows; row < last; row++) {
		if (strcmp(row->name, last->name) == 0)
			return json_place_refuse(place, "the name %s is there twice", row->name);
		if (!row->revoked && memcmp(row->hash, last->hash, sizeof(row->hash)) == 0)
			return json_place_refuse(place, "its hash is that of %s", row->name);
	}
	return 0;
}

static int parse_rows(struct json_place *place, json_t *rows, struct bearer_set **ret_set)
{
	size_t count = json_array_size(rows);
	cleanup_free struct bearer_set *set = NULL;
	int code = 0;

	if (!json_is_array(rows) || count > BEARERS_MAX)
		return json_place_refuse(place, "must be a list of at most %d tokens", BEARERS_MAX);
	set = calloc(1, sizeof(*set) + count * sizeof(set->rows[0]));
	if (!set)
		return -ENOMEM;
	for (size_t i = 0; !code && i < count; i++) {
		(void)snprintf(place->key, sizeof(place->key), "tokens[%zu]", i);
		set->count++;
		code = parse_row(place, json_array_get(rows, i), &set->rows[i]);
		if (!code)
			code = check_unique(place, set);
	}
	if (!code)
		*ret_set = take_ptr(set);
	return code;
}

static int parse_root(struct json_place *place, json_t *root, struct bearer_set **ret_set)
{
	static const char *const names[] = {"tokens", "version", NULL};
	int code = json_place_members(place, root, names);

	if (code)
		return code;
	code = json_place_version(place, root);
	if (code)
		return code;
	(void)snprintf(place->key, sizeof(place->key), "tokens");
	return parse_rows(place, json_object_get(root, "tokens"), ret_set);
}

int bearer_set_parse(const char *path, struct span text, struct bearer_set **ret_set,
		     struct error *error)
{
	struct json_place place = {.path = path,
				   .key = "the list",
				   .code = BEARER_E_FILE,
				   .error = error};
	json_t *root;
	int code = json_place_load(&place, text, &root);

	if (code)
		return code;
	code = parse_root(&place, root, ret_set);
	json_decref(root);
	return code;
}
