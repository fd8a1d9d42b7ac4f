/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_MILTER_FILTER_H
#define WAYMARK_COMMANDS_MILTER_FILTER_H

#include "commands/milter_tracking.h"

/*
 * The filter as libmilter runs it: a thread for each connection of the mail server, whatever
 * happens ending in "accept". There is one in a process, since libmilter is one.
 */
enum { MILTER_FILTER_E_SOCKET = 1 };

/*
 * Listen at @socket: "unix:/path", or "host:port" of this machine. A file of a filter that is gone
 * makes room; a socket that is answered is not taken. Connections wait until
 * milter_filter_run(). @tracking is the filter's from now on, and is never freed: threads of
 * libmilter may be at work with it when everything else has ended.
 *
 * Return: 0; MILTER_FILTER_E_SOCKET with @error.
 */
int milter_filter_listen(struct milter_tracking *tracking, const char *socket, struct error *error);

/* Answer until SIGTERM, SIGINT or SIGHUP. Return: 0; MILTER_FILTER_E_SOCKET with @error. */
int milter_filter_run(struct error *error);

#endif
