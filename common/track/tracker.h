/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_TRACKER_H
#define WAYMARK_TRACK_TRACKER_H

#include "config/config.h"
#include "text/address.h"
#include "text/url.h"
#include "track/internal.h"

/*
 * The trackers of a configuration, checked and ready for use: hosts as lower-case A-labels,
 * origins, the networks of trusted proxies, the page-URL list.
 *
 * A tracker and its sites share one scheme and one registrable domain (public suffix list), else
 * the cookie would be third-party; localhost and addresses are allowed over http, sharing the host.
 */
struct tracker {
	unsigned index; /* as in the configuration, and in keyring and token calls */
	bool https;
	char *host;   /* without port: what Host is compared with */
	char *origin; /* "https://go.example.com" (with port if not the scheme's) */
	char **sites; /* origins */
	size_t site_count;
	char *campaign, *fallback;
	const char *cookie_name; /* "__Host-Http-wm" on https, "wm" on http */
	const char *staff_name;	 /* of the mark of a staff's browser: the same and "-staff" */
	const char *held_name;	 /* of the cookie of a held click: the same and "-held" */
};

struct tracker_set {
	const struct config *config; /* borrowed */
	struct tracker *trackers;
	size_t count;
	const struct tracker *primary;
	const char **hosts; /* for keyring_load() */
	struct network *proxies;
	size_t proxy_count;
	struct internal internal; /* what does not count */
};

enum { TRACKER_E_INVALID = 1 };

/* Return: 0; TRACKER_E_INVALID with @error naming file, line and key; negative errno. */
int tracker_set_new(const struct config *config, struct tracker_set **ret_set, struct error *error);
void tracker_set_free(struct tracker_set *set); /* NULL allowed */

/* By Host header value (port ignored, case-insensitive, trailing dot dropped); NULL: not ours. */
const struct tracker *tracker_find(const struct tracker_set *set, struct span host_header);
/* The tracker whose address @url (absolute) begins with, NULL if none: "one of our own links". */
const struct tracker *tracker_of_url(const struct tracker_set *set, struct span url);

#endif
