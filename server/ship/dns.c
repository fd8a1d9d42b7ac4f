/* SPDX-License-Identifier: Apache-2.0 */
/*
 * c-ares, held to what the program needs. Each domain is asked for over a channel of its own, so
 * that its questions come from sockets that nobody has seen before, and /etc/resolv.conf counts as
 * it is now. With a resolver that is named, no file is read.
 *
 * c-ares itself takes "1.2.3" or a port of 99999 for something else than what was meant: what it
 * gets is written by us. Its sockets are polled: among many connections they have numbers that
 * select(2) has no place for.
 *
 * A domain takes mail when it has a mail exchanger, or none and an address (RFC 5321); one whose
 * only exchanger is the root takes none (RFC 7505).
 */
#include "ship/dns.h"

#include "base/cleanup.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

/* Each try waits twice as long as the one before, unless the deadline comes first. */
enum { TRIES = 2, FIRST_TRY_MS = 800, PORT = 53, SOCKETS = 8 };

/* What an answer says of the records that were asked for. */
enum found { FOUND_UNKNOWN, FOUND_NO_NAME, FOUND_NONE, FOUND_NULL, FOUND_SOME };

struct question {
	int type;
	bool ended;
	enum found found;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	(void)ares_library_init(ARES_LIB_INIT_ALL);
}

static void cleanup_channel(ares_channel *channel)
{
	if (*channel)
		ares_destroy(*channel);
}

/* Return: a code of c-ares. */
static int open_channel(const struct dns_resolver *resolver, ares_channel *ret_channel)
{
	static char lookups[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = FIRST_TRY_MS,
		.tries = TRIES,
		.ndots = 1,
		.lookups = lookups,
	};
	int set = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
	cleanup(cleanup_channel) ares_channel channel = NULL;
	int r;

	/* All that files could say; it reads them for what is missing. */
	if (resolver->server[0])
		set |= ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_NDOTS |
		       ARES_OPT_LOOKUPS;
	(void)pthread_once(&once, initialise);
	r = ares_init_options(&channel, &options, set);
	if (r == ARES_SUCCESS && resolver->server[0])
		r = ares_set_servers_ports_csv(channel, resolver->server);
	if (r == ARES_SUCCESS)
		*ret_channel = take_ptr(channel);
	return r;
}

/* The port that is written behind an address, or the usual one; 0: none that there is. */
static unsigned port_of(const char *text)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(end ? end : text, ':');
	unsigned long port;

	if (!colon || (!end && strchr(colon + 1, ':')))
		return PORT; /* of the latter the colons are the address's own */
	port = strtoul(colon + 1, NULL, 10);
	return port <= UINT16_MAX ? (unsigned)port : 0;
}

static bool parse(const char *text, struct dns_resolver *resolver)
{
	unsigned port = port_of(text);
	char host[ADDRESS_TEXT_BYTES];
	struct address address;

	if (address_parse(span_text(text), &address) || port == 0)
		return false;
	address_format(&address, host);
	(void)snprintf(resolver->server, sizeof(resolver->server),
		       address_is_v4(&address) ? "%s:%u" : "[%s]:%u", host, port);
	return true;
}

int dns_resolver_find(const char *text, struct dns_resolver *ret_resolver, struct error *error)
{
	cleanup(cleanup_channel) ares_channel channel = NULL;
	struct dns_resolver resolver = {.server = ""};
	int r;

	if (strcmp(text, "system") != 0 && !parse(text, &resolver))
		return error_set(error, DNS_E_RESOLVER,
				 "\"%s\" is no resolver; write an address such as 127.0.0.1 or "
				 "[::1]:5353, or \"system\"",
				 text);
	r = open_channel(&resolver, &channel);
	if (r != ARES_SUCCESS)
		return error_set(error, DNS_E_RESOLVER, "\"%s\" cannot be asked: %s", text,
				 ares_strerror(r));
	*ret_resolver = resolver;
	return 0;
}

static enum found read_exchangers(const unsigned char *answer, int size)
{
	struct ares_mx_reply *list = NULL;
	int r = ares_parse_mx_reply(answer, size, &list);
	enum found found = r == ARES_SUCCESS || r == ARES_ENODATA ? FOUND_NONE : FOUND_UNKNOWN;

