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

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
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

/* Where in the file the judged value is, for messages. */
struct place {
	const char *path;
	char key[64];
	struct error *error;
};

static int __attribute__((format(printf, 2, 3)))
refuse(const struct place *place, const char *format, ...)
{
	char sentence[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return error_set(place->error, KEYRING_E_FILE, "%s: %s: %s", place->path, place->key,
			 sentence);
}

/* Every member of @object is one of @names (ended by NULL). */
static int check_members(struct place *place, json_t *object, const char *const *names)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return refuse(place, "must be an object");
	json_object_foreach(object, key, value)
	{
		const char *const *name = names;

		while (*name && strcmp(*name, key) != 0)
			name++;
		if (!*name)
			return refuse(place, "holds the unknown member \"%s\"", key);
	}
	return 0;
}

static int parse_key(struct place *place, json_t *value, uint8_t ret_key[KEYRING_KEY_BYTES])
{
	struct span text = span_of(json_string_value(value), json_string_length(value));
	uint8_t key[KEYRING_KEY_BYTES];
	size_t size = 0;

	if (!text.data || base64url_parse(text, key, sizeof(key), &size) || size != sizeof(key))
		return refuse(place, "must be 32 bytes in base64url without padding");
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

static int parse_info(struct place *place, json_t *value, struct key_info *ret_info)
{
	json_t *id = json_object_get(value, "id");
	const char *created = json_string_value(json_object_get(value, "created"));

	if (!json_is_integer(id) || json_integer_value(id) < 1 ||
	    json_integer_value(id) > KEYRING_KEYS_MAX)
		return refuse(place, "its id must be an integer from 1 to %d", KEYRING_KEYS_MAX);
	ret_info->id = (uint8_t)json_integer_value(id);
	if (parse_state(json_string_value(json_object_get(value, "state")), &ret_info->state))
		return refuse(place, "its state must be signing, verifying or retired");
	if (!created || clock_parse(created, &ret_info->created))
		return refuse(place, "its creation must be a time such as 2026-11-21T12:00:00Z");
	return 0;
}

static int parse_entry(struct place *place, json_t *value, struct keyring_entry *entry)
{
	static const char *const names[] = {"id", "state", "created", "master", NULL};
	json_t *master;
	int code;

	code = check_members(place, value, names);
	if (!code)
		code = parse_info(place, value, &entry->info);
	if (code)
		return code;
	master = json_object_get(value, "master");
	if (entry->info.state != KEY_RETIRED)
		return parse_key(place, master, entry->master);
	if (master)
		return refuse(place, "a retired key must not keep its master");
	return 0;
}

/* What holds between the keys rather than for one. */
static int check_keys(struct place *place, const struct keyring_file *file)
{
	bool seen[KEYRING_KEYS_MAX + 1] = {false};
	unsigned signing = 0;

	for (size_t i = 0; i < file->count; i++) {
		const struct key_info *info = &file->keys[i].info;

		if (seen[info->id])
			return refuse(place, "the id %u is there twice", info->id);
		seen[info->id] = true;
		signing += info->state == KEY_SIGNING;
	}
	if (signing != 1)
		return refuse(place, "exactly one key must be signing, not %u", signing);
	return 0;
}

static int parse_keys(struct place *place, json_t *keys, struct keyring_file *file)
{
	size_t count = json_array_size(keys);
	int code = 0;

	if (!json_is_array(keys) || count < 1 || count > KEYRING_KEYS_MAX)
		return refuse(place, "must be a list of 1 to %d keys", KEYRING_KEYS_MAX);
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

static int parse_root(struct place *place, json_t *root, struct keyring_file *file)
{
	static const char *const names[] = {"version", "identity", "keys", NULL};
	json_t *version = json_object_get(root, "version");
	int code;

	code = check_members(place, root, names);
	if (code)
		return code;
	(void)snprintf(place->key, sizeof(place->key), "version");
	if (!json_is_integer(version) || json_integer_value(version) != 1)
		return refuse(place, "must be 1");
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
	struct place place = {.path = path, .key = "the keyring", .error = error};
	json_error_t syntax;
	json_t *root;
	int code;

	/* The sentence of jansson may quote what it read: a master, here. Ours does not. */
	root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &syntax);
	if (!root && json_error_code(&syntax) == json_error_out_of_memory)
		return -ENOMEM;
	if (!root)
		return error_set(error, KEYRING_E_FILE, "%s:%d:%d: %s", path, syntax.line,
				 syntax.column > 0 ? syntax.column : 1,
				 json_error_code(&syntax) == json_error_duplicate_key
					 ? "the member before this place is there twice"
					 : "not valid JSON");
	code = parse_root(&place, root, file);
	json_decref(root);
	if (code)
		sodium_memzero(file, sizeof(*file));
	return code;
}
