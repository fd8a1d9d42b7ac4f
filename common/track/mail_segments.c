/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a text and its edits to segments. What lies between two edits is copied as it stands
 * encoded; only three things are encoded anew:
 *
 * - the bytes of an edit;
 * - in quoted-printable, the rest of the line behind an edit, whose breaks may have to move;
 * - in base64, everything from the line of the first edit on, since its groups of three move. What
 *   is the same for all recipients is encoded anew only once.
 */
#include "track/mail_segment.h"

#include "base/cleanup.h"

#include <errno.h>

static int add(struct mail_template *template, const struct mail_segment *segment)
{
	if (segment->bytes.size == 0 && !segment->slot && !segment->fill &&
	    segment->kind != MAIL_FLUSH)
		return 0;
	if (template->count == template->capacity) {
		size_t capacity = template->capacity ? template->capacity * 2 : 64;
		struct mail_segment *segments =
			reallocarray(template->segments, capacity, sizeof(*segments));

		if (!segments)
			return -ENOMEM;
		template->segments = segments;
		template->capacity = capacity;
	}
	template->segments[template->count++] = *segment;
	return 0;
}

static int add_bytes(struct mail_template *template, const struct rewrite_text *text,
		     enum mail_segment_kind kind, struct span bytes)
{
	return add(template, &(struct mail_segment){
				     .kind = kind,
				     .style = &text->style,
				     .bytes = bytes,
			     });
}

int mail_segments_copy(struct mail_template *template, struct span bytes)
{
	return add(template, &(struct mail_segment){.kind = MAIL_COPY, .bytes = bytes});
}

static unsigned number_of(struct mail_template *template, const struct rewrite_slot *slot)
{
	unsigned number = 0;

	if (slot->purpose != PURPOSE_CLICK)
		return MAIL_NO_NUMBER;
	while (number < template->numbered_count &&
	       memcmp(&template->numbered[number], &slot->link, sizeof(slot->link)) != 0)
		number++;
	if (number == template->numbered_count && number < MAIL_NUMBERED_TOKENS)
		template->numbered[template->numbered_count++] = slot->link;
	return number;
}

/* A token that is not the recipient's is text like the rest, but stays in one piece. */
static int add_token(struct mail_template *template, const struct rewrite_text *text,
		     const struct rewrite_edit *edit)
{
	struct rewrite_slot *slot;

	if (edit->slot.purpose == PURPOSE_LINK_PART)
		return add_bytes(template, text, MAIL_WRITE,
				 span_slice(edit->written, edit->slot.at, edit->slot.size));
	slot = arena_alloc(&template->arena, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = edit->slot;
	return add(template, &(struct mail_segment){
				     .kind = MAIL_TOKEN,
				     .number = number_of(template, slot),
				     .style = &text->style,
				     .slot = slot,
			     });
}

static int add_edit(struct mail_template *template, const struct rewrite_text *text,
		    const struct rewrite_edit *edit)
{
	size_t end = edit->slot.at + edit->slot.size;
	int r;

	template->changed = true;
	if (edit->fill)
		return add(template, &(struct mail_segment){
					     .kind = MAIL_FILL,
					     .style = &text->style,
					     .fill = edit->fill,
				     });
	if (!edit->slot.purpose)
		return add_bytes(template, text, MAIL_WRITE, edit->written);
	r = add_bytes(template, text, MAIL_WRITE, span_slice(edit->written, 0, edit->slot.at));
	if (r == 0)
		r = add_token(template, text, edit);
	if (r == 0)
		r = add_bytes(template, text, MAIL_WRITE,
			      span_slice(edit->written, end, edit->written.size));
	return r;
}

/* Where in @source the bytes stand that @edit replaces. */
static size_t place_of(const struct rewrite_text *text, const struct rewrite_edit *edit,
		       size_t *ret_end)
{
	struct span range = rewrite_text_source(text, edit->at, edit->size);
	size_t at = (size_t)(range.data - text->source.data);

	*ret_end = at + range.size;
	return at;
}

/*
 * The end of what belongs to the line at @at of quoted-printable, before its end and the '=' of a
 * soft break; at most @limit.
 */
static size_t quoted_line_end(struct span raw, size_t at, size_t limit)
{
	struct span line = span_slice(raw, 0, limit);
	size_t end = span_find(line, '\n', at), trimmed;

	if (end == limit)
		return limit;
	if (end > at && raw.data[end - 1] == '\r')
		end--;
	trimmed = end;
	while (trimmed > at && (raw.data[trimmed - 1] == ' ' || raw.data[trimmed - 1] == '\t'))
		trimmed--;
	return trimmed > at && raw.data[trimmed - 1] == '=' ? trimmed - 1 : end;
}

static int add_text(struct mail_template *template, const struct rewrite_text *text,
		    const struct rewrite_edits *edits)
{
	bool quoted = text->style.encoding == TRANSFER_QUOTED_PRINTABLE;
	struct span raw = text->source;
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; i < edits->count && r == 0; i++) {
		size_t end, at = place_of(text, &edits->items[i], &end), next = raw.size;

		r = add_bytes(template, text, MAIL_COPY, span_slice(raw, done, at - done));
		if (r == 0)
			r = add_edit(template, text, &edits->items[i]);
		done = end;
		if (!quoted || r != 0)
			continue;
		if (i + 1 < edits->count) {
			size_t unused;

			next = place_of(text, &edits->items[i + 1], &unused);
		}
		done = quoted_line_end(raw, end, next);
		r = add_bytes(template, text, MAIL_COPY_BROKEN, span_slice(raw, end, done - end));
	}
	return r == 0 ? add_bytes(template, text, MAIL_COPY, span_slice(raw, done, raw.size)) : r;
}

