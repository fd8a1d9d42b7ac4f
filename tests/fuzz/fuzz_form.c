/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the definition of a form, and behind a line "--" any bytes as what is posted to it.
 * What is refused names its file; what is taken is taken again from its own definition; and every
 * answer stays within what an event holds.
 */
#include "base/cleanup.h"
#include "base/encode.h"
#include "track/form_answer.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(const struct form *form)
{
	cleanup(cleanup_form) struct form *again = NULL;
	struct error error = {0};

	assert(form_parse("again", span_text(form->definition), NULL, &again, &error) == 0);
	assert(strcmp(again->definition, form->definition) == 0);
	assert(again->field_count == form->field_count && form->field_count > 0);
	assert(form->email < (int)form->field_count);
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];

		assert(form_field_find(form, span_text(field->name)) == field);
		assert(field->label.in[FORM_EN] && field->label.in[FORM_JA] && field->autocomplete);
		assert(field->prefill != FORM_LEVEL_CLICK || field->type == FORM_TYPE_NUMBER ||
		       field->choice_count > 0);
	}
}

static void check_answer(const struct form *form, struct span posted)
{
	cleanup(arena_finish) struct arena arena = ARENA_INIT(0);
	struct form_answer answer;
	struct form_body body;
	size_t total = 0;
	unsigned errors = 0;

	if (form_body_parse(posted, &arena, &body) != 0)
		return;
	assert(form_answer_judge(form, &body, NULL, &arena, &answer) == 0);
	for (size_t i = 0; i < form->field_count; i++) {
		assert(answer.reasons[i] < FORM_REASON_COUNT);
		assert(utf8_valid(answer.values[i]));
		errors += answer.reasons[i] != FORM_REASON_NONE;
		total += answer.values[i].size;
	}
	assert(errors == answer.errors);
	assert(total <= FORM_VALUES_MAX_BYTES);
	if (answer.address.data)
		assert(answer.reasons[form->email] == FORM_REASON_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(cleanup_form) struct form *form = NULL;
	struct span input = span_of(data, size), posted = SPAN("");
	const uint8_t *line = memmem(data, size, "\n--\n", 4);
	struct error error = {0};
	int code;

	if (line) {
		size_t at = (size_t)(line - data);

		posted = span_slice(input, at + 4, size);
		input = span_slice(input, 0, at);
	}
	code = form_parse("form.json", input, NULL, &form, &error);
	assert(code == 0 || code == FORM_E_INVALID);
	if (code) {
		assert(strncmp(error.text, "form.json:", 10) == 0);
		return 0;
	}
	check_form(form);
	check_answer(form, posted);
	return 0;
}
