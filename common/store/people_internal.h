/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_INTERNAL_H
#define WAYMARK_STORE_PEOPLE_INTERNAL_H

#include "store/store_internal.h"

/* What the files of people/ do for one another, and for the writer. Nobody else includes this. */

/* people.c */
int people_open(struct store *store);	/* the index of pending people */
void people_close(struct store *store); /* after all changes are freed */
/* writer: write the changes of a list of tickets, whose events will begin at @first_sequence; and
 * note that this was committed. */
void people_write(struct txn *txn, struct event_ticket *tickets, uint64_t first_sequence);
void people_written(struct event_ticket *tickets);

/* The address in a row of people/; absent: it has none, or cannot be read. */
struct span people_row_address(struct span row);

/* people_erase.c, the writer: what a change of an erasure does. */
void people_write_erase(struct txn *txn, const struct people_change *change);
/* Is a change alive that erases @handle? */
bool people_is_erasing(const struct store *store, const struct handle *handle);
/* In people/meta behind this: a handle whose erase event may not be in the log yet, or whose row
 * may still lie in people/ as bytes. */
#define PEOPLE_ERASING "erasing"

/* people_copy.c, the writer: write people/ anew, without what the handles in @erased have left.
 * Return: 0; negative errno: it stays as it is. */
int people_compact(struct store *store, struct span erased);
/* The owner's start: what a crash left of that. */
void people_compact_forget(const struct store *store);

#endif