/*
 * Where the writer of base64 is when a part has been written up to here. Tokens have one length, so
 * that this is the same for every recipient, and what stands between them can be encoded once; but
 * behind what a row says it is not known.
 */
struct base64_place {
	bool known;
	size_t column, held;
};

static void advance(struct base64_place *place, const struct rewrite_text *text, size_t bytes)
{
	for (place->held += bytes; place->held >= 3; place->held -= 3) {
		if (place->column + 4 > text->style.line_bytes)
			place->column = 0;
		place->column += 4;
	}
}

/* @bytes are whole groups, and nothing is held. */
static int add_encoded(struct mail_template *template, const struct rewrite_text *text,
		       struct base64_place *place, struct span bytes)
{
	cleanup_buffer struct buffer encoded = BUFFER_INIT;
	struct transfer_writer writer;
	struct span kept;

	transfer_writer_init(&writer, &text->style, &encoded);
	writer.column = place->column;
	transfer_write(&writer, bytes);
	place->column = writer.column;
	kept = encoded.error ? (struct span){.data = NULL}
			     : arena_copy(&template->arena, buffer_span(&encoded));
	return kept.data ? add_bytes(template, text, MAIL_COPY, kept) : -ENOMEM;
}

static int add_base64_text(struct mail_template *template, const struct rewrite_text *text,
			   struct base64_place *place, struct span bytes)
{
	size_t head = place->held > 0 ? 3 - place->held : 0, groups;
	int r;

	if (!place->known || bytes.size < head + 3) {
		advance(place, text, bytes.size);
		return add_bytes(template, text, MAIL_WRITE, bytes);
	}
	groups = (bytes.size - head) / 3 * 3;
	advance(place, text, head);
	r = add_bytes(template, text, MAIL_WRITE, span_slice(bytes, 0, head));
	if (r == 0)
		r = add_encoded(template, text, place, span_slice(bytes, head, groups));
	advance(place, text, bytes.size - head - groups);
	return r == 0 ? add_bytes(template, text, MAIL_WRITE,
				  span_slice(bytes, head + groups, bytes.size))
		      : r;
}

static int add_base64(struct mail_template *template, const struct rewrite_text *text,
		      const struct rewrite_edits *edits)
{
	size_t unused, first = place_of(text, &edits->items[0], &unused), done;
	size_t line = transfer_base64_line(text->raw, first, &done);
	struct base64_place place = {.known = true};
	int r = add_bytes(template, text, MAIL_COPY, span_slice(text->raw, 0, line));

	for (size_t i = 0; i < edits->count && r == 0; i++) {
		const struct rewrite_edit *edit = &edits->items[i];
		size_t edit_end, at = place_of(text, edit, &edit_end);

		r = add_base64_text(template, text, &place,
				    span_slice(text->source, done, at - done));
		if (r == 0)
			r = add_edit(template, text, edit);
		if (edit->fill)
			place.known = false;
		advance(&place, text, edit->written.size);
		done = edit_end;
	}
	if (r == 0)
		r = add_base64_text(template, text, &place,
				    span_slice(text->source, done, text->source.size));
	if (r == 0)
		r = add_bytes(template, text, MAIL_FLUSH, (struct span){.data = NULL});
	return r;
}

int mail_segments_add(struct mail_template *template, const struct rewrite_text *text,
		      const struct rewrite_edits *edits)
{
	int r;

	if (edits->count == 0)
		r = mail_segments_copy(template, text->raw);
	else if (text->style.encoding == TRANSFER_BASE64)
		r = add_base64(template, text, edits);
	else
		r = add_text(template, text, edits);
	return r == 0 ? mail_segments_copy(template, text->rest) : r;
}
