/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing what the linter found: first every link, then what is to be mended, then the sums, which
 * whoever reads the end of a log sees.
 *
 * Texts come from the message: they are made valid UTF-8, cut, and controls never reach a terminal.
 * In JSON nothing is cut.
 */
#include "commands/rewrite_check.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

enum { SHOWN_BYTES = 200, ANCHOR_BYTES = 80 };

static const char *const levels[] = {
	[MAIL_LINT_WARNING] = "warning",
	[MAIL_LINT_ERROR] = "error",
};

/* Up to @limit bytes of @text on one line. */
static void append_shown(struct buffer *to, struct span text, size_t limit)
{
	size_t start = to->size;

	utf8_append_clean(to, text, limit);
	for (size_t i = start; i < to->size; i++)
		if (to->data[i] < ' ' || to->data[i] == 0x7F)
			to->data[i] = '?';
	if (text.size > limit)
		buffer_append_text(to, "...");
}

static void append_row(struct buffer *to, const char *name, struct span text)
{
	buffer_printf(to, "        %-5s", name);
	append_shown(to, text, SHOWN_BYTES);
	buffer_append_byte(to, '\n');
}

static void append_part(struct buffer *to, struct span part)
{
	if (part.size == 0)
		return;
	buffer_append_text(to, " of part ");
	buffer_append_span(to, part);
}

static void append_link(struct buffer *to, const struct rewrite_link *link, struct span anchor)
{
	if (link->line > 0)
		buffer_printf(to, "%6zu  ", link->line);
	else
		buffer_append_text(to, "     +  ");
	buffer_append_text(to, link->place);
	append_part(to, link->part);
	buffer_printf(to, ", %s", rewrite_outcome_text(link->outcome));
	if (anchor.data) {
		buffer_append_text(to, ", \"");
		append_shown(to, anchor, ANCHOR_BYTES);
		buffer_append_byte(to, '"');
	}
	if (link->outcome == REWRITE_LEFT && link->reason)
		buffer_printf(to, ": %s", link->reason);
	buffer_append_byte(to, '\n');
	if (link->original.data)
		append_row(to, "old", link->original);
	if (link->tracked.data && link->outcome != REWRITE_OURS)
		append_row(to, "new", link->tracked);
	if (link->destination.data && !span_equal(link->destination, link->original))
		append_row(to, "to", link->destination);
}

/* "error: line 3 (html of part 1.2): https://…: sentence (about) [code]". */
static void append_finding(struct buffer *to, const struct mail_finding *finding,
			   const struct rewrite_link *links)
{
	buffer_printf(to, "%s: ", levels[mail_lint_level_of(finding->code)]);
	if (finding->line > 0)
		buffer_printf(to, "line %zu", finding->line);
	else if (!finding->place)
		buffer_append_text(to, "the message");
	if (finding->place) {
		buffer_append_text(to, finding->line > 0 ? " (" : "");
		buffer_append_text(to, finding->place);
		append_part(to, finding->part);
		buffer_append_text(to, finding->line > 0 ? ")" : "");
	}
	buffer_append_text(to, ": ");
	if (finding->link != MAIL_LINT_NO_LINK && links[finding->link].original.data) {
		append_shown(to, links[finding->link].original, SHOWN_BYTES);
		buffer_append_text(to, ": ");
	}
	buffer_append_text(to, mail_lint_sentence(finding->code));
	if (finding->about.data) {
		buffer_append_text(to, " (");
		append_shown(to, finding->about, SHOWN_BYTES);
		buffer_append_byte(to, ')');
	}
	buffer_printf(to, " [%s]\n", mail_lint_name(finding->code));
}

static int print_text(const struct mail_lint *lint)
{
	cleanup_buffer struct buffer text = BUFFER_INIT;
	struct mail_lint_sizes sizes = mail_lint_sizes(lint);
	size_t link_count, finding_count, tracked = 0;
	const struct rewrite_link *links = mail_lint_links(lint, &link_count);
	const struct mail_finding *findings = mail_lint_findings(lint, &finding_count);

	for (size_t i = 0; i < link_count; i++) {
		append_link(&text, &links[i], mail_lint_anchor(lint, i));
		tracked += links[i].outcome != REWRITE_LEFT;
	}
	if (link_count > 0)
		buffer_append_byte(&text, '\n');
	for (size_t i = 0; i < finding_count; i++)
		append_finding(&text, &findings[i], links);
	buffer_printf(&text,
		      "%s%zu links, %zu of them tracked; %zu errors, %zu warnings; %zu bytes",
		      finding_count > 0 ? "\n" : "", link_count, tracked,
		      mail_lint_count(lint, MAIL_LINT_ERROR),
		      mail_lint_count(lint, MAIL_LINT_WARNING), sizes.message_bytes);
	if (sizes.html_bytes > 0)
		buffer_printf(&text, ", %zu of HTML", sizes.html_bytes);
	buffer_append_byte(&text, '\n');
	if (text.error)
		return text.error;
	(void)fwrite(text.data, 1, text.size, stdout);
	return 0;
}

