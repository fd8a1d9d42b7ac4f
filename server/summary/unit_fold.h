/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_UNIT_FOLD_H
#define WAYMARK_SUMMARY_UNIT_FOLD_H

#include "config/config.h"
#include "store/summary_env.h"
#include "summary/fact_store.h"
#include "summary/fold.h"

/*
 * The fold with all that it needs of a configuration, for units of data/summary/: calendar, rules,
 * and the agents that were read lately. One thread.
 */
struct unit_fold;

enum { UNIT_FOLD_E_INVALID = 1, UNIT_FOLD_RULES_BYTES = 256 };

/*
 * @sink is copied. Sets TZ for a moment (calendar_open()). Return: 0; UNIT_FOLD_E_INVALID with
 * @error, which names file and key; negative errno.
 */
int unit_fold_new(const struct config *config, const struct fold_sink *sink,
		  struct unit_fold **ret_fold, struct error *error);
void unit_fold_free(struct unit_fold *fold); /* NULL allowed */

/* All that totals depend on beside the facts, as one line: other text, other totals. */
const char *unit_fold_rules(const struct unit_fold *fold);
struct fold_context *unit_fold_context(struct unit_fold *fold);

/* Where texts are looked up from now on. All facts are folded again. */
void unit_fold_use(struct unit_fold *fold, struct txn *txn);
/* From now on unit_fold_run() folds these facts alone; NULL: all. */
void unit_fold_limit(struct unit_fold *fold, const struct fact_range *range);

/*
 * Fold @unit as of @as_of in the transaction in use. With @ret_person (of a person, or of a browser
 * that is nobody's) its summary, which is the fold's until the next call. *ret_due: when its
 * verdicts change by themselves; 0: never. *ret_facts (may be NULL): how many facts were folded.
 *
 * Return: 0; -ENOMEM; -EBADMSG.
 */
int unit_fold_run(struct unit_fold *fold, const struct subject *unit, usec_t as_of,
		  struct person_summary *ret_person, usec_t *ret_due, uint64_t *ret_facts);

/*
 * The same in steps, for whoever walks over all facts: a unit of one subject, its rows or its facts
 * in order. Return: as unit_fold_run().
 */
void unit_fold_begin(struct unit_fold *fold, const struct subject *unit, usec_t as_of);
int unit_fold_row(struct unit_fold *fold, const struct subject *unit, struct span row);
int unit_fold_add(struct unit_fold *fold, const struct fact *fact);
int unit_fold_end(struct unit_fold *fold, usec_t *ret_due);

#endif
