/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_SCRUB_H
#define WAYMARK_SUMMARY_DELIVER_SCRUB_H

#include "base/bytes.h"
#include "base/error.h"

/*
 * Take people out of the deliveries that lie in a folder (deliver_folder.h), since they are to be
 * erased. Each row that is of or about a person holds their handle, and goes; the manifest says
 * what is left. ".state" stays: by it the next delivery names them in erased.csv, once.
 *
 * Each file is replaced as a whole; after a crash the same call does what is left to do.
 */
struct deliver_scrub {
	bool absent; /* there is no such folder any more */
	uint64_t files, rows;
};

/*
 * @handles: the texts of 24 hexadecimal digits.
 * Return: 0; nonzero with @error: something could not be read or written, and may hold them.
 */
int deliver_scrub(const char *directory, const struct span *handles, size_t count,
		  struct deliver_scrub *ret_done, struct error *error);

/*
 * The rows about them, as they lie there; nothing is changed. A nonzero return of @each ends it and
 * is returned. A folder that is not there has none.
 */
typedef int (*deliver_row_fn)(void *context, const char *delivery, const char *file,
			      struct span row);
int deliver_find_rows(const char *directory, const struct span *handles, size_t count,
		      deliver_row_fn each, void *context, struct error *error);

#endif
