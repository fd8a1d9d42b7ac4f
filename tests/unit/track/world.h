/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TESTS_TRACK_WORLD_H
#define WAYMARK_TESTS_TRACK_WORLD_H

/*
 * What the tests of track/ stand on: a configuration from text, its trackers, and a fresh keyring
 * in a temporary folder. Included behind cmocka.h.
 */
#include "base/cleanup.h"
#include "crypto/keyring.h"
#include "track/tracker.h"

#include <sys/stat.h>

struct world {
	char folder[64], keys[96];
	struct config *config;
	struct tracker_set *trackers;
	struct keyring *keyring;
};

#define WORLD_CONFIG                                              \
	"{\"trackers\": [{\"url\": \"https://go.example.com\",\n" \
	"  \"sites\": [\"https://www.example.com\"], \"campaign\": \"website\"}]}"

static inline void world_make_with(struct world *world, const char *text)
{
	struct error error = {""};

	*world = (struct world){.folder = "/tmp/waymark-track-XXXXXX"};
	assert_int_equal(crypto_init(), 0);
	assert_non_null(mkdtemp(world->folder));
	(void)snprintf(world->keys, sizeof(world->keys), "%s/keys.json", world->folder);
	if (config_parse("waymark.json", span_text(text), &world->config, &error) != 0 ||
	    tracker_set_new(world->config, &world->trackers, &error) != 0 ||
	    keyring_create(world->keys, &error) != 0 ||
	    keyring_load(world->keys, world->trackers->hosts, world->trackers->count,
			 &world->keyring, &error) != 0)
		fail_msg("%s", error.text);
}

static inline void world_make(struct world *world)
{
	world_make_with(world, WORLD_CONFIG);
}

static inline void world_finish(struct world *world)
{
	keyring_free(world->keyring);
	tracker_set_free(world->trackers);
	config_free(world->config);
	(void)unlink(world->keys);
	(void)rmdir(world->folder);
}

/* A file of the corpora, NULL when they are not there (and may be missing). */
static inline FILE *corpus_open(const char *name)
{
	const char *folder = getenv("WAYMARK_CORPORA"), *source = getenv("WAYMARK_SOURCE");
	const char *required = getenv("WAYMARK_CORPORA_REQUIRED");
	char path[1024];
	FILE *file;

	if (folder && *folder)
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/corpora/%s", source ? source : ".",
			       name);
	file = fopen(path, "re");
	if (!file && required && strcmp(required, "1") == 0)
		fail_msg("%s is missing, and WAYMARK_CORPORA_REQUIRED says that it must not be",
			 name);
	if (!file)
		print_message("left out: %s is not there\n", name);
	return file;
}

#endif
