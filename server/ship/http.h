/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SHIP_HTTP_H
#define WAYMARK_SHIP_HTTP_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

/*
 * One HTTP request, blocking, with everything bounded: time by the caller, the answer by its
 * buffer's limit. No redirect is followed and no proxy of the environment is used. Any thread;
 * nothing is kept between calls.
 */
struct http_call {
	const char *method;	 /* "GET", "POST" */
	const char *url;	 /* http or https */
	const char *socket_path; /* go through this Unix socket; NULL: to the URL's host */
	struct span body;	 /* absent: none */
	const char *content_type;
	unsigned timeout_ms;	    /* of the whole call; at least 1 */
	const char *const *headers; /* more of them, "Name: value", NULL at the end; NULL: none */
	const char *connect_to;	    /* "host:port" to go to instead of the URL's; NULL */
	const char *ca_file;	    /* of further certificate authorities; NULL: the system's */
	struct http_facts *facts;   /* out, of any call that came to an answer; NULL */
};

/* What a call showed besides the answer. */
struct http_facts {
	usec_t certificate_until;    /* end of the server's certificate; 0: none was seen */
	usec_t date;		     /* its Date header; 0: none */
	size_t longest_header_bytes; /* of one header line of the answer */
};

enum {
	HTTP_E_UNREACHABLE = 1, /* nobody answered; nothing was carried out */
	HTTP_E_LOST = 2,	/* the connection ended early; it may have been carried out */
	HTTP_E_TIMEOUT = 3,	/* likewise */
	HTTP_E_LONG = 4		/* an answer over the limit of @answer */
};

/*
 * Send and wait for the answer. @answer is appended to and keeps its limit; *ret_status is any
 * status that the other side gave.
 *
 * Return: 0; HTTP_E_* with @error; -ENOMEM.
 */
int http_send(const struct http_call *call, long *ret_status, struct buffer *answer,
	      struct error *error);

/* POST a JSON body to the server behind a Unix socket: http_send() with the rest filled in. */
int http_post_socket(const char *socket_path, const char *path, struct span body,
		     unsigned timeout_ms, long *ret_status, struct buffer *answer,
		     struct error *error);

/* Somebody accepts connections there. Does not wait. @error says why not. */
bool http_socket_answers(const char *socket_path, struct error *error);

#endif
