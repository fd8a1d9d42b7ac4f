/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merge fields of a text: each becomes an edit whose bytes are known only when the message is
 * written for somebody. What a field without a column would leave in a mail everybody has seen:
 * "Dear {{firstname}}"; it is an error of the message, before any of it is written.
 *
 * Where a field stands is asked of the document (text/html_context.h), once for all that are in it.
 */
#include "track/rewrite_merge.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/charset.h"
#include "text/charset_decode.h"
#include "text/html_context.h"
#include "text/html_links.h"
#include "track/mail_segment.h"
#include "track/rewrite_extras.h"

#include <errno.h>
#include <iconv.h>

enum { NAME_MAX_BYTES = 255, SHOWN_COLUMNS = 12 };

bool merge_field_next(struct span text, size_t *at, struct merge_field *ret_field)
{
	for (size_t start = span_find(text, '{', *at); start + 3 < text.size;
	     start = span_find(text, '{', start + 1)) {
		size_t end = start + 2;
		struct span name;

		if (text.data[start + 1] != '{' || text.data[start + 2] == '{')
			continue;
		while (end < text.size && end - start <= NAME_MAX_BYTES + 2 && text.data[end] &&
		       !strchr("{}\r\n", text.data[end]))
			end++;
		name = span_trim(span_slice(text, start + 2, end - start - 2));
		if (!span_starts(span_slice(text, end, 2), SPAN("}}")) || name.size == 0)
			continue;
		*ret_field =
			(struct merge_field){.at = start, .size = end + 2 - start, .name = name};
		*at = end + 2;
		return true;
	}
	return false;
}

bool merge_is_page(const struct rewrite_pass *pass, const struct merge_field *field)
{
	return pass->options->unsubscribe && span_equal(field->name, SPAN("unsubscribe"));
}

bool merge_field_is_in(struct span text)
{
	struct merge_field field;
	size_t at = 0;

	return merge_field_next(text, &at, &field);
}

static size_t line_of(const struct rewrite_pass *pass, const uint8_t *place)
{
	size_t line = 1, at = (size_t)(place - pass->whole.data);

	for (size_t i = 0; i < at && i < pass->whole.size; i++)
		line += pass->whole.data[i] == '\n';
	return line;
}

const uint8_t *merge_place_of(const struct rewrite_pass *pass, size_t at)
{
	if (pass->text->style.encoding == TRANSFER_BASE64)
		return pass->text->raw.data;
	return rewrite_text_source(pass->text, at, 0).data;
}

int merge_fail(struct rewrite_pass *pass, const uint8_t *place, const char *what)
{
	return error_set(pass->error, REWRITE_E_MERGE, "line %zu: %s", line_of(pass, place), what);
}

static int fail_unknown(struct rewrite_pass *pass, struct span name, const uint8_t *place)
{
	const struct merge_columns *columns = pass->options->merge;
	cleanup_buffer struct buffer known = BUFFER_INIT;
	size_t shown = 0;

	for (size_t i = 0; i < columns->count / 2; i++) {
		if (!columns->names[i][0])
			continue;
		if (shown++ == SHOWN_COLUMNS) {
			buffer_append_text(&known, ", ...");
			break;
		}
		buffer_printf(&known, "%s\"%s\"", shown > 1 ? ", " : "", columns->names[i]);
	}
	return error_set(pass->error, REWRITE_E_MERGE,
			 "line %zu: {{%.*s}}: the list has no column \"%.*s\"%s; it has %s",
			 line_of(pass, place), (int)name.size, (const char *)name.data,
			 (int)name.size, (const char *)name.data,
			 span_equal(name, SPAN("unsubscribe"))
				 ? " (--unsubscribe puts the page's address there)"
				 : "",
			 known.error ? "others" : buffer_text(&known));
}

int merge_column_find(struct rewrite_pass *pass, struct span name, const uint8_t *place,
		      size_t *ret_column)
{
	const struct merge_columns *columns = pass->options->merge;

	for (size_t i = 0; i < columns->count; i++) {
		if (!span_equal(name, span_text(columns->names[i])))
			continue;
		columns->used[i] = true;
		*ret_column = i;
		return 0;
	}
	return fail_unknown(pass, name, place);
}

