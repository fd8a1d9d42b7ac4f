/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_FORM_ROW_H
#define WAYMARK_STORE_FORM_ROW_H

#include "store/store.h"

/*
 * state/forms: the definition of each form as it was set last, folded from the events "form". What
 * it says is track/form.h; here it is text. Loop thread, or a reader's only one.
 */
struct form_row {
	struct form_id id;
	struct span definition; /* JSON */
	usec_t created, changed;
	uint64_t event; /* the sequence of its last form event */
};

/* @arena owns what the spans point to. Return: as link_find(). */
int form_row_find(struct store *store, const struct form_id *id, struct arena *arena,
		  struct form_row *ret_row);
/* All forms in id order, as link_each(). */
int form_row_each(struct store *store, int (*each)(void *context, const struct form_row *row),
		  void *context);

#endif
