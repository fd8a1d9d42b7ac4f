/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A post judged by its form, field by field, in one pass over what was posted for each field.
 *
 * A value is tidied before it is judged: what people cannot see (controls, space around it, the
 * difference between line ends) must not decide, and Japanese keyboards type addresses and numbers
 * full-width. What is kept, shown again and compared is the tidied one. A value that is too long is
 * cut, so that a page can show where.
 *
 * All values of one post together fit into an event: their length as JSON is counted, and the field
 * that would be too much is too long.
 */
#include "track/form_answer.h"

#include "base/encode.h"
#include "text/email_address.h"

#include <errno.h>
#include <stdlib.h>

enum {
	PHONE_DIGITS_MIN = 3,
	PHONE_DIGITS_MAX = 20, /* 15 of E.164, and an extension */
	NUMBER_DIGITS_MAX = 40
};

const char *form_reason_text(enum form_reason reason)
{
	static const char *const texts[FORM_REASON_COUNT] = {
#define FORM_REASON(id, text) [FORM_REASON_##id] = (text),
		FORM_REASONS(FORM_REASON)
#undef FORM_REASON
	};

	return reason < FORM_REASON_COUNT ? texts[reason] : "";
}

void form_answer_refuse(struct form_answer *answer, const struct form *form, size_t field,
			enum form_reason reason)
{
	if (field >= form->field_count || reason == FORM_REASON_NONE ||
	    answer->reasons[field] != FORM_REASON_NONE)
		return;
	answer->reasons[field] = reason;
	answer->errors++;
	if ((int)field == form->email)
		answer->address = span_of(NULL, 0);
}

static bool is_email(const struct form_field *field)
{
	return field->type == FORM_TYPE_EMAIL || field->type == FORM_TYPE_BUSINESS_EMAIL;
}

static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/* Typed for a hyphen or a minus: of those that look like one, and the Japanese long vowel mark. */
static bool is_hyphen(uint32_t point)
{
	return (point >= 0x2010 && point <= 0x2015) || point == 0x2212 || point == 0x30FC ||
	       point == 0xFF70;
}

/*
 * Line ends become LF, or space where a field has one line; other controls go. Appends at most as
 * many bytes as @text has.
 */
static void append_without_controls(struct buffer *to, struct span text, bool multiline)
{
	for (size_t at = 0; at < text.size;) {
		size_t from = at;
		uint32_t point = utf8_next(text, &at);

		if (point == '\r' && at < text.size && text.data[at] == '\n')
			continue;
		if (point == '\r' || point == '\n')
			buffer_append_byte(to, multiline ? '\n' : ' ');
		else if (point == '\t')
			buffer_append_byte(to, ' ');
		else if (!is_control(point))
			buffer_append_span(to, span_slice(text, from, at - from));
	}
}

static struct span trim_wide(struct span text)
{
	struct span space = SPAN("\u3000"), before;

	do {
		before = text = span_trim(text);
		if (span_starts(text, space))
			text = span_slice(text, space.size, text.size);
		if (text.size >= space.size &&
		    span_equal(span_slice(text, text.size - space.size, space.size), space))
			text = span_slice(text, 0, text.size - space.size);
	} while (text.size != before.size);
	return text;
}

static void append_with_hyphens(struct buffer *to, struct span text)
{
	for (size_t at = 0; at < text.size;) {
		size_t from = at;

		if (is_hyphen(utf8_next(text, &at)))
			buffer_append_byte(to, '-');
		else
			buffer_append_span(to, span_slice(text, from, at - from));
	}
}

/* The tidied form of @text, in @to, which is empty and is borrowed. */
static struct span tidy(const struct form_field *field, struct span text, struct buffer *to,
			struct buffer *scratch)
{
	buffer_clear(to);
	buffer_clear(scratch);
	append_without_controls(scratch, text, field->multiline);
	if (field->type == FORM_TYPE_TEXT) {
		buffer_append_span(to, trim_wide(buffer_span(scratch)));
		to->error = to->error ? to->error : scratch->error;
		return buffer_span(to);
	}
	email_address_append_narrow(to, buffer_span(scratch));
	buffer_clear(scratch);
	if (is_email(field))
		email_address_append_ascii(scratch, span_trim(buffer_span(to)));
	else
		append_with_hyphens(scratch, span_trim(buffer_span(to)));
	to->error = to->error ? to->error : scratch->error;
	return buffer_span(scratch);
}

/* How many bytes of @text are @count characters of it; all of them when it has no more. */
static size_t bytes_of_characters(struct span text, uint32_t count)
{
	size_t at = 0;

	while (count > 0 && at < text.size) {
		(void)utf8_next(text, &at);
		count--;
	}
	return at;
}

