/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of the admin API, once they are in memory, and their two changes. Each change reads the
 * file, changes the list and replaces the file whole, under data/lock.
 *
 * A secret is looked for in all rows and compared in constant time, so that an answer's time tells
 * nothing of the hashes. Its text begins with "wmk_", by which programs that look for secrets in
 * source code and logs know it.
 */
#include "crypto/bearer.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

static const char secret_prefix[] = "wmk_";

/* clang-format off */
static const struct {
	enum bearer_scope scope;
	const char *name, *sentence;
} scopes[] = {
	{SCOPE_EVENTS_IMPORT,   "events:import",   "import events of other systems, with their times"},
	{SCOPE_EVENTS_WRITE,    "events:write",    "report logins, purchases and interactions of people"},
	{SCOPE_LINKS_WRITE,     "links:write",     "register tracked links"},
	{SCOPE_PROSPECTS_READ,  "prospects:read",  "find people and see what is kept of them"},
	{SCOPE_PROSPECTS_WRITE, "prospects:write", "add and change people"},
};
/* clang-format on */

enum { SCOPE_COUNT = sizeof(scopes) / sizeof(scopes[0]) };

const char *bearer_scope_name(unsigned number, const char **ret_sentence)
{
	if (number >= SCOPE_COUNT)
		return NULL;
	*ret_sentence = scopes[number].sentence;
	return scopes[number].name;
}

enum bearer_scope bearer_scope_find(struct span name)
{
	for (unsigned i = 0; i < SCOPE_COUNT; i++)
		if (span_equal(name, span_text(scopes[i].name)))
			return scopes[i].scope;
	return 0;
}

const char *bearer_scope_text(enum bearer_scope scope)
{
	unsigned i = 0;

	while (i < SCOPE_COUNT && scopes[i].scope != scope)
		i++;
	assert(i < SCOPE_COUNT);
	return scopes[i].name;
}

bool bearer_name_is_valid(struct span name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
		    c != '-')
			return false;
	}
	return name.size >= 1 && name.size <= BEARER_NAME_MAX_BYTES;
}

void bearer_mint(char ret_secret[BEARER_SECRET_CHARS + 1], uint8_t ret_hash[BEARER_HASH_BYTES])
{
	uint8_t bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	memcpy(ret_secret, secret_prefix, sizeof(secret_prefix));
	base64url_format(bytes, sizeof(bytes), ret_secret + sizeof(secret_prefix) - 1);
	sodium_memzero(bytes, sizeof(bytes));
	(void)crypto_hash_sha256(ret_hash, (const uint8_t *)ret_secret, BEARER_SECRET_CHARS);
}

int bearer_find(const struct bearer_set *set, struct span secret, usec_t now,
		const struct bearer **ret_bearer)
{
	const struct bearer *found = NULL;
	uint8_t hash[BEARER_HASH_BYTES];

	if (secret.size != BEARER_SECRET_CHARS)
		return BEARER_E_UNKNOWN;
	(void)crypto_hash_sha256(hash, secret.data, secret.size);
	for (size_t i = 0; i < set->count; i++)
		if (sodium_memcmp(hash, set->rows[i].hash, sizeof(hash)) == 0 &&
		    !set->rows[i].revoked)
			found = &set->rows[i];
	if (!found)
		return BEARER_E_UNKNOWN;
	if (found->expires && now >= found->expires)
		return BEARER_E_EXPIRED;
	*ret_bearer = found;
	return 0;
}

static struct private_file at(const char *path)
{
	return (struct private_file){
		.path = path,
		.name = "list of tokens",
		.prize = "tokens",
		.limit_bytes = BEARER_FILE_MAX_BYTES,
	};
}

int bearer_set_load(const char *path, struct bearer_set **ret_set, struct error *error)
{
	const struct private_file on_disk = at(path);
	cleanup_free uint8_t *text = malloc(BEARER_FILE_MAX_BYTES);
	size_t size;
	int code;

	if (!text)
		return -ENOMEM;
	code = private_file_read(&on_disk, text, &size, error);
	if (code == PRIVATE_FILE_E_ABSENT) {
		(void)error_set(error, 0, "%s", "");
		*ret_set = calloc(1, sizeof(**ret_set));
		return *ret_set ? 0 : -ENOMEM;
	}
	if (code)
		return code < 0 ? code : BEARER_E_FILE;
	return bearer_set_parse(path, span_of(text, size), ret_set, error);
}

void bearer_set_free(struct bearer_set *set)
{
	free(set);
}

static void cleanup_set(struct bearer_set **set)
{
	bearer_set_free(*set);
}

static int save(const char *path, const char *owner_of, const struct bearer_set *set,
		struct error *error)
{
	struct private_file on_disk = at(path);
	cleanup_buffer struct buffer text = {.limit = BEARER_FILE_MAX_BYTES};
	int code;

	on_disk.owner_of = owner_of;
	bearer_set_format(set, &text);
	if (text.error)
		return text.error;
	code = access(path, F_OK) == 0 ? private_file_replace(&on_disk, buffer_span(&text), error)
				       : private_file_create(&on_disk, buffer_span(&text), error);
	if (code == PRIVATE_FILE_E_EXISTS)
		return error_set(error, BEARER_E_FILE, "%s: somebody else has just made it", path);
	return code > 0 ? BEARER_E_FILE : code;
}

static struct bearer *find_name(struct bearer_set *set, struct span name)
{
	for (size_t i = 0; i < set->count; i++)
		if (span_equal(name, span_text(set->rows[i].name)))
			return &set->rows[i];
	return NULL;
}

/* Whoever asks again because no answer came is not told that the name is taken: by itself. */
static int judge_taken(const char *path, const struct bearer *known, const struct bearer *bearer,
		       struct error *error)
{
	if (!known->revoked && memcmp(known->hash, bearer->hash, sizeof(known->hash)) == 0)
		return 0;
	return error_set(error, BEARER_E_TAKEN,
			 "%s: there %s a token '%s', and a name is given once; choose another",
			 path, known->revoked ? "was" : "is", known->name);
}

int bearer_add(const char *path, const char *owner_of, const struct bearer *bearer,
	       struct error *error)
{
	cleanup(cleanup_set) struct bearer_set *set = NULL;
	const struct bearer *known;
	struct bearer_set *larger;
	int code = bearer_set_load(path, &set, error);

	if (code)
		return code;
	known = find_name(set, span_text(bearer->name));
	if (known)
		return judge_taken(path, known, bearer, error);
	if (set->count >= BEARERS_MAX)
		return error_set(error, BEARER_E_FULL,
				 "%s: there are %d tokens, with those that are revoked; take rows "
				 "of revoked ones out of the file",
				 path, BEARERS_MAX);
	larger = realloc(set, sizeof(*set) + (set->count + 1) * sizeof(set->rows[0]));
	if (!larger)
		return -ENOMEM;
	set = larger;
	set->rows[set->count++] = *bearer;
	return save(path, owner_of, set, error);
}

int bearer_revoke(const char *path, struct span name, usec_t now, struct error *error)
{
	cleanup(cleanup_set) struct bearer_set *set = NULL;
	struct bearer *bearer;
	int code = bearer_set_load(path, &set, error);

	if (code)
		return code;
	bearer = find_name(set, name);
	if (!bearer)
		return error_set(error, BEARER_E_UNKNOWN, "%s: there is no token '%.*s'", path,
				 (int)name.size, (const char *)name.data);
	if (bearer->revoked)
		return 0;
	bearer->revoked = now;
	sodium_memzero(bearer->hash, sizeof(bearer->hash));
	return save(path, NULL, set, error);
}
