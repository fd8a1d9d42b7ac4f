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

#endif
