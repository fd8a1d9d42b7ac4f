/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_TEXT_IDS_H
#define WAYMARK_SUMMARY_TEXT_IDS_H

#include "store/summary_env.h"

/*
 * Texts of facts (addresses of pages, agents, names …) as numbers of data/summary/: the writer's
 * side. New ones wait until text_ids_write() puts them into a transaction; what a failed one leaves
 * behind is a number that nobody names. 0 is no text.
 *
 * Memory: @cache_bytes, and what waits.
 */
struct text_ids;

/* Text ids of @env, which must outlive them. Return: 0; negative errno. */
int text_ids_open(struct summary_env *env, size_t cache_bytes, struct text_ids **ret_ids);
void text_ids_close(struct text_ids *ids); /* NULL allowed */

/* Give @to, which has none yet, all of @from under the same numbers. Return: 0; negative errno. */
int text_ids_carry(struct summary_env *from, struct summary_env *to);

/* The number of @text (absent and empty: 0). Outside of transactions. Return: 0; negative errno. */
int text_ids_intern(struct text_ids *ids, struct span text, uint32_t *ret_id);

size_t text_ids_waiting(const struct text_ids *ids);
void text_ids_write(struct text_ids *ids, struct txn *txn);
void text_ids_written(struct text_ids *ids); /* that transaction is durable */

/* Of one that nothing names: @ids must not be asked for it any more. Its number stays unused. */
void text_ids_remove(const struct text_ids *ids, struct txn *txn, uint32_t id);

/* The text of @id, in or outside of the waiting ones; absent: there is none. Borrowed from @txn. */
struct span text_ids_text(const struct text_ids *ids, struct txn *txn, uint32_t id);

/* For those who only read: from the database. */
struct span text_ids_read(struct txn *txn, uint32_t id);

/* 16 bytes of a hash that nobody outside can aim at, and that is the same for this directory. */
enum { TEXT_HASH_BYTES = 16 };
void text_ids_hash(const struct text_ids *ids, struct span text, uint8_t ret_hash[TEXT_HASH_BYTES]);

#endif
