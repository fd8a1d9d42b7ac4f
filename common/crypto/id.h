/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_CRYPTO_ID_H
#define WAYMARK_CRYPTO_ID_H

#include "base/bytes.h"
#include "crypto/keyring.h"

#include <assert.h>

/*
 * Identifiers (DESIGN.md 4): fixed runs of bytes in types of their own, so that one is never passed
 * for another. All are compared as bytes; none is secret, but a prospect id never enters the log.
 */
struct prospect_id {
	uint8_t bytes[12];
}; /* HMAC(identity, "prospect" 0 address) */
struct link_id {
	uint8_t bytes[8];
}; /* HMAC(identity, "link" 0 …) */
struct mailing_id {
	uint8_t bytes[8];
}; /* SHA-256("mailing" 0 name); zeros: none */
struct campaign_id {
	uint8_t bytes[4];
}; /* SHA-256("campaign" 0 name); zeros: none */
struct list_id {
	uint8_t bytes[4];
};
struct form_id {
	uint8_t bytes[8];
};
struct visitor_id {
	uint8_t bytes[16];
}; /* random; zeros: none */
struct visitor_tag {
	uint8_t bytes[8];
}; /* safe to show; zeros: no visitor */
struct handle {
	uint8_t bytes[12];
}; /* random; what the log knows of a person */

/* True when all bytes of the id at @id (of @size) are zero, in other words "none". */
static inline bool id_is_zero(const void *id, size_t size)
{
	static const uint8_t zeros[sizeof(struct visitor_id)]; /* the longest */

	assert(size <= sizeof(zeros));
	return memcmp(id, zeros, size) == 0;
}

enum { ID_ADDRESS_MAX_BYTES = 320, ID_NAME_MAX_BYTES = 255 };

/*
 * Normalise an e-mail address by rule v1, for ever: ASCII white space stripped from both ends,
 * ASCII letters lower-cased, nothing else. Accepted: at least one byte on each side of the last
 * '@', no white space, control or NUL inside, valid UTF-8, at most ID_ADDRESS_MAX_BYTES. Appends
 * the result to @ret_address.
 *
 * Return: 0; ID_E_ADDRESS; negative errno.
 */
enum { ID_E_ADDRESS = 1, ID_E_NAME = 2 };
int id_normalise_address(struct span address, struct buffer *ret_address);

/* The prospect id of an address, which is normalised first. Return: 0; ID_E_ADDRESS; errno. */
int id_of_address(const struct keyring *keyring, struct span address, struct prospect_id *ret_id);

/*
 * The link id: first 8 bytes of HMAC-SHA256(identity key, "link" 0 mailing campaign label url),
 * each after its length in 4 bytes. @url is what Location will be; absent spans count as empty.
 */
void id_of_link(const struct keyring *keyring, struct span mailing, struct span campaign,
		struct span label, struct span url, struct link_id *ret_id);

enum name_kind { NAME_CAMPAIGN = 1, NAME_MAILING = 2, NAME_LIST = 3, NAME_FORM = 4 };
enum { NAME_KIND_COUNT = 5 };

const char *name_kind_text(enum name_kind kind); /* "campaign" … */
size_t name_kind_id_bytes(enum name_kind kind);	 /* 4 or 8 */

/* A name is 1 to ID_NAME_MAX_BYTES of valid UTF-8 without controls. Return: 0; ID_E_NAME. */
int id_check_name(struct span name);
/* The first bytes of SHA-256(kind 0 name) into @ret_id (name_kind_id_bytes() of them). */
void id_of_name(enum name_kind kind, struct span name, void *ret_id);

/* First 16 bytes of SHA-256("source" 0 source 0 id): an imported event, by where it came from. */
enum { ID_SOURCE_MARK_BYTES = 16 };
void id_of_source(struct span source, struct span id, uint8_t ret_mark[ID_SOURCE_MARK_BYTES]);

/* HMAC-SHA256(identity key, "erased" 0 prospect id): all that stays of an erased person. */
void id_of_erased(const struct keyring *keyring, const struct prospect_id *id,
		  uint8_t ret_mark[32]);

/*
 * First 16 bytes of HMAC(identity key, "bounce" 0 message-id status number), each text after its
 * length in 4 bytes: a notification (RFC 3464), number 0; and what it says of its recipient of that
 * number, with its own bytes in the place of the message-id. Keyed, since the status holds
 * addresses.
 */
enum { ID_BOUNCE_BYTES = 16 };
void id_of_bounce(const struct keyring *keyring, struct span message_id, struct span status,
		  size_t number, uint8_t ret_id[ID_BOUNCE_BYTES]);

/* First 8 bytes of HMAC(subkey 7 of @tracker under the signing key, "tag" 0 visitor id). */
void id_tag_of_visitor(const struct keyring *keyring, unsigned tracker,
		       const struct visitor_id *visitor, struct visitor_tag *ret_tag);

/*
 * Is @tag what id_tag_of_visitor() gives for @visitor, under any key that still verifies? A tag is
 * handed out before a rotation and comes back behind it. Zeros are nobody's.
 */
bool id_tag_is_of_visitor(const struct keyring *keyring, unsigned tracker,
			  const struct visitor_tag *tag, const struct visitor_id *visitor);

void id_random_visitor(struct visitor_id *ret_id); /* from a block of random bytes, not a syscall */
void id_random_handle(struct handle *ret_handle);

#endif
