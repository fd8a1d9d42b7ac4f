/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_GRADE_H
#define WAYMARK_SUMMARY_GRADE_H

#include "config/json_document.h"

/*
 * How well somebody fits, F to A+, from what is known of them and their company; what they did is
 * the score's. Everybody starts at one grade (D, as in Account Engagement), and each criterion that
 * matches moves them up or down by thirds of a letter. Pure.
 *
 *   "grade": {"start": "D", "criteria": [
 *     {"name": "decides", "field": "title", "contains": ["部長", "head of"], "thirds": 3},
 *     {"name": "abroad", "field": "country", "is": ["US"], "thirds": -1}]}
 *
 * Texts are compared without width and case. Of a criterion's texts one is enough. Three names of
 * fields are made here: company (unified), email_domain, free_mail ("yes" or "no").
 */
struct grade_rules;

enum grade {
	GRADE_NONE = -1, /* the rules have no criteria */
	GRADE_F = 0,
	GRADE_D_MINUS,
	GRADE_D,
	GRADE_D_PLUS,
	GRADE_C_MINUS,
	GRADE_C,
	GRADE_C_PLUS,
	GRADE_B_MINUS,
	GRADE_B,
	GRADE_B_PLUS,
	GRADE_A_MINUS,
	GRADE_A,
	GRADE_A_PLUS,
	GRADE_COUNT
};

const char *grade_text(enum grade grade); /* "A+"; "" of GRADE_NONE */

/* From @document's root. Return: 0; JSON_DOCUMENT_E_INVALID; -ENOMEM. Then grade_rules_free(). */
int grade_rules_read(const struct json_document *document, struct grade_rules **ret_rules);
void grade_rules_free(struct grade_rules *rules); /* NULL allowed */

/* Fields that the criteria ask for, in any order; NULL at and past the end. */
const char *grade_field(const struct grade_rules *rules, size_t index);

/* @value: of a field, absent when the person has none. @ret_why: the names of the criteria that
 * matched, joined by ", "; may be NULL. */
enum grade grade_of(const struct grade_rules *rules,
		    struct span (*value)(void *context, const char *field), void *context,
		    struct buffer *ret_why);

#endif
