/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking out what options have added: the open pixel, the trap link, the fields of the header; and
 * the address of the subscription page becomes its placeholder again.
 *
 * Each is known by its bytes, and by a token that verifies: what looks alike and is not ours stays.
 */
#include "base/cleanup.h"
#include "track/mail_segment.h"
#include "track/rewrite_extras.h"

#include <errno.h>

enum { FIELD_MAX_BYTES = 1024 }; /* of a merge field */

/* An address of ours: where it stands in the text. */
struct found {
	size_t start, end;
};

/* The next address with @path of @purpose at or after *at, which moves behind its path. */
static bool next_address(const struct rewrite_pass *pass, struct span text, const char *path,
			 enum purpose purpose, size_t *at, struct found *ret_found)
{
	const struct rewrite_options *options = pass->options;
	struct rewrite_explained explained;
	struct span needle = span_text(path);
	size_t start;

	while ((*at = rewrite_find_text(text, needle, *at)) < text.size) {
		size_t end = *at + needle.size;

		*at = end;
		if (!rewrite_ends_origin(options->trackers, text, end - needle.size, &start))
			continue;
		while (end < text.size && end - *at < TOKEN_MAX_CHARS &&
		       !strchr("\"'<>=/. \t\r\n", text.data[end]))
			end++;
		if (purpose == PURPOSE_OPEN && span_starts(span_slice(text, end, 4), SPAN(".gif")))
			end += 4;
		if (purpose == PURPOSE_CLICK && end < text.size && text.data[end] == '/')
			end = rewrite_find_text(span_slice(text, 0, end + FIELD_MAX_BYTES),
						SPAN("\""), end);
		if (rewrite_explain(options->trackers, options->keyring,
				    span_slice(text, start, end - start), &explained, NULL) == 0 &&
		    (explained.purpose == purpose ||
		     (purpose == PURPOSE_CLICK && explained.purpose == PURPOSE_LINK_PART))) {
			*ret_found = (struct found){start, end};
			return true;
		}
	}
	return false;
}

static bool has_at(struct span text, size_t at, struct span what)
{
	return at <= text.size && span_starts(span_slice(text, at, what.size), what);
}

/* Grow @found over @before and @after it, and over the lines it was put on; false: not there. */
static bool surround(const struct rewrite_pass *pass, struct span text, struct span before,
		     struct span after, struct found *found)
{
	struct span line_end = pass->text->style.line_end;
	size_t size = line_end.size;

	if (found->start < before.size || !has_at(text, found->start - before.size, before) ||
	    !has_at(text, found->end, after))
		return false;
	found->start -= before.size;
	found->end += after.size;
	if (pass->text->mail && pass->text->style.encoding == TRANSFER_IDENTITY &&
	    found->start >= size && has_at(text, found->start - size, line_end) &&
	    has_at(text, found->end, line_end)) {
		found->start -= size;
		found->end += size;
	}
	return true;
}

static int replace(struct rewrite_pass *pass, const struct found *found, struct span written)
{
	return rewrite_edits_add(&pass->edits, &(struct rewrite_edit){
						       .at = found->start,
						       .size = found->end - found->start,
						       .written = written,
						       .link = REWRITE_NO_LINK,
					       });
}

static int remove_elements(struct rewrite_pass *pass, const char *path, enum purpose purpose,
			   struct span before, struct span after)
{
	struct found found;
	size_t at = 0;
	int r = 0;

	while (r == 0 && next_address(pass, pass->message, path, purpose, &at, &found)) {
		/* The pixel's suffix is part of its address. */
		if (purpose == PURPOSE_OPEN)
			found.end -= strlen(".gif");
		if (surround(pass, pass->message, before, after, &found))
			r = replace(pass, &found, SPAN(""));
	}
	return r;
}

static int restore_placeholders(struct rewrite_pass *pass)
{
	struct found found;
	size_t at = 0;
	int r = 0;

	while (r == 0 &&
	       next_address(pass, pass->message, "/s/", PURPOSE_SUBSCRIPTION, &at, &found))
		r = replace(pass, &found, SPAN(EXTRA_PLACEHOLDER));
	return r;
}

int rewrite_strip_extras(struct rewrite_pass *pass)
{
	size_t count = pass->edits.count;
	int r = restore_placeholders(pass);

	if (r == 0 && pass->text->html)
		r = remove_elements(pass, "/o/", PURPOSE_OPEN, SPAN(EXTRA_PIXEL_BEFORE),
				    SPAN(EXTRA_PIXEL_AFTER));
	if (r == 0 && pass->text->html)
		r = remove_elements(pass, "/c/", PURPOSE_CLICK, SPAN(EXTRA_TRAP_BEFORE),
				    SPAN(EXTRA_TRAP_AFTER));
	if (r == 0 && pass->edits.count > count)
		rewrite_sort_edits(&pass->edits);
	return r;
}

int rewrite_strip_header(struct rewrite_pass *pass, struct span header)
{
	struct span field, value, next;
	struct found found;
	size_t at = 0, in_value = 0;

	pass->edits.count = 0;
	if (!mime_header_next(header, SPAN("List-Unsubscribe"), &at, &field, &value) ||
	    !next_address(pass, value, "/s/", PURPOSE_SUBSCRIPTION, &in_value, &found) ||
	    found.start != 1 || found.end + 1 != value.size)
		return 0;
	found.start = (size_t)(field.data - header.data);
	found.end = found.start + field.size;
	next = span_slice(header, found.end, span_find(header, '\n', found.end) + 1 - found.end);
	if (span_equal(span_trim(next), SPAN(EXTRA_POST_FIELD)))
		found.end += next.size;
	return replace(pass, &found, SPAN(""));
}
