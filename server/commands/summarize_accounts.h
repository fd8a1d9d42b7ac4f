/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_COMMANDS_SUMMARIZE_ACCOUNTS_H
#define WAYMARK_COMMANDS_SUMMARIZE_ACCOUNTS_H

#include "commands/session.h"
#include "summary/company.h"

/*
 * Which account of the CRM is which company's, by the people who were imported with one. The
 * account that most of them have; of two with as many the one that sorts first.
 */
struct summarize_accounts;

/* Asks whoever owns the stores about everybody. Return: 0; positive with @error; negative errno. */
int summarize_accounts_new(struct session *session, const struct company_rules *rules,
			   struct summarize_accounts **ret_accounts, struct error *error);
void summarize_accounts_free(struct summarize_accounts *accounts); /* NULL allowed */

/* Absent: the CRM has none, or nobody was imported with it. */
struct span summarize_accounts_find(const struct summarize_accounts *accounts,
				    const struct company *company);

#endif
