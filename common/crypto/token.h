/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_TOKEN_H
#define WAYMARK_CRYPTO_TOKEN_H

#include "crypto/id.h"
#include "crypto/keyring.h"

/*
 * Tokens (DESIGN.md 4): base64url(key id 1 ‖ payload ‖ MAC 12), canonical only; MAC = the first 12
 * bytes of HMAC-SHA256(subkey, key id ‖ payload). The payload of each purpose is a row of fields of
 * fixed size (the self-contained link and the hand-over end with their URL); the table is in
 * token.c.
 */
enum {
	TOKEN_MAC_BYTES = 12,
	TOKEN_OVERHEAD_BYTES = 13,
	TOKEN_URL_MAX_BYTES = 2048,
	TOKEN_MAX_BYTES = TOKEN_OVERHEAD_BYTES + 16 + TOKEN_URL_MAX_BYTES,
	TOKEN_MAX_CHARS = (TOKEN_MAX_BYTES * 4 + 2) / 3,
	TOKEN_CLICK_CHARS = 44,
	TOKEN_LINK_PART_CHARS = 28,
	TOKEN_PROSPECT_PART_CHARS = 44,
	TOKEN_VISITOR_CHARS = 43,
	TOKEN_FORM_VIEW_CHARS = 44,
	TOKEN_STAFF_CHARS = 23,
	TOKEN_HELD_CLICK_CHARS = 66,
	TOKEN_CONFIRM_CHARS = 50,
	TOKEN_NONCE_BYTES = 12
};

/* Random; says which hand-over a token is of, to the server that made it. */
struct token_nonce {
	uint8_t bytes[TOKEN_NONCE_BYTES];
};

/*
 * Flags of purpose 7 (the cookie); any other bit makes the token invalid. Without a consent bit the
 * browser has not chosen.
 */
enum {
	VISITOR_CONSENT_MASK = 3,
	VISITOR_CONSENT_DENIED = 1,
	VISITOR_CONSENT_MEASURE = 2,
	VISITOR_CONSENT_IDENTIFY = 3,
	VISITOR_BY_NAVIGATION = 4
};

/* What a token says; only the fields of its purpose mean anything, the others are zero. */
struct token {
	uint8_t key_id; /* set by token_open(); token_mint() uses the signing key */
	struct link_id link;
	struct prospect_id prospect;
	struct mailing_id mailing;
	struct campaign_id campaign;
	struct list_id list;
	struct form_id form;
	struct visitor_id visitor;
	struct visitor_tag tag;
	struct token_nonce nonce;
	uint16_t day;	 /* days since 1970-01-01 UTC */
	uint8_t flags;	 /* purpose 7 */
	uint32_t second; /* since 1970-01-01 UTC: of the form, the held click; the end of login,
			    hand-over, staff, confirmation */
	struct span
		url; /* purposes 4, 10; after token_open() it points into ret_token->url_bytes */
	uint8_t url_bytes[TOKEN_URL_MAX_BYTES];
};

enum {
	TOKEN_E_FORM = 1, /* not canonical base64url, or not the length of this purpose */
	TOKEN_E_KEY = 2,  /* key id unknown or retired */
	TOKEN_E_MAC = 3,  /* forged, mangled, or of another purpose or tracker */
	TOKEN_E_VALUE = 4 /* authentic, but a value is not allowed (unknown flag bit, empty URL) */
};

/*
 * Mint a token under the signing key. @tracker indexes keyring_load()'s hosts and is ignored for
 * purposes 1 to 6. @ret_text needs TOKEN_MAX_CHARS + 1 bytes (less for fixed sizes).
 *
 * Return: 0; TOKEN_E_VALUE when a field is out of its range.
 */
int token_mint(const struct keyring *keyring, enum purpose purpose, unsigned tracker,
	       const struct token *token, char *ret_text);

/*
 * Verify and read. Time depends on the length only, never on where a MAC differs
 * (sodium_memcmp). Expiry of purposes 8 to 12 is the caller's to judge.
 */
int token_open(const struct keyring *keyring, enum purpose purpose, unsigned tracker,
	       struct span text, struct token *ret_token);

/* Bytes of the fixed payload of @purpose (for 4 and 10: without its URL). */
size_t token_payload_bytes(enum purpose purpose);

#endif
