/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole mails come in on stdin, each after a line with its size in bytes. Each is tracked with all
 * that options add, and stripped again; for each goes out one line, the sizes of both.
 */
#include "base/cleanup.h"
#include "track/rewrite.h"
#include "world.h"

int rewrite_and_strip(struct span message, const struct rewrite_options *options);

static struct rewrite_options choose(void)
{
	return (struct rewrite_options){
		.trackers = trackers,
		.tracker = trackers->primary,
		.keyring = keyring,
		.form = REWRITE_MIME,
		.has_prospect = true,
		.prospect = {.bytes = {1}},
		.utm = SPAN("utm_medium=email"),
		.open_pixel = true,
		.trap = true,
		.unsubscribe = true,
	};
}

/* Every second link is there; the search does not count. */
static int find(void *context, const struct link_id *id, struct buffer *to)
{
	(void)context;
	if (id->bytes[0] & 1)
		return 1;
	buffer_append_text(to, "https://www.example.com/found");
	return 0;
}

/* One call is one mail, whose cost callgrind counts. */
__attribute__((noinline)) int rewrite_and_strip(struct span message,
						const struct rewrite_options *options)
{
	struct rewrite_result *tracked = NULL, *stripped = NULL;
	int r = rewrite_message(message, options, &tracked, NULL);

	if (r == 0)
		r = rewrite_strip(rewrite_output(tracked), options, find, NULL, &stripped, NULL);
	if (r == 0)
		printf("%zu %zu\n", rewrite_output(tracked).size, rewrite_output(stripped).size);
	rewrite_result_free(tracked);
	rewrite_result_free(stripped);
	return r;
}

int main(void)
{
	struct rewrite_options options;
	size_t size;

	make_world();
	options = choose();
	while (scanf("%zu", &size) == 1 && getchar() == '\n') {
		cleanup_free uint8_t *message = malloc(size + 1);

		if (!message || fread(message, 1, size, stdin) != size)
			return 1;
		if (rewrite_and_strip(span_of(message, size), &options))
			return 1;
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
