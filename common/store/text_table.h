/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_STORE_TEXT_TABLE_H
#define WAYMARK_STORE_TEXT_TABLE_H

#include "crypto/short_hash.h"
#include "store/txn.h"

/*
 * Texts that many records share (agents, pages, languages …) are kept once, in "texts" of events/,
 * and records name them (schema.h). Private to store/.
 *
 * The table is the writer's: what it has put into "texts" within its block of the log. A text gets
 * its row when it is met for the second time in a block, so that those of a flood of unique ones
 * stay where they are; a block ends after TEXT_BLOCK_EVENTS events or TEXT_TABLE_MAX texts. Only
 * records of one block name its texts, hence pruning forgets both together.
 */
enum {
	TEXT_TABLE_MAX = 4096,
	TEXT_BLOCK_EVENTS = 65536,
	TEXT_BLOCK_MAX_EVENTS = 2 * TEXT_BLOCK_EVENTS, /* with the batch that it ends in */
	TEXT_NAMES_MAX = 8,			       /* in one record */
	TEXT_MIN_BYTES = 12,
	TEXT_MAX_BYTES = 1024,
	TEXT_PRUNE_STEP = 128
};

struct text_table {
	struct text_entry *entries; /* with all that follows them in one allocation; or NULL */
	uint16_t *index;	    /* by hash: entry + 1, or 0 */
	uint16_t *recent;	    /* likewise, by a few of the text's bytes; may be wrong */
	uint32_t *sighted;	    /* by hash: the rest of the hash of a text that was met once */
	struct short_hash_key key;
	struct buffer bytes;  /* of the texts */
	struct buffer record; /* the last one that was written */
	uint64_t base;	      /* sequence that the block begins with; 0: there is none */
	uint32_t next;	      /* id; 0: "texts" has not been asked */
	unsigned count;
	bool full;
	struct text_mark {
		unsigned count;
		size_t bytes;
		uint32_t next;
	} durable; /* as of the last commit */
};

void text_table_finish(struct text_table *table); /* all zeros allowed */

/* In a transaction, before its first record at @sequence. What was not committed is forgotten. */
void text_table_begin(struct text_table *table, struct txn *txn, uint64_t sequence);
/*
 * What to store at @sequence for @record, which is @record itself when none of its texts is in the
 * table, or when it lies so far behind the block's beginning that pruning might leave it without
 * them; valid until the next call.
 */
struct span text_table_write(struct text_table *table, struct txn *txn, uint64_t sequence,
			     struct span record);
/* The transaction is durable. */
void text_table_committed(struct text_table *table);

/* In the transaction that prunes up to @through: remove some of the texts that nobody names. */
void text_table_prune(struct txn *txn, uint64_t through);

/* Reading, in one transaction: the texts that were asked for lately. All zeros to begin with. */
enum { TEXT_READER_SLOTS = 1024 };
struct text_reader {
	struct {
		uint32_t id;
		struct span text;
	} slots[TEXT_READER_SLOTS];
};

/* Append @record as it was before text_table_write(). False: a text is missing, or it is none. */
bool text_reader_expand(struct text_reader *reader, struct txn *txn, struct span record,
			struct buffer *to);

#endif
