/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd's side of a start, a reload and a stop, without its library: the protocols are two pages
 * long and promised to stay (https://systemd.io/PORTABILITY_AND_STABILITY/).
 *
 * Sockets: $LISTEN_FDS descriptors from 3 on are ours if $LISTEN_PID is our process, with names in
 * $LISTEN_FDNAMES, separated by colons. Notifications: one datagram each to the Unix socket in
 * $NOTIFY_SOCKET, '@' standing for the NUL of an abstract one. Watchdog: $WATCHDOG_USEC, if
 * $WATCHDOG_PID is absent or ours; notifying twice in that time is what the manual advises.
 */
#include "app/service.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) >= SERVICE_PATH_BYTES, "room");

enum { FIRST_DESCRIPTOR = 3, NOTIFICATION_BYTES = 512 };

static const char *const variables[] = {"LISTEN_FDS",	 "LISTEN_PID",	  "LISTEN_FDNAMES",
					"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};

/* The whole number in a variable; 0 when it is absent or something else. */
static unsigned long long number(const char *name)
{
	const char *text = getenv(name);
	unsigned long long value;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end ? 0 : value;
}

static void read_notify(struct service *service)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path ? strlen(path) : 0;

	/* Anything but a path or an abstract name, as vsock:, is of a later protocol. */
	if (size < 2 || size >= sizeof(service->notify) || !strchr("/@", path[0]))
		return;
	memcpy(service->notify, path, size);
	if (path[0] == '@')
		service->notify[0] = '\0';
	service->notify_bytes = size;
}

static void read_watchdog(struct service *service)
{
	const bool ours =
		!getenv("WATCHDOG_PID") || number("WATCHDOG_PID") == (unsigned long long)getpid();

	if (ours)
		service->watchdog = number("WATCHDOG_USEC") / 2;
}

static bool is_named(const char *names, size_t index, const char *name)
{
	size_t length;

	for (; index > 0; index--) {
		names += strcspn(names, ":");
		names += *names == ':';
	}
	length = strcspn(names, ":");
	return length == strlen(name) && strncmp(names, name, length) == 0;
}

/* Put the descriptors whose names are @name, or with NULL those of other names, into places. */
static int place(struct service *service, size_t count, const char *names, bool named,
		 struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		const int fd = FIRST_DESCRIPTOR + (int)i;
		const bool public = is_named(names, i, "public"),
			   admin = is_named(names, i, "admin");
		int *to = public ? &service->public_fd : &service->admin_fd;

		if ((public || admin) != named)
			continue;
		if (!named)
			to = service->public_fd ? &service->admin_fd : &service->public_fd;
		if (*to)
			return error_set(error, SERVICE_E_SOCKETS,
					 "%zu listening sockets are handed over, and the public "
					 "and the admin listener take one each; give every socket "
					 "unit one ListenStream= and FileDescriptorName=public or "
					 "admin",
					 count);
		*to = fd;
	}
	return 0;
}

static int read_sockets(struct service *service, struct error *error)
{
	const unsigned long long count = number("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	int code;

	if (count == 0 || number("LISTEN_PID") != (unsigned long long)getpid())
		return 0;
	if (count > 64)
		return error_set(error, SERVICE_E_SOCKETS,
				 "$LISTEN_FDS says that %llu sockets are handed over", count);
	for (int fd = FIRST_DESCRIPTOR; fd < FIRST_DESCRIPTOR + (int)count; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return error_set(error, SERVICE_E_SOCKETS,
					 "$LISTEN_FDS says that descriptor %d is handed over: %s",
					 fd, strerror(errno));
	code = place(service, (size_t)count, names ? names : "", true, error);
	return code ? code : place(service, (size_t)count, names ? names : "", false, error);
}

int service_init(struct service *service, struct error *error)
{
	int code;

	*service = (struct service){0};
	read_notify(service);
	read_watchdog(service);
	code = read_sockets(service, error);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		(void)unsetenv(variables[i]);
	return code;
}

void service_notify(const struct service *service, const char *format, ...)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	cleanup_close int fd = -1;
	char text[NOTIFICATION_BYTES];
	va_list arguments;
	int length;

	if (service->notify_bytes == 0)
		return;
	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length <= 0 || (size_t)length >= sizeof(text))
		return;
	memcpy(to.sun_path, service->notify, service->notify_bytes);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Who asked for it and is gone, or does not read, is not a reason to do anything else. */
	if (fd >= 0)
		(void)sendto(fd, text, (size_t)length, MSG_NOSIGNAL, (const struct sockaddr *)&to,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					 service->notify_bytes));
}
