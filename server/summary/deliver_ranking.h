/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_RANKING_H
#define WAYMARK_SUMMARY_DELIVER_RANKING_H

#include "summary/deliver_files.h"

/*
 * What is put together of all people: the call list of those who are likeliest to buy, and the
 * companies. Memory: so many rows of the list, and one row for each company.
 */
struct deliver_ranking;

struct deliver_ranking *deliver_ranking_new(size_t max_rows); /* NULL: out of memory */
void deliver_ranking_free(struct deliver_ranking *ranking);   /* NULL allowed */

/* Return: 0; -ENOMEM. */
int deliver_ranking_add(struct deliver_ranking *ranking, const struct deliver_item *item);
/* Write ranking.csv and companies.ndjson. Return: 0; -ENOMEM. */
int deliver_ranking_write(const struct deliver_ranking *ranking, struct deliver_files *files);
void deliver_ranking_header(struct buffer *to);

#endif
