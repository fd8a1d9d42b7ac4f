/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_ROWS_H
#define WAYMARK_SUMMARY_DELIVER_ROWS_H

#include "crypto/digest.h"
#include "summary/deliver_files.h"
#include "summary/deliver_state.h"

/*
 * The rows of one person: made, compared with what was delivered before, and written where they
 * differ. One of these serves a whole delivery.
 */
struct deliver_rows {
	const struct deliver_mapping *mapping;
	struct deliver_files *files;
	struct digest *digest;
	struct buffer row; /* the one at hand */

	struct deliver_entry *before, *after; /* of the person at hand, in their order */
	size_t before_count, before_room, after_count, after_room;
	int error; /* sticky: 0 or negative errno */
};

int deliver_rows_init(struct deliver_rows *rows, const struct deliver_mapping *mapping,
		      struct deliver_files *files);
void deliver_rows_finish(struct deliver_rows *rows);

/* An entry of the person who comes next. */
void deliver_rows_put_before(struct deliver_rows *rows, const struct deliver_entry *entry);
/* Their rows. Then @after says what is delivered of them; deliver_rows_clear() for the next one. */
void deliver_rows_person(struct deliver_rows *rows, const struct deliver_item *item);
void deliver_rows_clear(struct deliver_rows *rows);

/* The header of a file, for deliver_files.h. @context: the mapping. */
void deliver_rows_header(void *context, enum deliver_file file, struct buffer *to);

/* Somebody who was delivered is there no more; or is somebody else since. */
void deliver_rows_erased(struct deliver_rows *rows, const struct handle *person);
void deliver_rows_merged(struct deliver_rows *rows, const struct handle *person,
			 const struct handle *into);

#endif
