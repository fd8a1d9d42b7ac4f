/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets, made by us so that a Unix socket has its mode from the moment it exists, an
 * IPv6 address takes no IPv4 in disguise, and a failure can say which setting to change.
 *
 * A Unix socket's file outlives a killed server. It is removed only if nobody answers on it.
 *
 * A socket that was handed over is used as it is. Whoever made it holds it, too, and gives it to
 * the next server, so its file is not ours to remove.
 */
#include "http/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { SOCKET_BACKLOG = 4096 };

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static int read_tcp(const char *text, union any_address *ret_address, socklen_t *ret_size)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM},
			*found = NULL;
	const char *colon = strrchr(text, ':');
	char host[64];
	size_t size;

	if (!colon || colon == text)
		return LISTENER_E_ADDRESS;
	size = (size_t)(colon - text);
	if (text[0] == '[' && colon[-1] == ']') {
		text++;
		size -= 2;
	}
	if (size >= sizeof(host))
		return LISTENER_E_ADDRESS;
	memcpy(host, text, size);
	host[size] = '\0';
	if (getaddrinfo(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, colon + 1, &hints,
			&found))
		return LISTENER_E_ADDRESS;
	memcpy(ret_address, found->ai_addr, found->ai_addrlen);
	*ret_size = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int read_local(const char *path, union any_address *ret_address, socklen_t *ret_size)
{
	if (path[0] == '\0' || strlen(path) >= sizeof(ret_address->local.sun_path))
		return LISTENER_E_ADDRESS;
	ret_address->local.sun_family = AF_UNIX;
	strcpy(ret_address->local.sun_path, path);
	*ret_size = sizeof(ret_address->local);
	return 0;
}

static bool is_answered(const union any_address *address, socklen_t size)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 || connect(fd, &address->any, size) == 0 || errno != ECONNREFUSED;
}

static int bind_local(int fd, const union any_address *address, socklen_t size, mode_t mode)
{
	const char *path = address->local.sun_path;

	/* The mode of the descriptor becomes that of the file, but for the mask. */
	if (fchmod(fd, mode))
		return -errno;
	if (bind(fd, &address->any, size)) {
		if (errno != EADDRINUSE || is_answered(address, size))
			return -errno;
		if (unlink(path) || bind(fd, &address->any, size))
			return -errno;
	}
	return chmod(path, mode) ? -errno : 0;
}

static int bind_tcp(int fd, const union any_address *address, socklen_t size)
{
	const int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -errno;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		return -errno;
	return bind(fd, &address->any, size) ? -errno : 0;
}

static uint16_t bound_port(int fd)
{
	union any_address address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size))
		return 0;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port);
	return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

int socket_listen(const char *address, mode_t mode, int *ret_fd, char **ret_path,
		  uint16_t *ret_port, struct error *error)
{
	const bool is_local = strncmp(address, "unix:", 5) == 0;
	union any_address where = {0};
	cleanup_free char *path = NULL;
	cleanup_close int fd = -1;
	socklen_t size = 0;
	int r;

	r = is_local ? read_local(address + 5, &where, &size) : read_tcp(address, &where, &size);
	if (r)
		return error_set(error, r,
				 "cannot listen on \"%s\": write 127.0.0.1:8080, [::1]:8080 or "
				 "unix:/path",
				 address);
	if (is_local && !(path = strdup(address + 5)))
		return -ENOMEM;
	fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		r = -errno;
	else
		r = is_local ? bind_local(fd, &where, size, mode) : bind_tcp(fd, &where, size);
	if (r == 0 && listen(fd, SOCKET_BACKLOG))
		r = -errno;
	if (r)
		return error_set(error, r, "cannot listen on %s: %s", address, strerror(-r));
	*ret_port = bound_port(fd);
	*ret_path = take_ptr(path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int socket_inherit(int fd, bool *ret_is_local, uint16_t *ret_port, struct error *error)
{
	union any_address address = {0};
	socklen_t size = sizeof(address), option_size = sizeof(int);
	int listens = 0, type = 0, flags = fcntl(fd, F_GETFL);

	if (flags < 0 || getsockname(fd, &address.any, &size) ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &option_size) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &option_size))
		return error_set(error, LISTENER_E_ADDRESS,
				 "descriptor %d was handed over, but is no socket: %s", fd,
				 strerror(errno));
	if (!listens || type != SOCK_STREAM)
		return error_set(error, LISTENER_E_ADDRESS,
				 "descriptor %d was handed over, but is no stream socket that "
				 "listens; a socket unit needs ListenStream= and Accept=no",
				 fd);
	/* Of two servers that accept from one socket the slower must not wait for a connection. */
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return error_set(error, -errno, "descriptor %d was handed over: %s", fd,
				 strerror(errno));
	*ret_is_local = address.any.sa_family == AF_UNIX;
	*ret_port = bound_port(fd);
	return 0;
}

static void describe_local(const struct sockaddr_un *local, socklen_t size, struct buffer *to)
{
	const size_t length = size - offsetof(struct sockaddr_un, sun_path);

	buffer_append_text(to, "unix:");
	if (length > 0 && local->sun_path[0] == '\0')
		buffer_printf(to, "@%.*s", (int)length - 1, local->sun_path + 1);
	else
		buffer_printf(to, "%.*s", (int)length, local->sun_path);
}

void socket_describe(int fd, struct buffer *to)
{
	union any_address address = {0};
	socklen_t size = sizeof(address);
	char text[INET6_ADDRSTRLEN] = "";
	bool is_v6;

	if (getsockname(fd, &address.any, &size))
		return;
	if (address.any.sa_family == AF_UNIX) {
		describe_local(&address.local, size, to);
		return;
	}
	is_v6 = address.any.sa_family == AF_INET6;
	(void)inet_ntop(address.any.sa_family,
			is_v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr, text,
			sizeof(text));
	buffer_printf(to, is_v6 ? "http://[%s]:%u" : "http://%s:%u", text, bound_port(fd));
}
