/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links with merge fields. One cannot be registered, since each recipient's leads elsewhere: it
 * becomes one that holds its destination, which is made when the message is written. Its scheme and
 * host must be the message's own, or all of it the row's, which is then looked at as any
 * destination is.
 *
 * Each field is one byte while the rest of the URL is looked at, so that nothing in its name is
 * taken for a part of the URL.
 */
#include "track/rewrite_merge.h"

#include "base/cleanup.h"
#include "track/mail_segment.h"

#include <errno.h>

enum { MARK = 1 };

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= 0x80)
			return false;
	return true;
}

/* @url with @mark in the place of each field. */
static int mark_fields(struct span url, uint8_t mark, struct buffer *to)
{
	struct merge_field field;
	size_t at = 0, done = 0;

	while (merge_field_next(url, &at, &field)) {
		buffer_append_span(to, span_slice(url, done, field.at - done));
		buffer_append_byte(to, mark);
		done = at;
	}
	buffer_append_span(to, span_slice(url, done, url.size));
	return to->error;
}

/* Does the host stand before the first field? */
static bool has_own_host(struct span marked)
{
	size_t mark = span_find(marked, MARK, 0), slashes = span_find(marked, ':', 0) + 3, end;

	for (end = slashes; end < mark; end++)
		if (marked.data[end] && strchr("/?#", marked.data[end]))
			return true;
	return false;
}

/* The URL with its fields and what --utm adds, which goes before a '#' that is the message's. */
static int add_query(struct rewrite_pass *pass, struct span url, bool utm, struct buffer *to)
{
	cleanup_buffer struct buffer marked = BUFFER_INIT, with = BUFFER_INIT;
	struct merge_field field;
	struct span text;
	size_t at = 0;
	int r = mark_fields(url, MARK, &marked);

	if (r != 0)
		return r;
	if (utm)
		rewrite_append_utm(pass, buffer_span(&marked), &with);
	else
		buffer_append_span(&with, buffer_span(&marked));
	text = buffer_span(&with);
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] != MARK || !merge_field_next(url, &at, &field)) {
			buffer_append_byte(to, text.data[i]);
			continue;
		}
		buffer_append_span(to, span_slice(url, field.at, field.size));
	}
	return with.error ? with.error : to->error;
}

static int fill_link(struct rewrite_pass *pass, struct rewrite_site *site,
		     struct rewrite_link *link, struct span url)
{
	cleanup_buffer struct buffer before = BUFFER_INIT;
	struct mail_fill fill = {.kind = MAIL_FILL_LINK, .utf8 = site->utf8};
	int r = merge_describe_text(pass, &fill);

	if (r == 0)
		r = merge_pieces(pass, url,
				 merge_place_of(pass,
						(size_t)(site->raw.data - pass->message.data)),
				 &fill.pieces);
	if (r != 0)
		return r;
	buffer_append_text(&before, pass->options->tracker->origin);
	buffer_append_text(&before, "/u/");
	fill.before = rewrite_keep(pass, &before);
	site->fill = merge_keep_fill(pass, &fill);
	site->written = fill.before;
	link->outcome = REWRITE_TRACKED_SELF_CONTAINED;
	link->destination = arena_copy(&pass->template->arena, url);
	link->tracked = fill.before;
	return fill.before.data && site->fill && link->destination.data ? 0 : -ENOMEM;
}

/* Fields that a row fills, and none that something else does. */
static bool has_fields(const struct rewrite_pass *pass, struct span url)
{
	struct merge_field field;
	size_t at = 0;
	bool found = false;

	while (merge_field_next(url, &at, &field)) {
		if (merge_is_page(pass, &field))
			return false;
		found = true;
	}
	return found;
}

int rewrite_merge_link(struct rewrite_pass *pass, struct rewrite_site *site,
		       struct rewrite_link *link, bool *ret_done)
{
	cleanup_buffer struct buffer marked = BUFFER_INIT, sample = BUFFER_INIT, url = BUFFER_INIT,
				     location = BUFFER_INIT;
	enum url_refusal refusal;
	bool whole;
	int r;

	*ret_done = false;
	if (!pass->options->merge || !has_fields(pass, site->url) ||
	    span_find(site->url, MARK, 0) < site->url.size || !(site->utf8 || is_ascii(site->url)))
		return 0;
	r = mark_fields(site->url, MARK, &marked);
	if (r == 0)
		r = mark_fields(site->url, 'x', &sample);
	if (r != 0)
		return r;
	/* Another mailer's tags are left to what is said of those. */
	if (url_has_merge_tag(buffer_span(&sample)))
		return 0;
	whole = marked.data[0] == MARK;
	*ret_done = true;
	if (!whole &&
	    url_classify(buffer_span(&sample), site->utf8, &location, &refusal) == URL_NONE)
		return rewrite_leave_refused(link, refusal);
	if (!whole && !has_own_host(buffer_span(&marked)))
		return rewrite_leave_notable(link, "a merge field is in its scheme or host");
	r = add_query(pass, site->url, !whole, &url);
	return r == 0 ? fill_link(pass, site, link, buffer_span(&url)) : r;
}