static size_t digits(struct span text, size_t *at)
{
	size_t from = *at;

	while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9')
		++*at;
	return *at - from;
}

static bool skip(struct span text, size_t *at, const char *any)
{
	if (*at >= text.size || text.data[*at] == 0 || !strchr(any, text.data[*at]))
		return false;
	++*at;
	return true;
}

/* A valid floating-point number of the HTML Standard (2.3.4.3). */
static bool is_number(struct span text)
{
	size_t at = 0, count;

	(void)skip(text, &at, "-");
	count = digits(text, &at);
	if (skip(text, &at, ".")) {
		size_t fraction = digits(text, &at);

		if (fraction == 0)
			return false;
		count += fraction;
	}
	if (count > 0 && skip(text, &at, "eE")) {
		(void)skip(text, &at, "+-");
		if (digits(text, &at) == 0)
			return false;
	}
	return count > 0 && at == text.size;
}

static enum form_reason judge_number(const struct form_field *field, struct span text)
{
	char copy[NUMBER_DIGITS_MAX + 1];
	double value;

	if (!is_number(text))
		return FORM_REASON_NOT_A_NUMBER;
	if (text.size > NUMBER_DIGITS_MAX)
		return FORM_REASON_TOO_LONG;
	memcpy(copy, text.data, text.size);
	copy[text.size] = 0;
	value = strtod(copy, NULL);
	if (field->has_minimum && value < field->minimum)
		return FORM_REASON_TOO_SMALL;
	if (field->has_maximum && value > field->maximum)
		return FORM_REASON_TOO_LARGE;
	return FORM_REASON_NONE;
}

/* As people write them, with an extension; which numbers exist is nothing that we could know. */
static enum form_reason judge_phone(struct span text)
{
	unsigned count = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		if (byte >= '0' && byte <= '9')
			count++;
		else if (byte == '+' ? i > 1 || (i == 1 && text.data[0] != '(')
				     : byte == 0 || !strchr("()-./ ,;#*xXeEtT", byte))
			return FORM_REASON_NOT_A_PHONE;
	}
	return count < PHONE_DIGITS_MIN || count > PHONE_DIGITS_MAX ? FORM_REASON_NOT_A_PHONE
								    : FORM_REASON_NONE;
}

static enum form_reason judge_email(const struct form_field *field, struct span text,
				    const struct free_mail *free_mail)
{
	if (!email_address_is_valid(text))
		return FORM_REASON_NOT_AN_EMAIL;
	if (text.size > ID_ADDRESS_MAX_BYTES)
		return FORM_REASON_TOO_LONG;
	if (field->type == FORM_TYPE_BUSINESS_EMAIL &&
	    free_mail_has(free_mail, email_address_domain(text)))
		return FORM_REASON_FREE_MAIL;
	return FORM_REASON_NONE;
}

static enum form_reason judge_choice(const struct form_field *field, struct span text)
{
	for (size_t i = 0; i < field->choice_count; i++)
		if (span_equal(span_text(field->choices[i].value), text))
			return FORM_REASON_NONE;
	return FORM_REASON_NOT_A_CHOICE;
}

static enum form_reason judge(const struct form_field *field, struct span text,
			      const struct free_mail *free_mail)
{
	if (field->choice_count > 0)
		return judge_choice(field, text);
	switch (field->type) {
	case FORM_TYPE_EMAIL:
	case FORM_TYPE_BUSINESS_EMAIL:
		return judge_email(field, text, free_mail);
	case FORM_TYPE_NUMBER:
		return judge_number(field, text);
	case FORM_TYPE_TEL:
		return judge_phone(text);
	case FORM_TYPE_TEXT:
	case FORM_TYPE_COUNT:
		break;
	}
	return FORM_REASON_NONE;
}

/* What judging one post needs, field after field. */
struct judging {
	const struct form *form;
	const struct form_body *body;
	const struct free_mail *free_mail;
	struct arena *arena;
	struct form_answer *answer;
	struct buffer text, scratch, joined;
	size_t total; /* of all values so far, as JSON */
};

/* As jansson writes it: a backslash before some, six bytes for the controls, of which LF alone is
 * left, and "name":"…", around it. */
static size_t json_bytes(const struct form_field *field, struct span text)
{
	size_t size = text.size + 2 * strlen(field->name) + 6;

	for (size_t i = 0; i < text.size; i++)
		size += text.data[i] == '"' || text.data[i] == '\\' || text.data[i] == '\n';
	return size;
}