static json_t *span_json(struct span text)
{
	cleanup_buffer struct buffer clean = BUFFER_INIT;

	if (!text.data)
		return json_null();
	utf8_append_clean(&clean, text, text.size * 3);
	return clean.error ? NULL
			   : json_stringn((const char *)buffer_span(&clean).data, clean.size);
}

static json_t *text_json(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *number_json(size_t number)
{
	return number > 0 ? json_integer((json_int_t)number) : json_null();
}

/* NULL when out of memory. */
static json_t *link_json(const struct rewrite_link *link, struct span anchor)
{
	char id[2 * sizeof(link->id) + 1];

	hex_format(&link->id, sizeof(link->id), id);
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:[]}", "outcome",
			 rewrite_outcome_text(link->outcome), "line", number_json(link->line),
			 "place", link->place, "part", span_json(link->part), "old",
			 span_json(link->original), "new", span_json(link->tracked), "destination",
			 span_json(link->destination), "text", span_json(anchor), "label",
			 span_json(link->label), "id",
			 text_json(id_is_zero(&link->id, sizeof(link->id)) ? NULL : id), "reason",
			 text_json(link->reason), "findings");
}

static json_t *finding_json(const struct mail_finding *finding)
{
	json_t *link = finding->link == MAIL_LINT_NO_LINK ? json_null()
							  : json_integer((json_int_t)finding->link);

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "code",
			 mail_lint_name(finding->code), "level",
			 levels[mail_lint_level_of(finding->code)], "line",
			 number_json(finding->line), "place", text_json(finding->place), "part",
			 span_json(finding->part), "link", link, "about", span_json(finding->about),
			 "sentence", mail_lint_sentence(finding->code));
}

static int add_links(const struct mail_lint *lint, json_t *to)
{
	size_t count;
	const struct rewrite_link *links = mail_lint_links(lint, &count);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = json_array_append_new(to, link_json(&links[i], mail_lint_anchor(lint, i)));
	return r;
}

/* Each finding, and its code at the link that it is about. */
static int add_findings(const struct mail_lint *lint, json_t *links, json_t *to)
{
	size_t count;
	const struct mail_finding *findings = mail_lint_findings(lint, &count);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct mail_finding *finding = &findings[i];

		r = json_array_append_new(to, finding_json(finding));
		if (r == 0 && finding->link != MAIL_LINT_NO_LINK)
			r = json_array_append_new(
				json_object_get(json_array_get(links, finding->link), "findings"),
				json_string(mail_lint_name(finding->code)));
	}
	return r;
}

static int print_json(const struct mail_lint *lint)
{
	json_t *links = json_array(), *findings = json_array(), *report = NULL;
	struct mail_lint_sizes sizes = mail_lint_sizes(lint);
	int r = links && findings ? add_links(lint, links) : -1;

	if (r == 0)
		r = add_findings(lint, links, findings);
	if (r == 0)
		report = json_pack("{s:O, s:O, s:I, s:I, s:I, s:I}", "links", links, "findings",
				   findings, "errors",
				   (json_int_t)mail_lint_count(lint, MAIL_LINT_ERROR), "warnings",
				   (json_int_t)mail_lint_count(lint, MAIL_LINT_WARNING),
				   "message_bytes", (json_int_t)sizes.message_bytes, "html_bytes",
				   (json_int_t)sizes.html_bytes);
	json_decref(links);
	json_decref(findings);
	if (!report)
		return -ENOMEM;
	(void)json_dumpf(report, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(report);
	return 0;
}

int rewrite_check(const struct rewrite_check *check, struct span message)
{
	struct mail_lint *lint = NULL;
	struct error error = {""};
	int r = mail_lint_new(message, &check->options, &lint, &error), status;
	bool found;

	if (r == 0)
		r = check->as_json ? print_json(lint) : print_text(lint);
	if (r != 0) {
		if (!error.text[0])
			(void)error_set(&error, r, "%s",
					r < 0 ? strerror(-r) : "it cannot be checked");
		mail_lint_free(lint);
		return command_fail(&error);
	}
	found = mail_lint_count(lint, MAIL_LINT_ERROR) > 0 ||
		(check->strict && mail_lint_count(lint, MAIL_LINT_WARNING) > 0);
	mail_lint_free(lint);
	status = command_finish();
	return status == COMMAND_OK && found ? REWRITE_CHECK_FOUND : status;
}
