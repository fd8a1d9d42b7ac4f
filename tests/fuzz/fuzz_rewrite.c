/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses form and options; the rest is a message. Whatever it is: rewriting changes
 * nothing but the values that it reports, tracks only what can be redirected to, gives the same
 * bytes when it is done again, and can be stripped.
 */
#include "base/cleanup.h"
#include "track/rewrite.h"
#include "world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void choose(uint8_t byte, struct rewrite_options *ret_options)
{
	*ret_options = (struct rewrite_options){
		.trackers = trackers,
		.tracker = trackers->primary,
		.keyring = keyring,
		.form = byte % 3,
		.charset = byte & 4 ? SPAN("iso-2022-jp") : (struct span){.data = NULL},
		.has_prospect = !(byte & 8),
		.prospect = {.bytes = {1}},
		.field = byte & 8 ? SPAN("*|WAYMARK|*") : (struct span){.data = NULL},
		.self_contained = (byte & 24) == 16,
	};
	if (byte & 8)
		memset(&ret_options->prospect, 0, sizeof(ret_options->prospect));
}

/* Every byte of the message outside the values that were replaced is in the output, in order. */
static void check_bytes(struct span message, const struct rewrite_result *result)
{
	struct span output = rewrite_output(result);
	size_t count, in = 0, out = 0;
	const struct rewrite_link *links = rewrite_links(result, &count);

	for (size_t i = 0; i < count; i++) {
		const struct rewrite_link *link = &links[i];
		size_t start = (size_t)(link->original.data - message.data);
		bool quoted;

		if (link->outcome == REWRITE_LEFT || link->outcome == REWRITE_OURS)
			continue;
		assert(start >= in && start + link->original.size <= message.size);
		assert(span_equal(span_slice(message, in, start - in),
				  span_slice(output, out, start - in)));
		out += start - in;
		quoted = output.data[out] == '"';
		assert(span_equal(span_slice(output, out + quoted, link->tracked.size),
				  link->tracked));
		out += link->tracked.size + 2 * quoted;
		in = start + link->original.size;
	}
	assert(span_equal(span_slice(message, in, message.size - in),
			  span_slice(output, out, output.size - out)));
}

static void check_destinations(const struct rewrite_result *result)
{
	size_t count;
	const struct rewrite_link *links = rewrite_links(result, &count);

	for (size_t i = 0; i < count; i++) {
		cleanup_buffer struct buffer location = BUFFER_INIT;
		enum url_refusal refusal;

		if (links[i].outcome == REWRITE_TRACKED ||
		    links[i].outcome == REWRITE_TRACKED_SELF_CONTAINED)
			assert(url_classify(links[i].destination, true, &location, &refusal) ==
			       URL_EXACT);
	}
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
	struct span message;
	int r;

	if (!keyring)
		make_world();
	if (size == 0)
		return 0;
	message = span_of(data + 1, size - 1);
	choose(data[0], &options);
	r = rewrite_message(message, &options, &once, NULL);
	assert(r == 0 || r == REWRITE_E_CHARSET);
	if (r != 0)
		return 0;
	check_bytes(message, once);
	check_destinations(once);
	assert(rewrite_message(rewrite_output(once), &options, &twice, NULL) == 0);
	assert(span_equal(rewrite_output(once), rewrite_output(twice)));
	assert(rewrite_strip(rewrite_output(once), &options, find, once, &stripped, NULL) == 0);
	rewrite_result_free(once);
	rewrite_result_free(twice);
	rewrite_result_free(stripped);
	return 0;
}