struct mail_fill *merge_keep_fill(struct rewrite_pass *pass, const struct mail_fill *fill)
{
	struct mail_fill *kept = arena_alloc(&pass->template->arena, sizeof(*kept));

	if (kept)
		*kept = *fill;
	return kept;
}

static size_t count_fields(struct span text)
{
	struct merge_field field;
	size_t count = 0, at = 0;

	while (merge_field_next(text, &at, &field))
		count++;
	return count;
}

static int keep_text(struct rewrite_pass *pass, struct span text, struct mail_piece *piece)
{
	*piece = (struct mail_piece){
		.text = arena_copy(&pass->template->arena, text),
		.column = MAIL_NO_COLUMN,
	};
	return piece->text.data ? 0 : -ENOMEM;
}

int merge_pieces(struct rewrite_pass *pass, struct span text, const uint8_t *place,
		 struct mail_pieces *ret_pieces)
{
	size_t capacity = 2 * count_fields(text) + 1, count = 0, at = 0, done = 0;
	struct mail_piece *items = arena_alloc(&pass->template->arena, capacity * sizeof(*items));
	struct merge_field field;
	int r = items ? 0 : -ENOMEM;

	while (r == 0 && merge_field_next(text, &at, &field)) {
		if (field.at > done)
			r = keep_text(pass, span_slice(text, done, field.at - done),
				      &items[count++]);
		if (r == 0)
			r = keep_text(pass, field.name, &items[count++]);
		if (r == 0)
			r = merge_column_find(pass, field.name, place, &items[count - 1].column);
		done = at;
	}
	if (r == 0 && done < text.size)
		r = keep_text(pass, span_slice(text, done, text.size - done), &items[count++]);
	if (r == 0)
		*ret_pieces = (struct mail_pieces){.items = items, .count = count};
	return r;
}

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= 0x80)
			return false;
	return true;
}

/* A field's name as it is written in the text, in UTF-8. */
static int decode_name(const struct rewrite_pass *pass, struct span name, struct buffer *to)
{
	cleanup_buffer struct buffer decoded = BUFFER_INIT;
	const struct charset *charset = pass->utf8 ? NULL : charset_find(pass->label);
	bool unused;

	if (charset)
		charset_decode(charset, name, &decoded);
	else
		buffer_append_span(&decoded, name);
	if (pass->text->html)
		html_decode_attribute(buffer_span(&decoded), to, &unused);
	else
		buffer_append_span(to, buffer_span(&decoded));
	return decoded.error ? decoded.error : to->error;
}

static int describe_text(struct rewrite_pass *pass, struct mail_fill *fill)
{
	bool ascii = is_ascii(pass->message);
	struct span label = pass->label;
	iconv_t converter;
	struct span name;

	if (pass->text->mail)
		fill->part = pass->text->path;
	if (pass->text->html) {
		fill->references = !pass->utf8 || ascii;
		return 0;
	}
	fill->seven_bits = pass->text->seven_bits && ascii;
	if (pass->utf8) {
		/* A mail's text that names no charset is ASCII to those who read it. */
		fill->ascii = pass->text->mail && ascii &&
			      !span_starts_nocase(label, SPAN("utf")) &&
			      !span_starts_nocase(label, SPAN("unicode"));
		return 0;
	}
	name = arena_copy(&pass->template->arena, label.data ? label : SPAN(""));
	if (!name.data)
		return -ENOMEM;
	converter = name.size > 0 ? iconv_open((const char *)name.data, "UTF-8") : (iconv_t)-1;
	fill->ascii = converter == (iconv_t)-1; // NOLINT(performance-no-int-to-ptr)
	fill->charset = (const char *)name.data;
	if (!fill->ascii)
		(void)iconv_close(converter);
	return 0;
}

/* Asked for each field and link, and the same for all of the text. */
int merge_describe_text(struct rewrite_pass *pass, struct mail_fill *fill)
{
	struct mail_fill text = {.kind = fill->kind};
	int r = 0;

	if (!pass->described) {
		r = describe_text(pass, &text);
		pass->described = r == 0 ? merge_keep_fill(pass, &text) : NULL;
	}
	if (r != 0 || !pass->described)
		return r != 0 ? r : -ENOMEM;
	fill->part = pass->described->part;
	fill->references = pass->described->references;
	fill->ascii = pass->described->ascii;
	fill->seven_bits = pass->described->seven_bits;
	fill->charset = pass->described->charset;
	return 0;
}

