/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of a rewritten message, for people (a table, or only what is notable) and for programs
 * (JSON). Originals come from the message and may be in any charset: they are made valid UTF-8, and
 * controls never reach a terminal.
 */
#include "commands/rewrite_report.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "commands/command.h"

#include <jansson.h>
#include <stdio.h>

enum { SHOWN_BYTES = 120 };

/* Up to SHOWN_BYTES of @text on one line. */
static void append_shown(struct buffer *to, struct span text)
{
	size_t start = to->size;

	utf8_append_clean(to, text, SHOWN_BYTES);
	for (size_t i = start; i < to->size; i++)
		if (to->data[i] < ' ' || to->data[i] == 0x7F)
			to->data[i] = '?';
	if (text.size > SHOWN_BYTES)
		buffer_append_text(to, "...");
}

static const char *sentence_of(const struct rewrite_link *link)
{
	if (link->outcome == REWRITE_TRACKED_SELF_CONTAINED)
		return "self-contained: the destination travels in the link and stays out of the "
		       "store";
	return link->reason ? link->reason : link->warning;
}

/* "html", or "html of part 1.2". */
static void append_place(struct buffer *to, const struct rewrite_link *link)
{
	bool whole = strcmp(link->place, "part") == 0;

	buffer_append_text(to, link->place);
	if (link->part.size > 0) {
		buffer_append_text(to, whole ? " " : " of part ");
		buffer_append_span(to, link->part);
	}
}

static void print_notable(const struct rewrite_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rewrite_link *link = &links[i];
		cleanup_buffer struct buffer shown = BUFFER_INIT;
		bool holds_address = link->outcome == REWRITE_TRACKED_SELF_CONTAINED &&
				     url_holds_address(link->destination);

		if (!link->notable && !link->warning && !holds_address)
			continue;
		append_place(&shown, link);
		buffer_append_byte(&shown, ')');
		if (link->original.data) {
			buffer_append_text(&shown, ": ");
			append_shown(&shown, link->original);
		}
		command_warn("line %zu (%s: %s", link->line, buffer_text(&shown),
			     sentence_of(link));
	}
}

static void print_table(const struct rewrite_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rewrite_link *link = &links[i];
		cleanup_buffer struct buffer row = BUFFER_INIT;
		const char *sentence = sentence_of(link);

		buffer_printf(&row, "%6zu  %-7s  %-14s  ", link->line, link->place,
			      rewrite_outcome_text(link->outcome));
		append_shown(&row, link->original);
		if (sentence)
			buffer_printf(&row, "  (%s)", sentence);
		fprintf(stderr, "%s\n", row.error ? "out of memory" : buffer_text(&row));
	}
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

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* NULL when out of memory. */
static json_t *link_json(const struct rewrite_link *link)
{
	char id[2 * sizeof(link->id) + 1];
	json_t *object = json_object();
	int r = object ? 0 : -1;

	hex_format(&link->id, sizeof(link->id), id);
	if (r == 0) {
		r |= json_object_set_new(object, "outcome",
					 json_string(rewrite_outcome_text(link->outcome)));
		r |= json_object_set_new(object, "line", json_integer((json_int_t)link->line));
		r |= json_object_set_new(object, "place", json_string(link->place));
		r |= json_object_set_new(object, "part", span_json(link->part));
		r |= json_object_set_new(object, "original", span_json(link->original));
		r |= json_object_set_new(object, "destination", span_json(link->destination));
		r |= json_object_set_new(object, "tracked", span_json(link->tracked));
		r |= json_object_set_new(object, "label", span_json(link->label));
		r |= json_object_set_new(object, "id",
					 id_is_zero(&link->id, sizeof(link->id)) ? json_null()
										 : json_string(id));
		r |= json_object_set_new(object, "reason", text_or_null(link->reason));
		r |= json_object_set_new(object, "warning", text_or_null(link->warning));
	}
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

static void print_json(const struct rewrite_link *links, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, link_json(&links[i])) != 0) {
			command_warn("out of memory: the report is not complete");
			break;
		}
	if (list)
		(void)json_dumpf(list, stderr, JSON_INDENT(1));
	fputc('\n', stderr);
	json_decref(list);
}

void rewrite_report_links(const struct rewrite_link *links, size_t count, enum rewrite_report form)
{
	switch (form) {
	case REWRITE_REPORT_NOTABLE:
		print_notable(links, count);
		break;
	case REWRITE_REPORT_TABLE:
		print_table(links, count);
		break;
	case REWRITE_REPORT_JSON:
		print_json(links, count);
		break;
	}
}

void rewrite_report_print(const struct rewrite_result *result, enum rewrite_report form)
{
	size_t count = 0;
	const struct rewrite_link *links = rewrite_links(result, &count);

	rewrite_report_links(links, count, form);
}
