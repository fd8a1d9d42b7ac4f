/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be said of a message as a whole: lines that mail may not carry, the size at which
 * Gmail cuts, and merge tags that readers would see.
 *
 * Lines are those of the message as it came when it is a mail: rewriting makes none too long. Of
 * HTML or text alone they are those that would be handed to whoever makes a mail of it; a mailer
 * with merge fields encodes what it sends, so its templates may have lines of any length.
 */
#include "track/mail_lint_internal.h"

#include "base/cleanup.h"
#include "text/encoded_word.h"

enum {
	LINE_MAX_BYTES = 998, /* RFC 5322 section 2.1.1 */
	LINES_SHOWN_MAX = 20,
	TAGS_SHOWN_MAX = 20,
	TAG_MAX_BYTES = 120,
	HTML_MAX_BYTES = 100 << 10
};

static void judge_lines(struct mail_lint *lint)
{
	struct span text = lint->is_mail ? lint->message : buffer_span(&lint->output);
	size_t line = 1, shown = 0, end, size;

	if (!lint->is_mail && lint->options->rewrite.field.size > 0)
		return;
	for (size_t at = 0; at < text.size && shown < LINES_SHOWN_MAX; at = end + 1, line++) {
		struct mail_finding finding = {.link = MAIL_LINT_NO_LINK, .line = line};
		cleanup_buffer struct buffer about = BUFFER_INIT;

		end = span_find(text, '\n', at);
		size = end - at - (end > at && text.data[end - 1] == '\r');
		if (size <= LINE_MAX_BYTES)
			continue;
		shown++;
		buffer_printf(&about, "%zu bytes", size);
		finding.code = lint->is_mail ? MAIL_LINT_LONG_LINE : MAIL_LINT_LONG_LINE_AHEAD;
		finding.about = buffer_span(&about);
		mail_lint_add(lint, finding);
	}
}

/* The bytes of each HTML as it would be sent, decoded. */
static int measure_mail(struct mail_lint *lint)
{
	struct mime mime;
	int r = mime_parse(buffer_span(&lint->output), &mime);

	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < mime.count && r == 0; i++) {
		struct rewrite_text text;

		if (mime.parts[i].kind != MIME_HTML || mime.parts[i].reach != MIME_OWN ||
		    rewrite_text_read(&text, &mime.parts[i], SPAN("\r\n")) != 0)
			continue;
		if (text.says.size > lint->sizes.html_bytes)
			lint->sizes.html_bytes = text.says.size;
		rewrite_text_finish(&text);
	}
	mime_finish(&mime);
	return r;
}

static void judge_size(struct mail_lint *lint)
{
	struct mail_finding finding = {.code = MAIL_LINT_TOO_LARGE, .link = MAIL_LINT_NO_LINK};
	cleanup_buffer struct buffer about = BUFFER_INIT;
	int r = 0;

	lint->sizes.message_bytes = lint->output.size;
	if (lint->is_mail)
		r = measure_mail(lint);
	else if (lint->text_count > 0 && lint->texts[0].text->html)
		lint->sizes.html_bytes = lint->output.size;
	if (r != 0)
		lint->failure = r;
	if (lint->sizes.html_bytes <= HTML_MAX_BYTES)
		return;
	buffer_printf(&about, "%zu bytes", lint->sizes.html_bytes);
	finding.about = buffer_span(&about);
	mail_lint_add(lint, finding);
}

struct tag_form {
	const char *open, *close;
	bool is_name; /* what is between begins with a letter and holds nothing that no name has */
};

/*
 * What mailers document, as far as it is seldom anything else in a text. Single braces and brackets
 * are not: people write them.
 */
static const struct tag_form forms[] = {
	{"{{", "}}", false}, {"*|", "|*", false}, {"<%", "%>", false}, {"%%", "%%", true},
	{"[[", "]]", true},  {"${", "}", true},	  {"#{", "}", true},
};

static bool is_name(struct span text)
{
	uint8_t first = text.size > 0 ? text.data[0] | 32 : 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (((byte | 32) < 'a' || (byte | 32) > 'z') &&
		    (byte >= 0x80 || !strchr("0123456789_.-: =\"$", byte)))
			return false;
	}
	return first >= 'a' && first <= 'z';
}

/* The tag at @at; absent when none begins there. */
static struct span tag_at(struct span text, size_t at)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct span open = span_text(forms[i].open), close = span_text(forms[i].close);
		struct span rest = span_slice(text, at, TAG_MAX_BYTES), inner;
		const uint8_t *end;

		if (!span_starts(rest, open))
			continue;
		inner = span_slice(rest, open.size, rest.size);
		end = memmem(inner.data, inner.size, close.data, close.size);
		if (!end || end == inner.data)
			continue;
		inner.size = (size_t)(end - inner.data);
		if (!forms[i].is_name || is_name(inner))
			return span_slice(text, at, open.size + inner.size + close.size);
	}
	return (struct span){.data = NULL};
}

/* Inside of a URL, which is a link of its own and judged as that. */
static bool is_in_url(struct span text, size_t at)
{
	size_t start = at;

	while (start > 0 && text.data[start - 1] > ' ' && at - start < TAG_MAX_BYTES)
		start--;
	return memmem(text.data + start, at - start, "://", 3) != NULL;
}

static void judge_tags(struct mail_lint *lint, struct span text, const char *place,
		       struct span part)
{
	size_t shown = 0;

	for (size_t at = 0; at < text.size && shown < TAGS_SHOWN_MAX;) {
		struct span tag = {.data = NULL};

		if (text.data[at] < 0x80 && strchr("{*<%[$#", text.data[at]))
			tag = tag_at(text, at);
		if (tag.data && !is_in_url(text, at) && !mail_lint_is_page(lint, tag) &&
		    !mail_lint_is_filled(lint, tag)) {
			mail_lint_add(lint, (struct mail_finding){
						    .code = MAIL_LINT_MERGE_TAG_IN_TEXT,
						    .link = MAIL_LINT_NO_LINK,
						    .place = place,
						    .part = part,
						    .about = tag,
					    });
			shown++;
		}
		at += tag.data ? tag.size : 1;
	}
}

static void judge_subject(struct mail_lint *lint)
{
	struct span header = span_slice(lint->message, 0, mime_header_bytes(lint->message));
	cleanup_buffer struct buffer says = BUFFER_INIT;
	struct span field, value;
	size_t at = 0;

	if (!lint->is_mail || !mime_header_next(header, SPAN("Subject"), &at, &field, &value))
		return;
	/* One that is not ASCII hides its tags in encoded words. */
	encoded_word_read(value, &says);
	if (says.error)
		lint->failure = says.error;
	else
		judge_tags(lint, buffer_span(&says), "header", (struct span){.data = NULL});
}

void mail_lint_judge_message(struct mail_lint *lint)
{
	judge_lines(lint);
	judge_size(lint);
	judge_subject(lint);
	for (size_t i = 0; i < lint->text_count; i++) {
		const struct mail_lint_text *text = &lint->texts[i];

		judge_tags(lint, buffer_span(&text->shown), text->text->html ? "html" : "text",
			   text->text->path);
	}
}
