/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few bytes of the DNS (RFC 1035 section 4) that it takes to learn whether a domain takes mail.
 *
 * Each question goes out from a socket and under a number of its own, and an answer counts only
 * when it repeats both number and question; anything else is waited over. What is in an answer is
 * walked with every length checked against its end. An answer that was cut for its length has
 * something in it, which is all that is asked here.
 */
#include "ship/dns.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/encode.h"
#include "crypto/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>

enum {
	HEADER_BYTES = 12,
	QUESTION_MAX_BYTES = HEADER_BYTES + DNS_DOMAIN_MAX_BYTES + 2 + 4,
	ANSWER_MAX_BYTES = 4096,
	LABEL_MAX_BYTES = 63,
	ATTEMPTS = 2,
	PORT = 53
};
enum { TYPE_A = 1, TYPE_MX = 15, TYPE_AAAA = 28, CLASS_IN = 1 };
enum { CODE_NONE = 0, CODE_NO_NAME = 3 };

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

/* The question for @domain; 0 when that is no domain. */
static size_t write_question(const char *domain, uint16_t type, uint8_t to[QUESTION_MAX_BYTES])
{
	struct span rest = span_text(domain);
	size_t at = HEADER_BYTES;

	if (rest.size == 0 || rest.size > DNS_DOMAIN_MAX_BYTES)
		return 0;
	memset(to, 0, HEADER_BYTES);
	random_take(to, 2);
	put_u16(to + 2, 0x0100); /* recursion is wanted */
	put_u16(to + 4, 1);
	while (rest.size > 0) {
		struct span label = span_slice(rest, 0, span_find(rest, '.', 0));

		if (label.size == 0 || label.size > LABEL_MAX_BYTES)
			return 0;
		to[at++] = (uint8_t)label.size;
		memcpy(to + at, label.data, label.size);
		at += label.size;
		rest = span_slice(rest, label.size + 1, rest.size);
	}
	to[at++] = 0;
	put_u16(to + at, type);
	put_u16(to + at + 2, CLASS_IN);
	return at + 4;
}

static bool answers(struct span answer, struct span question)
{
	return answer.size >= question.size && memcmp(answer.data, question.data, 2) == 0 &&
	       answer.data[2] & 0x80 && get_u16(answer.data + 4) == 1 &&
	       memcmp(answer.data + HEADER_BYTES, question.data + HEADER_BYTES,
		      question.size - HEADER_BYTES) == 0;
}

/* Wait until @deadline for an answer to @question; its size, or 0. */
static size_t receive(int fd, struct span question, uint8_t to[ANSWER_MAX_BYTES], usec_t deadline)
{
	for (usec_t now; (now = clock_monotonic()) < deadline;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int wait = (int)((deadline - now) / USEC_PER_MS) + 1;
		ssize_t got;

		if (poll(&poll_fd, 1, wait) <= 0)
			continue;
		got = recv(fd, to, ANSWER_MAX_BYTES, 0);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return 0;
		if (got > 0 && answers(span_of(to, (size_t)got), question))
			return (size_t)got;
	}
	return 0;
}

static size_t exchange(const struct dns_resolver *resolver, struct span question,
		       uint8_t to[ANSWER_MAX_BYTES], unsigned timeout_ms)
{
	cleanup_close int fd = socket(resolver->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t size = 0;

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&resolver->address, resolver->address_bytes) != 0)
		return 0;
	for (int i = 0; i < ATTEMPTS && size == 0; i++) {
		if (send(fd, question.data, question.size, 0) < 0)
			return 0;
		size = receive(fd, question, to,
			       clock_monotonic() + timeout_ms * USEC_PER_MS / ATTEMPTS);
	}
	return size;
}

/* Behind the name at @at; 0 when it does not end. */
static size_t skip_name(struct span answer, size_t at)
{
	while (at < answer.size) {
		uint8_t length = answer.data[at];

		if (length == 0)
			return at + 1;
		if (length >= 0xC0)
			return at + 2;
		at += 1 + length;
	}
	return 0;
}

/* What one kind of records says. */
struct records {
	bool known;   /* there was an answer, of the name or that it does not exist */
	bool no_name; /* it does not */
	unsigned count, null_count;
};

static void count_records(struct span answer, size_t at, uint16_t type, struct records *records)
{
	for (unsigned left = get_u16(answer.data + 6); left > 0; left--) {
		struct span data;

		at = skip_name(answer, at);
		if (at == 0 || answer.size < 10 || at > answer.size - 10)
			return;
		data = span_slice(answer, at + 10, get_u16(answer.data + at + 8));
		if (get_u16(answer.data + at) == type) {
			records->count++;
			/* A preference and the root: it takes no mail. */
			records->null_count += data.size == 3 && data.data[2] == 0;
		}
		at += 10 + (size_t)get_u16(answer.data + at + 8);
	}
}

static struct records ask(const struct dns_resolver *resolver, const char *domain, uint16_t type,
			  unsigned timeout_ms)
{
	uint8_t question[QUESTION_MAX_BYTES], answer[ANSWER_MAX_BYTES];
	size_t asked = write_question(domain, type, question);
	struct records records = {.known = false};
	size_t size = asked ? exchange(resolver, span_of(question, asked), answer, timeout_ms) : 0;
	unsigned code = size ? answer[3] & 0x0F : 0;

	if (size == 0 || (code != CODE_NONE && code != CODE_NO_NAME))
		return records;
	records.known = true;
	records.no_name = code == CODE_NO_NAME;
	count_records(span_of(answer, size), asked, type, &records);
	if (answer[2] & 0x02 && records.count == 0)
		records.count = 1; /* cut for its length */
	return records;
}

enum dns_mail dns_mail_of(const struct dns_resolver *resolver, const char *domain,
			  unsigned timeout_ms)
{
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
	struct records records = ask(resolver, domain, TYPE_MX, timeout_ms);

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
