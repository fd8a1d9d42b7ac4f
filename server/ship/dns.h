/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_DNS_H
#define WAYMARK_SHIP_DNS_H

#include "base/clock.h"
#include "base/error.h"
#include "text/address.h"

/*
 * Asking a resolver whether a domain takes mail (RFC 5321 section 5.1, RFC 7505): one question at a
 * time, over UDP, and over TCP where the answer is cut. Blocks; any thread.
 */
struct dns_resolver {
	char server[ADDRESS_TEXT_BYTES + 8]; /* with its port; "": those of /etc/resolv.conf */
};

enum { DNS_E_RESOLVER = 1, DNS_DOMAIN_MAX_BYTES = 253 };

/*
 * @text: an address with or without a port ("127.0.0.1", "[::1]:5353"), or "system": those of
 * /etc/resolv.conf, one after the other. Return: 0; DNS_E_RESOLVER with @error.
 */
int dns_resolver_find(const char *text, struct dns_resolver *ret_resolver, struct error *error);

enum dns_mail {
	DNS_MAIL_UNKNOWN, /* no answer in time, or none that says so */
	DNS_MAIL_TAKEN,	  /* it has a mail exchanger, or an address */
	DNS_MAIL_REFUSED  /* there is no such domain, it has neither, or says that it takes none */
};

/* Of the three questions that it may come to, none is waited for after @deadline (monotonic). */
enum dns_mail dns_mail_of(const struct dns_resolver *resolver, const char *domain, usec_t deadline);

#endif
