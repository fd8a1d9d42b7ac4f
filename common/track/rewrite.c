/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over a text: find the links, have each one decided, and note which bytes are to stand in
 * the place of which. Nothing is parsed into a tree and written out again, so what is not a link
 * value cannot change.
 *
 * ISO-2022-JP writes kana and kanji with the bytes of quotes and angle brackets. Such a text is
 * searched in a mask of the same length. Charsets that do not even keep ASCII as ASCII are refused.
 *
 * Invariants: sites come in ascending order and do not overlap; pass->end never runs past the site
 * at hand; all text of links lives as long as the template.
 */
#include "track/rewrite.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/charset.h"
#include "text/html_links.h"
#include "text/text_links.h"
#include "track/mail_segment.h"
#include "track/rewrite_merge.h"

#include <assert.h>
#include <errno.h>

enum { ESCAPE = 0x1B };

struct rewrite_result {
	struct mail_template *template;
	struct buffer output;
};

void rewrite_result_free(struct rewrite_result *result)
{
	if (!result)
		return;
	buffer_finish(&result->output);
	mail_template_free(result->template);
	free(result);
}

const struct rewrite_link *rewrite_links(const struct rewrite_result *result, size_t *ret_count)
{
	return mail_template_links(result->template, ret_count);
}

struct span rewrite_output(const struct rewrite_result *result)
{
	return buffer_span(&result->output);
}

const char *rewrite_outcome_text(enum rewrite_outcome outcome)
{
	static const char *const texts[] = {
		[REWRITE_TRACKED] = "tracked",
		[REWRITE_TRACKED_SELF_CONTAINED] = "self-contained",
		[REWRITE_OURS] = "ours",
		[REWRITE_LEFT] = "left",
		[REWRITE_STRIPPED] = "stripped",
	};

	return texts[outcome];
}

struct span rewrite_keep(struct rewrite_pass *pass, const struct buffer *buffer)
{
	if (buffer->error)
		return (struct span){.data = NULL};
	return arena_copy(&pass->template->arena, buffer_span(buffer));
}

int rewrite_leave(struct rewrite_link *link, const char *why)
{
	link->outcome = REWRITE_LEFT;
	link->reason = why;
	return 0;
}

int rewrite_leave_notable(struct rewrite_link *link, const char *why)
{
	link->notable = true;
	return rewrite_leave(link, why);
}

bool rewrite_has_field(const struct rewrite_pass *pass, const struct rewrite_site *site,
		       size_t *ret_size)
{
	struct span field = pass->options->field;
	size_t start = (size_t)(site->raw.data - pass->message.data), at = 0;

	/* Two slashes behind the scheme, then those before "c", the link part, and the field. */
	for (int slash = 0; slash < 5; slash++) {
		at = span_find(site->raw, '/', at) + 1;
		if (at > site->raw.size)
			return false;
	}
	if (field.size == 0 ||
	    !span_starts(span_slice(pass->message, start + at, pass->message.size), field))
		return false;
	*ret_size = at + field.size;
	return true;
}

int rewrite_edits_add(struct rewrite_edits *edits, const struct rewrite_edit *edit)
{
	if (edits->count == edits->capacity) {
		size_t capacity = edits->capacity ? edits->capacity * 2 : 32;
		struct rewrite_edit *items =
			reallocarray(edits->items, capacity, sizeof(*edits->items));

		if (!items)
			return -ENOMEM;
		edits->items = items;
		edits->capacity = capacity;
	}
	edits->items[edits->count++] = *edit;
	return 0;
}

void rewrite_edits_finish(struct rewrite_edits *edits)
{
	free(edits->items);
	*edits = (struct rewrite_edits){.items = NULL};
}

static int add_edit(struct rewrite_pass *pass, const struct rewrite_site *site)
{
	size_t at = (size_t)(site->raw.data - pass->message.data);
	size_t count;

	assert(at >= pass->end && site->replaced >= site->raw.size);
	(void)mail_template_links(pass->template, &count);
	pass->end = at + site->replaced;
	return rewrite_edits_add(&pass->edits, &(struct rewrite_edit){
						       .at = at,
						       .size = site->replaced,
						       .written = site->written,
						       .link = count - 1,
						       .slot = site->slot,
						       .fill = site->fill,
					       });
}

/*
 * The line of the mail in which the text's byte @at stands. Encoded lines of base64 are all of one
 * length, or nearly.
 */
