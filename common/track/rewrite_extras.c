/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What options add to a message: the open pixel, the trap link, the address of the subscription
 * page, the header fields that mail programs show a button for. Each is added where it is not there
 * yet, so that rewriting twice adds it once; one that names another person is an error like a link
 * that does.
 *
 * Pixel and trap stand where the body begins: what is cut off at the end of a long mail is not
 * asked for.
 */
#include "track/rewrite_extras.h"
#include "base/cleanup.h"
#include "text/html_links.h"
#include "track/mail_segment.h"

#include <errno.h>

static const char trap_label[] = "trap";

size_t rewrite_find_text(struct span text, struct span needle, size_t from)
{
	const uint8_t *found = NULL;

	if (from < text.size)
		found = memmem(text.data + from, text.size - from, needle.data, needle.size);
	return found ? (size_t)(found - text.data) : text.size;
}

static int compare_edits(const void *left, const void *right)
{
	const struct rewrite_edit *a = left, *b = right;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->slot.purpose < b->slot.purpose ? -1 : a->slot.purpose > b->slot.purpose;
}

void rewrite_sort_edits(struct rewrite_edits *edits)
{
	size_t kept = 0, end = 0;

	qsort(edits->items, edits->count, sizeof(*edits->items), compare_edits);
	for (size_t i = 0; i < edits->count; i++) {
		if (edits->items[i].at < end)
			continue;
		end = edits->items[i].at + edits->items[i].size;
		edits->items[kept++] = edits->items[i];
	}
	edits->count = kept;
}

/*
 * Write @before, the URL of @slot and @after in the place of @size bytes at @at. What is added to a
 * mail's HTML that is not encoded is on a line of its own, since no line may become too long.
 */
static int insert(struct rewrite_pass *pass, size_t at, size_t size, struct rewrite_slot *slot,
		  const char *before, const char *after, struct span *ret_url)
{
	cleanup_buffer struct buffer written = BUFFER_INIT;
	struct rewrite_edit edit = {.at = at, .size = size, .link = REWRITE_NO_LINK};
	bool own_lines = size == 0 && pass->text->mail && pass->text->html &&
			 pass->text->style.encoding == TRANSFER_IDENTITY;
	size_t start, end;
	int r;

	if (own_lines)
		buffer_append_span(&written, pass->text->style.line_end);
	buffer_append_text(&written, before);
	start = written.size;
	r = rewrite_append_url(pass, slot, &written);
	if (r != 0)
		return r;
	if (slot->purpose == PURPOSE_LINK_PART) {
		buffer_append_byte(&written, '/');
		buffer_append_span(&written, pass->options->field);
	}
	end = written.size;
	buffer_append_text(&written, after);
	if (own_lines)
		buffer_append_span(&written, pass->text->style.line_end);
	edit.written = rewrite_keep(pass, &written);
	edit.slot = *slot;
	if (!edit.written.data)
		return -ENOMEM;
	if (ret_url)
		*ret_url = span_slice(edit.written, start, end - start);
	return rewrite_edits_add(&pass->edits, &edit);
}

bool rewrite_ends_origin(const struct tracker_set *trackers, struct span text, size_t at,
			 size_t *ret_start)
{
	for (size_t i = 0; i < trackers->count; i++) {
		struct span origin = span_text(trackers->trackers[i].origin);

		if (origin.size <= at &&
		    span_equal_nocase(span_slice(text, at - origin.size, origin.size), origin)) {
			*ret_start = at - origin.size;
			return true;
		}
	}
	return false;
}

/*
 * Whether @text holds an address of ours of @purpose for this person; one for somebody else is an
 * error. @path is the beginning of such addresses behind the origin.
 */
static int find_ours(struct rewrite_pass *pass, struct span text, const char *path,
		     enum purpose purpose, bool *ret_found)
{
	const struct rewrite_options *options = pass->options;
	struct rewrite_explained explained;
	size_t size = strlen(path), start;

	for (size_t at = rewrite_find_text(text, span_of(path, size), 0); at < text.size;
	     at = rewrite_find_text(text, span_of(path, size), at + 1)) {
		size_t end = at + size;

		if (!rewrite_ends_origin(options->trackers, text, at, &start))
			continue;
		while (end < text.size && end - at < TOKEN_MAX_CHARS &&
		       !strchr("\"'<>=/ \t\r\n", text.data[end]))
			end++;
		if (rewrite_explain(options->trackers, options->keyring,
				    span_slice(text, start, end - start), &explained, NULL) != 0 ||
		    explained.purpose != purpose)
			continue;
		if (options->lenient) {
			*ret_found = true;
			continue;
		}
		if (memcmp(&explained.token.prospect, &options->prospect,
			   sizeof(options->prospect)) != 0)
			return rewrite_fail_foreign(pass, 1, path);
		*ret_found = true;
	}
	return 0;
}

static int add_pixel(struct rewrite_pass *pass, size_t at)
{
	struct rewrite_slot slot = {.purpose = PURPOSE_OPEN};
	bool found = false;
	int r = find_ours(pass, pass->message, "/o/", PURPOSE_OPEN, &found);

	if (r != 0 || found)
		return r;
	return insert(pass, at, 0, &slot, EXTRA_PIXEL_BEFORE, EXTRA_PIXEL_AFTER, NULL);
}

static bool has_link(const struct mail_template *template, const struct link_id *id)
{
	for (size_t i = 0; i < template->link_count; i++)
		if (memcmp(&template->links[i].id, id, sizeof(*id)) == 0)
			return true;
	return false;
}

