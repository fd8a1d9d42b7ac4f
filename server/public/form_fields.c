/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a form as HTML. A field has its label above it, what it is for between the two, and
 * what is wrong with it below; the latter two describe it for who cannot see them. Whether it must
 * be filled in is said in a word beside the label, not by a colour or a sign.
 */
#include "public/form_writer.h"

#include <stdio.h>

void form_fields_append_reason(struct writer *writer, size_t index)
{
	static const enum text_id texts[FORM_REASON_COUNT] = {
		[FORM_REASON_MISSING] = TEXT_form_missing,
		[FORM_REASON_NOT_AN_EMAIL] = TEXT_form_not_an_email,
		[FORM_REASON_FREE_MAIL] = TEXT_form_free_mail,
		[FORM_REASON_NOT_A_NUMBER] = TEXT_form_not_a_number,
		[FORM_REASON_TOO_SMALL] = TEXT_form_too_small,
		[FORM_REASON_TOO_LARGE] = TEXT_form_too_large,
		[FORM_REASON_NOT_A_PHONE] = TEXT_form_not_a_phone,
		[FORM_REASON_NOT_A_CHOICE] = TEXT_form_not_a_choice,
		[FORM_REASON_TOO_LONG] = TEXT_form_too_long,
		[FORM_REASON_NO_MX] = TEXT_form_no_mx,
	};
	const struct form_field *field = &writer->form->fields[index];
	enum form_reason reason = writer->page->reasons[index];
	enum text_id text = texts[reason];
	char limit[32];
	const struct text_value values[] = {{"label", text_of(writer, &field->label)},
					    {"limit", limit},
					    {NULL, NULL}};

	if (reason == FORM_REASON_TOO_LONG)
		(void)snprintf(limit, sizeof(limit), "%u", (unsigned)field->max_characters);
	else
		(void)snprintf(limit, sizeof(limit), "%.15g",
			       (double)(reason == FORM_REASON_TOO_SMALL ? field->minimum
									: field->maximum));
	if (reason == FORM_REASON_MISSING && field->choice_count > 0)
		text = TEXT_form_missing_choice;
	text_append(writer->to, text, writer->page->language, values);
}

static void append_label(struct writer *writer, size_t index, const char *open, const char *close)
{
	const struct form_field *field = &writer->form->fields[index];

	put(writer, open);
	put(writer, "<span>");
	put_escaped(writer, text_of(writer, &field->label));
	put(writer, "</span> ");
	if (field->required)
		element(writer, "span class=\"need\"", TEXT_form_required);
	else
		element(writer, "span class=\"mark\"", TEXT_form_optional);
	put(writer, close);
	if (*text_of(writer, &field->hint)) {
		buffer_printf(writer->to, "<p class=\"hint\" id=\"h%zu\">", index);
		put_escaped(writer, text_of(writer, &field->hint));
		put(writer, "</p>\n");
	}
}

static void append_wrong(struct writer *writer, size_t index)
{
	if (!is_wrong(writer, index))
		return;
	buffer_printf(writer->to, "<p class=\"wrong\" id=\"e%zu\">", index);
	form_fields_append_reason(writer, index);
	put(writer, "</p>\n");
}

/* What belongs to every control: its id and name, whether it is needed, and what describes it. */
static void append_described(struct writer *writer, size_t index)
{
	bool has_hint = *text_of(writer, &writer->form->fields[index].hint) != '\0';
	bool wrong = is_wrong(writer, index);

	if (wrong)
		put(writer, " aria-invalid=\"true\"");
	if (has_hint || wrong)
		put(writer, " aria-describedby=\"");
	if (has_hint)
		buffer_printf(writer->to, "h%zu%s", index, wrong ? " " : "");
	if (wrong)
		buffer_printf(writer->to, "e%zu", index);
	if (has_hint || wrong)
		put(writer, "\"");
}

static void append_attributes(struct writer *writer, size_t index)
{
	const struct form_field *field = &writer->form->fields[index];

	buffer_printf(writer->to, " id=\"f%zu\" name=\"", index);
	put_escaped(writer, field->name);
	put(writer, "\"");
	if (writer->form->kiosk)
		put(writer, " autocomplete=\"off\"");
	else if (*field->autocomplete)
		buffer_printf(writer->to, " autocomplete=\"%s\"", field->autocomplete);
	if (field->required)
		put(writer, " required");
	append_described(writer, index);
}

