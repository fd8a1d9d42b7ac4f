/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the table says, for people: the reference, a complete example, and what `waymark init`
 * writes. All three come from the rows, so that none of them can lag behind the parser; the example
 * is itself a configuration that loads.
 */
#include "config/config_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum { REFERENCE_COLUMNS = 80, REFERENCE_INDENT = 6 };

/* @text in lines of at most REFERENCE_COLUMNS, each after the indent. */
static void append_wrapped(struct buffer *to, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > 0 && column + 1 + word > REFERENCE_COLUMNS) {
			buffer_append_byte(to, '\n');
			column = 0;
		}
		if (column == 0) {
			buffer_printf(to, "%*s", REFERENCE_INDENT, "");
			column = REFERENCE_INDENT;
		} else {
			buffer_append_byte(to, ' ');
			column++;
		}
		buffer_append(to, text, word);
		column += word;
		text += word + strspn(text + word, " ");
	}
	buffer_append_byte(to, '\n');
}

static void append_default(struct buffer *to, const struct config_row *row)
{
	if (row->kind == CONFIG_NUMBER_KIND)
		buffer_printf(to, "default %" PRIu32, row->number);
	else if (row->kind == CONFIG_BOOL_KIND)
		buffer_printf(to, "default %s", row->number ? "true" : "false");
	else if (!row->text)
		buffer_append_text(to, "required");
	else if (row->kind == CONFIG_TEXTS_KIND)
		buffer_append_text(to, "default below");
	else
		buffer_printf(to, "default \"%s\"", row->text);
}

static void append_row(struct buffer *to, const char *where, const struct config_row *row,
		       bool fixed)
{
	buffer_printf(to, "\n  %s%s\n      ", where, row->key);
	switch (row->kind) {
	case CONFIG_TEXT_KIND:
		buffer_append_text(to, "text, ");
		break;
	case CONFIG_NUMBER_KIND:
		buffer_printf(to, "%" PRIu32 " to %" PRIu32 " %s, ", row->minimum, row->maximum,
			      row->detail);
		break;
	case CONFIG_BOOL_KIND:
		buffer_append_text(to, "true or false, ");
		break;
	case CONFIG_CHOICE_KIND:
		buffer_printf(to, "one of %s, ", row->detail);
		break;
	case CONFIG_TEXTS_KIND:
		buffer_append_text(to, "list of texts, ");
		break;
	}
	append_default(to, row);
	buffer_append_text(to, fixed ? ", changed by a restart\n" : "\n");
	append_wrapped(to, row->sentence);
	if (row->kind == CONFIG_TEXTS_KIND && row->text)
		append_wrapped(to, row->text);
}

void config_print_reference(struct buffer *to)
{
	buffer_append_text(
		to, "The configuration is one JSON object. A key with a dot is a member of an "
		    "object:\n\"consent.gpc\" is written {\"consent\": {\"gpc\": true}}.\n"
		    "\n  trackers\n      list of objects, required\n"
		    "      The trackers of this server, at least one; their keys:\n");
	for (const struct config_row *row = tracker_rows; row->key; row++)
		append_row(to, "trackers[].", row, false);
	for (const struct config_row *row = config_rows; row->key; row++)
		append_row(to, "", row, config_row_is_fixed(row));
}

/* @text as a JSON string; the sticky error is -EILSEQ when it is not UTF-8. */
static void append_string(struct buffer *to, const char *text)
{
	json_t *string = json_string(text);
	char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

	if (quoted)
		buffer_append_text(to, quoted);
	else if (!to->error)
		to->error = -EILSEQ;
	free(quoted);
	json_decref(string);
}

static void append_value(struct buffer *to, const struct config_row *row)
{
	if (row->kind == CONFIG_NUMBER_KIND)
		buffer_printf(to, "%" PRIu32, row->number);
	else if (row->kind == CONFIG_BOOL_KIND)
		buffer_append_text(to, row->number ? "true" : "false");
	else if (row->kind == CONFIG_TEXTS_KIND)
		buffer_append_text(to, row->text);
	else
		append_string(to, row->text);
}

static void append_texts(struct buffer *to, const struct config_texts *texts)
{
	buffer_append_byte(to, '[');
	for (size_t i = 0; i < texts->count; i++) {
		buffer_append_text(to, i > 0 ? ", " : "");
		append_string(to, texts->items[i]);
	}
	buffer_append_byte(to, ']');
}

/* The list of one tracker; @whole adds the keys that have defaults. */
static void append_trackers(struct buffer *to, const char *url, const struct config_texts *sites,
			    bool whole)
{
	buffer_append_text(to, "{\n  \"trackers\": [\n    {\n      \"url\": ");
	append_string(to, url);
	buffer_append_text(to, ",\n      \"sites\": ");
	append_texts(to, sites);
	for (const struct config_row *row = tracker_rows; whole && row->key; row++) {
		if (row->kind != CONFIG_BOOL_KIND && !row->text)
			continue;
		buffer_printf(to, ",\n      \"%s\": ", row->key);
		append_value(to, row);
	}
	buffer_append_text(to, "\n    }\n  ]");
}

/* Members from @row on that share its group, as one nested object. Return: the row after them. */
static const struct config_row *append_group(struct buffer *to, const struct config_row *row)
{
	struct span group = config_row_group(row);
	const char *comma = "";

	buffer_append_text(to, ",\n  \"");
	buffer_append_span(to, group);
	buffer_append_text(to, "\": {");
	for (; row->key && span_equal(config_row_group(row), group); row++) {
		buffer_printf(to, "%s\n    \"%s\": ", comma, row->key + group.size + 1);
		append_value(to, row);
		comma = ",";
	}
	buffer_append_text(to, "\n  }");
	return row;
}

void config_print_example(struct buffer *to)
{
	char site[] = "https://www.example.com", *items[] = {site};
	const struct config_row *row = config_rows;

	append_trackers(to, "https://go.example.com",
			&(struct config_texts){.items = items, .count = 1}, true);
	while (row->key) {
		if (config_row_group(row).size > 0) {
			row = append_group(to, row);
			continue;
		}
		buffer_printf(to, ",\n  \"%s\": ", row->key);
		append_value(to, row++);
	}
	buffer_append_text(to, "\n}\n");
}

int config_print_initial(struct buffer *to, const char *tracker_url,
			 const struct config_texts *sites, enum consent consent, const char *listen,
			 const char *admin_listen)
{
	append_trackers(to, tracker_url, sites, false);
	buffer_append_text(to, ",\n  \"listen\": ");
	append_string(to, listen);
	buffer_append_text(to, ",\n  \"admin_listen\": ");
	append_string(to, admin_listen);
	for (const struct config_row *row = config_rows; row->key; row++)
		if (row->offset == offsetof(struct config, data_dir) ||
		    row->offset == offsetof(struct config, keys_file)) {
			buffer_printf(to, ",\n  \"%s\": ", row->key);
			append_value(to, row);
		}
	buffer_printf(to, ",\n  \"consent\": {\n    \"default\": \"%s\"\n  }\n}\n",
		      consent_text(consent));
	return to->error;
}
