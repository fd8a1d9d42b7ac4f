/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers. What is derived here is derived by every node and by every mailer that holds the
 * identity key, in a few lines of any language (deploy/examples), and it ends up in mails that
 * nobody can recall: none of these functions ever changes its result.
 *
 * Each input begins with the name of its kind and a zero byte, and a link's parts follow their
 * lengths, so that no two different inputs are the same bytes.
 */
#include "crypto/id.h"

#include "base/encode.h"
#include "crypto/random.h"

#include <assert.h>

static void hmac_start(struct mac *mac, const struct mac *key, const char *kind)
{
	*mac = *key;
	mac_update(mac, span_of(kind, strlen(kind) + 1));
}

static void hmac_finish(struct mac *mac, void *ret_id, size_t size)
{
	uint8_t whole[MAC_BYTES];

	mac_finish(mac, whole);
	memcpy(ret_id, whole, size);
	sodium_memzero(whole, sizeof(whole));
}

static bool is_control(uint8_t byte)
{
	return byte < 0x20 || byte == 0x7F;
}

/* Of the bytes that are left after trimming: is this an address? */
static bool is_address(struct span address)
{
	size_t at = address.size;

	if (address.size > ID_ADDRESS_MAX_BYTES)
		return false;
	for (size_t i = 0; i < address.size; i++) {
		if (is_control(address.data[i]) || address.data[i] == ' ')
			return false;
		if (address.data[i] == '@')
			at = i;
	}
	return at > 0 && at + 1 < address.size && utf8_valid(address);
}

int id_normalise_address(struct span address, struct buffer *ret_address)
{
	uint8_t *room;

	address = span_trim(address);
	if (!is_address(address))
		return ID_E_ADDRESS;
	room = buffer_reserve(ret_address, address.size);
	if (!room)
		return ret_address->error;
	for (size_t i = 0; i < address.size; i++) {
		uint8_t byte = address.data[i];

		room[i] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
	}
	ret_address->size += address.size;
	return 0;
}

int id_of_address(const struct keyring *keyring, struct span address, struct prospect_id *ret_id)
{
	cleanup_buffer struct buffer normal = BUFFER_INIT;
	struct mac state;
	int code;

	code = id_normalise_address(address, &normal);
	if (code)
		return code;
	hmac_start(&state, keyring_identity(keyring), "prospect");
	mac_update(&state, buffer_span(&normal));
	hmac_finish(&state, ret_id->bytes, sizeof(ret_id->bytes));
	return 0;
}

static void update_sized(struct mac *state, struct span part)
{
	uint8_t size[4];

	assert(part.size <= UINT32_MAX);
	put_u32(size, (uint32_t)part.size);
	mac_update(state, span_of(size, sizeof(size)));
	mac_update(state, part);
}

void id_of_link(const struct keyring *keyring, struct span mailing, struct span campaign,
		struct span label, struct span url, struct link_id *ret_id)
{
	const struct span parts[] = {mailing, campaign, label, url};
	struct mac state;

	hmac_start(&state, keyring_identity(keyring), "link");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		update_sized(&state, parts[i]);
	hmac_finish(&state, ret_id->bytes, sizeof(ret_id->bytes));
}

static const struct {
	const char *text;
	size_t id_bytes;
} kinds[NAME_KIND_COUNT] = {
	[NAME_CAMPAIGN] = {"campaign", sizeof(struct campaign_id)},
	[NAME_MAILING] = {"mailing", sizeof(struct mailing_id)},
	[NAME_LIST] = {"list", sizeof(struct list_id)},
	[NAME_FORM] = {"form", sizeof(struct form_id)},
};

const char *name_kind_text(enum name_kind kind)
{
	assert(kind >= NAME_CAMPAIGN && kind <= NAME_FORM);
	return kinds[kind].text;
}

size_t name_kind_id_bytes(enum name_kind kind)
{
	assert(kind >= NAME_CAMPAIGN && kind <= NAME_FORM);
	return kinds[kind].id_bytes;
}

int id_check_name(struct span name)
{
	if (name.size < 1 || name.size > ID_NAME_MAX_BYTES || !utf8_valid(name))
		return ID_E_NAME;
	for (size_t at = 0; at < name.size;) {
		uint32_t c = utf8_next(name, &at);

		if (c < 0x20 || (c >= 0x7F && c < 0xA0))
			return ID_E_NAME;
	}
	return 0;
}

