/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking tracking out: each of our links becomes its destination again. Whose link it was does not
 * matter here; what matters is that its token verifies, since a destination comes only from bytes
 * that we signed or a link that we registered.
 *
 * How the original value was spelled is not kept anywhere. The destination is therefore written in
 * the one spelling that needs the fewest references: '&' as "&amp;" and the quote in use as its
 * reference, everything else as it is.
 */
#include "base/cleanup.h"
#include "track/rewrite_pass.h"

#include <errno.h>

static void append_escaped(struct span value, uint8_t quote, struct buffer *to)
{
	for (size_t i = 0; i < value.size; i++) {
		uint8_t c = value.data[i];

		if (c == '&')
			buffer_append_text(to, "&amp;");
		else if (c == quote)
			buffer_append_text(to, c == '"' ? "&quot;" : "&#39;");
		else
			buffer_append_byte(to, c);
	}
}

/* Without quotes only white space and '>' end a value, and a destination holds no white space. */
static void append_value(struct span destination, const struct rewrite_site *site,
			 struct buffer *to)
{
	bool add_quotes =
		site->html && site->quote == 0 && span_find(destination, '>', 0) < destination.size;

	if (!site->html) {
		buffer_append_span(to, destination);
		return;
	}
	if (add_quotes)
		buffer_append_byte(to, '"');
	append_escaped(destination, add_quotes ? '"' : site->quote, to);
	if (add_quotes)
		buffer_append_byte(to, '"');
}

/* A merge field with spaces goes on behind what looks like a URL in plain text. */
static size_t bytes_of_link(const struct rewrite_pass *pass, const struct rewrite_site *site,
			    const struct rewrite_explained *explained)
{
	size_t size;

	if (site->html || !explained->has_second || explained->second_valid ||
	    !rewrite_has_field(pass, site, &size) || size < site->raw.size)
		return site->raw.size;
	return size;
}

int rewrite_decide_strip(struct rewrite_pass *pass, struct rewrite_site *site,
			 struct rewrite_link *link)
{
	const struct rewrite_options *options = pass->options;
	cleanup_buffer struct buffer destination = BUFFER_INIT, value = BUFFER_INIT;
	struct rewrite_explained explained;
	int r;

	r = rewrite_explain(options->trackers, options->keyring, site->url, &explained, NULL);
	if (r == REWRITE_E_NOT_OURS)
		return rewrite_leave(link, "not one of our links");
	if (r == REWRITE_E_FORGED)
		return rewrite_leave_notable(link, "our address, but its token does not verify");
	if (r != 0)
		return r;
	if (explained.purpose == PURPOSE_SELF_CONTAINED) {
		buffer_append_span(&destination, explained.token.url);
	} else if (explained.purpose == PURPOSE_CLICK || explained.purpose == PURPOSE_LINK_PART) {
		link->id = explained.token.link;
		r = pass->find(pass->context, &link->id, &destination);
		if (r > 0)
			return rewrite_leave_notable(link, "a link that is not registered here");
		if (r < 0)
			return r;
	} else {
		return rewrite_leave(link, "a page of the tracker, not a tracked link");
	}
	link->outcome = REWRITE_STRIPPED;
	link->tracked = site->url;
	append_value(buffer_span(&destination), site, &value);
	link->destination = rewrite_keep(pass, &destination);
	site->written = rewrite_keep(pass, &value);
	site->replaced = bytes_of_link(pass, site, &explained);
	return link->destination.data && site->written.data ? 0 : -ENOMEM;
}
