/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TEXT_URL_PIECES_H
#define WAYMARK_TEXT_URL_PIECES_H

#include "text/url.h"

/*
 * What the parts of the URL module share; everybody else includes text/url.h.
 */

/* An absolute http(s) URL taken apart as written: nothing is decoded, lower-cased or normalised. */
struct url_pieces {
	bool https;
	struct span userinfo;	     /* before the last '@' of the authority; absent if none */
	struct span host;	     /* never empty */
	bool has_port;		     /* a number is written after ':' */
	uint16_t port;		     /* the written one, else the scheme's own */
	struct span path;	     /* may be empty, may lack its first slash only when empty */
	struct span query, fragment; /* without '?' and '#'; absent if none */
};

/*
 * Take @url apart. @url is cleaned: no C0 control or space at its ends, no TAB, CR or LF in it.
 * Return: URL_OK or why not; the host is not judged yet.
 */
enum url_refusal url_split(struct span url, struct url_pieces *ret_pieces);

/* URL Standard 4.1: C0 controls and spaces cut from both ends. */
struct span url_trim(struct span url);

/*
 * URL Standard 3.5, the host parser for special schemes, and 3.6, its serialiser. Browsers have no
 * limit on its length, hence @ret_host is what the caller has room for, NUL included; at least
 * URL_ADDRESS_BYTES.
 *
 * Return: 0; URL_E_INVALID when browsers refuse it, or it does not fit; -ENOMEM.
 */
int url_host_parse(struct span host, char *ret_host, size_t capacity, bool *ret_is_address);

/* URL Standard 3.5: IPv4 and IPv6 only. URL_E_INVALID when it is not well-formed. */
enum { URL_ADDRESS_BYTES = 42 }; /* "[", eight groups of four, seven colons, "]", NUL */
int url_ipv4_parse(struct span text, char ret_host[URL_ADDRESS_BYTES]);
int url_ipv6_parse(struct span text, char ret_host[URL_ADDRESS_BYTES]);
/* Whether browsers take the last label for a number, hence the host for an IPv4 address. */
bool url_ends_in_number(struct span text);

/* The value of a hexadecimal digit, or -1. */
int url_hex_digit(uint8_t byte);

#endif
