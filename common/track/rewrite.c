/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over a message: find the links, have each one decided, and copy everything between the
 * values that change. Nothing is parsed into a tree and written out again, so what is not a link
 * value cannot change: the output is the message with some spans exchanged.
 *
 * ISO-2022-JP writes kana and kanji with the bytes of quotes and angle brackets. Such a message is
 * searched in a mask of the same length, and spliced from the original. Charsets that do not even
 * keep ASCII as ASCII are refused.
 *
 * Invariants: sites come in ascending order and do not overlap; pass->written never runs past the
 * site at hand; all text of links lives as long as the result.
 */
#include "track/rewrite.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/charset.h"
#include "text/html_links.h"
#include "text/text_links.h"
#include "track/rewrite_pass.h"

#include <assert.h>
#include <errno.h>

enum { ESCAPE = 0x1B };

static void rewrite_result_free_pointer(struct rewrite_result **result)
{
	rewrite_result_free(*result);
}

void rewrite_result_free(struct rewrite_result *result)
{
	if (!result)
		return;
	buffer_finish(&result->output);
	arena_finish(&result->arena);
	free(result->links);
	free(result);
}

const struct rewrite_link *rewrite_links(const struct rewrite_result *result, size_t *ret_count)
{
	*ret_count = result->count;
	return result->links;
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
	return arena_copy(&pass->result->arena, buffer_span(buffer));
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

static struct rewrite_link *result_add(struct rewrite_result *result)
{
	if (result->count == result->capacity) {
		size_t capacity = result->capacity ? result->capacity * 2 : 32;
		struct rewrite_link *links =
			reallocarray(result->links, capacity, sizeof(*result->links));

		if (!links)
			return NULL;
		result->links = links;
		result->capacity = capacity;
	}
	result->links[result->count] = (struct rewrite_link){.outcome = REWRITE_LEFT};
	return &result->links[result->count++];
}

/* Copy what lies before the site as it is, then what the decision wrote in the value's place. */
static void splice(struct rewrite_pass *pass, const struct rewrite_site *site)
{
	struct buffer *output = &pass->result->output;
	size_t at = (size_t)(site->raw.data - pass->message.data);

	assert(at >= pass->written && site->replaced >= site->raw.size);
	buffer_append_span(output, span_slice(pass->message, pass->written, at - pass->written));
	buffer_append_span(output, site->written);
	pass->written = at + site->replaced;
}

/* A negative return ends the walk of the finder; pass->failure keeps what to return. */
static int site_visit(struct rewrite_pass *pass, struct rewrite_site *site, size_t line,
		      const char *place)
{
	struct rewrite_link *link = result_add(pass->result);

	if (!link) {
		pass->failure = -ENOMEM;
		return -ENOMEM;
	}
	link->line = line;
	link->place = place;
	link->original = site->raw;
	link->label = site->label;
	site->replaced = site->raw.size;
	pass->failure = pass->decide(pass, site, link);
	if (pass->failure != 0)
		return -ECANCELED;
	if (site->written.data)
		splice(pass, site);
	return 0;
}

/* The same bytes of the original message as @span is of the searched document. */
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
	if (at < pass->written)
		return 0;
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

static bool looks_like_html(struct span message)
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
 * What the bytes mean: the caller's label, else the document's own. A document whose <meta> could
 * be read as ASCII is not UTF-16, whatever it says (HTML Standard 13.2.3.2).
 */
static int choose_document(struct rewrite_pass *pass, struct buffer *mask)
{
	struct span label = pass->options->charset;

	if (!label.data && pass->html) {
		label = html_meta_charset(pass->message);
		if (span_starts_nocase(label, SPAN("utf-16")))
			label = SPAN("utf-8");
	}
	pass->document = pass->message;
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

int rewrite_run(struct rewrite_pass *pass, struct rewrite_result **ret_result)
{
	cleanup(rewrite_result_free_pointer) struct rewrite_result *result =
		calloc(1, sizeof(*result));
	cleanup_buffer struct buffer mask = BUFFER_INIT;
	int r;

	if (!result)
		return -ENOMEM;
	pass->result = result;
	pass->html = pass->options->form == REWRITE_HTML ||
		     (pass->options->form == REWRITE_AUTO && looks_like_html(pass->message));
	r = choose_document(pass, &mask);
	if (r != 0)
		return r;
	r = pass->html ? html_links_find(pass->document, html_visit, pass)
		       : text_links_find(pass->document, text_visit, pass);
	if (pass->failure != 0)
		return pass->failure;
	if (r != 0)
		return r;
	buffer_append_span(&result->output,
			   span_slice(pass->message, pass->written, pass->message.size));
	if (result->output.error)
		return result->output.error;
	*ret_result = take_ptr(result);
	return 0;
}
