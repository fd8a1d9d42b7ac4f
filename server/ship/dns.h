/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_DNS_H
#define WAYMARK_SHIP_DNS_H

#include "base/error.h"

#include <sys/socket.h>

/*
 * Asking a resolver whether a domain takes mail (RFC 5321 section 5.1, RFC 7505): one question at a
 * time over UDP, sent twice at most. Blocks; any thread.
 */
struct dns_resolver {
	struct sockaddr_storage address;
	socklen_t address_bytes;
};

enum { DNS_E_RESOLVER = 1 };

/*
 * @text: an address with or without a port ("127.0.0.1", "[::1]:5353"), or "system": the first one
 * of /etc/resolv.conf. Return: 0; DNS_E_RESOLVER with @error.
 */
int dns_resolver_find(const char *text, struct dns_resolver *ret_resolver, struct error *error);

enum dns_mail {
	DNS_MAIL_UNKNOWN, /* no answer in time, or none that says so */
	DNS_MAIL_TAKEN,	  /* it has a mail exchanger, or an address */
	DNS_MAIL_REFUSED  /* there is no such domain, it has neither, or says that it takes none */
};

/* Takes at most @timeout_ms for each of the three questions that it may come to. */
enum dns_mail dns_mail_of(const struct dns_resolver *resolver, const char *domain,
			  unsigned timeout_ms);

#endif
