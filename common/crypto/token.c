/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens, by a table: a purpose's payload is a row of fields, copied to and from struct token in
 * that order. One function mints and one opens every purpose; adding one is adding a row.
 *
 * Invariants: nothing of a token is looked at before its MAC has verified, but its length and its
 * key id; a MAC is compared by sodium_memcmp() only; a value that could not be minted is not
 * accepted either, so that an exported subkey does not widen what the server takes (a mailer may
 * sign any address into a self-contained link, but never one that breaks a Location header).
 */
#include "crypto/token.h"

#include "base/encode.h"
#include "crypto/mac.h"

#include <assert.h>

enum field_kind { FIELD_END, FIELD_BYTES, FIELD_U8, FIELD_U16, FIELD_U32, FIELD_URL };

struct field {
	enum field_kind kind;
	uint8_t size;	 /* in the payload; 0 for the URL, which is the rest of it */
	uint16_t offset; /* in struct token */
};

#define FIELD(kind, member)                                                               \
	{                                                                                 \
		kind, sizeof(((struct token *)0)->member), offsetof(struct token, member) \
	}
#define ID(member) FIELD(FIELD_BYTES, member)

enum { FIELDS_MAX = 5 };

static const struct field layouts[PURPOSE_COUNT][FIELDS_MAX] = {
	[PURPOSE_CLICK] = {ID(link), ID(prospect)},
	[PURPOSE_LINK_PART] = {ID(link)},
	[PURPOSE_PROSPECT_PART] = {ID(prospect), ID(mailing)},
	[PURPOSE_SELF_CONTAINED] = {ID(campaign), ID(prospect), {FIELD_URL}},
	[PURPOSE_OPEN] = {ID(mailing), ID(prospect)},
	[PURPOSE_SUBSCRIPTION] = {ID(prospect), ID(list)},
	[PURPOSE_VISITOR] = {ID(visitor), FIELD(FIELD_U16, day), FIELD(FIELD_U8, flags)},
	[PURPOSE_FORM_VIEW] = {ID(form), ID(tag), FIELD(FIELD_U32, second)},
	[PURPOSE_LOGIN] = {ID(prospect), ID(tag), FIELD(FIELD_U32, second)},
	[PURPOSE_HANDOVER] = {ID(nonce), FIELD(FIELD_U32, second), {FIELD_URL}},
	[PURPOSE_STAFF] = {FIELD(FIELD_U32, second)},
	[PURPOSE_HELD_CLICK] = {ID(prospect), ID(link), ID(mailing), ID(campaign),
				FIELD(FIELD_U32, second)},
	[PURPOSE_CONFIRM] = {ID(prospect), ID(tag), FIELD(FIELD_U32, second)},
};

static const struct field *field_after(enum purpose purpose, const struct field *field)
{
	const struct field *first = layouts[purpose];

	assert(purpose >= PURPOSE_FIRST && purpose < PURPOSE_COUNT);
	field = field ? field + 1 : first;
	return field < first + FIELDS_MAX && field->kind != FIELD_END ? field : NULL;
}

size_t token_payload_bytes(enum purpose purpose)
{
	const struct field *field = NULL;
	size_t size = 0;

	while ((field = field_after(purpose, field)) != NULL)
		size += field->size;
	return size;
}

/* What goes into a Location header as it is: http(s), printable ASCII without space, bounded. */
static bool is_location(struct span url)
{
	struct span schemes[] = {SPAN("http://"), SPAN("https://")};

	if (url.size > TOKEN_URL_MAX_BYTES)
		return false;
	for (size_t i = 0; i < url.size; i++)
		if (url.data[i] <= ' ' || url.data[i] >= 0x7F)
			return false;
	for (size_t i = 0; i < 2; i++)
		if (span_starts_nocase(url, schemes[i]) && url.size > schemes[i].size)
			return true;
	return false;
}

static bool has_url(enum purpose purpose)
{
	return purpose == PURPOSE_SELF_CONTAINED || purpose == PURPOSE_HANDOVER;
}

static bool is_flags(uint8_t flags)
{
	return (flags & ~(VISITOR_CONSENT_MASK | VISITOR_BY_NAVIGATION)) == 0;
}

