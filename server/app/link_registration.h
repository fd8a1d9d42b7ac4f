/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_APP_LINK_REGISTRATION_H
#define WAYMARK_APP_LINK_REGISTRATION_H

#include "app/link_item.h"

/*
 * Links and names on their way into a call's ticket, one after another, each judged against the
 * store and against those before it in the same call. One that is refused leaves nothing behind: no
 * event, and no claim on a slug or a name. Ids are derived, so a different thing under the same id
 * is refused, be it a link, a name or a slug.
 */
struct link_registration {
	struct operation_call *call;
	struct arena arena;

	/* private */
	json_t *seen;	     /* what the call has claimed, by what claimed it */
	char claims[4][272]; /* of these, what the item at hand has added */
	unsigned claim_count;
};

/* Return: 0; -ENOMEM. link_registration_finish() in any case. */
int link_registration_begin(struct link_registration *registration, struct operation_call *call);
void link_registration_finish(struct link_registration *registration);

/*
 * Register @item, unless it is known. @ret_now, where not absent, is where a known one leads by
 * now: it was repointed since it was registered so; good until the next call.
 *
 * Return: 0; OPERATION_E_* with @error; negative errno.
 */
int link_registration_add(struct link_registration *registration, const struct link_item *item,
			  bool *ret_known, struct span *ret_now, struct error *error);

/* Record a name that no link carries. @where as in link_item. Return: likewise. */
int link_registration_add_name(struct link_registration *registration, const char *where,
			       enum name_kind kind, struct span name, struct error *error);

/*
 * Lead the registered @link to @destination from now on; all else stays. @reason may be absent.
 * Return: likewise.
 */
int link_registration_repoint(struct operation_call *call, const struct link *link,
			      struct span destination, struct span reason, struct error *error);

#endif
