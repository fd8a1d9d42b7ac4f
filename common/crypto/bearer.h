/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_BEARER_H
#define WAYMARK_CRYPTO_BEARER_H

#include "base/clock.h"
#include "crypto/private_file.h"

/*
 * The tokens with which other programs use the admin API: who may do what. On disk it is
 * tokens.json, mode 0600; no file is no tokens:
 *
 *   {"version": 1, "tokens": [
 *     {"name": "shop", "source": "shop", "scopes": ["events:write"], "created": "2026-11-21T…Z",
 *      "expires": "2027-11-21T…Z", "hash": "<64 hex>"},
 *     {"name": "old", "source": "shop", "scopes": […], "created": "…", "revoked": "…"}]}
 *
 * Only hashes are kept: the secret is 32 random bytes, so that SHA-256 is as good as a slow hash.
 * A name is never given twice, since events name the token that reported them; a revoked token
 * therefore keeps its row. A set is immutable after load, so any number of threads may read one.
 */
enum {
	BEARER_NAME_MAX_BYTES = 64,
	BEARER_HASH_BYTES = 32,
	BEARER_SECRET_CHARS = 47, /* "wmk_" and 32 bytes in base64url */
	BEARERS_MAX = 500,
	BEARER_FILE_MAX_BYTES = 1 << 18
};

/* What a token may do. */
enum bearer_scope {
	SCOPE_EVENTS_IMPORT = 1,
	SCOPE_EVENTS_WRITE = 2,
	SCOPE_LINKS_WRITE = 4,
	SCOPE_PROSPECTS_READ = 8,
	SCOPE_PROSPECTS_WRITE = 16
};

/* By number from 0: "events:write" and a sentence for the help; NULL: there are no more. */
const char *bearer_scope_name(unsigned number, const char **ret_sentence);
enum bearer_scope bearer_scope_find(struct span name); /* 0: there is none */
const char *bearer_scope_text(enum bearer_scope scope);

struct bearer {
	char name[BEARER_NAME_MAX_BYTES + 1];
	char source[BEARER_NAME_MAX_BYTES + 1]; /* of the events that it reports */
	unsigned scopes;
	usec_t created, expires, revoked; /* wall; 0: never */
	uint8_t hash[BEARER_HASH_BYTES];  /* zeros when it is revoked */
};

struct bearer_set {
	size_t count;
	struct bearer rows[]; /* in the order in which they were made */
};

enum {
	BEARER_E_FILE = 1, /* unreadable, wrong mode, or not a list of tokens; @error says where */
	BEARER_E_UNKNOWN = 2, /* no such token, or it is revoked */
	BEARER_E_EXPIRED = 3,
	BEARER_E_TAKEN = 4, /* the name is another token's; @error */
	BEARER_E_FULL = 5   /* BEARERS_MAX are there; @error */
};

/* Return: 0; BEARER_E_FILE with @error; -ENOMEM. */
int bearer_set_load(const char *path, struct bearer_set **ret_set, struct error *error);
void bearer_set_free(struct bearer_set *set); /* NULL allowed */
/* The same from memory; @path is for messages. For fuzzers and tests too. */
int bearer_set_parse(const char *path, struct span text, struct bearer_set **ret_set,
		     struct error *error);
void bearer_set_format(const struct bearer_set *set, struct buffer *to);

/* Whose secret that is. Takes as long for every secret. Return: 0; BEARER_E_UNKNOWN, _EXPIRED. */
int bearer_find(const struct bearer_set *set, struct span secret, usec_t now,
		const struct bearer **ret_bearer);

/* 1 to BEARER_NAME_MAX_BYTES of a-z 0-9 . _ - */
bool bearer_name_is_valid(struct span name);

/* A new secret, which nothing else keeps, and its hash. */
void bearer_mint(char ret_secret[BEARER_SECRET_CHARS + 1], uint8_t ret_hash[BEARER_HASH_BYTES]);

/*
 * Change the file at @path, whole and synced; the set that a server holds is another matter, which
 * it loads anew. Adding the same row twice is adding it once, revoking likewise. @owner_of: to whom
 * root gives the first one (crypto/private_file.h).
 *
 * Return: 0; BEARER_E_FILE, _TAKEN, _FULL; revoking: BEARER_E_FILE, _UNKNOWN with @error; -ENOMEM.
 */
int bearer_add(const char *path, const char *owner_of, const struct bearer *bearer,
	       struct error *error);
int bearer_revoke(const char *path, struct span name, usec_t now, struct error *error);

#endif