/* Before minting, and after the MAC has verified: are all values of this payload allowed? */
static int check_values(enum purpose purpose, struct span payload)
{
	if (has_url(purpose) &&
	    !is_location(span_slice(payload, token_payload_bytes(purpose), payload.size)))
		return TOKEN_E_VALUE;
	if (purpose == PURPOSE_VISITOR && !is_flags(payload.data[payload.size - 1]))
		return TOKEN_E_VALUE;
	return 0;
}

/* Return: bytes written to @to, which has room for the longest payload. */
static size_t write_payload(enum purpose purpose, const struct token *token, uint8_t *to)
{
	const struct field *field = NULL;
	size_t size = 0;

	while ((field = field_after(purpose, field)) != NULL) {
		const uint8_t *member = (const uint8_t *)token + field->offset;

		if (field->kind == FIELD_U16) {
			put_u16(to + size, token->day);
		} else if (field->kind == FIELD_U32) {
			put_u32(to + size, token->second);
		} else if (field->kind == FIELD_URL) {
			memcpy(to + size, token->url.data, token->url.size);
			size += token->url.size;
		} else {
			memcpy(to + size, member, field->size);
		}
		size += field->size;
	}
	return size;
}

static void read_payload(enum purpose purpose, struct span payload, struct token *ret_token)
{
	const struct field *field = NULL;
	size_t at = 0;

	while ((field = field_after(purpose, field)) != NULL) {
		const uint8_t *from = payload.data + at;

		if (field->kind == FIELD_U16) {
			ret_token->day = get_u16(from);
		} else if (field->kind == FIELD_U32) {
			ret_token->second = get_u32(from);
		} else if (field->kind == FIELD_URL) {
			memcpy(ret_token->url_bytes, from, payload.size - at);
			ret_token->url = span_of(ret_token->url_bytes, payload.size - at);
		} else {
			memcpy((uint8_t *)ret_token + field->offset, from, field->size);
		}
		at += field->size;
	}
}

int token_mint(const struct keyring *keyring, enum purpose purpose, unsigned tracker,
	       const struct token *token, char *ret_text)
{
	const struct mac *key =
		keyring_subkey(keyring, keyring_signing_id(keyring), purpose, tracker);
	uint8_t bytes[TOKEN_MAX_BYTES], mac[MAC_BYTES];
	size_t size;
	int code;

	assert(key);
	if (has_url(purpose) && !is_location(token->url))
		return TOKEN_E_VALUE;
	bytes[0] = keyring_signing_id(keyring);
	size = 1 + write_payload(purpose, token, bytes + 1);
	code = check_values(purpose, span_of(bytes + 1, size - 1));
	if (code)
		return code;
	mac_compute(key, span_of(bytes, size), mac);
	memcpy(bytes + size, mac, TOKEN_MAC_BYTES);
	base64url_format(bytes, size + TOKEN_MAC_BYTES, ret_text);
	return 0;
}

static bool is_length(enum purpose purpose, size_t chars)
{
	size_t fixed = TOKEN_OVERHEAD_BYTES + token_payload_bytes(purpose);

	if (has_url(purpose))
		return chars >= BASE64URL_CHARS(fixed) && chars <= TOKEN_MAX_CHARS;
	return chars == BASE64URL_CHARS(fixed);
}

int token_open(const struct keyring *keyring, enum purpose purpose, unsigned tracker,
	       struct span text, struct token *ret_token)
{
	uint8_t bytes[TOKEN_MAX_BYTES], mac[MAC_BYTES];
	const struct mac *key;
	struct span payload;
	size_t size;
	int code;

	if (!is_length(purpose, text.size) || base64url_parse(text, bytes, sizeof(bytes), &size))
		return TOKEN_E_FORM;
	key = keyring_subkey(keyring, bytes[0], purpose, tracker);
	if (!key)
		return TOKEN_E_KEY;
	mac_compute(key, span_of(bytes, size - TOKEN_MAC_BYTES), mac);
	if (sodium_memcmp(mac, bytes + size - TOKEN_MAC_BYTES, TOKEN_MAC_BYTES) != 0)
		return TOKEN_E_MAC;
	payload = span_of(bytes + 1, size - TOKEN_OVERHEAD_BYTES);
	code = check_values(purpose, payload);
	if (code)
		return code;
	/* The bytes of the URL are written below as far as it reaches; zeroing them costs a click.
	 */
	memset(ret_token, 0, offsetof(struct token, url_bytes));
	ret_token->key_id = bytes[0];
	read_payload(purpose, payload, ret_token);
	return 0;
}
