/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_FILES_H
#define WAYMARK_SUMMARY_DELIVER_FILES_H

#include "summary/deliver_mapping.h"

/*
 * The files of one delivery. Each begins with its first row, so a file without rows is not there.
 * A CSV that grows over what one bulk job takes goes on in another file: Lead.csv, Lead_2.csv.
 *
 * DELIVER_FILE(name, stem, suffix, object, operation)
 *   operation: what it is for, in manifest.json: "upsert", "insert", "update", or "" for none
 */
#define DELIVER_FILES(DELIVER_FILE)                                                                \
	DELIVER_FILE(persons, "persons", ".ndjson", "", "")                                        \
	DELIVER_FILE(companies, "companies", ".ndjson", "", "")                                    \
	DELIVER_FILE(ranking, "ranking", ".csv", "", "")                                           \
	DELIVER_FILE(lead, "Lead", ".csv", "Lead", "upsert")                                       \
	DELIVER_FILE(contact, "Contact", ".csv", "Contact", "upsert")                              \
	DELIVER_FILE(summary, "Web_Interaction_Summary__c", ".csv", "Web_Interaction_Summary__c",  \
		     "upsert")                                                                     \
	DELIVER_FILE(member_new, "CampaignMember_new", ".csv", "CampaignMember", "insert")         \
	DELIVER_FILE(member_changed, "CampaignMember_changed", ".csv", "CampaignMember", "upsert") \
	DELIVER_FILE(task_lead, "Task_Lead", ".csv", "Task", "upsert")                             \
	DELIVER_FILE(task_contact, "Task_Contact", ".csv", "Task", "upsert")                       \
	DELIVER_FILE(removed, "removed", ".csv", "", "delete")                                     \
	DELIVER_FILE(erased, "erased", ".csv", "", "delete")                                       \
	DELIVER_FILE(merged, "merged", ".csv", "", "")

enum deliver_file {
#define DELIVER_FILE(name, ...) DELIVER_FILE_##name,
	DELIVER_FILES(DELIVER_FILE)
#undef DELIVER_FILE
		DELIVER_FILE_COUNT
};

/* A bulk job takes 150 MB, and whoever wraps it in base64 a third less. */
enum { DELIVER_FILE_MAX_BYTES = 100000000, DELIVER_PARTS_MAX = 1000 };

struct deliver_files;

/* Into the folder behind the descriptor @draft. @header: appends the header row of a CSV. */
typedef void (*deliver_header_fn)(void *context, enum deliver_file file, struct buffer *to);
int deliver_files_new(int draft, size_t max_bytes, deliver_header_fn header, void *context,
		      struct deliver_files **ret_files);
void deliver_files_free(struct deliver_files *files); /* NULL allowed */

/* One whole row with its line feed. A failure is kept until deliver_files_finish(). */
void deliver_files_add(struct deliver_files *files, enum deliver_file file, struct span row);
uint64_t deliver_files_rows(const struct deliver_files *files, enum deliver_file file);

/* Of manifest.json: what each of them is and holds. NULL: out of memory. */
json_t *deliver_files_manifest(const struct deliver_files *files);
/* Write what is left, and sync all. Return: 0; negative errno. */
int deliver_files_finish(struct deliver_files *files);

/* One small file with all of @text, synced. Return: 0; negative errno. */
int deliver_file_put(int folder, const char *name, struct span text);

#endif
