/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_FUZZ_WORLD_H
#define WAYMARK_TESTS_FUZZ_WORLD_H

#include "crypto/keyring.h"
#include "track/tracker.h"

#include <stdio.h>

/* The tracker go.example.com of the site www.example.com, with keys of its own; made once. */
static struct config *config;
static struct tracker_set *trackers;
static struct keyring *keyring;

static inline void make_world(void)
{
	static const char text[] = "{\"trackers\": [{\"url\": \"https://go.example.com\", "
				   "\"sites\": [\"https://www.example.com\"]}]}";
	char folder[] = P_tmpdir "/waymark-fuzz-XXXXXX", path[64];

	if (crypto_init() || !mkdtemp(folder) ||
	    config_parse("waymark.json", span_text(text), &config, NULL) ||
	    tracker_set_new(config, &trackers, NULL))
		abort();
	(void)snprintf(path, sizeof(path), "%s/keys.json", folder);
	if (keyring_create(path, NULL) ||
	    keyring_load(path, trackers->hosts, trackers->count, &keyring, NULL))
		abort();
	(void)unlink(path);
	(void)rmdir(folder);
}

#endif
