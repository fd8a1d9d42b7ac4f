/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_HTTP_EXCHANGE_H
#define WAYMARK_HTTP_EXCHANGE_H

#include "base/cleanup.h"
#include "http/connection.h"
#include "http/crowd.h"
#include "http/framing.h"
#include "http/listener.h"

#include <microhttpd.h>
#include <stdarg.h>

/*
 * Private to http/: what the files of this folder know of each other. A listener owns connections;
 * a connection has at most one exchange at a time: a request with what is needed to answer it.
 */
/* redirect.c: a response that an exchange keeps for its next redirect, or 204 */
struct redirect {
	struct MHD_Response *response; /* NULL: none */
	struct span location;	       /* of its Location, in the library's memory */
	size_t head_bytes;	       /* of all its headers */
	bool has_cookie;
};

enum { POOL_ALIGNMENT = 16 /* of the library's pools */ };

enum { FIELDS_KEPT = 24 /* a browser sends some fifteen headers, a proxy some more */ };

struct exchange {
	struct request request; /* first: a request is its exchange */
	struct connection *connection;
	struct exchange *next_spare;
	struct head head;
	handler_fn handler; /* NULL: refused before any handler, with a reply or without memory */
	struct buffer body;
	struct buffer overlong; /* an answer that the library's pool cannot hold, and how */
	size_t overlong_sent;	/* much of it is written */
	size_t pool_used_bytes; /* what the head takes of the pool, at most */
	uint64_t body_expected;
	bool begun, waiting, queued;
	bool is_last; /* the connection ends after it */
	/* From here on an exchange that is used again is not cleared. */
	struct redirect redirect;
	struct field fields[FIELDS_KEPT];
};

/* Why the library ended a request by itself, as it says in its log. */
enum refusal { REFUSAL_NONE, REFUSAL_BAD, REFUSAL_TOO_LARGE, REFUSAL_LEFT, REFUSAL_KINDS };

enum { INCIDENT_RANDOM_BYTES = 6, HALF_CLOSED_LOOKS = 3 };

struct listener {
	struct listener_options options;
	struct MHD_Daemon *daemon;
	int epoll_fd;
	int socket_fd;	   /* -1 once quiesced */
	char *socket_path; /* of a Unix socket of our own; unlinked at close */
	bool is_local;	   /* a Unix socket */
	uint16_t port;
	usec_t now; /* of the current run */
	struct connection_list connections;
	struct connection *unlooked[HALF_CLOSED_LOOKS]; /* the first without that look */
	struct crowd crowd;
	unsigned leaving;	/* connections that were shut down and are not closed yet */
	struct exchange *spare; /* for reuse, at most SPARE_MAX */
	size_t spare_count;
	struct listener_figures figures;
	uint8_t incident_random[INCIDENT_RANDOM_BYTES];
	uint64_t incidents; /* ids made */
	size_t in_progress;
	size_t heads;			  /* of these, with a complete head */
	size_t fresh;			  /* connections whose first request has not begun */
	usec_t draining;		  /* monotonic: since when, once quiesced */
	unsigned refusals[REFUSAL_KINDS]; /* noted, and no request's yet */
	enum refusal last_refusal;	  /* since the last request ended */
	uint64_t activity;		  /* answers given and pieces of bodies taken */
	unsigned quiet_runs; /* since then, while the library has connections that are ready */
	bool settled;	     /* something that handlers wait for, so that each is called again */
	bool called_again;   /* in this run: such handlers */
	bool answered_late;  /* in this run, by a handler that had waited: not sent yet */
	bool closed_some;    /* in this run: the library may accept again, but not yet */
	bool parting;	     /* every answer is the last of its connection */
	bool quiesced;
	bool closing;	   /* every connection is ended by us */
	bool starved;	   /* without a descriptor for the first connection */
	bool deaf;	   /* the listening socket is out of the library's epoll set */
	usec_t deaf_until; /* monotonic */
};

/* exchange.c: the library's callbacks for requests */
void *exchange_begin(void *listener, const char *target, struct MHD_Connection *handle);
enum MHD_Result exchange_continue(void *listener, struct MHD_Connection *handle, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state);
/* Leaves the path as it came; the library would stop at the NUL that %00 becomes. */
size_t exchange_keep_escaped(void *unused, struct MHD_Connection *handle, char *text);
void exchange_completed(void *listener, struct MHD_Connection *handle, void **state,
			enum MHD_RequestTerminationCode how);
void exchange_free_spares(struct listener *listener);

/* head.c: false when out of memory; @is_whole: the framing check accepted it */
bool head_read(struct exchange *exchange, const char *method, const char *version);
void head_measure_pool(struct exchange *exchange, bool is_whole);
void head_find_client(struct exchange *exchange);

/* half_closed.c: connections that come into the list and leave it, and the looks at them that are
 * due; milliseconds until the next, -1: none. */
void half_closed_add(struct listener *listener, struct connection *connection);
void half_closed_remove(struct listener *listener, const struct connection *connection);
void half_closed_look(struct listener *listener);
int half_closed_until_ms(const struct listener *listener, usec_t now, int at_least_ms);

/* refusal.c: what the library ends by itself. The log notes it; the counter of a request that ended
 * before its head was complete, or in any error (@by_error); a connection that went on after a
 * request, and one that closes. */
void refusal_log(void *listener, const char *format, va_list arguments);
unsigned refusal_counter(struct listener *listener, bool by_error);
bool refusal_is_last(const struct head *head);
void refusal_account(struct exchange *exchange);
void refusal_close(struct listener *listener, const struct connection *connection);

/* socket.c: a listening socket for "127.0.0.1:0", "[::1]:8080" or "unix:/path" */
int socket_listen(const char *address, mode_t mode, int *ret_fd, char **ret_path,
		  uint16_t *ret_port, struct error *error);

/* The same for a socket that listens already and that is not ours alone. */
int socket_inherit(int fd, bool *ret_is_local, uint16_t *ret_port, struct error *error);
/* "http://127.0.0.1:8080" or "unix:/path", as the kernel knows it. */
void socket_describe(int fd, struct buffer *to);

/* reply.c: hand the reply that is set to the library; makes a 500 page if there is none. */
enum MHD_Result reply_send(struct exchange *exchange);
void reply_release(struct request *request);

/* redirect.c: make the kept response lead to @location (NULL: it does so already), or nowhere
 * (204), with this cookie or none; false when the library refuses, and then nothing is kept. */
bool redirect_prepare(struct redirect *kept, const char *location, const char *cookie);
bool redirect_prepare_nowhere(struct redirect *kept, const char *cookie);
bool redirect_leads_to(const struct redirect *kept, struct span location);
struct MHD_Response *redirect_take(struct redirect *kept); /* the caller's from now on */
void redirect_trim(struct redirect *kept);		   /* after use: not what is large */
void redirect_finish(struct redirect *kept);

/* overlong.c: write a whole answer ourselves. MHD_YES: call again; MHD_NO: done, or gone. */
int overlong_build(struct exchange *exchange, struct MHD_Response *response, unsigned status,
		   struct span body);
enum MHD_Result overlong_write(struct exchange *exchange);

#endif
