/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A linter report: the message is compiled as it would be for sending, and what the pass over it
 * has found is judged. So a check says of each link exactly what rewriting would do with it.
 *
 * Two things differ from sending. Nobody needs to be named: then it is compiled for anybody. And a
 * link that is tracked for somebody else is a finding, not the end, since all of the report should
 * be read before anything is mended.
 *
 * Invariant: links, anchors and texts are in the order of the message; each text knows its links.
 */
#include "track/mail_lint_internal.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "text/charset.h"
#include "text/html_links.h"
#include "text/html_text.h"

#include <errno.h>

static const struct {
	const char *name;
	enum mail_lint_level level;
	const char *sentence;
} rows[] = {
#define MAIL_LINT(code, name, level, sentence) \
	[MAIL_LINT_##code] = {name, MAIL_LINT_##level, sentence},
#include "track/mail_lint_table.h"
#undef MAIL_LINT
};

const char *mail_lint_name(enum mail_lint_code code)
{
	return rows[code].name;
}

enum mail_lint_level mail_lint_level_of(enum mail_lint_code code)
{
	return rows[code].level;
}

const char *mail_lint_sentence(enum mail_lint_code code)
{
	return rows[code].sentence;
}

const struct rewrite_link *mail_lint_links(const struct mail_lint *lint, size_t *ret_count)
{
	*ret_count = lint->link_count;
	return lint->links;
}

struct span mail_lint_anchor(const struct mail_lint *lint, size_t link)
{
	return lint->anchors[link];
}

const struct mail_finding *mail_lint_findings(const struct mail_lint *lint, size_t *ret_count)
{
	*ret_count = lint->finding_count;
	return lint->findings;
}

size_t mail_lint_count(const struct mail_lint *lint, enum mail_lint_level level)
{
	return lint->counts[level];
}

struct mail_lint_sizes mail_lint_sizes(const struct mail_lint *lint)
{
	return lint->sizes;
}

static struct mail_finding *grow(struct mail_lint *lint)
{
	size_t capacity = lint->finding_capacity ? lint->finding_capacity * 2 : 32;
	struct mail_finding *findings;

	if (lint->finding_count < lint->finding_capacity)
		return &lint->findings[lint->finding_count++];
	findings = reallocarray(lint->findings, capacity, sizeof(*findings));
	if (!findings) {
		lint->failure = -ENOMEM;
		return NULL;
	}
	lint->findings = findings;
	lint->finding_capacity = capacity;
	return &findings[lint->finding_count++];
}

void mail_lint_add(struct mail_lint *lint, struct mail_finding finding)
{
	struct mail_finding *row = grow(lint);
	struct span about = finding.about;

	if (!row)
		return;
	*row = finding;
	row->about = arena_copy(&lint->arena, about);
	if (about.data && !row->about.data)
		lint->failure = -ENOMEM;
	lint->counts[rows[finding.code].level]++;
}

void mail_lint_add_link(struct mail_lint *lint, enum mail_lint_code code, size_t link,
			struct span about)
{
	const struct rewrite_link *of = &lint->links[link];

	mail_lint_add(lint, (struct mail_finding){
				    .code = code,
				    .link = link,
				    .line = of->line,
				    .place = of->place,
				    .part = of->part,
				    .about = about,
			    });
}

bool mail_lint_is_filled(const struct mail_lint *lint, struct span text)
{
	const struct rewrite_options *options = &lint->options->rewrite;

	return options->field.size > 0 || (options->merge && span_starts(text, SPAN("{{")));
}

bool mail_lint_is_page(const struct mail_lint *lint, struct span text)
{
	return lint->options->rewrite.unsubscribe &&
	       span_starts(span_trim(text), SPAN("{{unsubscribe}}"));
}

/* What the bytes of @text are: as it says, as its document says, or as they look. */
static const struct charset *charset_of(const struct rewrite_text *text)
{
	const struct charset *charset = NULL;

	if (text->charset.size > 0)
		charset = charset_find(text->charset);
	if (!charset && text->html)
		charset = charset_find(html_meta_charset(text->says));
	if (charset)
		return charset;
	if (charset_treatment_of(text->charset, text->says) == CHARSET_ISO_2022_JP)
		return charset_find(SPAN("iso-2022-jp"));
	return charset_find(utf8_valid(text->says) ? SPAN("utf-8") : SPAN("windows-1252"));
}

static int append_shown(const struct mail_lint_text *text, struct span bytes, struct buffer *to)
{
	cleanup_buffer struct buffer decoded = BUFFER_INIT;

	charset_decode(text->charset, bytes, text->text->html ? &decoded : to);
	if (decoded.error)
		return decoded.error;
	if (text->text->html)
		html_text(buffer_span(&decoded), to);
	return to->error;
}

static unsigned alternative_of(const struct mail_lint *lint, const struct rewrite_text *text,
			       size_t *part)
{
	const struct mime *mime = &lint->template->mime;

	while (*part < mime->count && mime->parts[*part].path.data != text->path.data)
		++*part;
	return *part < mime->count ? mime->parts[*part].alternative : 0;
}

/* Is it one that readers see? The header of a mail is a text of the template, too. */
static bool is_seen(const struct mail_lint *lint, const struct mail_text *text)
{
	return text->text.mail || !lint->is_mail;
}

/* The texts, which the template has the last first. */
static int list_texts(struct mail_lint *lint)
{
	size_t part = 0, count = 0;
	int r = 0;

	for (const struct mail_text *text = lint->template->texts; text; text = text->next)
		count += is_seen(lint, text);
	lint->texts = calloc(count + 1, sizeof(*lint->texts));
	if (!lint->texts)
		return -ENOMEM;
	lint->text_count = count;
	for (const struct mail_text *text = lint->template->texts; text; text = text->next)
		if (is_seen(lint, text))
			lint->texts[--count].text = &text->text;
	for (size_t i = 0; i < lint->text_count && r == 0; i++) {
		struct mail_lint_text *text = &lint->texts[i];

		text->alternative = alternative_of(lint, text->text, &part);
		text->charset = charset_of(text->text);
		r = append_shown(text, text->text->says, &text->shown);
	}
	return r;
}

static int copy_links(struct mail_lint *lint)
{
	const struct rewrite_link *links = mail_template_links(lint->template, &lint->link_count);

	lint->links = calloc(lint->link_count + 1, sizeof(*lint->links));
	lint->anchors = calloc(lint->link_count + 1, sizeof(*lint->anchors));
	if (!lint->links || !lint->anchors)
		return -ENOMEM;
	if (lint->link_count > 0)
		memcpy(lint->links, links, lint->link_count * sizeof(*links));
	return 0;
}

static int keep_anchor(struct mail_lint *lint, const struct mail_lint_text *text, size_t link)
{
	cleanup_buffer struct buffer shown = BUFFER_INIT;
	struct span anchor = lint->links[link].anchor;
	int r;

	if (anchor.size == 0)
		return 0;
	r = append_shown(text, anchor, &shown);
	if (r == 0)
		lint->anchors[link] = arena_copy(&lint->arena, buffer_span(&shown));
	return r == 0 && !lint->anchors[link].data ? -ENOMEM : r;
}

/* Give each text its links. What has no original is a note about a part, or an addition. */
static int join_links(struct mail_lint *lint)
{
	struct mail_lint_text *text = lint->texts, *end = text + lint->text_count;
	int r = 0;

	for (size_t at = 0; at < lint->link_count && r == 0; at++) {
		const struct rewrite_link *link = &lint->links[at];

		if (!link->original.data)
			continue;
		while (text < end && text->text->path.data != link->part.data)
			text++;
		if (text == end)
			break;
		if (text->end_link == 0)
			text->first_link = at;
		text->end_link = at + 1;
		r = keep_anchor(lint, text, at);
	}
	return r;
}

/* A destination that only the store knows; without it the link is reported. */
static void find_destination(struct mail_lint *lint, size_t at)
{
	struct rewrite_link *link = &lint->links[at];
	cleanup_buffer struct buffer destination = BUFFER_INIT;
	int r;

	if (link->outcome != REWRITE_OURS || id_is_zero(&link->id, sizeof(link->id)) ||
	    !lint->options->find)
		return;
	r = lint->options->find(lint->options->context, &link->id, &destination);
	if (r > 0)
		mail_lint_add_link(lint, MAIL_LINT_NOT_REGISTERED, at, (struct span){0});
	if (r == 0)
		link->destination = arena_copy(&lint->arena, buffer_span(&destination));
	if (r < 0 || (r == 0 && !link->destination.data))
		lint->failure = r < 0 ? r : -ENOMEM;
}

static int judge(struct mail_lint *lint)
{
	int r = copy_links(lint);

	if (r == 0)
		r = list_texts(lint);
	if (r == 0)
		r = join_links(lint);
	for (size_t i = 0; i < lint->link_count && r == 0; i++) {
		find_destination(lint, i);
		mail_lint_judge_link(lint, i);
		r = lint->failure;
	}
	if (r == 0)
		mail_lint_judge_message(lint);
	if (r == 0)
		mail_lint_judge_parts(lint);
	return r == 0 ? lint->failure : r;
}

static void mail_lint_free_pointer(struct mail_lint **lint)
{
	mail_lint_free(*lint);
}

/* The message that would be sent. */
static int write_output(struct mail_lint *lint, struct error *error)
{
	struct mail_recipient nobody = {.prospect = lint->options->rewrite.prospect};
	const struct mail_recipient *recipient = lint->options->recipient;

	return mail_template_write(lint->template, recipient ? recipient : &nobody, &lint->output,
				   error);
}

int mail_lint_new(struct span message, const struct mail_lint_options *options,
		  struct mail_lint **ret_lint, struct error *error)
{
	cleanup(mail_lint_free_pointer) struct mail_lint *lint = calloc(1, sizeof(*lint));
	struct mail_lint_options lenient = *options;
	int r;

	if (!lint)
		return -ENOMEM;
	lint->arena = ARENA_INIT(0);
	lint->message = message;
	lint->is_mail = rewrite_form_of(message, options->rewrite.form) == REWRITE_MIME;
	lint->options = &lenient;
	lenient.rewrite.lenient = true;
	lenient.rewrite.addressed = false;
	if (!lenient.rewrite.has_prospect && lenient.rewrite.field.size == 0)
		lenient.rewrite.has_prospect = true;
	r = mail_template_compile(message, &lenient.rewrite, &lint->template, error);
	if (r == 0)
		r = write_output(lint, error);
	if (r == 0)
		r = judge(lint);
	lint->options = NULL;
	if (r == 0)
		*ret_lint = take_ptr(lint);
	return r;
}

void mail_lint_free(struct mail_lint *lint)
{
	if (!lint)
		return;
	for (size_t i = 0; i < lint->text_count; i++)
		buffer_finish(&lint->texts[i].shown);
	free(lint->texts);
	free(lint->links);
	free(lint->anchors);
	free(lint->findings);
	buffer_finish(&lint->output);
	mail_template_free(lint->template);
	arena_finish(&lint->arena);
	free(lint);
}
