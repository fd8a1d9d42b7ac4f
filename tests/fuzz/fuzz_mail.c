/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses the options; the rest is a whole mail. Whatever it is: without a link that
 * is tracked it comes out as it went in, rewriting what came out gives the same bytes, it can be
 * stripped, and what was compiled for everybody and written for one is what was made for that one.
 */
#include "base/cleanup.h"
#include "track/mail_template.h"
#include "world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void choose(uint8_t byte, struct rewrite_options *ret_options)
{
	*ret_options = (struct rewrite_options){
		.trackers = trackers,
		.tracker = trackers->primary,
		.keyring = keyring,
		.form = REWRITE_MIME,
		.has_prospect = !(byte & 1),
		.prospect = {.bytes = {1}},
		.field = byte & 1 ? SPAN("*|WAYMARK|*") : (struct span){.data = NULL},
		.self_contained = (byte & 3) == 2,
		.utm = byte & 4 ? SPAN("utm_medium=email") : (struct span){.data = NULL},
		.open_pixel = (byte & 9) == 8,
		.trap = byte & 16,
		.unsubscribe = (byte & 33) == 32,
	};
	if (byte & 1)
		memset(&ret_options->prospect, 0, sizeof(ret_options->prospect));
}

static bool adds(const struct rewrite_options *options)
{
	return options->open_pixel || options->trap || options->unsubscribe;
}

static bool tracks(const struct rewrite_result *result)
{
	size_t count;
	const struct rewrite_link *links = rewrite_links(result, &count);

	for (size_t i = 0; i < count; i++)
		if (links[i].outcome == REWRITE_TRACKED ||
		    links[i].outcome == REWRITE_TRACKED_SELF_CONTAINED)
			return true;
	return false;
}

/* For everybody, and then for the one of @options: the same as @wanted. */
static void check_template(struct span message, struct rewrite_options options, struct span wanted)
{
	cleanup_buffer struct buffer written = BUFFER_INIT;
	struct prospect_id prospect = options.prospect;
	struct mail_template *template = NULL;

	memset(&options.prospect, 0, sizeof(options.prospect));
	assert(mail_template_compile(message, &options, &template, NULL) == 0);
	assert(mail_template_emit(template, &prospect, &written) == 0);
	assert(span_equal(buffer_span(&written), wanted));
	mail_template_free(template);
}

static int find(void *context, const struct link_id *id, struct buffer *to)
{
	size_t count;
	const struct rewrite_link *links = rewrite_links(context, &count);

	for (size_t i = 0; i < count; i++)
		if (memcmp(&links[i].id, id, sizeof(*id)) == 0) {
			buffer_append_span(to, links[i].destination);
			return 0;
		}
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rewrite_result *once = NULL, *twice = NULL, *stripped = NULL;
	struct rewrite_options options;
	struct span message, output;

	if (!keyring)
		make_world();
	if (size == 0)
		return 0;
	message = span_of(data + 1, size - 1);
	choose(data[0], &options);
	assert(rewrite_message(message, &options, &once, NULL) == 0);
	output = rewrite_output(once);
	if (!adds(&options) && !tracks(once))
		assert(span_equal(output, message));
	check_template(message, options, output);
	assert(rewrite_message(output, &options, &twice, NULL) == 0);
	assert(span_equal(output, rewrite_output(twice)));
	assert(rewrite_strip(output, &options, find, once, &stripped, NULL) == 0);
	rewrite_result_free(once);
	rewrite_result_free(twice);
	rewrite_result_free(stripped);
	return 0;
}