static void append_input(struct writer *writer, size_t index)
{
	static const char *const types[FORM_TYPE_COUNT] = {
		[FORM_TYPE_TEXT] = "text",
		[FORM_TYPE_EMAIL] = "email",
		[FORM_TYPE_BUSINESS_EMAIL] = "email",
		[FORM_TYPE_NUMBER] = "text\" inputmode=\"decimal",
		[FORM_TYPE_TEL] = "tel",
	};

	buffer_printf(writer->to, "<input type=\"%s\"", types[writer->form->fields[index].type]);
	append_attributes(writer, index);
	put(writer, " value=\"");
	html_escape(writer->page->values[index], writer->to);
	put(writer, "\">\n");
}

/* The line feed behind the tag is not part of the text; without it one of the text would be lost.
 */
static void append_textarea(struct writer *writer, size_t index)
{
	put(writer, "<textarea rows=\"5\"");
	append_attributes(writer, index);
	put(writer, ">\n");
	html_escape(writer->page->values[index], writer->to);
	put(writer, "</textarea>\n");
}

/* Is @choice one of the values that are joined by ';', or the value? */
static bool is_chosen(struct span value, const char *choice, bool multiple)
{
	size_t at = 0;

	if (!multiple)
		return span_equal(value, span_text(choice));
	while (at < value.size) {
		size_t end = span_find(value, ';', at);

		if (span_equal(span_slice(value, at, end - at), span_text(choice)))
			return true;
		at = end + 1;
	}
	return false;
}

static void append_choice(struct writer *writer, size_t index, const struct form_choice *choice)
{
	const struct form_field *field = &writer->form->fields[index];
	bool chosen = is_chosen(writer->page->values[index], choice->value, field->multiple);

	put(writer,
	    field->multiple ? "<label class=\"pick\"><input type=\"checkbox\" name=\"" : "<option");
	if (field->multiple) {
		put_escaped(writer, field->name);
		put(writer, "\"");
	}
	put(writer, " value=\"");
	put_escaped(writer, choice->value);
	put(writer, "\"");
	if (chosen)
		put(writer, field->multiple ? " checked" : " selected");
	put(writer, ">");
	put_escaped(writer, text_of(writer, &choice->label));
	put(writer, field->multiple ? "</label>\n" : "</option>\n");
}

static void append_choices(struct writer *writer, size_t index)
{
	const struct form_field *field = &writer->form->fields[index];

	for (size_t i = 0; i < field->choice_count; i++)
		append_choice(writer, index, &field->choices[i]);
}

static void append_select(struct writer *writer, size_t index)
{
	put(writer, "<select");
	append_attributes(writer, index);
	put(writer, ">\n");
	element(writer, "option value=\"\"", TEXT_form_choose);
	append_choices(writer, index);
	put(writer, "</select>\n");
}

/* Boxes in a group of their own, which is what the list of errors leads to. */
static void append_boxes(struct writer *writer, size_t index)
{
	buffer_printf(writer->to, "<fieldset class=\"field\" id=\"f%zu\" tabindex=\"-1\"", index);
	append_described(writer, index);
	put(writer, ">\n");
	append_label(writer, index, "<legend>", "</legend>\n");
	append_choices(writer, index);
	append_wrong(writer, index);
	put(writer, "</fieldset>\n");
}

void form_fields_append(struct writer *writer, size_t index)
{
	const struct form_field *field = &writer->form->fields[index];
	char label[32];

	if (field->multiple) {
		append_boxes(writer, index);
		return;
	}
	(void)snprintf(label, sizeof(label), "<label for=\"f%zu\">", index);
	put(writer, "<div class=\"field\">\n");
	append_label(writer, index, label, "</label>\n");
	if (field->choice_count > 0)
		append_select(writer, index);
	else if (field->multiline)
		append_textarea(writer, index);
	else
		append_input(writer, index);
	append_wrong(writer, index);
	put(writer, "</div>\n");
}
