/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on the keyring.
 *
 *   POST /api/v1/keys/rotate   {}           {"id": 4}    the key that signs from now on
 *   POST /api/v1/keys/retire   {"id": 3}    {"id": 3}
 *
 * The file is changed first, whole and synced; then this process loads it, so that what is minted
 * after the reply is signed by the new key and what a retired key signed is refused. Nothing of it
 * goes into the log: the keyring says itself which keys there are and since when.
 */
#include "app/operation.h"

#include <errno.h>

/* The operation's code for one of keyring.h; the sentence is there already. */
static int failure(int code)
{
	if (code == KEYRING_E_UNKNOWN)
		return OPERATION_E_ABSENT;
	if (code == KEYRING_E_FULL || code == KEYRING_E_SIGNING || code == KEYRING_E_RETIRED)
		return OPERATION_E_CONFLICT;
	return code < 0 ? code : OPERATION_E_FAILED;
}

/* Take the changed file into use. */
static int reload(struct operation_call *call, unsigned id, struct error *error)
{
	json_t *reply = json_pack("{s:i}", "id", (int)id);

	if (!reply)
		return -ENOMEM;
	if (app_reload_keyring(call->app, error)) {
		json_decref(reply);
		error_prefix(error, "the keyring is changed, but cannot be taken into use: ");
		return OPERATION_E_FAILED;
	}
	call->reply = reply;
	return 0;
}

int operation_keys_rotate(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {NULL};
	uint8_t id = 0;
	int code;

	code = operation_check_keys(call->body, "", keys, error);
	if (code)
		return code;
	code = keyring_rotate(call->app->config->keys_file, &id, error);
	return code ? failure(code) : reload(call, id, error);
}

int operation_keys_retire(struct operation_call *call, struct error *error)
{
	static const char *const keys[] = {"id", NULL};
	uint64_t id = 0;
	int code;

	code = operation_check_keys(call->body, "", keys, error);
	if (!code)
		code = operation_number(call->body, "", "id", 1, 255, &id, error);
	if (code)
		return code;
	code = keyring_retire(call->app->config->keys_file, (uint8_t)id, error);
	return code ? failure(code) : reload(call, (unsigned)id, error);
}