void id_of_name(enum name_kind kind, struct span name, void *ret_id)
{
	const char *text = name_kind_text(kind);
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)text, strlen(text) + 1);
	if (name.size > 0)
		crypto_hash_sha256_update(&state, name.data, name.size);
	crypto_hash_sha256_final(&state, hash);
	memcpy(ret_id, hash, name_kind_id_bytes(kind));
}

void id_of_source(struct span source, struct span id, uint8_t ret_mark[ID_SOURCE_MARK_BYTES])
{
	static const uint8_t kind[] = "source", nul = 0;
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, kind, sizeof(kind));
	if (source.size > 0)
		crypto_hash_sha256_update(&state, source.data, source.size);
	crypto_hash_sha256_update(&state, &nul, sizeof(nul));
	if (id.size > 0)
		crypto_hash_sha256_update(&state, id.data, id.size);
	crypto_hash_sha256_final(&state, hash);
	memcpy(ret_mark, hash, ID_SOURCE_MARK_BYTES);
}

void id_of_erased(const struct keyring *keyring, const struct prospect_id *id, uint8_t ret_mark[32])
{
	struct mac state;

	hmac_start(&state, keyring_identity(keyring), "erased");
	mac_update(&state, span_of(id->bytes, sizeof(id->bytes)));
	hmac_finish(&state, ret_mark, 32);
}

void id_of_bounce(const struct keyring *keyring, struct span message_id, struct span status,
		  size_t number, uint8_t ret_id[ID_BOUNCE_BYTES])
{
	struct mac state;
	uint8_t bytes[8];

	put_u64(bytes, number);
	hmac_start(&state, keyring_identity(keyring), "bounce");
	update_sized(&state, message_id);
	update_sized(&state, status);
	mac_update(&state, span_of(bytes, sizeof(bytes)));
	hmac_finish(&state, ret_id, ID_BOUNCE_BYTES);
}

static void tag_under_key(const struct mac *key, const struct visitor_id *visitor,
			  struct visitor_tag *ret_tag)
{
	struct mac state;

	hmac_start(&state, key, "tag");
	mac_update(&state, span_of(visitor->bytes, sizeof(visitor->bytes)));
	hmac_finish(&state, ret_tag->bytes, sizeof(ret_tag->bytes));
}

void id_tag_of_visitor(const struct keyring *keyring, unsigned tracker,
		       const struct visitor_id *visitor, struct visitor_tag *ret_tag)
{
	const struct mac *key =
		keyring_subkey(keyring, keyring_signing_id(keyring), PURPOSE_VISITOR, tracker);

	assert(key);
	*ret_tag = (struct visitor_tag){0};
	if (!id_is_zero(visitor->bytes, sizeof(visitor->bytes)))
		tag_under_key(key, visitor, ret_tag);
}

bool id_tag_is_of_visitor(const struct keyring *keyring, unsigned tracker,
			  const struct visitor_tag *tag, const struct visitor_id *visitor)
{
	bool same = false;

	if (id_is_zero(tag->bytes, sizeof(tag->bytes)) ||
	    id_is_zero(visitor->bytes, sizeof(visitor->bytes)))
		return false;
	for (size_t i = 0; i < keyring_count(keyring); i++) {
		const struct mac *key = keyring_subkey(keyring, keyring_get(keyring, i).id,
						       PURPOSE_VISITOR, tracker);
		struct visitor_tag under;

		if (!key)
			continue;
		tag_under_key(key, visitor, &under);
		same |= sodium_memcmp(under.bytes, tag->bytes, sizeof(under.bytes)) == 0;
	}
	return same;
}

void id_random_visitor(struct visitor_id *ret_id)
{
	/* Zeros say "none"; 128 random bits are never all zero in practice, nor here. */
	do
		random_take(ret_id->bytes, sizeof(ret_id->bytes));
	while (id_is_zero(ret_id->bytes, sizeof(ret_id->bytes)));
}

void id_random_handle(struct handle *ret_handle)
{
	do
		random_take(ret_handle->bytes, sizeof(ret_handle->bytes));
	while (id_is_zero(ret_handle->bytes, sizeof(ret_handle->bytes)));
}
