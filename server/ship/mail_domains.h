/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_MAIL_DOMAINS_H
#define WAYMARK_SHIP_MAIL_DOMAINS_H

#include "base/bytes.h"
#include "ship/dns.h"

/*
 * Which domains take mail, asked of a resolver by a thread of its own, so that nobody who answers
 * requests waits for a name server. What was learnt is kept for a while, in a table of fixed size.
 * Whoever asks is never told to wait for long: when too many are asked for, or there is no answer
 * in time, it is not known, and that is for the good of whoever typed the address.
 */
struct mail_domains;

enum {
	MAIL_DOMAINS_KEPT = 2048,
	MAIL_DOMAINS_QUEUE_MAX = 8,
	MAIL_DOMAINS_TIMEOUT_MS = 2500 /* from the first question to an end */
};

/* @resolver as dns_resolver_find() takes it. Return: 0; DNS_E_RESOLVER with @error; -errno. */
int mail_domains_new(const char *resolver, struct mail_domains **ret_domains, struct error *error);
void mail_domains_free(struct mail_domains *domains); /* NULL allowed; waits for the thread */

/* Readable when something was learnt (an eventfd, for its reader to read). */
int mail_domains_fd(const struct mail_domains *domains);

/*
 * What is known of @domain (one thread). False: it is being asked for; ask again when the
 * descriptor was readable.
 */
bool mail_domains_find(struct mail_domains *domains, struct span domain, enum dns_mail *ret_mail);

#endif