static size_t line_in_mail(struct rewrite_pass *pass, size_t at)
{
	const struct rewrite_text *text = pass->text;
	struct span source = rewrite_text_source(text, at, 0);
	bool base64 = text->style.encoding == TRANSFER_BASE64;
	const uint8_t *place = base64 ? text->raw.data : source.data;
	size_t target = (size_t)(place - pass->whole.data), lines = 0;

	for (; pass->line_at < target; pass->line_at++)
		pass->line += pass->whole.data[pass->line_at] == '\n';
	if (base64)
		lines = (size_t)(source.data - text->source.data) / 3 * 4 / text->style.line_bytes;
	return pass->line + lines;
}

/* A negative return ends the walk of the finder; pass->failure keeps what to return. */
static int site_visit(struct rewrite_pass *pass, struct rewrite_site *site, size_t line,
		      const char *place)
{
	struct rewrite_link *link = rewrite_add_link(pass->template);

	if (!link) {
		pass->failure = -ENOMEM;
		return -ENOMEM;
	}
	link->line = line;
	if (pass->text->mail)
		link->line = line_in_mail(pass, (size_t)(site->raw.data - pass->message.data));
	link->place = place;
	link->part = pass->text->path;
	link->original = site->raw;
	link->url = site->url;
	link->anchor = site->anchor;
	link->label = site->label;
	site->replaced = site->raw.size;
	pass->failure = pass->decide(pass, site, link);
	if (pass->failure == 0 && site->written.data)
		pass->failure = add_edit(pass, site);
	else if (pass->failure == 0 && pass->options->merge &&
		 pass->decide == rewrite_decide_tracking)
		pass->failure = rewrite_merge_left(pass, site);
	return pass->failure == 0 ? 0 : -ECANCELED;
}

/* The same bytes of the text as @span is of the searched document. */
static struct span in_message(const struct rewrite_pass *pass, struct span span)
{
	if (!span.data)
		return span;
	return span_of(pass->message.data + (span.data - pass->document.data), span.size);
}

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= 0x80)
			return false;
	return true;
}

/* Escape sequences of a masked charset stand in the original only. */
static bool is_readable(struct span raw)
{
	return span_find(raw, ESCAPE, 0) == raw.size;
}

static int decode_label(struct rewrite_pass *pass, const struct html_link *found,
			struct rewrite_site *site)
{
	cleanup_buffer struct buffer label = BUFFER_INIT;
	struct span raw = in_message(pass, found->label);
	bool non_ascii = false;

	site->label_valid = true;
	if (raw.size == 0)
		return 0;
	html_decode_attribute(raw, &label, &non_ascii);
	site->label = rewrite_keep(pass, &label);
	if (!site->label.data)
		return -ENOMEM;
	site->label_valid = is_readable(raw) && (pass->utf8 || is_ascii(raw)) &&
			    id_check_name(site->label) == 0;
	return 0;
}

static int html_visit(void *context, const struct html_link *found)
{
	static const char *const places[] = {
		[HTML_BODY] = "html",
		[HTML_CONDITIONAL_COMMENT] = "comment",
		[HTML_VML] = "vml",
	};
	struct rewrite_pass *pass = context;
	cleanup_buffer struct buffer value = BUFFER_INIT;
	bool non_ascii = false;
	struct rewrite_site site = {
		.raw = in_message(pass, found->value),
		.html = true,
		.quote = found->quote,
		.notrack = found->notrack,
		.anchor = span_slice(pass->message, found->text_start,
				     found->text_end - found->text_start),
	};

	site.readable = is_readable(site.raw);
	site.url = site.raw;
	if (found->has_reference) {
		html_decode_attribute(site.raw, &value, &non_ascii);
		site.url = rewrite_keep(pass, &value);
	}
	/* A reference yields UTF-8, but the query belongs to the document's charset. */
	site.utf8 = pass->utf8 && utf8_valid(site.url);
	pass->failure = site.url.data ? decode_label(pass, found, &site) : -ENOMEM;
	if (pass->failure != 0)
		return -ECANCELED;
	return site_visit(pass, &site, found->line, places[found->place]);
}

static int text_visit(void *context, const struct text_link *found)
{
	struct rewrite_pass *pass = context;
	struct span raw = in_message(pass, found->url);
	struct rewrite_site site = {
		.raw = raw,
		.url = raw,
		.readable = is_readable(raw),
		.label_valid = true,
		.utf8 = pass->utf8 && utf8_valid(raw),
	};
	size_t at = (size_t)(raw.data - pass->message.data);

	/* A merge field may hold spaces: what the finder sees next is inside a link that is done.
	 */
	if (at < pass->end)
		return 0;
	pass->failure = rewrite_merge_check_end(pass, at + raw.size);
	if (pass->failure != 0)
		return -ECANCELED;
	return site_visit(pass, &site, found->line, "text");
}

