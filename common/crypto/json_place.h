/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_JSON_PLACE_H
#define WAYMARK_CRYPTO_JSON_PLACE_H

#include "base/bytes.h"
#include "base/error.h"

#include <jansson.h>

/*
 * Reading a small JSON file strictly (keys.json, tokens.json): each refusal names the file and the
 * place in it, and what is not known is refused. Private to crypto/.
 */
struct json_place {
	const char *path;
	char key[64]; /* of the value that is being judged, for messages: "keys[2]" */
	int code;     /* what a refusal returns: KEYRING_E_FILE */
	struct error *error;
};

/*
 * The file's text. What could not be read is named by line and column and never quoted, since it
 * may be a secret. Return: 0 with a new reference; place->code; -ENOMEM.
 */
int json_place_load(const struct json_place *place, struct span text, json_t **ret_root);

/* "path: key: sentence". Return: place->code. */
int json_place_refuse(const struct json_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* @object is one, and every member of it is one of @names (ended by NULL). */
int json_place_members(const struct json_place *place, json_t *object, const char *const *names);

/* "version" is 1. The place is there afterwards. */
int json_place_version(struct json_place *place, const json_t *root);

#endif
