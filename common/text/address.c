/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses and networks over inet_pton(3) and inet_ntop(3), which read only the canonical
 * dotted form of IPv4: no octal, no short forms, so that no two readers differ.
 *
 * A hop of X-Forwarded-For is written by whoever sent the request until a trusted proxy appended
 * its own; the walk therefore goes from the right and stops at the first hop that is not ours.
 */
#include "text/address.h"

#include "base/encode.h"

#include <arpa/inet.h>

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/* Cut ":port" off; false when what follows the last colon is no port. */
static bool cut_port(struct span *text)
{
	size_t at = text->size, digits;

	while (at > 0 && text->data[at - 1] >= '0' && text->data[at - 1] <= '9')
		at--;
	digits = text->size - at;
	if (at == 0 || text->data[at - 1] != ':' || digits == 0 || digits > 5)
		return false;
	text->size = at - 1;
	return true;
}

/* "[v6]" and "[v6]:port" become "v6"; "v4:port" becomes "v4". */
static bool unwrap(struct span *text)
{
	size_t colon = span_find(*text, ':', 0);

	if (text->size > 0 && text->data[0] == '[') {
		if (text->data[text->size - 1] != ']' && !cut_port(text))
			return false;
		if (text->size < 2 || text->data[text->size - 1] != ']')
			return false;
		*text = span_slice(*text, 1, text->size - 2);
		return span_find(*text, ':', 0) < text->size;
	}
	if (colon < text->size && span_find(*text, ':', colon + 1) == text->size)
		return cut_port(text);
	return true;
}

int address_parse(struct span text, struct address *ret_address)
{
	struct address address = {.known = true};
	char copy[ADDRESS_TEXT_BYTES];

	if (!unwrap(&text) || text.size == 0 || text.size >= sizeof(copy) ||
	    span_find(text, '\0', 0) < text.size)
		return ADDRESS_E_FORM;
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	if (inet_pton(AF_INET, copy, address.bytes + 12) == 1)
		memcpy(address.bytes, v4_prefix, sizeof(v4_prefix));
	else if (inet_pton(AF_INET6, copy, address.bytes) != 1)
		return ADDRESS_E_FORM;
	*ret_address = address;
	return 0;
}

bool address_is_v4(const struct address *address)
{
	return address->known && memcmp(address->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

/* Whether all bits from @from on are zero. */
static bool rest_is_zero(const uint8_t bytes[16], unsigned from)
{
	for (unsigned bit = from; bit < 128; bit++)
		if (bytes[bit / 8] & (0x80 >> (bit % 8)))
			return false;
	return true;
}

static int parse_prefix(struct span text, unsigned limit, unsigned *ret_bits)
{
	unsigned bits = 0;

	if (text.size == 0 || text.size > 3 || (text.size > 1 && text.data[0] == '0'))
		return ADDRESS_E_FORM;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return ADDRESS_E_FORM;
		bits = bits * 10 + (text.data[i] - '0');
	}
	if (bits > limit)
		return ADDRESS_E_FORM;
	*ret_bits = bits;
	return 0;
}

int network_parse(struct span text, struct network *ret_network)
{
	size_t slash = span_find(text, '/', 0);
	struct span written = span_slice(text, 0, slash);
	size_t colon = span_find(written, ':', 0);
	bool is_v6 = colon < written.size;
	struct network network = {.prefix_bits = 128};
	unsigned bits;

	/* A network has no port and no brackets: one colon alone is a port's. */
	if (address_parse(written, &network.address) || written.data[0] == '[' ||
	    (is_v6 && span_find(written, ':', colon + 1) == written.size))
		return ADDRESS_E_FORM;
	if (slash < text.size) {
		if (parse_prefix(span_slice(text, slash + 1, text.size), is_v6 ? 128 : 32, &bits))
			return ADDRESS_E_FORM;
		network.prefix_bits = is_v6 ? bits : bits + 96;
	}
	if (!rest_is_zero(network.address.bytes, network.prefix_bits))
		return ADDRESS_E_FORM;
	*ret_network = network;
	return 0;
}

bool network_holds(const struct network *network, const struct address *address)
{
	unsigned bytes = network->prefix_bits / 8, bits = network->prefix_bits % 8;

	/* "::/0" says all of IPv6; the form that both families share must not make it say more. */
	if (network->prefix_bits < 96 && address_is_v4(address))
		return false;
	if (!address->known || memcmp(network->address.bytes, address->bytes, bytes) != 0)
		return false;
	return bits == 0 ||
	       ((network->address.bytes[bytes] ^ address->bytes[bytes]) >> (8 - bits)) == 0;
}

/* An IPv4 address has the place of a prefix that no IPv6 network is assigned. */
uint64_t address_name(const struct address *address)
{
	return get_u64(address->bytes + (address_is_v4(address) ? 8 : 0));
}

void address_truncate(struct address *address)
{
	unsigned keep = address_is_v4(address) ? 15 : 6;

	memset(address->bytes + keep, 0, sizeof(address->bytes) - keep);
}

void address_format(const struct address *address, char ret_text[ADDRESS_TEXT_BYTES])
{
	bool v4 = address_is_v4(address);

	ret_text[0] = '\0';
	if (address->known)
		(void)inet_ntop(v4 ? AF_INET : AF_INET6, address->bytes + (v4 ? 12 : 0), ret_text,
				ADDRESS_TEXT_BYTES);
}

static bool is_trusted(const struct address *address, const struct network *trusted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (network_holds(&trusted[i], address))
			return true;
	return false;
}

struct address address_of_client(struct address peer, bool peer_is_trusted,
				 struct span forwarded_for, const struct network *trusted,
				 size_t trusted_count)
{
	struct address client = peer;
	size_t end = forwarded_for.size;

	if (!peer_is_trusted && !is_trusted(&peer, trusted, trusted_count))
		return peer;
	while (forwarded_for.size > 0) {
		size_t start = end;
		struct address hop;

		while (start > 0 && forwarded_for.data[start - 1] != ',')
			start--;
		if (address_parse(span_trim(span_slice(forwarded_for, start, end - start)), &hop))
			return client;
		client = hop;
		if (start == 0 || !is_trusted(&hop, trusted, trusted_count))
			return client;
		end = start - 1;
	}
	return client;
}
