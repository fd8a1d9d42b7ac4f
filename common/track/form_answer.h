/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_FORM_ANSWER_H
#define WAYMARK_TRACK_FORM_ANSWER_H

#include "text/free_mail.h"
#include "track/form.h"

/*
 * What somebody posted to a form, judged field by field. Pure.
 *
 * FORM_REASON(id, text): what is wrong with a value, as the error location is told it. Append only.
 */
#define FORM_REASONS(FORM_REASON)                 \
	FORM_REASON(NONE, "")                     \
	FORM_REASON(MISSING, "missing")           \
	FORM_REASON(NOT_AN_EMAIL, "not_an_email") \
	FORM_REASON(FREE_MAIL, "free_mail")       \
	FORM_REASON(NOT_A_NUMBER, "not_a_number") \
	FORM_REASON(TOO_SMALL, "too_small")       \
	FORM_REASON(TOO_LARGE, "too_large")       \
	FORM_REASON(NOT_A_PHONE, "not_a_phone")   \
	FORM_REASON(NOT_A_CHOICE, "not_a_choice") \
	FORM_REASON(TOO_LONG, "too_long")         \
	FORM_REASON(NO_MX, "no_mx")

enum form_reason {
#define FORM_REASON(id, text) FORM_REASON_##id,
	FORM_REASONS(FORM_REASON)
#undef FORM_REASON
		FORM_REASON_COUNT
};

const char *form_reason_text(enum form_reason reason);

/* By the index of the field in form->fields. */
struct form_answer {
	/*
	 * What was typed, tidied: white space trimmed, line ends LF, controls gone, and in
	 * addresses, numbers and phone numbers full-width forms made ASCII. Absent when nothing was
	 * typed. Also where a reason says that it is wrong (cut, when it is too long).
	 */
	struct span values[FORM_FIELDS_MAX];
	enum form_reason reasons[FORM_FIELDS_MAX];
	unsigned errors;     /* fields with a reason */
	bool trapped;	     /* the honeypot was filled */
	struct span address; /* the value of form->email when it is good; else absent */
};

/*
 * Values without a field in @form are not looked at; of one that comes several times the first that
 * is not empty counts, and all where the field is multiple. NO_MX is left to whoever asks a name
 * server: form_answer_refuse().
 *
 * Return: 0; -ENOMEM. Spans point into @arena.
 */
int form_answer_judge(const struct form *form, const struct form_body *body,
		      const struct free_mail *free_mail, struct arena *arena,
		      struct form_answer *ret_answer);

/* Give a field without a reason this one. */
void form_answer_refuse(struct form_answer *answer, const struct form *form, size_t field,
			enum form_reason reason);

#endif
