/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_FACT_SORT_H
#define WAYMARK_SUMMARY_FACT_SORT_H

#include "base/bytes.h"
#include "summary/fact.h"

/*
 * Any number of facts from the order of the log into that of data/summary/: by subject, time and
 * sequence. In a bounded memory, and beyond that in a file without a name in @directory.
 */
struct fact_sort;

int fact_sort_new(const char *directory, size_t memory_bytes, struct fact_sort **ret_sort);
void fact_sort_free(struct fact_sort *sort); /* NULL allowed */

/* Return: 0; negative errno. */
int fact_sort_add(struct fact_sort *sort, const struct subject *subject, const struct fact *fact,
		  uint32_t bits);
/* All are there: now they come out. */
int fact_sort_finish(struct fact_sort *sort);
/* Return: 0; FACT_E_END; negative errno. */
int fact_sort_next(struct fact_sort *sort, struct subject *ret_subject, struct fact *ret_fact);

#endif
