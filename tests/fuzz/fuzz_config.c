/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as waymark.json: either a configuration that is complete, or a sentence that begins
 * with the file's name. Places are looked for in any bytes at all, JSON or not, and lie inside the
 * text.
 */
#include "config/config.h"
#include "config/json_text.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {"",
				    "trackers",
				    "trackers[0].url",
				    "trackers[0].sites[1]",
				    "trackers[99999].url",
				    "consent.gpc",
				    "[0][1].x",
				    "a..b[",
				    "limits.connections[",
				    "page_query[0]"};

static void check_places(struct span text)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		size_t at = json_text_find(text, paths[i]);
		unsigned line, column;

		assert(at <= text.size);
		json_text_place(text, at, &line, &column);
		assert(line >= 1 && column >= 1 && line <= text.size + 1 &&
		       column <= text.size + 1);
	}
}

static void check_complete(const struct config *config)
{
	assert(config->tracker_count > 0);
	for (size_t i = 0; i < config->tracker_count; i++) {
		assert(config->trackers[i].url && config->trackers[i].url[0]);
		assert(config->trackers[i].sites.count > 0);
		assert(config->trackers[i].campaign && config->trackers[i].fallback);
	}
	assert(config->listen && config->data_dir[0] && config->keys_file[0]);
	assert(config->retention_days >= 1 && config->commit_wait_ms >= 1);
	assert(config->ip >= IP_NONE && config->ip <= IP_SEALED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = {""};
	struct config *config = NULL;

	check_places(span_of(data, size));
	if (config_parse("c/w.json", span_of(data, size), &config, &error) == 0)
		check_complete(config);
	else
		assert(!config && strncmp(error.text, "c/w.json:", 9) == 0);
	config_free(config);
	return 0;
}
