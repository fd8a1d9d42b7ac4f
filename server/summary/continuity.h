/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_CONTINUITY_H
#define WAYMARK_SUMMARY_CONTINUITY_H

#include "store/event_reader.h"
#include "store/store.h"
#include "store/summary_env.h"

/*
 * Can the summaries that are there go on with the log as it is, and if not, may they be made anew?
 * In all functions that fail: CONTINUITY_E_FAILED with @error.
 */
enum { CONTINUITY_E_FAILED = 1 };

/* What data/summary/ says of itself; @log and @rules are what it is compared with. */
struct continuity_header {
	uint64_t schema, position, as_of, begins, stones;
	bool other_rules, other_log, frozen;
	const char *rules;
	struct span log;
};
/* For summary_env_read(). */
void continuity_read_header(struct txn *txn, void *header);

struct continuity_log {
	struct store_status status;
	struct event_reader_retained retained;
};
int continuity_read_log(struct store *store, struct continuity_log *ret_log,
			struct buffer *to_identity, struct error *error);

/* Why they cannot go on with this log; NULL: they can. */
const char *continuity_break(const struct continuity_header *header,
			     const struct continuity_log *log);

/* Before the whole log is read, because of @why: does it still hold all that they count? */
int continuity_check_whole(const char *data_dir, const struct continuity_header *header,
			   const struct continuity_log *log, const char *why, struct error *error);

#endif
