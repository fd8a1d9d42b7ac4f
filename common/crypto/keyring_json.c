/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of keys.json: strict on reading, one key per line when written.
 *
 * Each rule that a reader of the file could get wrong is checked here, once: exactly one signing
 * key, ids never twice, a master on every key that is not retired and on none that is. Unknown
 * members are refused, so that a file of a later version is never half understood.
 *
 * jansson copies what it parses; crypto_init() has it wipe what it frees, so that no master stays
 * behind in the heap.
 */
#include "crypto/keyring_json.h"

#include "base/encode.h"
#include "crypto/json_place.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

static const char *const state_texts[] = {
	[KEY_SIGNING] = "signing",
	[KEY_VERIFYING] = "verifying",
	[KEY_RETIRED] = "retired",
};

const char *key_state_text(enum key_state state)
{
	assert(state >= KEY_SIGNING && state <= KEY_RETIRED);
	return state_texts[state];
}

void keyring_json_append_key(struct buffer *to, const uint8_t key[KEYRING_KEY_BYTES])
{
	char text[BASE64URL_CHARS(KEYRING_KEY_BYTES) + 1];

	base64url_format(key, KEYRING_KEY_BYTES, text);
	buffer_append_byte(to, '"');
	buffer_append(to, text, sizeof(text) - 1);
	buffer_append_byte(to, '"');
	sodium_memzero(text, sizeof(text));
}

void keyring_json_format(const struct keyring_file *file, struct buffer *to)
{
	char created[CLOCK_TEXT_BYTES];

	buffer_append_text(to, "{\n  \"version\": 1,\n  \"identity\": ");
	keyring_json_append_key(to, file->identity);
	buffer_append_text(to, ",\n  \"keys\": [");
	for (size_t i = 0; i < file->count; i++) {
		const struct keyring_entry *entry = &file->keys[i];

		clock_format(entry->info.created, created);
		buffer_append_text(to, i > 0 ? ",\n    " : "\n    ");
		buffer_printf(to, "{\"id\": %u, \"state\": \"%s\", \"created\": \"%s\"",
			      entry->info.id, key_state_text(entry->info.state), created);
		if (entry->info.state != KEY_RETIRED) {
			buffer_append_text(to, ", \"master\": ");
			keyring_json_append_key(to, entry->master);
		}
		buffer_append_text(to, "}");
	}
	buffer_append_text(to, "\n  ]\n}\n");
}

static int parse_key(struct json_place *place, json_t *value, uint8_t ret_key[KEYRING_KEY_BYTES])
{
	struct span text = span_of(json_string_value(value), json_string_length(value));
	uint8_t key[KEYRING_KEY_BYTES];
	size_t size = 0;

	if (!text.data || base64url_parse(text, key, sizeof(key), &size) || size != sizeof(key))
		return json_place_refuse(place, "must be 32 bytes in base64url without padding");
	memcpy(ret_key, key, sizeof(key));
	sodium_memzero(key, sizeof(key));
	return 0;
}

static int parse_state(const char *text, enum key_state *ret_state)
{
	for (int state = KEY_SIGNING; text && state <= KEY_RETIRED; state++)
		if (strcmp(text, state_texts[state]) == 0) {
			*ret_state = (enum key_state)state;
			return 0;
		}
	return KEYRING_E_FILE;
}

static int parse_info(struct json_place *place, json_t *value, struct key_info *ret_info)
{
	json_t *id = json_object_get(value, "id");
	const char *created = json_string_value(json_object_get(value, "created"));

	if (!json_is_integer(id) || json_integer_value(id) < 1 ||
	    json_integer_value(id) > KEYRING_KEYS_MAX)
		return json_place_refuse(place, "its id must be an integer from 1 to %d",
					 KEYRING_KEYS_MAX);
	ret_info->id = (uint8_t)json_integer_value(id);
	if (parse_state(json_string_value(json_object_get(value, "state")), &ret_info->state))
		return json_place_refuse(place, "its state must be signing, verifying or retired");
	if (!created || clock_parse(created, &ret_info->created))
		return json_place_refuse(
			place, "its creation must be a time such as 2026-11-21T12:00:00Z");
	return 0;
}

static int parse_entry(struct json_place *place, json_t *value, struct keyring_entry *entry)
{
	static const char *const names[] = {"id", "state", "created", "master", NULL};
	json_t *master;
	int code;

	code = json_place_members(place, value, names);
	if (!code)
		code = parse_info(place, value, &entry->info);
	if (code)
		return code;
	master = json_object_get(value, "master");
	if (entry->info.state != KEY_RETIRED)
		return parse_key(place, master, entry->master);
	if (master)
		return json_place_refuse(place, "a retired key must not keep its master");
	return 0;
}

/* What holds between the keys rather than for one. */
static int check_keys(struct json_place *place, const struct keyring_file *file)
{
	bool seen[KEYRING_KEYS_MAX + 1] = {false};
	unsigned signing = 0;

	for (size_t i = 0; i < file->count; i++) {
		const struct key_info *info = &file->keys[i].info;

		if (seen[info->id])
			return json_place_refuse(place, "the id %u is there twice", info->id);
		seen[info->id] = true;
		signing += info->state == KEY_SIGNING;
	}
	if (signing != 1)
		return json_place_refuse(place, "exactly one key must be signing, not %u", signing);
	return 0;
}

static int parse_keys(struct json_place *place, json_t *keys, struct keyring_file *file)
{
	size_t count = json_array_size(keys);
	int code = 0;

	if (!json_is_array(keys) || count < 1 || count > KEYRING_KEYS_MAX)
		return json_place_refuse(place, "must be a list of 1 to %d keys", KEYRING_KEYS_MAX);
	file->count = count;
	for (size_t i = 0; !code && i < count; i++) {
		(void)snprintf(place->key, sizeof(place->key), "keys[%zu]", i);
		code = parse_entry(place, json_array_get(keys, i), &file->keys[i]);
	}
	if (code)
		return code;
	(void)snprintf(place->key, sizeof(place->key), "keys");
	return check_keys(place, file);
}

static int parse_root(struct json_place *place, json_t *root, struct keyring_file *file)
{
	static const char *const names[] = {"version", "identity", "keys", NULL};
	int code;

	code = json_place_members(place, root, names);
	if (code)
		return code;
	code = json_place_version(place, root);
	if (code)
		return code;
	(void)snprintf(place->key, sizeof(place->key), "identity");
	code = parse_key(place, json_object_get(root, "identity"), file->identity);
	if (code)
		return code;
	(void)snprintf(place->key, sizeof(place->key), "keys");
	return parse_keys(place, json_object_get(root, "keys"), file);
}

int keyring_file_parse(const char *path, struct span text, struct keyring_file *file,
		       struct error *error)
{
	struct json_place place = {.path = path,
				   .key = "the keyring",
				   .code = KEYRING_E_FILE,
				   .error = error};
	json_t *root;
	int code = json_place_load(&place, text, &root);

	if (code)
		return code;
	code = parse_root(&place, root, file);
	json_decref(root);
	if (code)
		sodium_memzero(file, sizeof(*file));
	return code;
}
