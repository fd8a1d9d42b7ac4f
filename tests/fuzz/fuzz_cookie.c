/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Cookie header: pairs come in order, hold no ';', and nothing but separators and
 * white space lies between them. The same bytes are read as an address, a network, a list of hops
 * and a list of languages, which come from headers too.
 */
#include "text/accept_language.h"
#include "text/address.h"
#include "text/cookie.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const languages[] = {"en", "ja"};

static void check_cookies(struct span header)
{
	struct span name, value;
	size_t at = 0, last = 0;

	while (cookie_next(header, &at, &name, &value)) {
		assert(at > last && at <= header.size);
		last = at;
		assert(span_find(name, ';', 0) == name.size &&
		       span_find(name, '=', 0) == name.size);
		assert(span_find(value, ';', 0) == value.size);
		assert(value.data >= header.data &&
		       value.data + value.size <= header.data + header.size);
		assert(!name.data || name.data + name.size < value.data + value.size + 1);
	}
	assert(last <= header.size);
}

static void check_addresses(struct span text)
{
	struct address address, again, unknown = {0};
	char formatted[ADDRESS_TEXT_BYTES];
	struct network network;

	if (address_parse(text, &address) == 0) {
		address_format(&address, formatted);
		assert(address_parse(span_text(formatted), &again) == 0);
		assert(memcmp(address.bytes, again.bytes, sizeof(address.bytes)) == 0);
		address_truncate(&again);
	}
	if (network_parse(text, &network) == 0) {
		assert(network.prefix_bits <= 128);
		/* Wide networks of IPv6 hold nothing of IPv4, not even their own first address. */
		assert(network_holds(&network, &network.address) ||
		       (network.prefix_bits < 96 && address_is_v4(&network.address)));
	}
	address = address_of_client(unknown, true, text, NULL, 0);
	if (address.known)
		address_format(&address, formatted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_cookies(span_of(data, size));
	check_addresses(span_of(data, size));
	assert(accept_language_choose(span_of(data, size), languages, 2) < 2);
	return 0;
}