static int add_trap(struct rewrite_pass *pass, size_t at)
{
	const struct rewrite_options *options = pass->options;
	struct rewrite_slot slot = {
		.purpose = options->has_prospect ? PURPOSE_CLICK : PURPOSE_LINK_PART,
	};
	struct span destination = arena_copy(&pass->template->arena,
					     span_text(options->tracker->fallback)),
		    url;
	struct rewrite_link *link;
	int r;

	if (!destination.data)
		return -ENOMEM;
	id_of_link(options->keyring, pass->mailing, pass->campaign, span_text(trap_label),
		   destination, &slot.link);
	if (has_link(pass->template, &slot.link))
		return 0;
	r = insert(pass, at, 0, &slot, EXTRA_TRAP_BEFORE, EXTRA_TRAP_AFTER, &url);
	if (r != 0)
		return r;
	link = rewrite_add_link(pass->template);
	if (!link)
		return -ENOMEM;
	link->outcome = REWRITE_TRACKED;
	link->place = "trap";
	link->part = pass->text->path;
	link->trap = true;
	link->destination = destination;
	link->label = span_text(trap_label);
	link->tracked = url;
	link->id = slot.link;
	return 0;
}

/*
 * Whether the placeholder at @at is only a part of a link's value: with an address in its place the
 * whole would be another link, which would be tracked the next time. *link: the first that may hold
 * it, and then the one from where to go on.
 */
static bool is_part_of_link(const struct rewrite_pass *pass, size_t at, size_t *link)
{
	for (; *link < pass->template->link_count; (*link)++) {
		struct span value = pass->template->links[*link].original;
		size_t start = (size_t)(value.data - pass->message.data);

		if (at < start)
			return false;
		if (at < start + value.size)
			return !span_equal(span_trim(value), SPAN(EXTRA_PLACEHOLDER));
	}
	return false;
}

static int add_pages(struct rewrite_pass *pass)
{
	struct span needle = SPAN(EXTRA_PLACEHOLDER);
	size_t link = pass->first_link;
	int r = 0;

	for (size_t at = rewrite_find_text(pass->document, needle, 0);
	     at < pass->document.size && r == 0;
	     at = rewrite_find_text(pass->document, needle, at + needle.size)) {
		struct rewrite_slot slot = {.purpose = PURPOSE_SUBSCRIPTION};

		if (!is_part_of_link(pass, at, &link))
			r = insert(pass, at, needle.size, &slot, "", "", NULL);
	}
	return r;
}

int rewrite_add_extras(struct rewrite_pass *pass)
{
	const struct rewrite_options *options = pass->options;
	bool able = pass->text->html && pass->text->separated;
	bool pixel = options->open_pixel && able && !pass->pixel_done;
	bool trap = options->trap && able && !pass->trap_done;
	size_t count = pass->edits.count, at = 0;
	int r = 0;

	if (pass->decide != rewrite_decide_tracking)
		return rewrite_strip_extras(pass);
	if (options->unsubscribe)
		r = add_pages(pass);
	if (r == 0 && (pixel || trap))
		r = html_body_start(pass->document, &at);
	if (r == HTML_E_BODY)
		pixel = trap = false;
	r = r < 0 ? r : 0;
	if (r == 0 && pixel)
		r = add_pixel(pass, at);
	if (r == 0 && trap)
		r = add_trap(pass, at);
	pass->pixel_done |= pixel;
	pass->trap_done |= trap;
	if (r == 0 && pass->edits.count > count)
		rewrite_sort_edits(&pass->edits);
	return r;
}

static bool has_field(struct span header, const char *name)
{
	struct span field, value;
	size_t at = 0;

	return mime_header_next(header, span_text(name), &at, &field, &value);
}

static int note_own_field(struct rewrite_pass *pass)
{
	struct rewrite_link *link = rewrite_add_link(pass->template);

	if (!link)
		return -ENOMEM;
	link->line = 1;
	link->place = "header";
	return rewrite_leave_notable(link, "the message has a List-Unsubscribe of its own, which "
					   "stays; ours was not added");
}

int rewrite_add_header(struct rewrite_pass *pass, struct span header, struct span line_end)
{
	cleanup_buffer struct buffer before = BUFFER_INIT, after = BUFFER_INIT;
	struct rewrite_slot slot = {.purpose = PURPOSE_SUBSCRIPTION};
	struct span field, value;
	size_t at = 0;
	bool found = false;

	pass->edits.count = 0;
	if (!pass->options->unsubscribe || header.size == 0)
		return 0;
	if (mime_header_next(header, SPAN("List-Unsubscribe"), &at, &field, &value)) {
		int r = find_ours(pass, value, "/s/", PURPOSE_SUBSCRIPTION, &found);

		return r != 0 || found ? r : note_own_field(pass);
	}
	if (header.data[header.size - 1] != '\n')
		buffer_append_span(&before, line_end);
	buffer_append_text(&before, "List-Unsubscribe: <");
	buffer_append_byte(&after, '>');
	buffer_append_span(&after, line_end);
	if (!has_field(header, "List-Unsubscribe-Post")) {
		buffer_append_text(&after, EXTRA_POST_FIELD);
		buffer_append_span(&after, line_end);
	}
	if (before.error || after.error)
		return -ENOMEM;
	return insert(pass, header.size, 0, &slot, buffer_text(&before), buffer_text(&after), NULL);
}
