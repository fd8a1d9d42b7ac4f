/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_SUMMARY_DELIVER_MAPPING_H
#define WAYMARK_SUMMARY_DELIVER_MAPPING_H

#include "summary/csv_row.h"
#include "summary/deliver_value.h"

/*
 * Which column of which file holds what. Without a file the columns are those of
 * deliver_value_table.h; a mapping file adds to them, changes and removes them:
 *
 *   {"Lead": {"LastName": {"field": "last_name", "else": "[not provided]"},
 *             "LeadSource": {"text": "Waymark"},
 *             "Score__c": "score", "Waymark_Score__c": null},
 *    "status": {"clicked": "Clicked"}, "default_object": "Contact"}
 *
 * "score" is a value of the table, "field" one of the person as it was imported, "text" the same
 * for all. Immutable once loaded.
 */
enum deliver_object {
	DELIVER_LEAD,
	DELIVER_CONTACT,
	DELIVER_INTERACTIONS, /* Web_Interaction_Summary__c */
	DELIVER_CAMPAIGN_MEMBER,
	DELIVER_TASK_OBJECT,
	DELIVER_OBJECT_COUNT
};
const char *deliver_object_name(enum deliver_object object); /* "Web_Interaction_Summary__c" */
unsigned deliver_object_files(enum deliver_object object);   /* DELIVER_RECORD and so on */

struct deliver_column {
	char *name;
	const struct deliver_value *value; /* or NULL: then a field or a text */
	char *field;
	char *text; /* what it is, or where the field says nothing; NULL: then nothing */
};

struct deliver_columns {
	struct deliver_column *items;
	size_t count;
};

struct deliver_mapping {
	struct deliver_columns columns[DELIVER_OBJECT_COUNT];
	char *statuses[DELIVER_STAGE_COUNT];
	char *crm_id_field; /* a person's field with the CRM's id: 003… is a contact, 00Q… a lead */
	bool contacts;	    /* who has none is a contact; else a lead */
	bool guard;	    /* texts against formulas: csv_row.h */
};

enum { DELIVER_MAPPING_E_INVALID = 1, DELIVER_COLUMNS_MAX = 500 };

/* @path NULL: the columns of the table. Return: 0; DELIVER_MAPPING_E_INVALID with @error; errno. */
int deliver_mapping_load(const char *path, struct deliver_mapping **ret_mapping,
			 struct error *error);
int deliver_mapping_parse(const char *path, struct span text, struct deliver_mapping **ret_mapping,
			  struct error *error);
void deliver_mapping_free(struct deliver_mapping *mapping); /* NULL allowed */

/* Does the CRM have them, and as what? */
bool deliver_mapping_known(const struct deliver_mapping *mapping,
			   const struct deliver_identity *identity,
			   enum deliver_object *ret_object);
/* The file is a lead's or a contact's: as the CRM has them; else a contact where there is an
 * account for them, or by the mapping. */
enum deliver_object deliver_mapping_object(const struct deliver_mapping *mapping,
					   const struct deliver_item *item);

/* The names of the columns as a row. */
void deliver_columns_header(const struct deliver_columns *columns, struct csv_row *row);
/*
 * The values of @item. What there is none of empties the CRM's field where it is a value of ours
 * and @updates, and leaves it alone where it is a person's field.
 */
void deliver_columns_write(const struct deliver_columns *columns, const struct deliver_item *item,
			   bool updates, struct csv_row *row);

#endif
