/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_ADDRESS_H
#define WAYMARK_TEXT_ADDRESS_H

#include "base/bytes.h"

/*
 * IP addresses and networks. Kept as 16 bytes; IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), so that
 * both families share one form.
 */
struct address {
	uint8_t bytes[16];
	bool known; /* false: a Unix socket, or nothing that could be read */
};

struct network {
	struct address address;
	unsigned prefix_bits; /* of 128 */
};

enum { ADDRESS_TEXT_BYTES = 46, ADDRESS_E_FORM = 1 };

/* "203.0.113.7", "2001:db8::1", "[2001:db8::1]", each also with ":port" where unambiguous. */
int address_parse(struct span text, struct address *ret_address);
/* "127.0.0.1/32", "2001:db8::/32"; without a prefix one address. Host bits must be zero. */
int network_parse(struct span text, struct network *ret_network);
/* A network wider than /96 holds IPv6 only: "::/0" says nothing about IPv4. Unknown: false. */
bool network_holds(const struct network *network, const struct address *address);
bool address_is_v4(const struct address *address);

/*
 * Who an address is, for limits: IPv4 whole, IPv6 by its /64, which is what one customer gets. Of
 * an unknown one it says nothing.
 */
uint64_t address_name(const struct address *address);

/* IPv4 cut to /24, IPv6 to /48. */
void address_truncate(struct address *address);
void address_format(const struct address *address, char ret_text[ADDRESS_TEXT_BYTES]);

/*
 * The client: right-most hop of X-Forwarded-For (all headers joined in order with ", ") that is not
 * in
 * @trusted, starting from @peer; @peer itself when it is not trusted. An unreadable hop ends the
 * walk at the hop to its right.
 */
struct address address_of_client(struct address peer, bool peer_is_trusted,
				 struct span forwarded_for, const struct network *trusted,
				 size_t trusted_count);

#endif
