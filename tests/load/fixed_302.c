/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The upper limit of a benchmark: an epoll loop that answers every request head with one fixed 302.
 * It parses nothing: a head ends at an empty line, requests have no body, "Connection: close" is
 * found by its bytes. What a real server is slower by, it spends on its work.
 *
 * usage: fixed_302 PORT, on 127.0.0.1, until it is terminated
 */
#include "base/bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX_BYTES = 8192, DESCRIPTORS_MAX = 8192, EVENTS_MAX = 512 };

/* What has come of a head that is not complete yet, by descriptor. */
struct connection {
	size_t size;
	char *head;
};
static struct connection connections[DESCRIPTORS_MAX];

#define ANSWER(connection)                                                    \
	"HTTP/1.1 302 Found\r\nLocation: https://www.example.com/landing\r\n" \
	"Set-Cookie: uid=fwAAAWkAAAAAAAAAAAAAAg==; path=/; HttpOnly\r\n"      \
	"Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: " connection "\r\n\r\n"
static const char keep_answer[] = ANSWER("keep-alive");
static const char close_answer[] = ANSWER("close");

static void drop(int fd)
{
	free(connections[fd].head);
	connections[fd] = (struct connection){0};
	(void)close(fd);
}

/* Answers are far smaller than a socket's buffer, so a short write means a dead peer. */
static bool send_answer(int fd, bool last)
{
	const char *answer = last ? close_answer : keep_answer;
	size_t size = last ? sizeof(close_answer) - 1 : sizeof(keep_answer) - 1;

	return send(fd, answer, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Answer each complete head; false when the connection is over. */
static bool answer_heads(int fd, struct connection *connection)
{
	for (;;) {
		char *end = memmem(connection->head, connection->size, "\r\n\r\n", 4);
		size_t size;
		bool last;

		if (!end)
			return connection->size < HEAD_MAX_BYTES;
		size = (size_t)(end - connection->head) + 4;
		last = memmem(connection->head, size, "Connection: close", 17) != NULL;
		if (!send_answer(fd, last) || last)
			return false;
		connection->size -= size;
		memmove(connection->head, connection->head + size, connection->size);
	}
}

static void read_some(int fd)
{
	struct connection *connection = &connections[fd];
	ssize_t size;

	if (!connection->head)
		connection->head = malloc(HEAD_MAX_BYTES);
	if (!connection->head) {
		drop(fd);
		return;
	}
	size = recv(fd, connection->head + connection->size, HEAD_MAX_BYTES - connection->size, 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		drop(fd);
		return;
	}
	connection->size += (size_t)size;
	if (!answer_heads(fd, connection))
		drop(fd);
}

static void accept_some(int epoll, int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

		if (fd < 0)
			return;
		if (fd >= DESCRIPTORS_MAX || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			(void)close(fd);
	}
}

static int listen_on(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4096))
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	int listener = argc == 2 ? listen_on(argv[1]) : -1, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS_MAX];

	if (listener < 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) {
		perror("usage: fixed_302 PORT");
		return EXIT_FAILURE;
	}
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_some(epoll, listener);
			else
				read_some(events[i].data.fd);
		}
	}
}
