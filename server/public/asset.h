/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_PUBLIC_ASSET_H
#define WAYMARK_PUBLIC_ASSET_H

#include "http/coding.h"

/*
 * Scripts that browsers load, embedded by the build (static/meson.build) in every coding that we
 * answer in. Constant, any thread.
 */
struct asset_body {
	struct span bytes;
	const char *etag; /* strong: one for each coding */
};

struct asset {
	const char *name;      /* "t.pending" */
	const char *hash;      /* 16 hex digits of the plain body's SHA-256: /t/<hash>.js */
	const char *integrity; /* "sha384-…", for the integrity attribute */
	struct asset_body bodies[CODING_COUNT];
};

extern const struct asset asset_table[];
extern const size_t asset_count;

/* By name, or by hash; NULL: none. */
const struct asset *asset_find(struct span name);
const struct asset *asset_find_hash(struct span hash);

/* The variant of the snippet for a consent default, a value of the key consent.default. */
const struct asset *asset_snippet(unsigned consent_default);

#endif
