/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_SERVICE_H
#define WAYMARK_APP_SERVICE_H

#include "base/clock.h"
#include "base/error.h"

#include <stddef.h>

/*
 * The two documented protocols between a service and whoever started it: listening sockets that are
 * handed over (sd_listen_fds(3)), and notifications of what the service is about (sd_notify(3)).
 * Without systemd both are absent, and nothing happens.
 */
enum { SERVICE_PATH_BYTES = 108 /* of a Unix socket's address */ };

struct service {
	char notify[SERVICE_PATH_BYTES]; /* where notifications go; an abstract name begins with NUL
					  */
	size_t notify_bytes;		 /* 0: nobody asked for them */
	usec_t watchdog;	 /* how often to notify that all is well; 0: not asked for */
	int public_fd, admin_fd; /* handed over; 0: not */
};

enum { SERVICE_E_SOCKETS = 1 };

/*
 * Read what the environment says and take it out of there, so that no child of ours believes it.
 * Handed over sockets are named "public" and "admin" (FileDescriptorName=); other names are taken
 * in that order. Once per process, before threads.
 *
 * Return: 0; SERVICE_E_SOCKETS with @error when more is handed over than there are places.
 */
int service_init(struct service *service, struct error *error);

/* Send "READY=1" and the like; several assignments are several lines. Never blocks, never fails. */
void service_notify(const struct service *service, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
