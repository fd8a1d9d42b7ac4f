/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_DNS_MESSAGE_H
#define WAYMARK_SHIP_DNS_MESSAGE_H

#include "base/bytes.h"

/*
 * Questions and answers of the DNS as bytes (RFC 1035 section 4), as far as it takes to learn
 * whether a domain takes mail. Pure.
 */
enum { DNS_TYPE_A = 1, DNS_TYPE_MX = 15, DNS_TYPE_AAAA = 28 };
enum {
	DNS_DOMAIN_MAX_BYTES = 253,
	DNS_QUESTION_MAX_BYTES = 12 + DNS_DOMAIN_MAX_BYTES + 2 + 4,
	DNS_ANSWER_MAX_BYTES = 4096
};

/* Under a random number. Return: its size; 0 when @domain is none. */
size_t dns_question_write(const char *domain, uint16_t type,
			  uint8_t ret_question[DNS_QUESTION_MAX_BYTES]);

/* What an answer says of the records that were asked for. */
struct dns_records {
	bool known;	     /* of the name, or that it does not exist */
	bool no_name;	     /* it does not */
	unsigned count;	     /* one, where the answer was cut for its length and none is left */
	unsigned null_count; /* of MX: those that say that no mail is taken */
};

/* False: it is no answer to @question, which dns_question_write() wrote for @type. */
bool dns_answer_read(struct span answer, struct span question, uint16_t type,
		     struct dns_records *ret_records);

#endif
