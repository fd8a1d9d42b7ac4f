/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summaries are of one log: one that ends before their position, or whose incarnation changed
 * (a backup was restored), is another one, and then they are made anew from it. So are those of
 * another schema. But where the log begins later than when it was read as a whole, retention has
 * removed what only these totals still tell: then they stay as they are, and whoever asks for new
 * ones is told what would be lost. So it is where the log has lost events that they have not seen.
 */
#include "summary/continuity.h"

#include <string.h>

void continuity_read_header(struct txn *txn, void *context)
{
	struct continuity_header *header = context;
	struct span key, value;

	header->schema = summary_get_number(txn, "schema", 0);
	header->position = summary_get_number(txn, "position", 0);
	header->as_of = summary_get_number(txn, "as_of", 0);
	header->begins = summary_get_number(txn, "begins", 0);
	header->stones = summary_get_number(txn, "stones", 0);
	header->frozen = summary_ceiling(txn, SUMMARY_FROZEN, span_of(NULL, 0), &key, &value);
	header->other_log = !span_equal(summary_get(txn, SUMMARY_META, SPAN("log")), header->log);
	header->other_rules = !span_equal(summary_get(txn, SUMMARY_META, SPAN("rules")),
					  span_text(header->rules));
}

int continuity_read_log(struct store *store, struct continuity_log *ret_log,
			struct buffer *to_identity, struct error *error)
{
	int r;

	store_status(store, &ret_log->status);
	r = ret_log->status.errors[STORE_EVENTS];
	if (!r)
		r = ret_log->status.errors[STORE_STATE];
	if (!r)
		r = event_reader_retained(store, &ret_log->retained);
	if (!r)
		r = event_reader_identity(store, to_identity);
	return r ? error_set(error, CONTINUITY_E_FAILED, "the log cannot be read: %s", strerror(-r))
		 : 0;
}

const char *continuity_break(const struct continuity_header *header,
			     const struct continuity_log *log)
{
	if (header->schema != SUMMARY_SCHEMA_VERSION)
		return "written by another version";
	if (header->other_log || header->position > log->status.last_sequence)
		return "of another log, or of before a backup was restored";
	if (header->position < log->retained.pruned_through)
		return "without events that retention removed before they were summarized";
	return NULL;
}

int continuity_check_whole(const char *data_dir, const struct continuity_header *header,
			   const struct continuity_log *log, const char *why, struct error *error)
{
	uint64_t pruned = log->retained.pruned_through, stones = log->retained.tombstoned_through;

	if (header->schema == 0 || (pruned <= header->begins && stones <= header->stones))
		return 0;
	return error_set(error, CONTINUITY_E_FAILED,
			 "%s/summary: is %s, and cannot be made anew without loss: events up to "
			 "%llu are pruned from the log, and their totals are only there. Nothing "
			 "was changed; to begin with what the log still holds, move that directory "
			 "away",
			 data_dir, why, (unsigned long long)(pruned > stones ? pruned : stones));
}
