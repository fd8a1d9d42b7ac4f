/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each question goes out from a socket and under a number of its own, and whatever comes back that
 * is no answer to it is waited over: who can neither see the question nor guess both cannot answer.
 *
 * A domain takes mail when it has a mail exchanger, or none and an address (RFC 5321); one whose
 * only exchanger is the root takes none (RFC 7505).
 */
#include "ship/dns.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "ship/dns_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>

enum { ATTEMPTS = 2, PORT = 53 };

static bool parse_v4(const char *host, uint16_t port, struct dns_resolver *resolver)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		return false;
	memcpy(&resolver->address, &address, sizeof(address));
	resolver->address_bytes = sizeof(address);
	return true;
}

static bool parse_v6(const char *host, uint16_t port, struct dns_resolver *resolver)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET6, host, &address.sin6_addr) != 1)
		return false;
	memcpy(&resolver->address, &address, sizeof(address));
	resolver->address_bytes = sizeof(address);
	return true;
}

/* "host", "host:port", "[host]", "[host]:port". */
static bool parse(const char *text, struct dns_resolver *resolver)
{
	char host[INET6_ADDRSTRLEN + 8];
	unsigned long port = PORT;
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(end ? end : text, ':');
	char *rest = NULL;

	if (!end && colon && strchr(colon + 1, ':'))
		colon = NULL; /* an IPv6 address as it is */
	if (colon) {
		port = strtoul(colon + 1, &rest, 10);
		if (rest == colon + 1 || *rest || port == 0 || port > UINT16_MAX)
			return false;
	}
	if (end)
		text++;
	else
		end = colon ? colon : text + strlen(text);
	if ((size_t)(end - text) >= sizeof(host))
		return false;
	(void)snprintf(host, sizeof(host), "%.*s", (int)(end - text), text);
	return parse_v4(host, (uint16_t)port, resolver) || parse_v6(host, (uint16_t)port, resolver);
}

static bool parse_system(struct dns_resolver *resolver)
{
	cleanup_fclose FILE *file = fopen("/etc/resolv.conf", "re");
	char line[256], host[INET6_ADDRSTRLEN + 8];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "nameserver %53s", host) == 1 && parse(host, resolver))
			return true;
	return false;
}

int dns_resolver_find(const char *text, struct dns_resolver *ret_resolver, struct error *error)
{
	struct dns_resolver resolver = {.address_bytes = 0};
	bool system = strcmp(text, "system") == 0;

	if (system ? parse_system(&resolver) : parse(text, &resolver)) {
		*ret_resolver = resolver;
		return 0;
	}
	return error_set(error, DNS_E_RESOLVER,
			 system ? "/etc/resolv.conf names no resolver"
				: "\"%s\" is no resolver; write an address such as 127.0.0.1 or "
				  "[::1]:5353, or \"system\"",
			 text);
}

/* A question that was sent, and where its answer goes. */
struct asking {
	uint8_t question[DNS_QUESTION_MAX_BYTES];
	size_t question_bytes;
	uint16_t type;
	struct dns_records records;
};

/* Wait until @deadline for the answer. */
static bool receive(int fd, struct asking *asking, usec_t deadline)
{
	struct span question = span_of(asking->question, asking->question_bytes);
	uint8_t answer[DNS_ANSWER_MAX_BYTES];

	for (usec_t now; (now = clock_monotonic()) < deadline;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int wait = (int)((deadline - now) / USEC_PER_MS) + 1;
		ssize_t got;

		if (poll(&poll_fd, 1, wait) <= 0)
			continue;
		got = recv(fd, answer, sizeof(answer), 0);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (got > 0 && dns_answer_read(span_of(answer, (size_t)got), question, asking->type,
					       &asking->records))
			return true;
	}
	return false;
}

static void exchange(const struct dns_resolver *resolver, struct asking *asking,
		     unsigned timeout_ms)
{
	cleanup_close int fd = socket(resolver->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool answered = false;

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&resolver->address, resolver->address_bytes) != 0)
		return;
	for (int i = 0; i < ATTEMPTS && !answered; i++) {
		if (send(fd, asking->question, asking->question_bytes, 0) < 0)
			return;
		answered = receive(fd, asking,
				   clock_monotonic() + timeout_ms * USEC_PER_MS / ATTEMPTS);
	}
}

static struct dns_records ask(const struct dns_resolver *resolver, const char *domain,
			      uint16_t type, unsigned timeout_ms)
{
	struct asking asking = {.type = type};

	asking.question_bytes = dns_question_write(domain, type, asking.question);
	if (asking.question_bytes > 0)
		exchange(resolver, &asking, timeout_ms);
	return asking.records;
}

enum dns_mail dns_mail_of(const struct dns_resolver *resolver, const char *domain,
			  unsigned timeout_ms)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
	struct dns_records records = ask(resolver, domain, DNS_TYPE_MX, timeout_ms);

	if (!records.known)
		return DNS_MAIL_UNKNOWN;
	if (records.no_name || (records.count > 0 && records.null_count == records.count))
		return DNS_MAIL_REFUSED;
	if (records.count > 0)
		return DNS_MAIL_TAKEN;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		records = ask(resolver, domain, types[i], timeout_ms);
		if (!records.known)
			return DNS_MAIL_UNKNOWN;
		if (records.count > 0)
			return DNS_MAIL_TAKEN;
	}
	return DNS_MAIL_REFUSED;
}