/* One field at its place in the text, to be written as @fill says. */
static int add_fill(struct rewrite_pass *pass, const struct merge_field *field,
		    struct mail_fill *fill)
{
	cleanup_buffer struct buffer name = BUFFER_INIT;
	struct span written = span_slice(pass->message, field->at, field->size);
	struct span raw =
		span_slice(pass->message, (size_t)(field->name.data - pass->document.data),
			   field->name.size);
	const uint8_t *place = merge_place_of(pass, field->at);
	struct mail_piece *piece = arena_alloc(&pass->template->arena, sizeof(*piece));
	struct rewrite_edit edit = {
		.at = field->at,
		.size = field->size,
		.written = written,
		.link = REWRITE_NO_LINK,
	};
	int r = piece ? decode_name(pass, raw, &name) : -ENOMEM;

	if (r == 0)
		r = keep_text(pass, span_trim(buffer_span(&name)), piece);
	if (r == 0)
		r = merge_column_find(pass, piece->text, place, &piece->column);
	if (r != 0)
		return r;
	fill->pieces = (struct mail_pieces){.items = piece, .count = 1};
	edit.fill = merge_keep_fill(pass, fill);
	return edit.fill ? rewrite_edits_add(&pass->edits, &edit) : -ENOMEM;
}

/* What stays as it is in a URL of that scheme. */
static const char *kept_of(struct span url)
{
	if (span_starts_nocase(url, SPAN("mailto:")))
		return "@+";
	return span_starts_nocase(url, SPAN("tel:")) || span_starts_nocase(url, SPAN("sms:"))
		       ? "+"
		       : NULL;
}

int rewrite_merge_left(struct rewrite_pass *pass, const struct rewrite_site *site)
{
	size_t start = (size_t)(site->raw.data - pass->message.data), at = start;
	struct span until = span_slice(pass->document, 0, start + site->raw.size);
	struct merge_field field;
	int r = 0;

	while (r == 0 && merge_field_next(until, &at, &field)) {
		struct mail_fill fill = {
			.kind = field.at == start ? MAIL_FILL_URL : MAIL_FILL_URL_PART,
			.html = site->html,
			.kept = kept_of(site->url),
		};

		if (merge_is_page(pass, &field))
			continue;
		r = merge_describe_text(pass, &fill);
		if (r == 0)
			r = add_fill(pass, &field, &fill);
	}
	return r;
}

static bool is_url_attribute(struct span name)
{
	static const char *const names[] = {
		"href", "src",	    "action", "formaction", "background", "poster",
		"cite", "longdesc", "data",   "xlink:href", "srcset",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_equal_nocase(name, span_text(names[i])))
			return true;
	return false;
}

/* Code, of which a value could become more than text. */
static bool is_code_attribute(struct span name)
{
	return span_starts_nocase(name, SPAN("on")) || span_equal_nocase(name, SPAN("srcdoc"));
}

/* Inside of a tag. */
static int choose_in_tag(struct rewrite_pass *pass, const struct html_where *where,
			 struct html_attributes *attributes, struct mail_fill *fill)
{
	size_t at = where->at - where->start, value;
	struct span name;

	fill->kind = MAIL_FILL_ATTRIBUTE;
	if (attributes->tag.data != pass->document.data + where->start)
		html_attributes_init(attributes,
				     span_slice(pass->document, where->start, pass->document.size));
	if (!html_attributes_find(attributes, at, &name, &value))
		return 0;
	if (is_code_attribute(name))
		return merge_fail(
			pass, merge_place_of(pass, where->at),
			"a merge field inside a script of an attribute, where nothing can "
			"be filled in safely");
	fill->style = span_equal_nocase(name, SPAN("style"));
	if (!is_url_attribute(name))
		return 0;
	fill->kind = at == value ? MAIL_FILL_URL : MAIL_FILL_URL_PART;
	fill->kept = kept_of(span_trim(span_slice(attributes->tag, value, at - value)));
	fill->html = true;
	return 0;
}

