/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_OPERATION_H
#define WAYMARK_APP_OPERATION_H

#include "app/app.h"

#include <jansson.h>

/*
 * What changes the stores, or must be asked of whoever owns them: the same functions behind the
 * control socket, the admin API, and a command that owns the lock itself. One row per path.
 *
 * An operation judges the whole body before it changes anything, and then prepares one ticket; it
 * never waits and, but for the key operations, never touches disk. The caller appends the ticket,
 * waits until it is applied (event_writer.h), and only then hands out the reply.
 */
enum { OPERATION_COUNTS_MAX = 4 };
struct operation_call {
	struct app *app;	     /* role APP_SERVE or APP_COMMAND; loop thread */
	const char *actor;	     /* who asks, for events: "owner", or a token's name */
	const char *source;	     /* likewise: of the events that they report */
	const json_t *body;	     /* an object */
	struct event_ticket *ticket; /* out: NULL when there is nothing to write */
	json_t *reply;		     /* out: an object, new reference */
	struct operation_count {
		enum metric metric;
		uint64_t count;
	} counts[OPERATION_COUNTS_MAX]; /* of what is in the ticket; operation_count() */
	unsigned count_count;
};

enum {
	OPERATION_E_REFUSED = 1,  /* the body: @error names the item and what is wrong with it */
	OPERATION_E_ABSENT = 2,	  /* what was asked for is not there */
	OPERATION_E_CONFLICT = 3, /* another thing has that name, slug or id */
	OPERATION_E_FAILED = 4	  /* not the caller's fault: @error says what failed */
};

/* 0, one of the above, or negative errno. What a failing operation has prepared is thrown away. */
typedef int (*operation_fn)(struct operation_call *call, struct error *error);

struct operation {
	const char *path; /* "/api/v1/links" */
	operation_fn run;
	bool at_once; /* rests on nothing that others write, so it waits for none of them */
	enum bearer_scope scope; /* of the tokens that may ask for it; 0: the owner alone may */
};

/* The most that a list of rows may take of the thread that answers clicks, in one call. */
enum { OPERATION_SLICE_USEC = 1500 };

const struct operation *operation_find(const char *path); /* NULL: none */

/* Run it; NULL is refused. Return: 0, or OPERATION_E_* with @error; on failure ticket and reply are
 * NULL. */
int operation_run(const struct operation *operation, struct operation_call *call,
		  struct error *error);

/* For operations: one more event into the call's ticket. 0, or OPERATION_E_FAILED with @error. */
int operation_add_event(struct operation_call *call, const struct event *event,
			struct error *error);

/* For operations: so many more of @metric, once it is certain that the call is not refused; of at
 * most OPERATION_COUNTS_MAX different ones. */
void operation_count(struct operation_call *call, enum metric metric, uint64_t count);

/* Rows, by file: inspection.c, operation_anew.c, operation_backup.c, operation_bindings.c,
 * operation_erase.c, operation_events.c, operation_export.c, operation_forms.c,
 * operation_identities.c, operation_keys.c, operation_links.c, operation_links_checked.c,
 * operation_mailings.c, operation_merge.c, operation_prospects.c, operation_readers.c,
 * operation_repoint.c, operation_report.c, operation_tokens.c, operation_walk.c. */
int operation_inspect(struct operation_call *call, struct error *error);
int operation_bindings_list(struct operation_call *call, struct error *error);
int operation_bindings_undo(struct operation_call *call, struct error *error);
int operation_events_import(struct operation_call *call, struct error *error);
int operation_events_report(struct operation_call *call, struct error *error);
int operation_forms_set(struct operation_call *call, struct error *error);
int operation_keys_retire(struct operation_call *call, struct error *error);
int operation_keys_rotate(struct operation_call *call, struct error *error);
int operation_links_checked(struct operation_call *call, struct error *error);
int operation_links_import(struct operation_call *call, struct error *error);
int operation_links_register(struct operation_call *call, struct error *error);
int operation_links_repoint(struct operation_call *call, struct error *error);
int operation_mailings_check(struct operation_call *call, struct error *error);
int operation_people_copy(struct operation_call *call, struct error *error);
int operation_prospects_anew(struct operation_call *call, struct error *error);
int operation_prospects_erase(struct operation_call *call, struct error *error);
int operation_prospects_export(struct operation_call *call, struct error *error);
int operation_prospects_find(struct operation_call *call, struct error *error);
int operation_prospects_identities(struct operation_call *call, struct error *error);
int operation_prospects_import(struct operation_call *call, struct error *error);
int operation_prospects_merge(struct operation_call *call, struct error *error);
int operation_prospects_reveal(struct operation_call *call, struct error *error);
int operation_prospects_unmerge(struct operation_call *call, struct error *error);
int operation_prospects_walk(struct operation_call *call, struct error *error);
int operation_readers_forget(struct operation_call *call, struct error *error);
int operation_readers_set(struct operation_call *call, struct error *error);
int operation_tokens_new(struct operation_call *call, struct error *error);
int operation_tokens_revoke(struct operation_call *call, struct error *error);

/*
 * Reading a body strictly. @where names the object in messages ("links[3]"). Each returns 0 or
 * OPERATION_E_REFUSED with @error; an absent optional key leaves the span absent.
 */
int operation_check_keys(const json_t *object, const char *where, const char *const *allowed,
			 struct error *error);
int operation_text(const json_t *object, const char *where, const char *key, bool required,
		   size_t max_bytes, struct span *ret_text, struct error *error);
int operation_bool(const json_t *object, const char *where, const char *key, bool *ret_value,
		   struct error *error);
int operation_number(const json_t *object, const char *where, const char *key, uint64_t minimum,
		     uint64_t maximum, uint64_t *ret_value, struct error *error);
int operation_list(const json_t *object, const char *key, size_t max_items, const json_t **ret_list,
		   struct error *error);

#endif
