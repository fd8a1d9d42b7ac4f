/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_PEOPLE_COPY_H
#define WAYMARK_STORE_PEOPLE_COPY_H

#include "store/store.h"

#include <stdatomic.h>

/*
 * A compacted copy of people/ as an LMDB environment in directory @path (mode 0700, made anew), by
 * the owner in a thread of its own: slices of a few hundred rows, so that neither the loop nor the
 * writer waits for it. Who is added meanwhile may be in it or not; who was there is.
 *
 * Return: 0; negative errno with @error: -ECANCELED soon after @give_up was set, which any thread
 * may do; what lies at @path then is no copy.
 */
int people_copy(struct store *store, const char *path, const atomic_bool *give_up,
		struct error *error);

/* Read all of the copy in directory @path. Return: 0; negative errno or STORE_E_* with @error. */
int people_copy_check(const char *path, uint64_t *ret_people, struct error *error);

#endif
