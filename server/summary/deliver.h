/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_H
#define WAYMARK_SUMMARY_DELIVER_H

#include "summary/deliver_files.h"

/*
 * A delivery: what changed of what is known of people since the last one, as files for a CRM and
 * for whoever reads NDJSON (deploy/guides/salesforce.md). Everything that it needs comes through
 * here, so that a test can make it up.
 */
typedef int (*deliver_person_fn)(void *context, const struct handle *person,
				 const struct person_summary *summary);

struct deliver_source {
	const struct summary_rules *rules;
	const struct calendar *calendar;
	usec_t as_of;
	uint64_t position; /* of the log, for manifest.json */
	struct deliver_names names;
	/*
	 * Everybody behind @after (NULL: from the first), in the order of handles; a nonzero return
	 * of @each ends it and is returned. Summaries are good until @each returns.
	 */
	int (*persons)(void *context, const struct handle *after, deliver_person_fn each,
		       void *each_context);
	/*
	 * Who @handles are: at most DELIVER_PAGE of them, in one call. Good until the next call.
	 * Return: 0; positive with @error; negative errno.
	 */
	int (*identities)(void *context, const struct handle *handles, size_t count,
			  struct deliver_identity *ret_identities, struct error *error);
	/* The CRM's id of the account of a company; absent: it has none. NULL: nobody is asked. */
	struct span (*account)(void *context, const struct company *company);
	void *context;
};

enum { DELIVER_PAGE = 250, DELIVER_RANKING_MAX = 1000 };

struct deliver_options {
	const char *directory;
	const struct deliver_mapping *mapping;
	size_t max_bytes; /* of a file; 0: DELIVER_FILE_MAX_BYTES */
};

struct deliver_result {
	uint64_t number;    /* of the delivery; 0: nothing had changed, and there is none */
	uint64_t persons;   /* looked at */
	uint64_t unknown;   /* of these, left out: people/ knows no address of theirs */
	uint64_t held_back; /* or crm.share_field says that the CRM shall not have them */
	uint64_t guarded;   /* left out, since a spreadsheet would run their address */
	uint64_t rows[DELIVER_FILE_COUNT];
};

/*
 * Return: 0; DELIVER_E_FAILED, or _LOCKED when another one into that folder is under way, with
 * @error; negative errno. Then the folder is as it was.
 */
enum { DELIVER_E_FAILED = 1, DELIVER_E_LOCKED = 2 };
int deliver(const struct deliver_source *source, const struct deliver_options *options,
	    struct deliver_result *ret_result, struct error *error);

/* The whole of one person as JSON; NULL: out of memory. */
json_t *deliver_person_json(const struct deliver_item *item);

/* Metadata that makes the CRM's fields, as a project for its command line tool, in @directory. */
int deliver_metadata(const char *directory, const struct deliver_mapping *mapping,
		     struct error *error);

#endif
