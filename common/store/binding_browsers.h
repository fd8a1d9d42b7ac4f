/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_BINDING_BROWSERS_H
#define WAYMARK_STORE_BINDING_BROWSERS_H

#include "store/binding.h"

/*
 * The browsers behind @after (zeros: from the first) that are bound to anybody, or retired, in the
 * order of their ids, as folded; for readers as well. Fewer than BINDING_BROWSERS_MAX: there are no
 * more.
 */
enum { BINDING_BROWSERS_MAX = 1024 };
struct binding_browser {
	struct visitor_id visitor;
	struct handle person, last; /* whose it is, zeros: it is retired; whose it is or was */
	uint64_t event;		    /* that said so */
};
int binding_read_browsers(struct store *store, const struct visitor_id *after,
			  struct binding_browser ret_browsers[BINDING_BROWSERS_MAX],
			  size_t *ret_count);

#endif
