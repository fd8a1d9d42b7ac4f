/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_SCANNER_NETWORKS_H
#define WAYMARK_TRACK_SCANNER_NETWORKS_H

#include "base/error.h"
#include "text/address.h"

/*
 * Networks from which mail scanners ask for links. As text, one a line, the parts apart by blanks:
 *
 *   209.222.82.0/24   certain   barracuda    # whatever follows is a comment
 *   date 2026-11-22                          # when the list was made, at most once
 *
 * Classes: "certain" where nobody reads mail from, "probable" where a security vendor also carries
 * people's browsers, "weak" for rented machines. One name has one class; of two networks that hold
 * an address the smaller one counts.
 */
struct scanner_networks;

enum scanner_class { SCANNER_CERTAIN, SCANNER_PROBABLE, SCANNER_WEAK, SCANNER_CLASS_COUNT };

enum {
	SCANNER_NETWORKS_E_INVALID = 1,
	SCANNER_NETWORKS_MAX = 65536,
	SCANNER_FILE_MAX_BYTES = 8 << 20,
	SCANNER_NAMES_MAX = 1024,
	SCANNER_NAME_MAX_BYTES = 64,
	SCANNER_DATE_BYTES = 11 /* "2026-11-22" and NUL */
};

struct scanner_networks *scanner_networks_new(void);	       /* NULL: out of memory */
void scanner_networks_free(struct scanner_networks *networks); /* NULL allowed */

/*
 * Add what @text lists; @path is for messages. Return: 0; SCANNER_NETWORKS_E_INVALID with @error,
 * which names file and line; -ENOMEM.
 */
int scanner_networks_parse(struct scanner_networks *networks, const char *path, struct span text,
			   struct error *error);

/* The same from the file at @path, at most SCANNER_FILE_MAX_BYTES. */
int scanner_networks_load(struct scanner_networks *networks, const char *path, struct error *error);

/* One more. Return: 0; SCANNER_NETWORKS_E_INVALID with @error, a sentence without place; -ENOMEM.
 */
int scanner_networks_add(struct scanner_networks *networks, struct span network, struct span class,
			 struct span name, struct error *error);

/* All are there: from now on it can be asked, by any thread. */
void scanner_networks_finish(struct scanner_networks *networks);

/*
 * Number of the name of the smallest network that holds @address and has at most @max_prefix_bits
 * (of 128); 0: none.
 */
uint32_t scanner_networks_find(const struct scanner_networks *networks,
			       const struct address *address, unsigned max_prefix_bits);
uint32_t scanner_networks_named(const struct scanner_networks *networks, struct span name);

struct span scanner_networks_name(const struct scanner_networks *networks, uint32_t number);
enum scanner_class scanner_networks_class(const struct scanner_networks *networks, uint32_t number);
size_t scanner_networks_count(const struct scanner_networks *networks);
const char *scanner_networks_date(const struct scanner_networks *networks); /* "": not said */
/* All of it, for a digest. */
void scanner_networks_describe(const struct scanner_networks *networks, struct buffer *to);
const char *scanner_class_text(enum scanner_class class);

#endif
