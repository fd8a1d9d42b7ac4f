/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on the tokens of the admin API.
 *
 *   POST /api/v1/tokens          {"name": "shop", "scopes": ["events:write"], "hash": "<64 hex>",
 *                                 "source": "shop", "expires": "2027-11-21T12:00:00Z"}
 *                                {"name": "shop"}
 *   POST /api/v1/tokens/revoke   {"name": "shop"}   {"name": "shop"}
 *
 * Whoever asks has made the secret, and shows it to whom it is for; here only its hash arrives. The
 * file is changed first, whole and synced; then this process loads it, so that a token works, or
 * works no more, once the reply is there. Nothing of it goes into the log: the file says itself
 * which tokens there are and were, since when and until when.
 */
#include "app/operation.h"

#include "base/encode.h"

#include <errno.h>

enum { SCOPES_MAX = 16, TIME_MAX_BYTES = 40 };

/* The operation's code for one of bearer.h; the sentence is there already. */
static int failure(int code)
{
	if (code == BEARER_E_UNKNOWN)
		return OPERATION_E_ABSENT;
	if (code == BEARER_E_TAKEN || code == BEARER_E_FULL)
		return OPERATION_E_CONFLICT;
	return code < 0 ? code : OPERATION_E_FAILED;
}

/* Take the changed file into use. */
static int reload(struct operation_call *call, const char *name, struct error *error)
{
	json_t *reply = json_pack("{s:s}", "name", name);

	if (!reply)
		return -ENOMEM;
	if (app_reload_keyring(call->app, error)) {
		json_decref(reply);
		error_prefix(error, "the tokens are changed, but cannot be taken into use: ");
		return OPERATION_E_FAILED;
	}
	call->reply = reply;
	return 0;
}

static int read_name(const json_t *body, const char *key, bool required, struct span *ret_name,
		     struct error *error)
{
	int code = operation_text(body, "", key, required, BEARER_NAME_MAX_BYTES, ret_name, error);

	if (!code && ret_name->data && !bearer_name_is_valid(*ret_name))
		return error_set(error, OPERATION_E_REFUSED, "%s: must be 1 to 64 of a-z 0-9 . _ -",
				 key);
	return code;
}

static int read_scopes(const json_t *body, unsigned *ret_scopes, struct error *error)
{
	const json_t *list, *item;
	size_t index;
	int code = operation_list(body, "scopes", SCOPES_MAX, &list, error);

	if (code)
		return code;
	json_array_foreach(list, index, item)
	{
		enum bearer_scope scope = bearer_scope_find(
			span_of(json_string_value(item), json_string_length(item)));

		if (!scope)
			return error_set(error, OPERATION_E_REFUSED,
					 "scopes[%zu]: there is no such scope", index);
		*ret_scopes |= scope;
	}
	return *ret_scopes ? 0
			   : error_set(error, OPERATION_E_REFUSED, "scopes: needs at least one");
}

static int read_expires(const json_t *body, usec_t *ret_time, struct error *error)
{
	struct span text;
	int code = operation_text(body, "", "expires", false, TIME_MAX_BYTES, &text, error);

	if (code || !text.data)
		return code;
	if (clock_parse((const char *)text.data, ret_time) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "expires: must be a time such as 2027-11-21T12:00:00Z");
	if (*ret_time <= clock_wall())
		return error_set(error, OPERATION_E_REFUSED, "expires: that time has passed");
	return 0;
}

static int read_hash(const json_t *body, uint8_t ret_hash[BEARER_HASH_BYTES], struct error *error)
{
	struct span text;
	int code = operation_text(body, "", "hash", true, 2 * BEARER_HASH_BYTES, &text, error);

	if (!code && hex_parse(text, ret_hash, BEARER_HASH_BYTES) != 0)
		return error_set(error, OPERATION_E_REFUSED,
				 "hash: must be 64 hexadecimal digits, SHA-256 of the secret");
	return code;
}

static void copy_name(struct span name, char ret_text[BEARER_NAME_MAX_BYTES + 1])
{
	memcpy(ret_text, name.data, name.size);
	ret_text[name.size] = '\0';
}

static int read_bearer(const json_t *body, struct bearer *bearer, struct error *error)
{
	static const char *const keys[] = {"expires", "hash", "name", "scopes", "source", NULL};
	struct span name, source;
	int code = operation_check_keys(body, "", keys, error);

	if (!code)
		code = read_name(body, "name", true, &name, error);
	if (!code)
		code = read_name(body, "source", false, &source, error);
	if (!code)
		code = read_scopes(body, &bearer->scopes, error);
	if (!code)
		code = read_expires(body, &bearer->expires, error);
	if (!code)
		code = read_hash(body, bearer->hash, error);
	if (code)
		return code;
	copy_name(name, bearer->name);
	copy_name(source.data ? source : name, bearer->source);
	bearer->created = clock_wall();
	return 0;
}

int operation_tokens_new(struct operation_call *call, struct error *error)
{
	struct bearer bearer = {.scopes = 0};
	int code = read_bearer(call->body, &bearer, error);

	if (code)
		return code;
	code = bearer_add(call->app->config->tokens_file, call->app->config->data_dir, &bearer,
			  error);
	return code ? failure(code) : reload(call, bearer.name, error);
}

int operation_tokens_revoke(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"name", NULL};
	char text[BEARER_NAME_MAX_BYTES + 1];
	struct span name;
	int code = operation_check_keys(call->body, "", keys, error);

	if (!code)
		code = read_name(call->body, "name", true, &name, error);
	if (code)
		return code;
	copy_name(name, text);
	code = bearer_revoke(call->app->config->tokens_file, name, clock_wall(), error);
	return code ? failure(code) : reload(call, text, error);
}
