/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace PORT CONNECTIONS RATE WINDOW_SECONDS WINDOWS REQUESTS: send requests at a fixed rate, over
 * connections that stay open, and print one line a window:
 *
 *   ANSWERED P50_USEC P99_USEC MAX_USEC
 *
 * and at the end, when every answer has come, "total SENT REDIRECTED OTHERS". Requests are the
 * blocks of the file, each ended by a byte 1, in turn. The time of a request begins when it was
 * due, not when a connection was free for it: a server that stalls makes all that was due meanwhile
 * late, as it would for people.
 *
 * It ends with status 1 when the server closes a connection, or nothing comes for ANSWER_MAX_S: it
 * is for servers that do neither. Connections are used in turn, so that none is idle for so long
 * that a server may close it.
 */
#include "base/cleanup.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, ANSWER_BYTES = 16384, ANSWER_MAX_S = 30 };

struct connection {
	int fd;
	usec_t due; /* 0: idle */
	size_t size;
	char answer[ANSWER_BYTES];
	struct connection *next_idle;
};

struct request {
	const char *text;
	size_t size;
};

struct pace {
	uint16_t port;
	double rate;
	usec_t window, began;
	unsigned windows;
	struct request *requests;
	size_t request_count;
	struct connection *connections, *idle, *last_idle;
	unsigned connection_count;
	int poll, timer;
	uint64_t sent, redirected, others;
	uint32_t *times; /* of the window, usec */
	size_t time_count, time_room;
	unsigned window_at;
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void die(const char *what)
{
	(void)fprintf(stderr, "pace: %s\n", what);
	exit(EXIT_FAILURE);
}

static void read_requests(struct pace *pace, const char *path)
{
	cleanup_fclose FILE *file = fopen(path, "re");
	struct stat status;
	char *text;
	size_t from = 0, room = 0;

	if (!file || fstat(fileno(file), &status))
		die("the requests cannot be read");
	text = malloc((size_t)status.st_size + 1);
	if (!text || fread(text, 1, (size_t)status.st_size, file) != (size_t)status.st_size)
		die("the requests cannot be read");
	for (size_t at = 0; at < (size_t)status.st_size; at++) {
		if (text[at] != '\1')
			continue;
		if (pace->request_count == room) {
			room = room ? 2 * room : 1024;
			pace->requests = realloc(pace->requests, room * sizeof(*pace->requests));
			if (!pace->requests)
				die("out of memory");
		}
		pace->requests[pace->request_count++] =
			(struct request){.text = text + from, .size = at - from};
		from = at + 1;
	}
	if (pace->request_count == 0)
		die("there are no requests");
}

static void rest(struct pace *pace, struct connection *connection)
{
	connection->next_idle = NULL;
	if (pace->idle)
		pace->last_idle->next_idle = connection;
	else
		pace->idle = connection;
	pace->last_idle = connection;
}

static void open_connection(struct pace *pace, struct connection *connection)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(pace->port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	int on = 1;

	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection->fd < 0 ||
	    connect(connection->fd, (const struct sockaddr *)&address, sizeof(address)))
		die("the server cannot be reached");
	(void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (epoll_ctl(pace->poll, EPOLL_CTL_ADD, connection->fd, &event))
		die("epoll refuses a connection");
	connection->due = 0;
	connection->size = 0;
	rest(pace, connection);
}

/* A request head is far smaller than an empty socket's buffer, so it goes out whole. */
static void send_request(struct pace *pace, usec_t due)
{
	const struct request *request = &pace->requests[pace->sent % pace->request_count];
	struct connection *connection = pace->idle;

	pace->idle = connection->next_idle;
	connection->due = due;
	connection->size = 0;
	pace->sent++;
	if (send(connection->fd, request->text, request->size, MSG_NOSIGNAL) !=
	    (ssize_t)request->size)
		die("a request cannot be sent");
}

/* Is the answer complete? Its head, and as much as that says. */
static bool is_complete(struct connection *connection)
{
	const char *end, *length;

	connection->answer[connection->size] = '\0';
	end = strstr(connection->answer, "\r\n\r\n");
	if (!end)
		return false;
	length = strcasestr(connection->answer, "\r\nContent-Length:");
	return connection->size >= (size_t)(end + 4 - connection->answer) +
					   (length ? strtoul(length + 17, NULL, 10) : 0);
}

static void keep_time(struct pace *pace, usec_t took)
{
	if (pace->time_count == pace->time_room) {
		pace->time_room = pace->time_room ? 2 * pace->time_room : 65536;
		pace->times = realloc(pace->times, pace->time_room * sizeof(*pace->times));
		if (!pace->times)
			die("out of memory");
	}
	pace->times[pace->time_count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static void take_answer(struct pace *pace, struct connection *connection)
{
	ssize_t size = recv(connection->fd, connection->answer + connection->size,
			    ANSWER_BYTES - 1 - connection->size, MSG_DONTWAIT);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0)
		die(connection->due ? "the server closed a connection with a request on it"
				    : "the server closed a connection that was idle");
	connection->size += (size_t)size;
	if (!is_complete(connection))
		return;
	if (strncmp(connection->answer, "HTTP/1.1 302 ", 13) == 0)
		pace->redirected++;
	else
		pace->others++;
	keep_time(pace, clock_monotonic() - connection->due);
	connection->due = 0;
	rest(pace, connection);
}

static void print_window(struct pace *pace)
{
	size_t count = pace->time_count;

	qsort(pace->times, count, sizeof(*pace->times), compare);
	(void)printf("%zu %u %u %u\n", count, count ? pace->times[count / 2] : 0,
		     count ? pace->times[count * 99 / 100] : 0, count ? pace->times[count - 1] : 0);
	(void)fflush(stdout);
	pace->time_count = 0;
	pace->window_at++;
}

static usec_t due_at(const struct pace *pace, uint64_t number)
{
	return pace->began + (usec_t)((double)number / pace->rate * (double)USEC_PER_SEC);
}

static void set_timer(struct pace *pace, usec_t time)
{
	const struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(time / USEC_PER_SEC),
			     .tv_nsec = (long)(time % USEC_PER_SEC * 1000)}};