/* Would what is filled in begin a tag, or a declaration? */
static bool begins_markup(const struct rewrite_pass *pass, size_t at)
{
	size_t from = at < 4 ? 0 : at - 4;

	for (; at > from; at--) {
		uint8_t byte = pass->document.data[at - 1];

		if (byte == '<')
			return true;
		if (!byte || !strchr("/!?-", byte))
			return false;
	}
	return false;
}

static int add_in_html(struct rewrite_pass *pass, const struct merge_field *field,
		       const struct html_where *where, struct html_attributes *attributes,
		       struct mail_fill fill)
{
	int r = 0;

	if (begins_markup(pass, field->at))
		return merge_fail(pass, merge_place_of(pass, field->at),
				  "a merge field straight behind '<', where it would begin a tag");
	switch (where->context) {
	case HTML_CONTEXT_TEXT:
		fill.kind = MAIL_FILL_HTML;
		break;
	case HTML_CONTEXT_TAG:
		r = choose_in_tag(pass, where, attributes, &fill);
		break;
	case HTML_CONTEXT_COMMENT:
		fill.kind = MAIL_FILL_ATTRIBUTE;
		break;
	case HTML_CONTEXT_RAW:
		return merge_fail(pass, merge_place_of(pass, field->at),
				  "a merge field inside <style> or <script>, where nothing can be "
				  "filled in safely");
	}
	return r == 0 ? add_fill(pass, field, &fill) : r;
}

/* The fields that no edit covers yet. */
struct fields {
	struct merge_field *items;
	struct html_where *wheres;
	size_t count;
};

static void finish_fields(struct fields *fields)
{
	free(fields->items);
	free(fields->wheres);
}

static int list_fields(const struct rewrite_pass *pass, struct fields *fields)
{
	const struct rewrite_edits *edits = &pass->edits;
	size_t capacity = count_fields(pass->document), at = 0, next = 0;
	struct merge_field field;

	if (capacity == 0)
		return 0;
	fields->items = calloc(capacity, sizeof(*fields->items));
	fields->wheres = calloc(capacity, sizeof(*fields->wheres));
	if (!fields->items || !fields->wheres)
		return -ENOMEM;
	while (merge_field_next(pass->document, &at, &field)) {
		while (next < edits->count &&
		       edits->items[next].at + edits->items[next].size <= field.at)
			next++;
		if (next < edits->count && edits->items[next].at < field.at + field.size &&
		    edits->items[next].size > 0)
			continue;
		fields->wheres[fields->count].at = field.at;
		fields->items[fields->count++] = field;
	}
	return 0;
}

/* Of charsets only ISO-2022-JP, which is searched in a mask, does without. */
static bool needs_eight_bits(const struct rewrite_pass *pass, const struct mail_fill *fill)
{
	return fill->seven_bits && !fill->ascii && pass->document.data == pass->message.data;
}

int rewrite_merge_text(struct rewrite_pass *pass)
{
	cleanup(finish_fields) struct fields fields = {.items = NULL};
	struct html_attributes attributes = {.tag = {.data = NULL}};
	struct mail_fill fill = {.kind = MAIL_FILL_TEXT};
	bool declared = false;
	int r;

	if (!pass->options->merge || pass->decide != rewrite_decide_tracking)
		return 0;
	r = list_fields(pass, &fields);
	if (r != 0 || fields.count == 0)
		return r;
	r = merge_describe_text(pass, &fill);
	if (r == 0 && needs_eight_bits(pass, &fill)) {
		r = merge_declare_eight_bits(pass, &declared);
		fill.seven_bits = !declared;
	}
	if (r == 0 && pass->text->html)
		r = html_context_find(pass->document, fields.wheres, fields.count);
	for (size_t i = 0; i < fields.count && r == 0; i++)
		r = pass->text->html ? add_in_html(pass, &fields.items[i], &fields.wheres[i],
						   &attributes, fill)
				     : add_fill(pass, &fields.items[i], &fill);
	if (r == 0)
		rewrite_sort_edits(&pass->edits);
	return r;
}

int rewrite_merge_check_end(struct rewrite_pass *pass, size_t at)
{
	if (!pass->options->merge || pass->decide != rewrite_decide_tracking ||
	    !span_starts(span_slice(pass->document, at, 2), SPAN("{{")))
		return 0;
	return merge_fail(pass, merge_place_of(pass, at),
			  "a merge field in a URL of plain text is written without white space, "
			  "as in {{name}}");
}