/* Keep @text as the field's value, as much of it as the field and the event hold. */
static int keep(struct judging *judging, size_t index, struct span text)
{
	const struct form_field *field = &judging->form->fields[index];
	struct form_answer *answer = judging->answer;
	size_t size = text.size;

	if (field->choice_count == 0)
		size = bytes_of_characters(text, field->max_characters);
	if (size < text.size)
		form_answer_refuse(answer, judging->form, index, FORM_REASON_TOO_LONG);
	text = span_slice(text, 0, size);
	judging->total += json_bytes(field, text);
	if (judging->total > FORM_VALUES_MAX_BYTES) {
		judging->total -= json_bytes(field, text);
		form_answer_refuse(answer, judging->form, index, FORM_REASON_TOO_LONG);
		text = span_slice(text, 0, 0);
	}
	answer->values[index] = arena_copy(judging->arena, text);
	return answer->values[index].data ? 0 : -ENOMEM;
}

/* Each choice that was posted, once and in the order of the form, joined by ';'. */
static bool join_choices(struct judging *judging, const struct form_field *field)
{
	struct span name = span_text(field->name);
	size_t known = 0, posted = 0;

	for (size_t i = 0; i < field->choice_count; i++) {
		struct span value = span_text(field->choices[i].value);
		bool found = false;

		for (size_t at = 0; at < judging->body->count; at++) {
			const struct form_pair *pair = &judging->body->pairs[at];

			if (!span_equal(pair->name, name))
				continue;
			posted += i == 0 && span_trim(pair->value).size > 0;
			if (!span_equal(span_trim(pair->value), value))
				continue;
			known++;
			found = true;
		}
		if (!found)
			continue;
		if (judging->joined.size > 0)
			buffer_append_byte(&judging->joined, ';');
		buffer_append_span(&judging->joined, value);
	}
	return known == posted;
}

static int judge_several(struct judging *judging, size_t index)
{
	const struct form_field *field = &judging->form->fields[index];
	int code = 0;

	buffer_clear(&judging->joined);
	if (!join_choices(judging, field))
		form_answer_refuse(judging->answer, judging->form, index, FORM_REASON_NOT_A_CHOICE);
	if (judging->joined.size > 0)
		code = keep(judging, index, buffer_span(&judging->joined));
	return code ? code : judging->joined.error;
}

/* The first value that is not empty. */
static int judge_one(struct judging *judging, size_t index)
{
	const struct form_field *field = &judging->form->fields[index];
	struct span name = span_text(field->name), text = span_of(NULL, 0);

	for (size_t i = 0; i < judging->body->count && text.size == 0; i++)
		if (span_equal(judging->body->pairs[i].name, name))
			text = tidy(field, judging->body->pairs[i].value, &judging->text,
				    &judging->scratch);
	if (judging->text.error)
		return judging->text.error;
	if (text.size == 0)
		return 0;
	form_answer_refuse(judging->answer, judging->form, index,
			   judge(field, text, judging->free_mail));
	return keep(judging, index, text);
}

static int judge_fields(struct judging *judging)
{
	const struct form *form = judging->form;
	struct form_answer *answer = judging->answer;
	int code = 0;

	for (size_t i = 0; !code && i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];

		code = field->multiple ? judge_several(judging, i) : judge_one(judging, i);
		if (!code && !answer->values[i].data && field->required)
			form_answer_refuse(answer, form, i, FORM_REASON_MISSING);
	}
	return code;
}

static bool is_trapped(const struct form *form, const struct form_body *body)
{
	struct span honeypot = span_text(form->honeypot);

	for (size_t i = 0; honeypot.size > 0 && i < body->count; i++)
		if (span_equal(body->pairs[i].name, honeypot) && body->pairs[i].value.size > 0)
			return true;
	return false;
}

int form_answer_judge(const struct form *form, const struct form_body *body,
		      const struct free_mail *free_mail, struct arena *arena,
		      struct form_answer *ret_answer)
{
	struct form_answer answer = {.trapped = is_trapped(form, body)};
	struct judging judging = {
		.form = form,
		.body = body,
		.free_mail = free_mail,
		.arena = arena,
		.answer = &answer,
		.total = 2,
	};
	int code = judge_fields(&judging);

	buffer_finish(&judging.text);
	buffer_finish(&judging.scratch);
	buffer_finish(&judging.joined);
	if (code)
		return code;
	if (form->email >= 0 && answer.reasons[form->email] == FORM_REASON_NONE)
		answer.address = answer.values[form->email];
	*ret_answer = answer;
	return 0;
}
