/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_REPORT_ACCOUNT_H
#define WAYMARK_SUMMARY_REPORT_ACCOUNT_H

#include "store/store.h"
#include "summary/report.h"

/*
 * Promise 1 for a period: what the accounts of the log say that came in, and where it went, and
 * whether the events between them are there. An account closes what came in since the one before,
 * a minute at most while anything happens; it counts for the moment when it was written.
 *
 * The log is read from the last account before @from on, up to @last (its sequence), in the
 * reader's short transactions: about a second for a million events. @from 0: from its beginning.
 *
 * Never fails: when the log cannot be read, ret_account->is_read is false and says why. @arena owns
 * the texts.
 */
void report_account_read(struct store *store, usec_t from, usec_t to, uint64_t last,
			 struct arena *arena, struct report_account *ret_account);

#endif
