/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_TYPED_INTERNAL_H
#define WAYMARK_STORE_TYPED_INTERNAL_H

#include "store/store_internal.h"

/* What store/ does with rows of people/typed, and nobody else. */

struct typed_change;
struct typed_index;

int typed_open(struct store *store);
void typed_close(struct store *store); /* after all tickets are freed */

/* Loop: the changes of @ticket are not on their way any more. */
void typed_ticket_freed(struct event_ticket *ticket);
size_t typed_ticket_bytes(const struct event_ticket *ticket);

/* Writer: as people_write() and people_written(). Is one of the ticket's changes not written? */
void typed_write(struct txn *txn, struct event_ticket *tickets, uint64_t first_sequence);
void typed_written(struct event_ticket *tickets);
bool typed_is_waiting(const struct event_ticket *ticket);

/*
 * Writer, now and then: look at a slice of the rows, from where the last call ended, and remove
 * those that retention does not keep; those of before @time. Return: 0; negative errno.
 */
int typed_expire(struct store *store);
int typed_expire_before(struct store *store, usec_t time);

#endif