static bool holds_nocase(struct span text, struct span needle)
{
	for (size_t at = span_find(text, needle.data[0], 0); at < text.size;
	     at = span_find(text, needle.data[0], at + 1))
		if (span_starts_nocase(span_slice(text, at, needle.size), needle))
			return true;
	return false;
}

bool rewrite_looks_like_html(struct span message)
{
	static const struct span byte_order_mark = {(const uint8_t *)"\xEF\xBB\xBF", 3};
	struct span start = message;

	if (span_starts(start, byte_order_mark))
		start = span_slice(start, byte_order_mark.size, start.size);
	start = span_trim(start);
	/* A text may begin with <https://…>, which is no element. */
	if (start.size > 0 && start.data[0] == '<' && !span_starts_nocase(start, SPAN("<http")))
		return true;
	return holds_nocase(message, SPAN("<html")) || holds_nocase(message, SPAN("<!doctype")) ||
	       holds_nocase(message, SPAN("<a "));
}

/*
 * What the bytes mean: the label given, else the document's own. A document whose <meta> could
 * be read as ASCII is not UTF-16, whatever it says (HTML Standard 13.2.3.2).
 */
static int choose_document(struct rewrite_pass *pass, struct buffer *mask)
{
	struct span label = pass->text->charset;

	if (label.size == 0 && pass->text->html) {
		label = html_meta_charset(pass->message);
		if (span_starts_nocase(label, SPAN("utf-16")))
			label = SPAN("utf-8");
	}
	pass->label = label;
	pass->document = pass->message;
	pass->utf8 = false;
	switch (charset_treatment_of(label, pass->message)) {
	case CHARSET_UTF8:
		pass->utf8 = true;
		return 0;
	case CHARSET_ASCII_SAFE:
		return 0;
	case CHARSET_ISO_2022_JP:
		charset_mask_iso_2022_jp(pass->message, mask);
		pass->document = buffer_span(mask);
		return mask->error;
	case CHARSET_UNTOUCHABLE:
		break;
	}
	return error_set(
		pass->error, REWRITE_E_CHARSET,
		"the message is in a charset%s%.*s in which links cannot be told from text; "
		"convert it to UTF-8 first",
		label.size ? " " : "", (int)(label.size < 40 ? label.size : 40),
		label.size ? (const char *)label.data : "");
}

int rewrite_run(struct rewrite_pass *pass, const struct rewrite_text *text)
{
	cleanup_buffer struct buffer mask = BUFFER_INIT;
	int r;

	pass->text = text;
	pass->message = text->says;
	pass->edits.count = 0;
	pass->first_link = pass->template->link_count;
	pass->end = 0;
	pass->described = NULL;
	pass->failure = 0;
	r = choose_document(pass, &mask);
	if (r != 0)
		return r;
	r = text->html ? html_links_find(pass->document, html_visit, pass)
		       : text_links_find(pass->document, text_visit, pass);
	if (pass->failure != 0)
		return pass->failure;
	if (r == 0)
		r = rewrite_add_extras(pass);
	return r == 0 ? rewrite_merge_text(pass) : r;
}

/* What a template says to the one whom its options name. */
static int finish(struct mail_template *template, const struct rewrite_options *options,
		  struct rewrite_result **ret_result)
{
	struct rewrite_result *result = calloc(1, sizeof(*result));
	int r;

	if (!result) {
		mail_template_free(template);
		return -ENOMEM;
	}
	result->template = template;
	r = mail_template_emit(template, &options->prospect, &result->output);
	if (r == 0)
		*ret_result = result;
	else
		rewrite_result_free(result);
	return r;
}

int rewrite_message(struct span message, const struct rewrite_options *options,
		    struct rewrite_result **ret_result, struct error *error)
{
	struct mail_template *template = NULL;
	int r = mail_template_compile(message, options, &template, error);

	return r == 0 ? finish(template, options, ret_result) : r;
}

int rewrite_strip(struct span message, const struct rewrite_options *options,
		  int (*find)(void *context, const struct link_id *id, struct buffer *to),
		  void *context, struct rewrite_result **ret_result, struct error *error)
{
	struct mail_template *template = NULL;
	int r = mail_template_strip(message, options, find, context, &template, error);

	return r == 0 ? finish(template, options, ret_result) : r;
}
