/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_PERSON_MARKS_H
#define WAYMARK_TRACK_PERSON_MARKS_H

#include "track/person_record.h"

/*
 * What a person's record holds beside values: ids elsewhere, what keeps mail away from the person,
 * where the CRM stands, the choice about opens; and how two records become one.
 */
enum {
	PERSON_LISTS_MAX = 100,	       /* that a person has left */
	PERSON_EXTERNAL_MAX_BYTES = 64 /* of an id elsewhere */
};

/* EXTERNAL(name, column of an import) */
#define PERSON_EXTERNALS(EXTERNAL)                         \
	EXTERNAL(salesforce_lead, "salesforce_lead")       \
	EXTERNAL(salesforce_contact, "salesforce_contact") \
	EXTERNAL(salesforce_account, "salesforce_account")

enum person_external {
#define EXTERNAL(name, ...) PERSON_EXTERNAL_##name,
	PERSON_EXTERNALS(EXTERNAL)
#undef EXTERNAL
		PERSON_EXTERNAL_COUNT
};
const char *person_external_text(enum person_external external);
/* Return: PERSON_EXTERNAL_COUNT: there is none of that name. */
enum person_external person_external_of_text(struct span name);

/* Absent: it has none. */
struct span person_record_external(const struct person_record *record,
				   enum person_external external);
/* As person_record_set(). */
int person_record_set_external(struct person_record *record, enum person_external external,
			       struct span value, struct span source, usec_t time,
			       bool *ret_changed);

/* Who gets no mail. */
enum person_mailing {
	PERSON_MAY_BE_MAILED,
	PERSON_UNSUBSCRIBED, /* left that list */
	PERSON_BOUNCED,	     /* the address does not take mail */
	PERSON_OPTED_OUT     /* of all mail that is not a transaction */
};
/* Is a mail to be sent for @list (NULL: for none)? The last one that applies. */
enum person_mailing person_record_mailing(const struct person_record *record,
					  const struct list_id *list);
/* Is that noted: PERSON_BOUNCED or PERSON_OPTED_OUT? */
bool person_record_is(const struct person_record *record, enum person_mailing what);
/* Who noted that (PERSON_UNSUBSCRIBED: of @list), and when. False: it is not so. */
bool person_record_noted(const struct person_record *record, enum person_mailing what,
			 const struct list_id *list, struct person_value *ret_value);
/* Note that (PERSON_UNSUBSCRIBED: of @list), or with @is_so false that it is no more; when it is
 * so already the first time stays. Return: as person_record_set(). */
int person_record_set_mailing(struct person_record *record, enum person_mailing what,
			      const struct list_id *list, bool is_so, struct span source,
			      usec_t time, bool *ret_changed);
/* The lists that were left, and when. */
typedef int (*person_list_fn)(void *context, const struct list_id *list, usec_t time);
int person_record_each_list(const struct person_record *record, person_list_fn each, void *context);

/*
 * Somebody told us of a person whom the CRM does not have: a form of ours. Noted once, and not if
 * there is an id of the CRM. Whether it gets a Lead, or a Contact on an account that it has, is
 * seen when it is delivered. Return: 0; -ENOMEM.
 */
int person_record_register(struct person_record *record, struct span source, usec_t time,
			   bool *ret_changed);
/* False: nobody did. */
bool person_record_registered(const struct person_record *record, struct person_value *ret_value);

/* The choice as in events ("denied", "measure", "identify"); absent: the person made none. */
struct span person_record_opens(const struct person_record *record);
int person_record_set_opens(struct person_record *record, struct span consent, struct span source,
			    usec_t time, bool *ret_changed);

/*
 * @other, the person of handle @from, is this one from now on. What this one lacks comes over with
 * a mark; other values are proposed. Whoever of the two gets no mail, the person gets none.
 * Return: 0; -ENOMEM. Undoing takes away what still bears the mark.
 */
int person_record_merge(struct person_record *record, const struct person_record *other,
			const struct handle *from);
int person_record_unmerge(struct person_record *record, const struct handle *from);

#endif
