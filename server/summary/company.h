/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_COMPANY_H
#define WAYMARK_SUMMARY_COMPANY_H

#include "base/error.h"
#include "config/json_document.h"
#include "text/url.h"

/*
 * The company of a person, by the domain of their address and what they wrote as its name. Pure.
 *
 * An address of a free mail provider names no company, so there the written name decides alone. Two
 * writings are of one company when they are the same once width, case, punctuation and legal forms
 * are taken away: "株式会社Example", "(株)ＥＸＡＭＰＬＥ" and "Example Inc." are one.
 */
struct company_rules; /* "companies", "excluded_companies" and "free_mail" of the summary rules */

enum { COMPANY_NAME_BYTES = 256, COMPANY_NAMES_MAX = 5000 };

struct company {
	char key[URL_HOST_MAX_BYTES + 8]; /* the same for all of a company; empty: none is known */
	char name[COMPANY_NAME_BYTES];	  /* for people; empty: none is known */
	char domain[URL_HOST_MAX_BYTES + 1]; /* registrable, lower-case A-label; empty: none */
	bool is_free_mail;		     /* @domain belongs to a provider */
	bool excluded;			     /* by the rules: a competitor, a reseller */
};

/* From @document's root. Return: 0; JSON_DOCUMENT_E_INVALID; -ENOMEM. Then company_rules_free(). */
int company_rules_read(const struct json_document *document, struct company_rules **ret_rules);
void company_rules_free(struct company_rules *rules); /* NULL allowed */

/* @rules: NULL has none. @address and @written may be absent. */
void company_of(const struct company_rules *rules, struct span address, struct span written,
		struct company *ret_company);

/*
 * A name as names are compared: see above. Appends to @to; nothing when only legal forms and
 * punctuation are there.
 */
void company_unify_name(struct span name, struct buffer *to);
/* Text folded by width and case alone, for comparing what people typed. Appends. */
void company_fold_text(struct span text, struct buffer *to);

#endif