	(void)timerfd_settime(pace->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void turn(struct pace *pace)
{
	struct epoll_event events[64];
	uint64_t expirations;
	int count = epoll_wait(pace->poll, events, 64, ANSWER_MAX_S * 1000);

	if (count == 0)
		die("no answer came");
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			take_answer(pace, events[i].data.ptr);
		else
			(void)!read(pace->timer, &expirations, sizeof(expirations));
	}
}

static void run(struct pace *pace)
{
	usec_t end, now;

	pace->began = clock_monotonic();
	end = pace->began + pace->window * pace->windows;
	while ((now = clock_monotonic()) < end) {
		usec_t due = due_at(pace, pace->sent);

		while (due <= now && due < end && pace->idle) {
			send_request(pace, due);
			due = due_at(pace, pace->sent);
		}
		set_timer(pace, due > now && due < end ? due : now + USEC_PER_MS);
		turn(pace);
		if (now >= pace->began + pace->window * (pace->window_at + 1))
			print_window(pace);
	}
	while (pace->redirected + pace->others < pace->sent)
		turn(pace);
	print_window(pace);
	(void)printf("total %llu %llu %llu\n", (unsigned long long)pace->sent,
		     (unsigned long long)pace->redirected, (unsigned long long)pace->others);
}

int main(int count, char **texts)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct pace pace = {0};

	if (count == 7) {
		pace.port = (uint16_t)atoi(texts[1]);
		pace.connection_count = (unsigned)atoi(texts[2]);
		pace.rate = atof(texts[3]);
		pace.window = (usec_t)(atof(texts[4]) * (double)USEC_PER_SEC);
		pace.windows = (unsigned)atoi(texts[5]);
	}
	if (!pace.windows || !pace.window || pace.rate <= 0 || !pace.connection_count ||
	    pace.connection_count > CONNECTIONS_MAX)
		die("usage: pace PORT CONNECTIONS RATE WINDOW_SECONDS WINDOWS REQUESTS");
	read_requests(&pace, texts[6]);
	pace.poll = epoll_create1(EPOLL_CLOEXEC);
	pace.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	pace.connections = calloc(pace.connection_count, sizeof(*pace.connections));
	if (pace.poll < 0 || pace.timer < 0 || !pace.connections ||
	    epoll_ctl(pace.poll, EPOLL_CTL_ADD, pace.timer, &event))
		die("cannot begin");
	for (unsigned i = 0; i < pace.connection_count; i++)
		open_connection(&pace, &pace.connections[i]);
	run(&pace);
	return 0;
}