	for (const struct ares_mx_reply *mx = list; mx && found != FOUND_SOME; mx = mx->next)
		found = mx->host[0] ? FOUND_SOME : FOUND_NULL;
	ares_free_data(list);
	return found;
}

static enum found read_addresses(const unsigned char *answer, int size, int type)
{
	struct ares_addrttl v4;
	struct ares_addr6ttl v6;
	int count = 1;
	int r = type == ns_t_a ? ares_parse_a_reply(answer, size, NULL, &v4, &count)
			       : ares_parse_aaaa_reply(answer, size, NULL, &v6, &count);

	if (r == ARES_SUCCESS)
		return count > 0 ? FOUND_SOME : FOUND_NONE;
	return r == ARES_ENODATA ? FOUND_NONE : FOUND_UNKNOWN;
}

/* c-ares: a question has ended, one way or the other. */
static void end(void *context, int status, int timeouts, unsigned char *answer, int size)
{
	struct question *question = context;

	(void)timeouts;
	question->ended = true;
	if (status == ARES_ENOTFOUND)
		question->found = FOUND_NO_NAME;
	else if (status == ARES_ENODATA)
		question->found = FOUND_NONE;
	else if (status == ARES_SUCCESS && question->type == ns_t_mx)
		question->found = read_exchangers(answer, size);
	else if (status == ARES_SUCCESS)
		question->found = read_addresses(answer, size, question->type);
}

static unsigned watch(ares_channel channel, struct pollfd poll_fds[SOCKETS])
{
	ares_socket_t sockets[SOCKETS];
	int bits = ares_getsock(channel, sockets, SOCKETS);
	unsigned count = 0;

	for (unsigned i = 0; i < SOCKETS; i++) {
		short events = ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0;

		if (ARES_GETSOCK_WRITABLE(bits, i))
			events |= POLLOUT;
		if (events)
			poll_fds[count++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	return count;
}

/* Wait for what comes next: bytes, the time for another try, or @left. */
static void turn(ares_channel channel, usec_t left)
{
	struct pollfd poll_fds[SOCKETS];
	unsigned count = watch(channel, poll_fds);
	struct timeval most = {.tv_sec = (time_t)(left / USEC_PER_SEC),
			       .tv_usec = (suseconds_t)(left % USEC_PER_SEC)};
	struct timeval own;
	const struct timeval *wait = ares_timeout(channel, &most, &own);
	int ms = (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000) + 1;

	if (poll(poll_fds, count, ms) <= 0)
		count = 0;
	for (unsigned i = 0; i < count; i++) {
		short events = poll_fds[i].revents;
		ares_socket_t fd = poll_fds[i].fd;

		if (events)
			ares_process_fd(channel, events & ~POLLOUT ? fd : ARES_SOCKET_BAD,
					events & POLLOUT ? fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static enum found ask(ares_channel channel, const char *domain, int type, usec_t deadline)
{
	struct question question = {.type = type};
	usec_t now = clock_monotonic();

	if (now >= deadline)
		return FOUND_UNKNOWN;
	ares_query(channel, domain, ns_c_in, type, end, &question);
	for (; !question.ended && now < deadline; now = clock_monotonic())
		turn(channel, deadline - now);
	ares_cancel(channel); /* it ends here, when it has not */
	return question.found;
}

enum dns_mail dns_mail_of(const struct dns_resolver *resolver, const char *domain, usec_t deadline)
{
	static const int types[] = {ns_t_mx, ns_t_a, ns_t_aaaa};
	cleanup(cleanup_channel) ares_channel channel = NULL;
	enum found found = FOUND_NONE;

	if (open_channel(resolver, &channel) != ARES_SUCCESS)
		return DNS_MAIL_UNKNOWN;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && found == FOUND_NONE; i++)
		found = ask(channel, domain, types[i], deadline);
	if (found == FOUND_UNKNOWN)
		return DNS_MAIL_UNKNOWN;
	return found == FOUND_SOME ? DNS_MAIL_TAKEN : DNS_MAIL_REFUSED;
}
