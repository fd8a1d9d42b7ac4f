/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message costs for each of many, in one process: N times rewritten for one person, and
 * compiled once and written N times. A mail on standard input; printed: CPU microseconds a message
 * of each, and whether both wrote the same.
 *
 *   rewrite_many WAYMARK.JSON KEYS.JSON SINGLE MANY < mail.eml
 */
#include "base/cleanup.h"
#include "crypto/keyring.h"
#include "track/mail_template.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

struct world {
	struct config *config;
	struct tracker_set *trackers;
	struct keyring *keyring;
};

static double cpu_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static bool read_all(FILE *from, struct buffer *to)
{
	char block[4096];
	size_t size;

	while ((size = fread(block, 1, sizeof(block), from)) > 0)
		buffer_append(to, block, size);
	return !ferror(from) && !to->error;
}

static bool open_world(struct world *world, const char *config_path, const char *keys_path)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	cleanup_fclose FILE *file = fopen(config_path, "re");
	struct error error = {""};

	if (!file || !read_all(file, &text) || crypto_init() < 0 ||
	    config_parse(config_path, buffer_span(&text), &world->config, &error) != 0 ||
	    tracker_set_new(world->config, &world->trackers, &error) != 0 ||
	    keyring_load(keys_path, world->trackers->hosts, world->trackers->count, &world->keyring,
			 &error) != 0) {
		fprintf(stderr, "%s: %s\n", config_path, error.text);
		return false;
	}
	return true;
}

static struct prospect_id person(const struct world *world, unsigned number)
{
	char address[40];
	struct prospect_id id = {.bytes = {0}};

	(void)snprintf(address, sizeof(address), "p%u@example.com", number);
	(void)id_of_address(world->keyring, span_text(address), &id);
	return id;
}

/* The size of all outputs, so that both can be compared. */
static size_t rewrite_each(const struct world *world, struct rewrite_options options,
			   struct span message, unsigned count)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < count; i++) {
		struct rewrite_result *result = NULL;

		options.prospect = person(world, i);
		if (rewrite_message(message, &options, &result, NULL) != 0)
			return 0;
		bytes += rewrite_output(result).size;
		rewrite_result_free(result);
	}
	return bytes;
}

static size_t write_each(const struct world *world, const struct rewrite_options *options,
			 struct span message, unsigned count)
{
	cleanup_buffer struct buffer written = BUFFER_INIT;
	struct mail_template *template = NULL;
	size_t bytes = 0;

	if (mail_template_compile(message, options, &template, NULL) != 0)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		struct prospect_id id = person(world, i);

		buffer_clear(&written);
		if (mail_template_emit(template, &id, &written) != 0)
			return 0;
		bytes += written.size;
	}
	mail_template_free(template);
	return bytes;
}

int main(int argc, char **argv)
{
	cleanup_buffer struct buffer message = BUFFER_INIT;
	struct world world = {.config = NULL};
	unsigned single = argc == 5 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	unsigned many = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
	struct rewrite_options options;
	double began, one, each;
	size_t bytes;

	if (single == 0 || many < single || !open_world(&world, argv[1], argv[2]) ||
	    !read_all(stdin, &message))
		return 1;
	options = (struct rewrite_options){
		.trackers = world.trackers,
		.tracker = world.trackers->primary,
		.keyring = world.keyring,
		.has_prospect = true,
	};
	began = cpu_usec();
	bytes = rewrite_each(&world, options, buffer_span(&message), single);
	one = (cpu_usec() - began) / single;
	if (bytes == 0 || write_each(&world, &options, buffer_span(&message), single) != bytes)
		return 1;
	began = cpu_usec();
	if (write_each(&world, &options, buffer_span(&message), many) == 0)
		return 1;
	each = (cpu_usec() - began) / many;
	printf("%.2f %.2f\n", one, each);
	keyring_free(world.keyring);
	tracker_set_free(world.trackers);
	config_free(world.config);
	return 0;
}
